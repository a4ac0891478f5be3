"""What is taken home: raw scores, the table of methods, and a script."""

from __future__ import annotations

from collections.abc import Mapping

from ae_core.data.datasets import INFO
from ae_core.export.anomalies import anomalies_script
from ae_core.runs.run import Run
from ae_core.table import csv_of
from ae_core.tasks.anomalies.images import source_of
from ae_core.tasks.study import Answer
from ui.anomalies.figures import Row
from ui.anomalies.pictures import held_out
from ui.widgets.take_home import Taken, numbers_taken, script_taken, take_home

_DIGITS = 7  # of a score, as many as its 32 bits have


def raw_scores(run: Run, strange: str, answers: Mapping[str, Answer]) -> str:
    """Write the score of each image by each method as CSV.

    Args:
        run: whose study it is.
        strange: what the strange images are of.
        answers: by the method's name.

    Returns:
        A row an image: ``set`` ("held_back", "normal" or "strange"), its ``number`` in that set, its ``class`` (empty for
        held-back ones), then the scores.
    """
    sets = dict(zip(("normal", "strange"), held_out(run, strange), strict=True))
    sources = {"normal": run.config.dataset, "strange": source_of(run.config, strange)}
    rows = []
    for name in ("held_back", "normal", "strange"):
        columns = [answer[name] for answer in answers.values()]
        for number, row in enumerate(zip(*columns, strict=True)):
            kind = INFO[sources[name]].class_names[int(sets[name].labels[number])] if name in sets else ""
            rows.append([name, number, kind, *(f"{score:.{_DIGITS}g}" for score in row)])
    return csv_of(["set", "number", "class", *answers], rows)


def table(rows: list[Row]) -> str:
    """Write the figures of each method as CSV."""
    heading = ["method", "auroc", "average_precision", "threshold", "false_alarm_rate", "recall", "precision"]
    figures = [
        (
            row.auroc,
            row.average_precision,
            row.threshold,
            row.confusion.false_alarm_rate,
            row.confusion.recall,
            row.confusion.precision,
        )
        for row in rows
    ]
    return csv_of(
        heading, ([row.name, *(f"{one:.6g}" for one in found)] for row, found in zip(rows, figures, strict=True))
    )


def downloads(run: Run, strange: str, answers: Mapping[str, Answer], rows: list[Row], quantile: float) -> None:
    """Show the buttons that download what there is of a study.

    Args:
        run: whose study it is.
        strange: what the strange images are of.
        answers: by the method's name.
        rows: the figures of each method.
        quantile: of held-back normal training images, where each line starts.
    """
    answers = dict(answers)
    take_home(
        Taken(
            "Raw scores (CSV)",
            "scores.csv",
            lambda: raw_scores(run, strange, answers),
            "A row an image, a column a method.",
        ),
        numbers_taken("anomalies.csv", lambda: table(rows), "A row a method: the table below, in full."),
        script_taken(
            "anomalies.py",
            lambda: anomalies_script(run, strange, quantile),
            "Trains this run and scores the same images, without the lab.",
        ),
    )

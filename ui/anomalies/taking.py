"""What is taken home: raw scores, the table of methods, and a script."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.export.anomalies import anomalies_script
from ae_core.runs.run import Run
from ae_core.tasks.anomalies.images import source_of
from ae_core.tasks.study import Answer
from ui.anomalies.figures import Row
from ui.anomalies.pictures import held_out

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
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["set", "number", "class", *answers])
    for name in ("held_back", "normal", "strange"):
        columns = [answer[name] for answer in answers.values()]
        for number, row in enumerate(zip(*columns, strict=True)):
            kind = INFO[sources[name]].class_names[int(sets[name].labels[number])] if name in sets else ""
            writer.writerow([name, number, kind, *(f"{score:.{_DIGITS}g}" for score in row)])
    return buffer.getvalue()


def table(rows: list[Row]) -> str:
    """Write the figures of each method as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["method", "auroc", "average_precision", "threshold", "false_alarm_rate", "recall", "precision"])
    for row in rows:
        found = row.confusion
        figures = (
            row.auroc,
            row.average_precision,
            row.threshold,
            found.false_alarm_rate,
            found.recall,
            found.precision,
        )
        writer.writerow([row.name, *(f"{figure:.6g}" for figure in figures)])
    return buffer.getvalue()


def downloads(run: Run, strange: str, answers: Mapping[str, Answer], rows: list[Row]) -> None:
    """Show the buttons that download what there is of a study.

    Args:
        run: whose study it is.
        strange: what the strange images are of.
        answers: by the method's name.
        rows: the figures of each method.
    """
    answers = dict(answers)
    with st.container(horizontal=True):
        for label, make, name, mime, about in (
            (
                "Raw scores (CSV)",
                lambda: raw_scores(run, strange, answers),
                "scores.csv",
                "text/csv",
                "A row an image, a column a method.",
            ),
            (
                "Numbers (CSV)",
                lambda: table(rows),
                "anomalies.csv",
                "text/csv",
                "A row a method: the table below, in full.",
            ),
            (
                "Script (Python)",
                lambda: anomalies_script(run, strange),
                "anomalies.py",
                "text/x-python",
                "Trains this run and scores the same images, without the lab.",
            ),
        ):
            st.download_button(
                label,
                data=make,
                file_name=name,
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                help=about,
            )

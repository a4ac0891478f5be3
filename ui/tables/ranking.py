"""How well a model finds what is sought in a table, beside other methods, one of which was told the answers."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.runs.run import Run
from ae_core.table import csv_of
from ae_core.tasks.study import Answer
from ae_core.tasks.tables.ranking import METHODS, sought_of, verdict
from ae_core.tasks.tables.study import refusal, study_of
from ae_core.text import as_written
from ui.figures.tables import caption_html, table_html
from ui.widgets.study_view import show_study
from ui.widgets.take_home import numbers_taken, take_home


def show(run: Run, run_name: str) -> None:
    """Show the ranking of the held-out rows by each method, or say why there is none.

    Args:
        run: on a table.
        run_name: what names it in the key of a study.
    """
    info = INFO[run.config.dataset]
    if why := refusal(run.config):
        st.info(as_written(why))
        return
    named = " or ".join(info.class_names[number] for number in sought_of(run.config))
    st.write(
        f"Somebody can look at so many {info.items} and no more. Each method puts all held-out ones in order, those that are most "
        f"likely **{as_written(named)}** first."
    )

    def draw(answers: Mapping[str, Answer]) -> None:
        if not answers:
            return
        st.html(_table(answers) + caption_html(_about(run, answers)))
        if len(answers) == len(METHODS):
            st.write(verdict(answers))
        kept = dict(answers)
        take_home(numbers_taken("ranking.csv", lambda: numbers(kept), "The table above, in full."))

    show_study(study_of(run, run_name), draw)


def _table(answers: Mapping[str, Answer]) -> str:
    first = next(iter(answers.values()))["first"]
    columns = [("", ""), ("ROC area", ""), ("Average precision", ""), (f"Of the first {first}", ""), ("Was told", "")]
    return table_html(
        columns,
        [
            [
                method.title,
                f"{one['auroc']:.3f}",
                f"{one['precision']:.3f}",
                str(one["top"]),
                "the classes" if method.told else "nothing",
            ]
            for name, method in METHODS.items()
            if (one := answers.get(name)) is not None
        ],
    )


def _about(run: Run, answers: Mapping[str, Answer]) -> str:
    one, info, config = next(iter(answers.values())), INFO[run.config.dataset], run.config
    learned = "-".join(info.class_names[number] for number in config.canonical().classes) or "all rows"
    return (
        f"{one['sought']:,} of {one['held_out']:,} held-out {info.items} are to be found. The first three learned from {learned} "
        f"(PCA with {config.code_size} components); the forest with labels, 100 trees, from all rows and their classes. The ROC "
        "area hardly minds how rare they are; average precision and the count at the top do. Nothing was chosen on these rows."
    )


def numbers(answers: Mapping[str, Answer]) -> str:
    """Write the measures as CSV, a row a method."""
    names = ("auroc", "precision", "top", "first", "sought", "held_out")
    return csv_of(["method", *names], ([name, *(one[field] for field in names)] for name, one in answers.items()))

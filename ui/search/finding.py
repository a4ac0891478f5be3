"""What is found on the page Search: for held-out images, for one of the visitor's own, and how good each way is."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from torch import Tensor

from ae_core.data.datasets import INFO
from ae_core.export.search import search_script
from ae_core.runs.run import Run
from ae_core.table import csv_of
from ae_core.tasks.search.spaces import SPACES
from ae_core.tasks.search.study import AT_ONCE, COUNT, ONE_CLASS, asked, asked_own, measured, verdict
from ae_core.tasks.study import Answer
from ui.components.neighbours import neighbours
from ui.figures.tables import caption_html, table_html
from ui.search.pictures import figure
from ui.visit import caches, link, widget_values
from ui.visit.widget_values import WidgetKey
from ui.widgets.study_view import show_study
from ui.widgets.take_home import numbers_taken, script_taken, take_home

COMPONENT = "search_neighbours"


def held_out(run: Run, run_name: str, image: int, field: WidgetKey) -> None:
    """Show what is found for the held-out image of a number, among the others that are asked about with it.

    Args:
        run: whose code it is.
        run_name: what names it in the key of a study.
        image: the number.
        field: the key of the widget that holds the number.
    """
    start = image // AT_ONCE * AT_ONCE
    images = caches.held_out_of(run.config)
    shown, right = images.images[start : start + AT_ONCE], images.labels[start : start + AT_ONCE].tolist()
    questions = [f"held out, no. {start + place}" for place in range(len(shown))]

    def take(place: int) -> None:
        if 0 <= place < len(shown):
            widget_values.write(field, start + place)

    def draw(answers: Mapping[str, Answer]) -> None:
        data = figure(run.config, shown, questions, right, answers)
        neighbours(COMPONENT, data, image - start, take, held=link.holds("image"))
        if widget_values.read(field, image) != image:
            st.rerun()  # the field and the address say so, too

    show_study(asked(run, run_name, start), draw)


def own(run: Run, run_name: str, image: Tensor) -> None:
    """Show what is found for a picture of the visitor's own.

    Args:
        run: whose code it is.
        run_name: what names it in the key of a study.
        image: (1, C, H, W) in [0, 1].
    """

    def draw(answers: Mapping[str, Answer]) -> None:
        neighbours(COMPONENT, figure(run.config, image, ["Yours"], [], answers), 0, lambda place: None, held=True)

    show_study(asked_own(run, run_name, image.numpy()), draw)


def measures(run: Run, run_name: str) -> None:
    """Show how good each way of searching is, what it keeps and how long it takes, and which wins.

    Args:
        run: whose code it is.
        run_name: what names it in the key of a study.
    """

    def draw(answers: Mapping[str, Answer]) -> None:
        if not answers:
            return
        st.html(_table(run, answers))
        info = INFO[run.config.dataset]
        if run.config.class_count < 2:
            st.write(info.spoken(ONE_CLASS))
        elif {"codes", "pixels", "pca"} <= set(answers):
            st.write(info.spoken(verdict(answers, run.config.code_size, info.pixels)))
        _downloads(run, dict(answers))

    show_study(measured(run, run_name), draw)


def _table(run: Run, answers: Mapping[str, Answer]) -> str:
    spoken = INFO[run.config.dataset].spoken
    several = run.config.class_count > 1  # of one class all is right
    columns = [
        ("", ""),
        *([(f"Right of {COUNT}", "")] if several else []),
        (spoken("Bytes an image"), ""),
        ("Index", ""),
        ("A question takes", ""),
    ]
    rows = [
        [
            spoken(SPACES[space].title),
            *([f"{one['precision']:.3f} ± {one['error']:.3f}"] if several else []),
            f"{one['bytes_each']:,}",
            _bytes(one["bytes_each"] * one["images"]),
            f"{one['milliseconds']:.2g} ms",
        ]
        for space in SPACES
        if (one := answers.get(space)) is not None
    ]
    one = next(iter(answers.values()))
    share = (
        f"The share of the right class among the {COUNT} nearest of {one['images']:,} training images: mean over "
        f"{one['questions']:,} held-out images and its standard error. Nothing was chosen on these images. "
        if several
        else f"{one['images']:,} training images are searched. "
    )
    said = (
        f"{share}A number takes four bytes. Each index is searched whole on one machine's processor, a question at a time; the "
        "time is the shortest of 40, as it was measured when this was computed."
    )
    return table_html(columns, rows) + caption_html(spoken(said))


def _bytes(count: int) -> str:
    return f"{count / 1e6:.3g} MB" if count >= 1e6 else f"{count / 1e3:.3g} kB"


def numbers(answers: Mapping[str, Answer]) -> str:
    """Write the measures as CSV, a row each way of searching."""
    names = ("precision", "error", "questions", "images", "bytes_each", "milliseconds")
    return csv_of(["by", *names], ([space, *(one[name] for name in names)] for space, one in answers.items()))


def _downloads(run: Run, answers: Mapping[str, Answer]) -> None:
    script = "Trains this run, searches by its codes and prints the same shares, without the lab."
    take_home(
        numbers_taken("search.csv", lambda: numbers(answers), "The table above, in full."),
        script_taken("search.py", lambda: search_script(run), script),
    )

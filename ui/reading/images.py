"""Held-out images with noise, repaired and read: a row of them at every strength, and how many of many are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch
from torch import Tensor

from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO
from ae_core.data.items import to_float
from ae_core.export.reading import reading_zip
from ae_core.runs.run import Run
from ae_core.table import csv_of
from ae_core.tasks.reading.methods import METHODS, STEPS, STRENGTHS
from ae_core.tasks.reading.reader import CLEAN, card, rival_of
from ae_core.tasks.reading.row import row_of
from ae_core.tasks.reading.study import COUNT, readings, said_at, shares, summary
from ae_core.tasks.study import Answer
from ui.components.reading_row import reading_data, reading_row
from ui.components.shared import MOST_BYTES
from ui.components.shared.sheets import sheet
from ui.figures.items import draw, picture_size
from ui.figures.tables import caption_html
from ui.visit import caches, link, widget_values
from ui.visit.shelf import Entry
from ui.visit.state import visit
from ui.visit.studies import name_of
from ui.widgets.study_view import show_study
from ui.widgets.take_home import Taken, take_home

IN_A_ROW = 8  # images
_IN_COLOUR = 5  # fewer, as each has three times as many numbers
_SHEET = MOST_BYTES * 9 // 10  # characters


def in_a_row(dataset: str) -> int:
    """Return how many images of a data set stand in a row."""
    return _IN_COLOUR if INFO[dataset].colour else IN_A_ROW


def show(entry: Entry, run: Run, noise: str, draw_of_noise: int, start: int, publish: Callable[[float], None]) -> None:
    """Show a row of images with noise and after each repair, what is read in them, and how many of many are read.

    Args:
        entry: the run's on the shelf.
        run: whose autoencoder and PCA repair them.
        noise: its kind, a key of ``CORRUPTIONS``.
        draw_of_noise: the seed of the row's noise.
        start: the number of the first image of the row among the held-out ones.
        publish: puts what is shown into the address bar, given the strength that the visitor has set.
    """
    config, info = run.config, INFO[run.config.dataset]
    state = visit().reading
    if state.strength is None or link.holds("strength"):
        state.strength = link.number("strength", 0.5, 0.0, 1.0)
    held_out = caches.held_out_of(config)
    chosen = slice(start, start + in_a_row(config.dataset))
    images, labels = held_out.images[chosen], held_out.labels[chosen]
    pictures, classes = _row(entry.id, images.numpy(), noise, draw_of_noise, run)
    learned = (
        (min(config.corruption_min, config.corruption_strength), config.corruption_strength)
        if config.corruption == noise
        else None
    )
    key = widget_values.reading_row(len(images), info.shape)

    def shown(answers: Mapping[str, Answer]) -> None:
        known = shares(answers)
        step = round((state.strength or 0) * STEPS)  # as it is now: what is drawn anew may be this alone
        reading_row(
            key,
            reading_data(
                pictures,
                picture_size(info),
                labels.tolist(),
                info.class_names,
                classes,
                list(known.values()),
                [said_at(one, answers[str(one)]) if str(one) in answers else "" for one in range(STEPS + 1)],
                step,
                CORRUPTIONS[noise].measure,
                learned,
                "hidden" if link.hides("strength") else "fixed" if link.holds("strength") else "",
            ),
            on_strength=lambda: _take_strength(key),
        )
        if len(answers) == len(STRENGTHS):
            st.write(summary(answers, noise))
        st.html(caption_html(_said_of_readers(run, noise, bool(learned))))
        _downloads(run, noise, answers)
        publish(STRENGTHS[step])

    show_study(readings(run, name_of(entry), noise), shown)


@st.cache_data(show_spinner=False, max_entries=64)
def _row(
    entry_id: str, images: npt.NDArray[np.uint8], noise: str, seed: int, _run: Run
) -> tuple[str, npt.NDArray[np.uint8]]:
    row = row_of(_run, to_float(torch.from_numpy(images)), noise, seed)
    tiles: Tensor = row.pictures.flatten(0, 2)
    return sheet(draw(tiles, INFO[_run.config.dataset]), len(images), _SHEET), row.classes.to(torch.uint8).numpy()


def _take_strength(key: widget_values.WidgetKey) -> None:
    """Keep the strength that the row reports, so that it outlasts a change of page."""
    value = widget_values.read(key).get("strength")
    if isinstance(value, (int, float)) and 0 <= value <= 1:
        visit().reading.strength = value


def _said_of_readers(run: Run, noise: str, learned: bool) -> str:
    dataset = run.config.dataset
    clean, noisy = (card(dataset, kind) for kind in (CLEAN, rival_of(noise)))
    weights = sum(parameter.numel() for parameter in run.model.parameters())
    there = len(caches.held_out_of(run.config).images)
    counted = f"the first {COUNT:,} of these" if there > COUNT else f"all {there:,} of these"
    seen = (
        "with this noise alone" if noisy["noise"] == [noise] else f"of all {len(noisy['noise'])} kinds of noise at once"
    )
    return (
        f"The reader is a network of {clean['parameters']:,} weights that was trained on clean images and reads "
        f"{100 * clean['accuracy']:.1f} % of the clean held-out ones. The rival is one of the same size (the autoencoder has {weights:,} "
        f"weights) that was trained on "
        f"images {seen}, at every strength; of the clean ones it reads "
        f"{100 * noisy['accuracy']:.1f} %. Of both the epoch was chosen on held-back training images; nothing was chosen on "
        f"held-out ones. The curves count {counted}, with one draw of the noise. PCA keeps "
        f"{run.pca_at_code_size.code_size} components for a code of {run.config.code_size}; the median is 3\u00a0×\u00a03."
        + (" Shaded: the strengths that the model was trained on." if learned else "")
    )


def numbers(noise: str, answers: Mapping[str, Answer]) -> str:
    """Write the shares that are read as CSV, a row each strength that is known.

    Args:
        noise: its kind.
        answers: of the study.
    """
    known = shares(answers)
    rows = [
        [noise, strength, answers[str(step)]["count"], *(f"{known[method][step]:.4f}" for method in METHODS)]
        for step, strength in enumerate(STRENGTHS)
        if str(step) in answers
    ]
    return csv_of(["noise", "strength", "images", *METHODS], rows)


def _downloads(run: Run, noise: str, answers: Mapping[str, Answer]) -> None:
    kept = dict(answers)
    about = "The curves: the share of held-out images that each way reads, at every strength."
    script = "Trains this run, has both readers read, and prints the same shares, without the lab."
    take_home(
        Taken("Numbers (CSV)", "reading.csv", lambda: numbers(noise, kept), about, ready=bool(kept)),
        Taken("Script with the readers (ZIP)", "reading.zip", lambda: reading_zip(run, noise), script),
    )

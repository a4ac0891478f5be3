"""Why the networks work, shown with the picture that is on screen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import streamlit as st
import torch
import torch.nn.functional as F
from streamlit.delta_generator import DeltaGenerator

from ae_core.evaluation.features import measure_features
from ae_core.evaluation.metrics import psnr
from ae_core.tasks.restoration import explained
from ae_core.tasks.restoration.explained import BOTTLENECK, LEARNED, SIGMAS, WITH, WITHOUT
from ae_core.tasks.restoration.pixels import Pixels, to_pixels
from ui.components.shared.sheets import mosaic
from ui.figures import charts
from ui.figures.items import to_largest
from ui.figures.tables import caption_html
from ui.photos.scene import Scene
from ui.visit import link, widget_values
from ui.visit.state import visit
from ui.widgets.expander import expander

_Found = TypeVar("_Found")

#: What the lessons are called, by their names in a link.
TITLES = {
    "bottleneck": "What a bottleneck alone keeps of your picture",
    "biases": "What happens beyond the noise that was learned",
    "filters": "What its filters look like",
}


def show(scene: Scene) -> None:
    """Show three lessons, folded, on the middle of the scene's picture: before it was damaged, where that is known."""
    pixels = scene.clean if scene.clean is not None else scene.photo.pixels
    part = explained.grey_part(pixels)
    if min(part.shape[2:]) < 16:
        return  # too small to show anything
    st.subheader("Why it works")
    _bottleneck(scene, part.numpy())
    _biases(scene, part.numpy())
    _filters()


def opened() -> list[str]:
    """Return the names of the lessons that are open, before they are shown: at first those that the link names."""
    state = visit().photos
    before = link.choices("why", list(TITLES)) if state.lessons is None else state.lessons
    state.lessons = [
        name for name in TITLES if widget_values.begin_with(widget_values.photo_lesson(name), name in before)
    ]
    return state.lessons


def _opened(name: str) -> DeltaGenerator | None:
    """Show a lesson's expander, and return the place to fill when it is open, else None."""
    place = expander(TITLES[name], key=widget_values.photo_lesson(name))
    if (place is not None) != (name in (visit().photos.lessons or ())):
        st.rerun()  # of the whole page, whose address says which are open
    return place


@st.fragment
def _bottleneck(scene: Scene, part: np.ndarray) -> None:
    place = _opened("bottleneck")
    if place is None:
        return
    results = _known("bottleneck", scene, part, _through_bottleneck)
    numbers = explained.numbers_in_bottleneck(torch.from_numpy(part))
    with place:
        _beside(
            [
                ("Picture", _grey(part), "the middle of it, its brightness"),
                ("With skip connections", _grey(results[WITHOUT][0]), f"{results[WITHOUT][1]:.1f} dB"),
                ("Without", _grey(results[BOTTLENECK][0]), f"{results[BOTTLENECK][1]:.1f} dB"),
            ]
        )
        st.html(
            caption_html(
                "Two networks of the same size, trained alike to clean noise, and given a picture that has none. In the first, "
                "what was seen at full resolution is handed across to where it is needed. In the second all goes through "
                f"the middle, at an eighth of the resolution: {numbers:,} numbers for {part.size:,} pixels, so it is "
                "not for want of numbers that it loses hairs and letters. A bottleneck keeps what is typical, and what a "
                "photograph is made of at full size is mostly not. Small pictures of one kind, such as digits, are: see Home."
            )
        )


@st.fragment
def _biases(scene: Scene, part: np.ndarray) -> None:
    place = _opened("biases")
    if place is None:
        return
    with place, st.spinner("Cleaning noise of eight strengths by two networks"):
        found = _known("biases", scene, part, _beyond)
    with place:
        st.plotly_chart(
            charts.lines(
                SIGMAS,
                [
                    ("Without biases", found[WITHOUT], "ae", "solid"),
                    ("With biases", found[WITH], "pca", "dash"),
                    ("The noisy picture", found["noisy"], "text", "dot"),
                ],
                "standard deviation of the noise, of 255",
                "PSNR, dB",
                LEARNED,
            ),
            config=charts.BARE,
            key="photos_beyond",
        )
        ahead = found[WITHOUT][-1] - found[WITH][-1]
        st.html(
            caption_html(
                f"Two networks that differ in one thing: one has biases. Both learned from noise of up to {LEARNED} (shaded), and "
                f"there they are alike. At {SIGMAS[-1]} the one without is {ahead:.1f} dB ahead on this picture. Without biases a "
                "network is homogeneous: a picture with twice the contrast and twice the noise is cleaned in the very same way, so "
                "what it learned from weak noise holds for strong. The biases of the other are numbers that fit the noise "
                "it knew, and no other (Mohan, Kadkhodaie, Simoncelli & Fernandez-Granda, ICLR 2020)."
            )
        )


@st.fragment
def _filters() -> None:
    place = _opened("filters")
    if place is None:
        return
    filters = explained.first_filters(WITHOUT)
    edges = int(measure_features(filters[:, None]).edges.sum())
    of_them = {0: "none of them is an edge", 1: "one of them is an edge"}.get(edges, f"{edges} of them are edges")
    # with a pixel around each, so that one is told from the next: of a grey that glares on neither background
    framed = F.pad(0.5 + 0.5 * to_largest(filters[:, None], each=True), (1, 1, 1, 1), value=0.5)
    with place:
        st.html(
            f'<img src="{mosaic(framed, 8)}" alt="{len(filters)} filters of 6 by 6 pixels" '
            'style="width:100%;max-width:34rem;image-rendering:pixelated;border-radius:.4rem">'
        )
        st.html(
            caption_html(
                f"The {len(filters)} filters of the first layer, each 6 × 6 pixels of the picture: grey is nothing, bright adds, dark "
                f"subtracts. They look like little: {of_them}, localised and oriented. What such a network does is "
                "in how its layers work together, and no single filter shows it. A sparse autoencoder on patches of photographs is "
                "another matter: its features are edges at many angles (Olshausen & Field 1996), as Train shows of the shipped "
                "run on grey patches."
            )
        )


def _known(name: str, scene: Scene, part: np.ndarray, compute: Callable[[np.ndarray], _Found]) -> _Found:
    """Return what a lesson shows of a picture, computed once as long as that is on screen.

    It is kept with the scene and in no cache of all, so that nothing of a visitor's own picture outlives it.

    Args:
        name: of the lesson.
        scene: that is on screen.
        part: of its picture, that the lesson is shown with.
        compute: makes it of the part.
    """
    key = (name, hashlib.blake2b(part.tobytes(), digest_size=16).digest())
    if key not in scene.lessons:
        scene.lessons[key] = compute(part)
    found: _Found = scene.lessons[key]
    return found


def _through_bottleneck(part: np.ndarray) -> dict[str, tuple[np.ndarray, float]]:
    picture = torch.from_numpy(part)
    results = explained.through_bottleneck(picture)
    return {name: (result.numpy(), float(psnr(result, picture))) for name, result in results.items()}


def _beyond(part: np.ndarray) -> dict[str, list[float]]:
    return explained.beyond_training(torch.from_numpy(part))


def _grey(part: np.ndarray) -> Pixels:
    return to_pixels(torch.from_numpy(part))[..., 0]


def _beside(pictures: list[tuple[str, Pixels, str]]) -> None:
    for column, (title, pixels, note) in zip(st.columns(len(pictures)), pictures, strict=True):
        column.image(pixels, width="stretch", output_format="PNG")
        column.caption(f"**{title}**  \n{note}")

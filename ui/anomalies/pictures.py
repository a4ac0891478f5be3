"""The images that may stand beside the line: a sample of the held-out ones, dense where normal and strange overlap."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ae_core.data.datasets import INFO, Images
from ae_core.data.items import to_float
from ae_core.models.codec import reconstruct
from ae_core.runs.run import Run
from ae_core.tasks.anomalies.images import first, source_of, strange_images
from ae_core.tasks.anomalies.measures import Scores
from ae_core.tasks.anomalies.methods import METHODS
from ui.components.threshold import Shown
from ui.figures.items import draw
from ui.visit import caches

NORMAL, STRANGE = 120, 160  # images of the sample
DRAWN_BY = {"ae": "the autoencoder", "pca": "PCA", "mean": "the mean image"}


def sample(scores: Scores, count: int, dense_at_end: bool) -> np.ndarray:
    """Return the places of images whose scores are spread from the lowest to the highest.

    Args:
        scores: (N,).
        count: how many, at most.
        dense_at_end: whether more of them have high scores than low ones; else it is the other way round.

    Returns:
        Their places, at most N of them, each once.
    """
    order = np.argsort(scores, kind="stable")
    if len(order) <= count:
        return order
    ranks = np.linspace(0, 1, count) ** 2
    ranks = 1 - ranks[::-1] if dense_at_end else ranks
    return order[np.unique(np.round(ranks * (len(order) - 1)).astype(int))]


def held_out(run: Run, strange: str) -> tuple[Images, Images]:
    """Return the normal and the strange held-out images of a run, in the order of their scores' arrays."""
    source = caches.held_out(source_of(run.config, strange))
    return first(caches.held_out_of(run.config)), first(strange_images(run.config, strange, source))


@st.cache_data(show_spinner=False, max_entries=32)
def shown(key: str, method: str, strange: str, _run: Run, _normal: Scores, _strange: Scores) -> Shown:
    """Return the sample of a study's images for one of its methods.

    Args:
        key: the study's.
        method: whose scores they are.
        strange: what the strange images are of.
        _run: whose reconstructions are shown.
        _normal: the scores of the normal images.
        _strange: those of the strange ones.
    """
    ordinary, odd = held_out(_run, strange)
    places = sample(_normal, NORMAL, True), sample(_strange, STRANGE, False)
    images = torch.cat([to_float(each.images[at]) for each, at in zip((ordinary, odd), places, strict=True)])
    names = INFO[_run.config.dataset].class_names, INFO[source_of(_run.config, strange)].class_names
    info = INFO[_run.config.dataset]
    return Shown(
        draw(images, info),
        draw(drawn(_run, METHODS[method].shows, images), info),
        np.concatenate([_normal[places[0]], _strange[places[1]]]),
        [
            names[odd_one][label]
            for odd_one, (each, at) in enumerate(zip((ordinary, odd), places, strict=True))
            for label in each.labels[at].tolist()
        ],
        [False] * len(places[0]) + [True] * len(places[1]),
    )


def drawn(run: Run, by: str, images: Tensor) -> Tensor:
    """Return what is made of images.

    Args:
        run: whose autoencoder and PCA are asked.
        by: "ae", "pca" or "mean", as ``Method.shows`` says.
        images: (N, C, H, W) in [0, 1].

    Returns:
        Images of the same shape, clipped to [0, 1].
    """
    if by == "mean":
        return run.pca.mean_image.expand_as(images).clamp(0, 1)
    with torch.inference_mode():
        return reconstruct(run.pca_at_code_size if by == "pca" else run.model, images).clamp(0, 1)

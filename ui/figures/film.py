"""The training film of a run, or of two in step: the data of its component, and where it is shown."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data import own
from ae_core.data.datasets import INFO, on_disk
from ae_core.data.items import to_bytes
from ae_core.jobs.job import Job
from ae_core.runs.run import Run
from ae_core.training.film import Film, History, watched_images
from ui.components.film import mount
from ui.components.shared import MOST_BYTES, packed
from ui.components.shared.sheets import mosaic
from ui.figures.items import draw, picture_size
from ui.visit import caches
from ui.visit.state import visit

_FRAMES_WHILE_LIVE = 5
_FRAMED = (0.01, 0.99)  # of each axis: a few codes far out would press all others together


@dataclass(frozen=True)
class Reel:
    """A training film with the curves, classes and images that are shown beside it.

    ``labels`` (P,) of the images behind its points; ``given`` (R, 12, C, H, W), the originals and, where it differs,
    what the network was given of them; none when the images are not on this machine.
    """

    name: str
    config: Config
    film: Film
    history: History
    labels: Tensor
    given: Tensor


def show(run: Run, other: Run | None = None, names: tuple[str, str] = ("A", "B"), key: str = "film") -> None:
    """Show the training film of a run or, with ``other``, of two in step; a sentence where there is no film.

    Args:
        run: the run.
        other: a second run, whose film is played in step.
        names: what the two are called.
        key: of the component.
    """
    runs = [run] if other is None else [run, other]
    if any(one.film is None for one in runs):
        st.caption(
            "The training film comes with runs that were trained here: press Train, and it grows while you watch. "
            "Most shipped runs come without theirs."
        )
        return
    titles = ("",) if other is None else names
    stamps = [_stamp(one.config, one.film) for one in runs if one.film is not None]
    mount(key=key, data=_run_data(titles, stamps, _runs=runs))


def show_live(job: Job, key: str = "film") -> None:
    """Show the film so far of a job that trains; nothing before its first frame."""
    film = job.film  # one reading: the manager puts a longer one in its place
    if film is not None and job.report is not None and on_disk(job.config.dataset):
        mount(key=key, data=_job_data(_stamp(job.config, film), _job=job, _film=film, _history=job.report.history))


def _stamp(config: Config, film: Film) -> tuple[str, int, float, bool, str]:
    """Return what a film's data are kept by: for all visitors, but of somebody's own picture for that visitor alone.

    They hold the images that it begins with, or none where these are not here.
    """
    whose = visit().visitor if own.is_own(config.dataset) else ""
    return config.key, len(film.epochs), float(film.epochs[-1]), on_disk(config.dataset), whose


@st.cache_data(show_spinner=False, max_entries=16)
def _run_data(names: Sequence[str], stamps: Any, _runs: Sequence[Run]) -> dict[str, str]:
    return film_data([reel_of(run, name) for run, name in zip(_runs, names, strict=True)])


@st.cache_data(show_spinner=False, max_entries=16)
def _job_data(stamp: Any, _job: Job, _film: Film, _history: History) -> dict[str, str]:
    labels = caches.held_out_of(_job.config).labels[: _film.points.shape[1]]
    return film_data([Reel("", _job.config, _film, _history, labels, _given(_job.config))], live=True)


def reel_of(run: Run, name: str = "") -> Reel:
    """Return the film of a run that has one, with its curves, classes and images.

    The film's points are the map's first images of the classes that it learns from, undamaged or not.
    """
    assert run.film is not None
    labels, classes = run.latent_map.labels, run.config.canonical().classes
    if classes:
        labels = labels[torch.isin(labels, torch.tensor(classes, dtype=labels.dtype))]
    labels = labels[: run.film.points.shape[1]]
    return Reel(name, run.config, run.film, run.history, labels, _given(run.config))


def _given(config: Config) -> Tensor:
    if not on_disk(config.dataset):
        return torch.zeros(0, 12, *INFO[config.dataset].shape, dtype=torch.uint8)
    clean, corrupted = film_inputs(config)
    return to_bytes(torch.stack([clean] if config.corruption == "none" else [clean, corrupted]))


@st.cache_data(show_spinner=False, max_entries=32)
def film_inputs(config: Config) -> tuple[Tensor, Tensor]:
    """Return the twelve held-out images that training is watched on, clean and as the model is given them.

    Both are (12, C, H, W) in [0, 1].
    """
    clean, corrupted, chosen = watched_images(config, caches.held_out_of(config))
    return clean[chosen], corrupted[chosen]


def film_data(reels: Sequence[Reel], live: bool = False) -> dict[str, str]:
    """Return the component's data for one or two films, at most ``MOST_BYTES``: with fewer frames where it must be.

    Args:
        reels: the films.
        live: whether they go on growing. Then there are a few frames alone, as all of them would be sent with each new one
            to everybody who watches.
    """
    every = 1
    if live:
        every = math.ceil(max(len(reel.film.epochs) for reel in reels) / _FRAMES_WHILE_LIVE)
    while True:
        data = _data([_thinned(reel, every) for reel in reels], live)
        if sum(map(len, data.values())) <= MOST_BYTES or every > 8:
            return data
        every += 1


def _thinned(reel: Reel, every: int) -> Reel:
    """Keep every so many frames of a film, counted from the last."""
    film = reel.film.every(every)
    return Reel(reel.name, reel.config, film, reel.history, reel.labels, reel.given)


def _data(reels: Sequence[Reel], live: bool) -> dict[str, str]:
    text = {
        "id": " ".join(reel.config.key for reel in reels),
        "live": live,
        "items": INFO[reels[0].config.dataset].items,
        "key": _key(reels),
        "films": [_film(reel) for reel in reels],
    }
    sheets = [
        mosaic(_coarse(draw(torch.cat([reel.given, reel.film.images]).flatten(0, 1), INFO[reel.config.dataset])), 12)
        for reel in reels
    ]
    return {"json": json.dumps(text), "sheetA": sheets[0], "sheetB": sheets[-1] if len(sheets) > 1 else ""}


def _coarse(images: Tensor) -> Tensor:
    """Reduce uint8 images to 64 shades, black and white among them.

    No eye sees the difference, and a PNG of them is a third smaller.
    """
    return images & 0xFC | images >> 6


def _film(reel: Reel) -> dict[str, Any]:
    film, config = reel.film, reel.config
    places, wide = placed(film.points)
    passed = torch.tensor(reel.history["epoch"])
    return {
        "name": reel.name,
        "total": config.epochs,
        "unit": _unit(config),
        "epochs": film.epochs.tolist(),
        "shares": (film.epochs / config.epochs).clamp(0, 1).tolist(),
        "points": packed(places),
        "wide": wide,
        "labels": packed(reel.labels.to(torch.uint8).numpy()),
        "tile": picture_size(INFO[config.dataset]),
        "given": len(reel.given),
        "moments": (passed / config.epochs).clamp(0, 1).tolist(),
        "losses": [float(f"{loss:.5g}") for loss in reel.history["held_out_loss"]],
        "seen": [int((passed - epoch).abs().argmin()) for epoch in film.epochs],  # each frame's row of the history
    }


def placed(points: Tensor) -> tuple[np.ndarray[Any, np.dtype[np.uint16]], list[float]]:
    """Scale points (S, P, 2) into a square at each of S moments, for the browser.

    The square is drawn round the middle 98 % of each axis, with one scale for both; what lies beyond stands at its
    edge.

    Returns uint16 places (S, P, 2) from 0 to 65535, and how wide the square is at each moment.
    """
    low, high = torch.quantile(points.float(), torch.tensor(_FRAMED), dim=1)  # (S, 2) each
    wide = (high - low).amax(dim=1).clamp_min(1e-12)
    at = (points - ((low + high) / 2)[:, None]) / wide[:, None, None] + 0.5
    return (at.clamp(0, 1) * 65535).round().numpy().astype(np.uint16), wide.tolist()


def _unit(config: Config) -> str:
    return f"{config.dataset} {config.loss} {config.variational}"  # only losses of one unit share a scale


_ROWS = (
    "The pictures: what the autoencoder makes of twelve of them.",
    "The pictures, in pairs: a held-out image, and below it what the autoencoder makes of it.",
    "The pictures, from above: a held-out image, what the autoencoder is given of it, and what it makes of that.",
)


def _key(reels: Sequence[Reel]) -> str:
    """Return the sentences below a film that say how to read its pictures, map and curve."""
    first, size = reels[0], reels[0].config.code_size
    if len(reels) > 1:
        plane = "each run's own plane, the one in which its last codes spread most"
    else:
        plane = "the code itself" if size <= 2 else f"the plane in which the last codes, of {size} numbers, spread most"
    names = INFO[first.config.dataset].class_names
    sentences = [
        f"The map: {len(first.labels)} held-out images, each drawn as its class's digit, on {plane}; every moment fills the "
        "square, and how wide it is then stands above.",
        _ROWS[max(len(reel.given) for reel in reels)],
    ]
    sentences = [INFO[first.config.dataset].spoken(sentence) for sentence in sentences]
    if any(name != str(digit) for digit, name in enumerate(names)):
        sentences.append("Classes: " + ", ".join(f"{digit} {name}" for digit, name in enumerate(names)) + ".")
    if len(reels) > 1:
        together = (
            ""
            if _unit(reels[0].config) == _unit(reels[-1].config)
            else ", each on a scale of its own: their units differ"
        )
        sentences.append(f"The curve is solid for {first.name}, dashed for {reels[-1].name}{together}.")
    return " ".join(sentences)

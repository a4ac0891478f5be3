"""Two latent planes side by side; the image decoded at the pointer is shown while it moves.

The autoencoder's plane is decoded on a grid, sent as one sprite sheet and blended between neighbours; PCA's decoder is
linear, so the browser computes it exactly. A place on one plane is shown on the other, too: the place where the other
draws the same image. Places far from every code are hatched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ui.components.shared import component, packed
from ui.components.tell import tell

FAR_UNIT = 32  # what a distance of one typical distance is sent as, in a byte

_component = component(__file__)


@dataclass(frozen=True)
class Plane:
    """A latent plane: the points (N, 2) of the held-out images on it, and the square that is shown of it."""

    title: str
    sub: str
    points: Tensor
    low: tuple[float, float]  # its lower left corner
    span: float


def payload(
    planes: tuple[Plane, Plane],
    labels: Tensor,
    names: tuple[str, ...],
    points_sheet: str,
    columns: int,
    decoded_sheet: str,
    far: Tensor,
    linear: tuple[Tensor, Tensor],
    side: tuple[int, int],
    kind: str,
    words: Sequence[str],
    backdrop: str,
    pins: Sequence[Sequence[float]],
    called: tuple[str, str] = ("image", "images"),
) -> dict[str, str]:
    """Return the data of :func:`latent_explorer`.

    Args:
        planes: the autoencoder's and PCA's.
        labels: (N,) classes of the points, indices into ``names``.
        names: of the classes.
        points_sheet: the points' images edge to edge, ``columns`` to a row.
        columns: of ``points_sheet``.
        decoded_sheet: a grid (G, G) of images decoded over the autoencoder's plane, from its upper left corner.
        far: (G, G) distance of each place of the grid to the nearest code; beyond 1 it counts as a hole.
        linear: mean (P,) and axes (2, P) of PCA's plane.
        side: width and height of an item on the sheets.
        kind: of the items: "image", or another of which the sheets hold the numbers and the browser draws the pictures.
        words: of a text, what its numbers count; empty for other kinds.
        backdrop: "points" or "tiles": what the autoencoder's plane shows.
        pins: up to two places pinned in the link this visit came by.
        called: what one and what several of the items are called.
    """
    mean, axes = linear
    about = {
        "planes": [
            {
                "title": plane.title,
                "sub": plane.sub,
                "low": plane.low,
                "span": plane.span,
                "xy": packed(plane.points.float().numpy()),
            }
            for plane in planes
        ],
        "labels": packed(labels.to(torch.uint8).numpy()),
        "names": list(names),
        "columns": columns,
        "grid": len(far),
        "far": packed(far.mul(FAR_UNIT).clamp(0, 255).to(torch.uint8).numpy()),
        "far_unit": FAR_UNIT,
        "mean": packed(mean.float().numpy()),
        "axes": [packed(axis.float().numpy()) for axis in axes],
        "side": side,
        "kind": kind,
        "words": list(words),
        "called": called,
        "backdrop": backdrop,
        "pins": [list(pin) for pin in pins],
        "home": planes[0].points.mean(0).tolist(),
        "hint": "Move over a plane to see what is decoded there.",
    }
    return {"json": json.dumps(about), "points": points_sheet, "decoded": decoded_sheet}


def latent_explorer(key: str, data: dict[str, str]) -> list[list[float]] | None:
    """Show the planes of :func:`payload` and return the pinned places, None until one was pinned or removed.

    By its ``key`` the functions below tell it more.
    """
    result = _component(key=key, data={**data, "key": key}, default={"pins": None}, on_pins_change=lambda: None)
    return pinned(result.pins)


def pinned(text: object) -> list[list[float]] | None:
    """Read up to two places from the component's state or a link; None for anything else."""
    if not isinstance(text, str) or len(text) > 200:
        return None
    try:
        pins = json.loads(text)
        places = [[float(x), float(y)] for x, y in pins]
    except (ValueError, TypeError):
        return None
    whole = len(places) <= 2 and all(abs(value) < 1e6 for place in places for value in place)
    return places if whole else None


def you_are_here(key: str, places: tuple[Sequence[float], Sequence[float]] | None) -> None:
    """Mark the visitor's own image on both planes of an explorer, at these places; None takes the mark away.

    A message of its own: while somebody draws, it is sent several times a second, and the planes are not.
    """
    tell(key, "you", places and [list(place) for place in places])


def show_count(key: str, count: int) -> None:
    """Show the first ``count`` of an explorer's points."""
    tell(key, "count", count)


def exact_path(key: str, pins: Sequence[Sequence[float]], frames: str, count: int) -> None:
    """Send the images decoded along the line between two pins, in place of those blended from the grid.

    Args:
        key: the explorer's.
        pins: the two places, (x, y) each.
        frames: the images beside each other, as a data: URL.
        count: how many images these are.
    """
    tell(key, "path", {"pins": [list(pin) for pin in pins], "sheet": frames, "count": count})

"""The same images at the same bytes by every method, under a dial that says how many bytes there are.

Python sends a picture of every image by every method at every level as one sheet, and the curves. Which level fits into
the bytes is found in the browser, as the dial is dragged. Where it comes to rest is told to Python, for the address bar.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ui.components.shared import component
from ui.components.shared.sheets import sheet

FEWEST, MOST = 0.2, 100_000.0  # bytes an image that a dial may stand at
_SHEET = 450_000  # characters of a crisp one

_component = component(__file__)


@dataclass(frozen=True, eq=False)
class Method:
    """One of the methods: its points, from the fewest bytes to the most, and its pictures, uint8 (L, S, C, H, W)."""

    title: str
    actor: str  # "ae", "pca" or ""
    bytes: Sequence[float]
    psnr: Sequence[float]
    ssim: Sequence[float | None]  # None of what is no image
    pictures: np.ndarray


def byte_dial_data(
    name: str,
    original: np.ndarray,
    methods: Sequence[Method],
    *,
    raw: int,
    measure: str,
    start: float,
    at: float | None,
    held: str,
    item: str = "image",
) -> dict[str, str]:
    """Return the data of :func:`byte_dial`.

    Args:
        name: of what is shown.
        original: the pictures of the images, uint8 (S, C, H, W).
        methods: in the order in which they are shown.
        raw: bytes of an image as it is.
        measure: "psnr" or "ssim", which the chart is of.
        start: bytes at which the dial stands at first.
        at: where the link has it instead; None for the start.
        held: "fixed" where the dial cannot be moved, "hidden" where it is not shown either.
        item: what one of what is compressed is called.
    """
    *_, height, width = original.shape
    rows = [original[None], *(method.pictures for method in methods)]
    about = {
        "name": name,
        "side": [width, height],
        "raw": raw,
        "columns": len(original),
        "measure": measure,
        "start": start,
        "at": at,
        "held": held,
        "item": item,
        "methods": [
            {
                "title": method.title,
                "actor": method.actor,
                "bytes": list(method.bytes),
                "psnr": list(method.psnr),
                "ssim": list(method.ssim),
            }
            for method in methods
        ],
    }
    tiles = torch.from_numpy(np.concatenate([row.reshape(-1, *original.shape[1:]) for row in rows]))
    return {"json": json.dumps(about), "sheet": sheet(tiles, len(original), _SHEET)}


def byte_dial(key: str, data: dict[str, str], on_bytes: Callable[[], None]) -> None:
    """Show what :func:`byte_dial_data` returned.

    Args:
        key: of the component.
        data: from :func:`byte_dial_data`.
        on_bytes: called when the dial has come to rest; finds ``bytes`` in ``st.session_state[key]``, unchecked.
    """
    _component(key=key, data=data, on_bytes_change=on_bytes)


def bytes_of(value: object) -> tuple[str, float] | None:
    """Read where the dial stands from what the browser sent.

    It is the name of the data that it was moved on, and bytes an image; None for its start, or for anything else.
    """
    if not isinstance(value, str) or len(value) > 200:
        return None
    name, _, text = value.rpartition("|")
    try:
        number = float(text)
    except ValueError:
        return None
    return (name, number) if FEWEST <= number <= MOST else None

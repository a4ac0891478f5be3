"""Sliders for the numbers of a code, with previews along each; the image follows while one is dragged.

A strip of images decoded along each number comes once; between two of them the browser blends. When a slider rests,
the strips are decoded anew around the new place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ui.components.shared import component, packed

_component = component(__file__)


@dataclass(frozen=True)
class Number:
    """A number of the code by its index, and the range of its slider."""

    index: int
    low: float
    high: float


def payload(
    code: Tensor,
    numbers: list[Number],
    count: int,
    strips: str,
    side: tuple[int, int],
    kind: str,
    words: Sequence[str] = (),
) -> dict[str, str]:
    """Return the data of :func:`code_sliders`.

    Args:
        code: where the sliders stand, (D,).
        numbers: those that have a slider.
        count: images along each slider.
        strips: those images edge to edge, a row a slider, as a data: URL.
        side: width and height of an item there.
        kind: of the items: "image", or another of which the strips hold the numbers and the browser draws the pictures.
        words: of a text, what its numbers count; empty for other kinds.
    """
    about = {
        "code": packed(code.float().numpy()),
        "numbers": [vars(number) for number in numbers],
        "count": count,
        "side": side,
        "kind": kind,
        "words": list(words),
    }
    return {"json": json.dumps(about), "strips": strips}


def code_sliders(key: str, data: dict[str, str]) -> None:
    """Show the sliders of :func:`payload`; where they rest is read with :func:`chosen`."""
    _component(key=key, data=data, default={"code": None}, on_code_change=lambda: None)


def chosen(state: object, size: int) -> Tensor | None:
    """Return the code (D,) that the component reports.

    None where there is none yet, or where it is not one of ``size`` finite numbers: it comes from a browser.
    """
    text = state.get("code") if hasattr(state, "get") else None
    if not isinstance(text, str) or len(text) > 50_000:
        return None
    try:
        code = torch.tensor(json.loads(text), dtype=torch.float32)
    except (ValueError, TypeError, RuntimeError):
        return None
    return code if code.shape == (size,) and bool(code.isfinite().all()) else None

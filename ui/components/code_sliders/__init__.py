"""One slider for each number of a code, with previews along it; what is dragged is decoded while it is dragged.

A strip of images decoded along each number comes once; between two of them the browser blends. When a slider rests,
the strips are decoded anew around the new place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import torch
from torch import Tensor

from ui.components.shared import component, packed

_component = component(__file__)


@dataclass(frozen=True)
class Number:
    """One number of the code: which it is, and the range of its slider."""

    index: int
    low: float
    high: float


def payload(code: Tensor, numbers: list[Number], count: int, strips: str, side: tuple[int, int]) -> dict[str, str]:
    """What the component is sent: the code (D,), its sliders, and ``count`` images along each, edge to edge in rows."""
    about = {
        "code": packed(code.float().numpy()),
        "numbers": [vars(number) for number in numbers],
        "count": count,
        "side": side,
    }
    return {"json": json.dumps(about), "strips": strips}


def code_sliders(key: str, data: dict[str, str]) -> None:
    """Show the sliders of :func:`payload`; where they rest is :func:`chosen`."""
    _component(key=key, data=data, default={"code": None}, on_code_change=lambda: None)


def chosen(state: object, size: int) -> Tensor | None:
    """The code (D,) of the component's state; None where there is none yet, or it is not one of ``size`` numbers."""
    text = state.get("code") if hasattr(state, "get") else None
    if not isinstance(text, str) or len(text) > 50_000:
        return None
    try:
        code = torch.tensor(json.loads(text), dtype=torch.float32)
    except (ValueError, TypeError, RuntimeError):
        return None
    return code if code.shape == (size,) and bool(code.isfinite().all()) else None

"""Round the values of a picture of more than 8 bits to the 256 levels that a screen shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_ROWS = 1 << 20  # values that are worked on at a time, in float64


def finite_range(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the smallest and the largest of the values that are numbers; two zeros if none is."""
    known = np.isfinite(values)
    if not known.any():
        return 0.0, 0.0
    return float(values[known].min()), float(values[known].max())


def to_levels(values: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.uint8]:
    """Scale values to 0 to 255 and round them.

    Args:
        values: (H, W), of any type of numbers; what is no number becomes 0.
        low: becomes 0.
        high: becomes 255.

    Returns:
        uint8 (H, W).
    """
    result = np.empty(values.shape, np.uint8)
    step = max(1, _ROWS // max(1, values.shape[1]))
    for top in range(0, len(values), step):
        some = np.nan_to_num(values[top : top + step].astype(np.float64), nan=low, posinf=high, neginf=low)
        result[top : top + step] = ((some - low) / ((high - low) or 1.0) * 255).round()
    return result

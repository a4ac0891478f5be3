"""Draw rows of a table as bars: one for each column, up or down from the middle, with what a model makes of it marked on it."""

from __future__ import annotations

import torch
from torch import Tensor

from ae_core.data.items import to_float
from ui.figures.lines import painted

HEIGHT = 84  # pixels of a picture
_ROOM = 150  # pixels that the bars share
_WIDEST = 12  # pixels of a bar and the gap beside it
_GAIN = 1.6  # 4 standard deviations lie within a number's range, and 2.5 within a picture
_MARGIN = 3.0  # pixels above the highest and below the lowest bar
_MARK = 3.0  # pixels of what a model made
_BAR = 0.8  # grey of a bar
_BEHIND = 0.45  # grey of a bar that a model's mark lies on
_AXIS = 0.25  # grey of the middle, where a column's mean is
_MADE = (0.35, 0.71, 1.0)  # red, green and blue of what a model made
_ERROR = (0.85, 0.25, 0.2)  # of what lies between that and what it was made of


def bar_width(columns: int) -> int:
    """Return how many pixels the bar of one of so many columns takes, with the gap beside it."""
    return max(1, min(_WIDEST, _ROOM // columns))


def as_bars(rows: Tensor, over: Tensor | None = None) -> Tensor:
    """Draw each row of a table as bars that begin in the middle, where the mean of a standardised column is.

    Args:
        rows: (N, 1, 1, D), uint8 or float in [0, 1].
        over: the rows that these are reconstructions of, of the same size; drawn as the bars, with these as marks on them
            and the error between the two.

    Returns:
        float in [0, 1], of D times :func:`bar_width` pixels: (N, 1, :data:`HEIGHT`, w) in grey, or (N, 3, :data:`HEIGHT`,
        w) in colour where two are laid over each other.
    """
    heights = _heights(rows)
    middle = torch.full_like(heights, HEIGHT / 2)
    axis = _between(middle - 0.5, middle + 0.5, gaps=False)
    below = heights if over is None else _heights(over)
    bar = _between(torch.minimum(below, middle), torch.maximum(below, middle))
    if over is None:
        return torch.maximum(_AXIS * axis, _BAR * bar)[:, None]
    picture = torch.maximum(_AXIS * axis, _BEHIND * bar)[:, None].expand(-1, 3, -1, -1)
    picture = painted(picture, _between(torch.minimum(heights, below), torch.maximum(heights, below)), _ERROR)
    return painted(picture, _between(heights - _MARK / 2, heights + _MARK / 2), _MADE)


def _heights(rows: Tensor) -> Tensor:
    """Return how far each number lies below the picture's upper edge, in pixels, (N, D)."""
    values = (to_float(rows) if rows.dtype == torch.uint8 else rows.float()).flatten(1)
    return _MARGIN + (0.5 - _GAIN * (values - 0.5)).clamp(0, 1) * (HEIGHT - 2 * _MARGIN)


def _between(upper: Tensor, lower: Tensor, gaps: bool = True) -> Tensor:
    """Return how much of each pixel lies between two heights of each column (N, D), as (N, HEIGHT, w).

    Args:
        upper: heights.
        lower: heights below them.
        gaps: whether a pixel is left free beside each bar that is wide enough for it.
    """
    lines = torch.arange(HEIGHT)[:, None]
    cover = (torch.minimum(lower[:, None], lines + 1) - torch.maximum(upper[:, None], lines)).clamp(0, 1)
    width = bar_width(upper.shape[1])
    wide = cover.repeat_interleave(width, 2)
    if gaps and width > 2:
        wide[..., width - 1 :: width] = 0
    return wide

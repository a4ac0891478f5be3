"""Draw series as lines: rows of numbers become small pictures, with what a model makes of them laid over them."""

from __future__ import annotations

import torch
from torch import Tensor

from ae_core.data.items import to_float

HEIGHT = 84  # pixels of a picture; there are as many columns as numbers
_MARGIN = 3.0  # pixels above the highest and below the lowest line
_THICK = 1.6  # pixels
_MADE = (0.35, 0.71, 1.0)  # red, green and blue of what a model made
_ERROR = (0.45, 0.16, 0.12)  # of what lies between that and what it was made of


def as_lines(series: Tensor, over: Tensor | None = None) -> Tensor:
    """Draw each series as a light line on a dark ground.

    Args:
        series: (N, 1, T, 1), uint8 or float in [0, 1].
        over: the series that these are reconstructions of, of the same size; drawn below them, with the error shaded.

    Returns:
        float in [0, 1]: (N, 1, :data:`HEIGHT`, T) in grey, or (N, 3, :data:`HEIGHT`, T) in colour where two are laid over
        each other.
    """
    heights = _heights(series)
    line = _between(*_reach(heights))
    if over is None:
        return line[:, None]
    below = _heights(over)
    error = _between(torch.minimum(heights, below), torch.maximum(heights, below))
    picture = painted(torch.zeros(len(line), 3, *line.shape[1:]), error, _ERROR)
    return painted(painted(picture, _between(*_reach(below)), (1.0, 1.0, 1.0)), line, _MADE)


def _heights(series: Tensor) -> Tensor:
    """Return how far each number lies below the picture's upper edge, in pixels, (N, T)."""
    values = (to_float(series) if series.dtype == torch.uint8 else series.float()).flatten(1)
    return _MARGIN + (1 - values) * (HEIGHT - 2 * _MARGIN)


def _reach(heights: Tensor) -> tuple[Tensor, Tensor]:
    """Return the upper and the lower end of the line in each column.

    It reaches half the way to both neighbours, and half its thickness beyond.
    """
    left = torch.cat([heights[:, :1], (heights[:, 1:] + heights[:, :-1]) / 2], 1)
    right = torch.cat([(heights[:, 1:] + heights[:, :-1]) / 2, heights[:, -1:]], 1)
    ends = torch.stack([heights, left, right])
    return ends.amin(0) - _THICK / 2, ends.amax(0) + _THICK / 2


def _between(upper: Tensor, lower: Tensor) -> Tensor:
    """Return how much of each pixel lies between two heights (N, T), (N, HEIGHT, T)."""
    rows = torch.arange(HEIGHT)[:, None]
    return (torch.minimum(lower[:, None], rows + 1) - torch.maximum(upper[:, None], rows)).clamp(0, 1)


def painted(picture: Tensor, cover: Tensor, colour: tuple[float, float, float]) -> Tensor:
    """Lay a colour over pictures.

    Args:
        picture: (N, 3, h, w).
        cover: how far each pixel is covered, from 0 to 1, (N, h, w).
        colour: red, green and blue, from 0 to 1.
    """
    share = cover[:, None]
    return picture * (1 - share) + share * torch.tensor(colour).view(1, 3, 1, 1)

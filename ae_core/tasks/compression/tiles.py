"""Many small images as one picture, edge to edge, as one would store them together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

COLUMNS = 10


def sheet_of(images: Tensor) -> npt.NDArray[np.uint8]:
    """Return images (N, C, H, W), uint8, ten to a row and filled up with black, as one picture (H', W', C)."""
    blank = images.new_zeros(-len(images) % COLUMNS, *images.shape[1:])
    _, channels, height, width = images.shape
    rows = torch.cat([images, blank]).view(-1, COLUMNS, channels, height, width)
    return np.ascontiguousarray(rows.permute(0, 3, 1, 4, 2).reshape(-1, COLUMNS * width, channels).numpy())


def tiles_of(sheet: npt.NDArray[np.uint8], shape: Sequence[int]) -> Tensor:
    """Return the images of a sheet again: ``shape`` is theirs, (N, C, H, W)."""
    count, channels, height, width = shape
    rows = torch.from_numpy(sheet.copy()).view(-1, height, COLUMNS, width, channels)
    return rows.permute(0, 2, 4, 1, 3).reshape(-1, channels, height, width)[:count]

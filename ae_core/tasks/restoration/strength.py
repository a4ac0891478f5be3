"""Take as much of a repair as is wanted: something between the picture as it was and as it is repaired."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ae_core.data.upload.photo_files import image_of
from ae_core.tasks.restoration.pixels import Pixels

_ROWS = 256  # that are mixed at a time, so that no whole picture of floats is made


def taken(before: Pixels, repaired: Pixels, strength: float) -> Pixels:
    """Mix a picture and its repair.

    Args:
        before: uint8 (H, W, 1 or 3).
        repaired: uint8 of the same size or of another, to which ``before`` is then scaled by a bicubic filter.
        strength: share of the repair, in [0, 1]; 1 returns it as it is.

    Returns:
        uint8, as large and of as many channels as ``repaired``.
    """
    if strength == 1:
        return repaired
    height, width = repaired.shape[:2]
    if before.shape[:2] != (height, width):
        before = np.atleast_3d(np.asarray(image_of(before).resize((width, height), Image.Resampling.BICUBIC)))
    result = np.empty_like(repaired)
    for top in range(0, height, _ROWS):
        rows = slice(top, top + _ROWS)
        mixed = (1 - strength) * before[rows].astype(np.float32) + strength * repaired[rows].astype(np.float32)
        result[rows] = mixed.round()
    return result

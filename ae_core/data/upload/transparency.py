"""Find which pixels of a picture are transparent, without touching the colours that lie beneath."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

_FULL = {"L;4": 15, "L;2": 3}  # the brightest value of a grey PNG of fewer bits, which Pillow spreads to 0 to 255


def of_one_value(image: Image.Image, raw_mode: str) -> npt.NDArray[np.uint8] | None:
    """Return the alpha (H, W) of a picture of which a single value or colour is transparent; None for any other.

    Pillow compares that value, as it is in the file, with pixels that it has scaled to 8 bits.

    Args:
        image: in mode 1, L, RGB or of 16 bits of grey.
        raw_mode: how the file holds its pixels, as :data:`ae_core.data.upload.opening.RAW_MODE` has it.
    """
    key = image.info.get("transparency")
    if key is None:
        return None
    pixels = np.asarray(image.convert("L") if image.mode == "1" else image)
    if isinstance(key, int):
        if full := _FULL.get(raw_mode):
            key = key * 255 // full
        clear = pixels == key
    elif isinstance(key, tuple) and pixels.ndim == 3 and len(key) == 3:
        if ";16" in raw_mode:
            key = tuple(value >> 8 for value in key)
        clear = (pixels == key).all(2)
    else:
        return None
    return np.where(clear, 0, 255).astype(np.uint8)

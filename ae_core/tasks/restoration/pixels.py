"""Turn a picture of 8 bits into what a network is given, and back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ae_core.data.items import to_bytes, to_float

Pixels = npt.NDArray[np.uint8]  # (H, W, C) with C 1 or 3


def to_tensor(pixels: Pixels) -> Tensor:
    """Return a picture uint8 (H, W, C) as a batch of one, float (1, C, H, W) in [0, 1]."""
    copied = torch.from_numpy(np.array(pixels))  # of what may be a view that cannot be written, which PyTorch warns of
    return to_float(copied.permute(2, 0, 1)[None])


def to_pixels(picture: Tensor) -> Pixels:
    """Return the first of a batch (1, C, H, W) as a picture uint8 (H, W, C), clipped to [0, 1] first."""
    return to_bytes(picture[0]).permute(1, 2, 0).numpy()

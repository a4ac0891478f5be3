"""Convert items between bytes, as they are stored, and floats in [0, 1], as networks read them."""

from __future__ import annotations

import torch
from torch import Tensor


def to_float(images: Tensor) -> Tensor:
    """Convert uint8 images (any shape) to float32 in [0, 1]."""
    return images.float().div_(255)


def to_bytes(images: Tensor) -> Tensor:
    """Convert float images (any shape) to uint8 on the CPU, clipped to [0, 1] first."""
    return images.clamp(0, 1).mul(255).round().to(torch.uint8).cpu()

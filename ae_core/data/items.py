"""Items as bytes, as they are kept, and as numbers, as networks see them."""

from __future__ import annotations

import torch
from torch import Tensor


def to_float(images: Tensor) -> Tensor:
    """uint8 images as float32 in [0, 1]."""
    return images.float().div_(255)


def to_bytes(images: Tensor) -> Tensor:
    """Float images as uint8 on the CPU, clipped to [0, 1] first."""
    return images.clamp(0, 1).mul(255).round().to(torch.uint8).cpu()

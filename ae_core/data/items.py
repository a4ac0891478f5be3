"""Convert items between bytes, as they are stored, and floats in [0, 1], as networks read them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def to_float(images: Tensor) -> Tensor:
    """Convert uint8 images (any shape) to float32 in [0, 1]."""
    return images.float().div_(255)


def to_bytes(images: Tensor) -> Tensor:
    """Convert float images (any shape) to uint8 on the CPU, clipped to [0, 1] first."""
    return images.clamp(0, 1).mul(255).round().to(torch.uint8).cpu()


def resized(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Resize images (N, C, H, W) in [0, 1] to a model's ``shape``, smoothed on the way down; (N, *shape)."""
    if images.shape[1] != shape[0]:
        images = images.mean(1, keepdim=True).expand(-1, shape[0], -1, -1)
    if images.shape[2:] == shape[1:]:
        return images
    return F.interpolate(images, shape[1:], mode="bilinear", antialias=True).clamp(0, 1)

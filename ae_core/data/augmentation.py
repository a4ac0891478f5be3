"""Augmentation: more training images out of those there are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def shifted(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Each of ``images`` (N, C, H, W) moved by up to ``most`` pixels along each axis, a draw of its own for each; what
    comes in from outside is black. (torchvision's crops draw one move for the whole batch.)"""
    height, width = images.shape[2:]
    padded = functional.pad(images, (most, most, most, most))
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # (N, C, places down, places across, H, W), a view
    down, across = torch.randint(2 * most + 1, (2, len(images)), generator=generator, device=images.device)
    return windows[torch.arange(len(images), device=images.device), :, down, across]

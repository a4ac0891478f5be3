"""Augmentation: more training images out of those there are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def shifted(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Move each image by a random number of whole pixels along both axes, and fill with black.

    Each image has a draw of its own; torchvision's crops draw one move for the whole batch.

    Args:
        images: (N, C, H, W).
        most: the farthest that an image is moved along an axis, in pixels.
        generator: on the device of ``images``.

    Returns:
        (N, C, H, W), of the type of ``images``.
    """
    height, width = images.shape[2:]
    padded = functional.pad(images, (most, most, most, most))
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # (N, C, places down, places across, H, W), a view
    down, across = torch.randint(2 * most + 1, (2, len(images)), generator=generator, device=images.device)
    return windows[torch.arange(len(images), device=images.device), :, down, across]

"""Codec: whatever turns images into codes and back. Every autoencoder is one, and so is PCA."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Codec(Protocol):
    """A page that can show one Codec can show them all.

    Images are float32 (N, C, H, W) in [0, 1]; codes are float32 (N, D).
    """

    @property
    def code_size(self) -> int:
        """D, the numbers in a code."""
        ...

    def encode(self, images: Tensor) -> Tensor:
        """Images to codes."""
        ...

    def decode(self, codes: Tensor) -> Tensor:
        """Codes to images. A Codec with a linear output may leave [0, 1]; clip to show, not to measure."""
        ...


def reconstruct(codec: Codec, images: Tensor) -> Tensor:
    """``images`` through the bottleneck and back, same shape."""
    return codec.decode(codec.encode(images))

"""Codec: the interface of whatever turns images into codes and back. Every autoencoder is one, and so is PCA."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Codec(Protocol):
    """The interface that pages and measures use: whatever can show or measure one Codec can do so with all.

    Images are float32 (N, C, H, W) in [0, 1]; codes are float32 (N, D).
    """

    @property
    def code_size(self) -> int:
        """D, the number of numbers in a code."""
        ...

    def encode(self, images: Tensor) -> Tensor:
        """Encode images (N, C, H, W) as codes (N, D)."""
        ...

    def decode(self, codes: Tensor) -> Tensor:
        """Decode codes (N, D) to images (N, C, H, W).

        A Codec with a linear output may leave [0, 1]; clip to show, not to measure.
        """
        ...


def reconstruct(codec: Codec, images: Tensor) -> Tensor:
    """Encode images (N, C, H, W) and decode them again, to the same shape."""
    return codec.decode(codec.encode(images))

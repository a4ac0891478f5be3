"""Rate and distortion: how many bytes an image takes, and how near what is read is to what was written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ae_core.data.items import to_float
from ae_core.evaluation.metrics import has_ssim, ssim

SHOWN = 6  # images of which the pictures are kept
MOST_PSNR = 99.0  # dB that equal pictures are given


@dataclass
class Curve:
    """Points of a rate-distortion curve, one for each level, from the fewest bytes to the most.

    ``bytes`` are a mean over images; ``psnr`` in dB is that of the mean squared error over all images, ``ssim`` a mean, None of
    what is no image;
    ``pictures`` are the first images as they are read, uint8 (L, SHOWN, C, H, W).
    """

    levels: list[float] = field(default_factory=list)
    bytes: list[float] = field(default_factory=list)
    psnr: list[float] = field(default_factory=list)
    ssim: list[float | None] = field(default_factory=list)
    pictures: list[np.ndarray] = field(default_factory=list)

    def add(self, level: float, size: int, read: Tensor, images: Tensor) -> None:
        """Add a point.

        Args:
            level: what was asked for.
            size: bytes of all files.
            read: the images as they are read, uint8 (N, C, H, W).
            images: as they were.
        """
        self.levels.append(float(level))
        self.bytes.append(size / len(images))
        self.psnr.append(psnr_of(read, images))
        self.ssim.append(float(ssim(to_float(read), to_float(images)).mean()) if has_ssim(images.shape) else None)
        self.pictures.append(read[:SHOWN].numpy())

    def answer(self) -> dict[str, object]:
        """Return the curve as a study's part answers it."""
        numbers = {name: getattr(self, name) for name in ("levels", "bytes", "psnr", "ssim")}
        return numbers | {"pictures": np.stack(self.pictures)}


def psnr_of(read: Tensor, images: Tensor) -> float:
    """Return the PSNR in dB of the mean squared error over all of the images, uint8 (N, C, H, W) both."""
    error = float((to_float(read) - to_float(images)).double().square().mean())
    return -10 * math.log10(error) if error > 10 ** (-MOST_PSNR / 10) else MOST_PSNR


def curve(
    levels: Iterable[float], images: Tensor, files: int, through: Callable[[float, Tensor], tuple[int, Tensor]]
) -> Curve:
    """Measure a method.

    Args:
        levels: what it may be told.
        images: uint8 (N, C, H, W).
        files: so many images go into one file.
        through: writes images at a level and reads them again: bytes, and images.
    """
    found = Curve()
    for level in levels:
        parts = [through(level, part) for part in images.split(files)]
        size = sum(part[0] for part in parts)
        found.add(level, size, torch.cat([part[1] for part in parts]), images)
    return found

"""What one would use instead: the image formats that Pillow writes, an image to a file or a hundred on one sheet."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, features
from torch import Tensor

from ae_core.data.items import to_bytes, to_float


@dataclass(frozen=True)
class Format:
    """An image format.

    Attributes:
        name: what it is called.
        pillow: what Pillow calls it.
        feature: of Pillow, without which it cannot be written; empty for one that always can.
        settings: with which it is tried, strongest compression first.
    """

    name: str
    pillow: str
    feature: str
    settings: tuple[dict[str, Any], ...]


_DECIBELS = (10, 12, 14, 16, 18, 20, 22, 24, 27, 30, 34, 40, 48)  # that JPEG 2000 is asked for
FORMATS = {
    "jpeg": Format(
        "JPEG",
        "JPEG",
        "jpg",
        tuple({"quality": q, "optimize": True} for q in (1, 2, 3, 4, 6, 8, 12, 18, 27, 40, 60, 80)),
    ),
    "webp": Format(
        "WebP",
        "WEBP",
        "webp",
        (
            *({"quality": 0, "method": method} for method in (4, 6)),
            *({"quality": q, "method": 6} for q in (0.3, 1, 2, 4, 8, 15, 25, 40, 60, 80)),
            {"lossless": True, "quality": 100, "method": 6},
        ),
    ),
    "jpeg2000": Format(
        "JPEG 2000",
        "JPEG2000",
        "jpg_2000",
        tuple({"quality_mode": "dB", "quality_layers": [d], "irreversible": True} for d in _DECIBELS),
    ),
    "avif": Format(
        "AVIF", "AVIF", "avif", tuple({"quality": q, "speed": 6} for q in (0, 4, 8, 14, 22, 32, 45, 60, 75, 90))
    ),
    "png": Format("PNG", "PNG", "", ({"optimize": True},)),
}


def present() -> dict[str, Format]:
    """Return the formats that this machine's Pillow writes, by their keys."""
    return {key: one for key, one in FORMATS.items() if not one.feature or features.check(one.feature)}


@dataclass(frozen=True)
class Coded:
    """What a method makes of images.

    Attributes:
        bytes: of all files together.
        pictures: as they come back, float (N, C, H, W) in [0, 1].
    """

    bytes: int
    pictures: Tensor


def sheets(images: Tensor, one: Format) -> Iterator[Coded]:
    """Yield what a format makes of images on one sheet, at each of its settings.

    Args:
        images: uint8 (N, C, H, W).
        one: the format.
    """
    columns = math.isqrt(len(images))
    rows = -(-len(images) // columns)
    blank = rows * columns - len(images)
    whole = torch.cat([images, images.new_zeros(blank, *images.shape[1:])]).numpy()
    _, channels, height, width = whole.shape
    tiled = whole.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    sheet = tiled.reshape(rows * height, columns * width, channels)
    for settings in one.settings:
        data, pixels = through(sheet, one, settings)
        tiles = pixels.reshape(rows, height, columns, width, channels).transpose(0, 2, 4, 1, 3)
        back = torch.from_numpy(np.ascontiguousarray(tiles.reshape(-1, channels, height, width)))
        yield Coded(len(data), to_float(back[: len(images)]))


def singles(images: Tensor, one: Format) -> Iterator[Coded]:
    """Yield what a format makes of images in a file each, at each of its settings.

    Args:
        images: uint8 (N, C, H, W).
        one: the format.
    """
    for settings in one.settings:
        files = [through(image.permute(1, 2, 0).numpy(), one, settings) for image in images]
        back = torch.from_numpy(np.stack([pixels for _, pixels in files])).permute(0, 3, 1, 2)
        yield Coded(sum(len(data) for data, _ in files), to_float(back.contiguous()))


def through(pixels: np.ndarray, one: Format, settings: dict[str, Any]) -> tuple[bytes, np.ndarray]:
    """Write pixels as a file of a format, and read it again.

    Args:
        pixels: uint8 (H, W, 1 or 3).
        one: the format.
        settings: that Pillow writes it with.

    Returns:
        The file, and the pixels that it holds.
    """
    grey = pixels.shape[2] == 1
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if grey else pixels).save(buffer, one.pillow, **settings)
    data = buffer.getvalue()
    back = np.asarray(Image.open(io.BytesIO(data)).convert("L" if grey else "RGB"))
    return data, back.reshape(pixels.shape)


def as_shown(pictures: Tensor) -> Tensor:
    """Return pictures as whole grey values in [0, 1], as any file's reader shows them: what is measured of all alike."""
    return to_float(to_bytes(pictures))

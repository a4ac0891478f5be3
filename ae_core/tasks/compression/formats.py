"""The formats that one would use instead, as Pillow writes them: each image by itself, or a hundred on one sheet."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, features
from torch import Tensor

from ae_core.tasks.compression.tiles import sheet_of, tiles_of

# as close as the levels of a run's codec, so that what stands side by side takes nearly the same bytes
_WEBP = (0, 0.1, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 9, 13, 17, 23, 30, 40, 50, 70, 90)
_JPEG = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20, 25, 30, 37, 45, 55, 65, 75, 85)
_JPEG2000 = (300, 210, 150, 115, 90, 73, 60, 50, 42, 36, 30, 25, 21, 18, 15, 12, 10, 8.4, 7, 5, 3.5)
_AVIF = (0, 3, 6, 8, 11, 13, 16, 19, 22, 25, 29, 33, 38, 43, 48, 55, 62, 70, 80)


@dataclass(frozen=True)
class Format:
    """An image format.

    Attributes:
        title: as pages call it.
        name: as Pillow calls it.
        levels: what it may be told, from the fewest bytes to the most.
        options: of one level, for Pillow.
        needs: what Pillow must have been built with; empty for what it always can.
    """

    title: str
    name: str
    levels: tuple[float, ...]
    option: str = "quality"
    options: Mapping[str, Any] = field(default_factory=dict)
    needs: str = ""

    @property
    def here(self) -> bool:
        """Whether this machine's Pillow writes it."""
        return not self.needs or bool(features.check(self.needs))

    def write(self, pixels: npt.NDArray[np.uint8], level: float) -> bytes:
        """Write a picture, uint8 (H, W, 1 or 3), at one of the levels."""
        buffer = io.BytesIO()
        picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
        told: dict[str, Any] = {}
        if self.option:  # WebP takes fractions, JPEG and AVIF whole numbers alone
            whole = int(level) if level == int(level) else level
            told = {self.option: [level] if self.option.endswith("layers") else whole}
        picture.save(buffer, self.name, **self.options, **told)
        return buffer.getvalue()

    def read(self, data: bytes, channels: int) -> npt.NDArray[np.uint8]:
        """Read what :meth:`write` wrote, uint8 (H, W, channels)."""
        with Image.open(io.BytesIO(data)) as picture:
            pixels = np.asarray(picture.convert("L" if channels == 1 else "RGB"))
        return pixels.reshape(*pixels.shape[:2], channels)


FORMATS: dict[str, Format] = {
    "jpeg": Format("JPEG", "JPEG", _JPEG, options={"optimize": True}),
    "webp": Format("WebP", "WEBP", _WEBP, options={"method": 6}, needs="webp"),
    "jpeg2000": Format(
        "JPEG 2000",
        "JPEG2000",
        _JPEG2000,
        "quality_layers",
        {"quality_mode": "rates", "irreversible": True, "no_jp2": True},
        "jpg_2000",
    ),
    "avif": Format("AVIF", "AVIF", _AVIF, options={"speed": 6}, needs="avif"),
    "png": Format("PNG (nothing lost)", "PNG", (0,), "", {"optimize": True}),
}


def through(kind: str, images: Tensor, level: float, together: bool) -> tuple[int, Tensor]:
    """Write images in a format and read them again.

    Args:
        kind: one of :data:`FORMATS`.
        images: uint8 (N, C, H, W).
        level: one of the format's.
        together: whether all are on one sheet, ten to a row; else each is a file.

    Returns:
        The bytes of all files, and the images as they are read, uint8 (N, C, H, W).
    """
    format, channels = FORMATS[kind], images.shape[1]
    if together:
        data = format.write(sheet_of(images), level)
        return len(data), tiles_of(format.read(data, channels), images.shape)
    files = [format.write(np.ascontiguousarray(image.permute(1, 2, 0).numpy()), level) for image in images]
    read = [torch.from_numpy(format.read(data, channels).copy()).permute(2, 0, 1) for data in files]
    return sum(map(len, files)), torch.stack(read)

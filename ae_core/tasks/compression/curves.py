"""Rate and distortion: what each method needs in bytes an image, and how near its pictures are, at each of its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ae_core.data.items import to_bytes, to_float
from ae_core.evaluation.metrics import psnr, ssim
from ae_core.models.codec import Codec
from ae_core.tasks.compression import entropy
from ae_core.tasks.compression.coder import Coder
from ae_core.tasks.compression.container import nearest_step
from ae_core.tasks.compression.formats import Coded, Format, as_shown, sheets, singles
from ae_core.tasks.compression.quantise import pictures, searched

SHOWN = 4  # images of which every method's pictures are kept
LEVELS = 12  # steps at which codes are quantised
MODES = ("hundred", "single")  # a hundred images in a file, or each by itself
NEVER = 120.0  # dB of a picture that is equal to its original


@dataclass(frozen=True)
class Point:
    """One setting of one method.

    Attributes:
        mode: one of :data:`MODES`.
        setting: in words.
        bytes: of the files, headers included, by the number of images.
        psnr: in dB, mean over images, at most :data:`NEVER`.
        ssim: mean over images.
        zlib: bytes an image where zlib packs the numbers instead of the range coder; 0 where there are no numbers.
        tile: the place of its pictures among the method's.
    """

    mode: str
    setting: str
    bytes: float
    psnr: float
    ssim: float
    zlib: float = 0.0
    tile: int = 0


def steps_for(coder: Coder) -> list[float]:
    """Return the steps at which codes are quantised, finest first, from what the coder knows of the codes' spread."""
    widest = float(coder.spread.max())
    return sorted({nearest_step(widest * 2 ** (-place / 2)) for place in range(LEVELS)})


def point(mode: str, setting: str, coded: Coded, images: Tensor, zlib: float = 0.0) -> tuple[Point, np.ndarray]:
    """Measure what a method made of images, and keep the first pictures.

    Args:
        mode: one of :data:`MODES`.
        setting: the method's, in words.
        coded: what it made.
        images: uint8 (N, C, H, W).
        zlib: see :class:`Point`.

    Returns:
        The point, and uint8 (SHOWN, C, H, W).
    """
    shown, originals = as_shown(coded.pictures), to_float(images)
    # an image that came back equal has no error, and counts with the finest that is told from it
    near = float(psnr(shown, originals).clamp_max(NEVER).mean())
    alike = float(ssim(shown, originals).mean())
    made = Point(mode, setting, coded.bytes / len(images), near, alike, zlib / len(images))
    return made, to_bytes(shown[:SHOWN]).numpy()


def answer_of(points: Iterable[tuple[Point, np.ndarray]]) -> dict[str, Any]:
    """Return measured points as a study's answer: dictionaries, and their pictures uint8 (tiles, SHOWN, C, H, W)."""
    known: list[dict[str, Any]] = []
    tiles: list[np.ndarray] = []
    for one, shown in points:
        if not tiles or not np.array_equal(shown, tiles[-1]):  # codes' pictures do not depend on the file they lie in
            tiles.append(shown)
        known.append(asdict(one) | {"tile": len(tiles) - 1})
    return {"points": known, "tiles": np.stack(tiles)}


def format_points(images: Tensor, one: Format) -> dict[str, Any]:
    """Measure an image format on images, uint8 (N, C, H, W): all on one sheet, and each by itself."""
    made = []
    for mode, how in zip(MODES, (sheets, singles), strict=True):
        for settings, coded in zip(one.settings, how(images, one), strict=True):
            made.append(point(mode, _in_words(settings), coded, images))
    return answer_of(made)


def code_points(
    codec: Codec, coder: Coder, images: Tensor, steps: Sequence[float], header: int
) -> tuple[dict[str, Any], list[Tensor]]:
    """Measure quantised codes on images: all in one file, and each by itself.

    Args:
        codec: the autoencoder, or PCA.
        coder: that was fitted for it.
        images: uint8 (N, C, H, W).
        steps: of the whole numbers.
        header: bytes of a file beside the numbers.

    Returns:
        A study's answer, and the whole numbers (N, D) at each step.
    """
    made, all_numbers = [], []
    with torch.inference_mode():
        for step in steps:
            numbers = searched(codec, coder, to_float(images), step)
            back = pictures(codec, coder, numbers, step)
            whole = header + len(entropy.to_bytes(numbers, coder, step))
            each = sum(header + len(entropy.to_bytes(row[None], coder, step)) for row in numbers)
            packed = header + entropy.zlib_bytes(numbers)
            for mode, size in zip(MODES, (whole, each), strict=True):
                zlib = packed if mode == MODES[0] else 0.0
                made.append(point(mode, f"step {step:.3g}", Coded(size, back), images, zlib))
            all_numbers.append(numbers)
    return answer_of(made), all_numbers


def best_within(points: Iterable[Mapping[str, Any]], mode: str, most: float, measure: str = "psnr") -> float | None:
    """Return the best that a method reaches in at most so many bytes an image; None where it needs more.

    Args:
        points: the method's, as dictionaries of :class:`Point`.
        mode: one of :data:`MODES`.
        most: bytes an image.
        measure: "psnr" or "ssim".
    """
    reached = [float(one[measure]) for one in points if one["mode"] == mode and one["bytes"] <= most]
    return max(reached, default=None)


def _in_words(settings: Mapping[str, Any]) -> str:
    if settings.get("lossless"):
        return "lossless"
    if "quality" in settings:
        return f"quality {settings['quality']:g}"
    return f"asked for {settings['quality_layers'][0]} dB" if "quality_layers" in settings else "lossless"

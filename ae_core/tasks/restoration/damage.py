"""Damage a clean picture, so that what repairs it can be scored: the kinds of damage, and how strong they may be."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ae_core.data.upload.photo_files import image_of
from ae_core.tasks.restoration.corruption import halved, luma, sheets
from ae_core.tasks.restoration.pixels import Pixels, to_pixels, to_tensor

_SHEET = 768  # pixels a side of a sheet of text, which is repeated over a larger picture


@dataclass(frozen=True)
class Damaged:
    """A damaged picture: uint8 (H, W, C), and bool (H, W) where it has holes; ``mask`` is None where it has none."""

    pixels: Pixels
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Damage:
    """A kind of damage.

    Attributes:
        title: what a page calls it.
        about: what it does, in a sentence.
        measure: what its strength is a measure of, as the label of a control; empty where it has none.
        lowest: the smallest strength.
        highest: the largest strength.
        usual: the strength that a page begins with.
        apply: damages uint8 (H, W, C) at a strength, with random draws from a seed.
        by_chance: whether another seed gives another picture.
    """

    title: str
    about: str
    measure: str
    lowest: int
    highest: int
    usual: int
    apply: Callable[[Pixels, int, int], Damaged]
    by_chance: bool = True


def _rounded(values: np.ndarray) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _gaussian(pixels: Pixels, strength: int, seed: int) -> Damaged:
    noise = np.random.default_rng(seed).standard_normal(pixels.shape, np.float32)
    return Damaged(_rounded(pixels + strength * noise))


def _shot(pixels: Pixels, strength: int, seed: int) -> Damaged:
    counts = np.random.default_rng(seed).poisson(pixels.astype(np.float32) / 255 * strength)
    return Damaged(_rounded(counts * (255 / strength)))


def _speckles(pixels: Pixels, strength: int, seed: int) -> Damaged:
    rng = np.random.default_rng(seed)
    hit = rng.random(pixels.shape[:2]) < strength / 100
    black_or_white = 255 * rng.integers(0, 2, pixels.shape[:2], np.uint8)
    return Damaged(np.where(hit[..., None], black_or_white[..., None], pixels))


def _coded(pixels: Pixels, strength: int, seed: int) -> Damaged:
    file = io.BytesIO()
    image_of(pixels).save(file, "JPEG", quality=strength)
    return Damaged(np.asarray(Image.open(file)).reshape(pixels.shape).copy())


def _holed(pixels: Pixels, mask: np.ndarray) -> Damaged:
    """Make holes white, as a scanned tear is; no method looks at what is in them."""
    return Damaged(np.where(mask[..., None], np.uint8(255), pixels), mask)


def _single_pixels(pixels: Pixels, strength: int, seed: int) -> Damaged:
    return _holed(pixels, np.random.default_rng(seed).random(pixels.shape[:2]) < strength / 100)


def _text(pixels: Pixels, strength: int, seed: int) -> Damaged:
    return _holed(pixels, _letters(pixels, seed, strength) > 127)


def _scratches(pixels: Pixels, strength: int, seed: int) -> Damaged:
    height, width = pixels.shape[:2]
    rng = np.random.default_rng(seed)
    image = Image.new("1", (width, height))
    pen = ImageDraw.Draw(image)
    side = max(height, width)
    for _ in range(strength):
        along = np.cumsum(rng.normal(0, side / 60, (24, 2)) + rng.normal(0, side / 50, 2), 0)
        places = along + rng.random(2) * (width, height)
        pen.line(
            [tuple(place) for place in places.tolist()], fill=1, width=int(rng.integers(1, max(2, side // 150) + 1))
        )
    return _holed(pixels, np.array(image, bool))


def _watermark(pixels: Pixels, strength: int, seed: int) -> Damaged:
    cover = strength / 100 * _letters(pixels, seed, 0)[..., None].astype(np.float32) / 255
    return Damaged(_rounded(pixels * (1 - cover) + 255 * cover))


def _letters(pixels: Pixels, seed: int, size: int) -> np.ndarray:
    """Return a text over the whole picture, uint8 (H, W), 255 within the strokes, in a font that no network has seen."""
    sheet = sheets([None], 1, _SHEET, seed=seed, size=size)[0, 0].numpy()
    times = [-(-length // _SHEET) for length in pixels.shape[:2]]
    return np.tile(sheet, times)[: pixels.shape[0], : pixels.shape[1]]


def _without_colour(pixels: Pixels, strength: int, seed: int) -> Damaged:
    if pixels.shape[2] == 1:
        return Damaged(pixels)
    return Damaged(to_pixels(luma(to_tensor(pixels))))


def _small(pixels: Pixels, strength: int, seed: int) -> Damaged:
    return Damaged(to_pixels(halved(to_tensor(pixels))))


DAMAGES: dict[str, dict[str, Damage]] = {
    "denoise": {
        "gaussian": Damage(
            "Gaussian noise", "Each pixel is moved by a random amount, as a sensor in little light does.",
            "Strength: standard deviation, of 255", 5, 100, 25, _gaussian,
        ),
        "shot": Damage(
            "Shot noise", "Light comes in grains: a bright pixel counts many, a dark one few. The network never saw this.",
            "Light: grains at white; the fewer, the more noise", 5, 200, 30, _shot,
        ),
        "speckles": Damage(
            "Speckles", "Single pixels turn black or white. The network never saw this.",
            "Strength: per cent of the pixels", 1, 50, 10, _speckles,
        ),
    },
    "jpeg": {
        "jpeg": Damage("JPEG", "The picture is saved as a small JPEG, block by block.", "Quality, of 100: the lower, the more is lost", 3, 80, 10, _coded, by_chance=False),
    },
    "fill": {
        "pixels": Damage("Lost pixels", "Single pixels are lost.", "Strength: per cent of the pixels", 5, 90, 50, _single_pixels),
        "text": Damage("Text", "A text is written over the picture.", "Strength: height of the letters, in pixels", 10, 60, 24, _text),
        "scratches": Damage("Scratches", "The picture was scratched.", "Strength: scratches", 1, 60, 20, _scratches),
    },
    "watermark": {
        "watermark": Damage(
            "Watermark", "A half-transparent text is written all over the picture, in a font that the network never saw.",
            "Strength: opacity of the letters, in per cent", 10, 75, 40, _watermark,
        ),
    },
    "colour": {"grey": Damage("Without colour", "The picture's brightness alone is left.", "", 0, 0, 0, _without_colour)},
    "double": {"small": Damage("Half the size", "Four pixels become one.", "", 0, 0, 0, _small)},
}  # fmt: skip


def damaged(task: str, kind: str, clean: Pixels, strength: int, seed: int) -> Damaged:
    """Damage a picture so that a task can repair it.

    Args:
        task: one of the tasks of :mod:`.restoring`.
        kind: a key of ``DAMAGES[task]``.
        clean: uint8 (H, W, C); for "double" of even height and width.
        strength: moved into the kind's range.
        seed: of the random draws.
    """
    damage = DAMAGES[task][kind]
    return damage.apply(clean, min(max(strength, damage.lowest), damage.highest), seed)

"""Read what a visitor painted over a picture: strokes of a brush and of an eraser, drawn at the picture's own size."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from ae_core.errors import LabError

LONGEST = 1_000_000  # characters of all strokes
_MOST_STROKES = 5_000
_MOST_WORK = 2_000_000_000  # pixels that are filled, at less than a nanosecond each
_PER_PLACE = (
    12_000  # such pixels' time that a place takes however small, and a row of a wide brush, and a step of a line
)
_PER_ROW = 60
_PER_STEP = 4

Stroke = tuple[bool, float, list[tuple[float, float]]]


class StrokesRejected(LabError):
    """What came as strokes is none. The message says what to do."""


def mask_of(text: str, height: int, width: int) -> np.ndarray:
    """Draw strokes as a mask.

    Args:
        text: JSON, a list of strokes in the order in which they were made. Each is a list of numbers: 1 for the eraser
            and 0 for the brush, the width of the stroke in pixels, then x and y of each place along it in pixels.
        height: of the picture in pixels.
        width: of the picture in pixels.

    Returns:
        bool (height, width), true where the brush was last.

    Raises:
        StrokesRejected: it is not that.
    """
    image = Image.new("1", (width, height))
    pen = ImageDraw.Draw(image)
    for erases, thick, places in read_strokes(text, height, width):
        ink = 0 if erases else 1
        if thick <= 1:
            pen.line([(math.floor(x), math.floor(y)) for x, y in places], fill=ink)
            pen.point((math.floor(places[0][0]), math.floor(places[0][1])), fill=ink)
            continue
        # a pixel (i, j) covers the square from i, j to i + 1, j + 1: its middle lies half a pixel further
        middles = [(x - 0.5, y - 0.5) for x, y in places]
        if len(middles) > 1:
            pen.line(middles, fill=ink, width=round(thick), joint="curve")
        half = (thick - 1) / 2
        for x, y in middles:
            pen.ellipse((x - half, y - half, x + half, y + half), fill=ink)
    return np.array(image, bool)


def read_strokes(text: str, height: int, width: int) -> list[Stroke]:
    """Read strokes, as :func:`mask_of` draws them. Raises :class:`StrokesRejected` for what is none, or too much of it.

    Args:
        text: see there.
        height: of the picture in pixels.
        width: of the picture in pixels.

    Returns:
        whether it erases, its width, and the places along it, of each stroke.
    """
    strokes = _read(text)
    if sum(_work(thick, places, height, width) for _, thick, places in strokes) > _MOST_WORK:
        raise StrokesRejected(
            "More is painted than the lab draws at once. Clear it and paint again with fewer strokes, or a finer brush."
        )
    return strokes


def _work(thick: float, places: list[tuple[float, float]], height: int, width: int) -> float:
    """Return how long drawing a stroke takes, in pixels that could be filled in that time."""
    if thick > 1:
        return len(places) * (_PER_PLACE + _PER_ROW * thick + min(thick, height) * min(thick, width))
    steps = sum(max(abs(x - to_x), abs(y - to_y)) for (x, y), (to_x, to_y) in pairwise(places))
    return len(places) + _PER_STEP * steps


def _read(text: str) -> list[Stroke]:
    try:
        if len(text) > LONGEST:
            raise ValueError
        strokes = json.loads(text)
        if not isinstance(strokes, list) or len(strokes) > _MOST_STROKES:
            raise ValueError
        read = []
        for stroke in strokes:
            numbers = [float(number) for number in stroke]
            if len(numbers) < 4 or len(numbers) % 2 or not all(abs(number) < 1e6 for number in numbers):
                raise ValueError
            erases, thick, *places = numbers
            if not 0 < thick < 20_000:
                raise ValueError
            read.append((bool(erases), thick, list(zip(places[::2], places[1::2], strict=True))))
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise StrokesRejected("What was painted could not be read. Clear it and paint again.") from None
    return read

"""Read what a visitor painted over a picture: strokes of a brush and of an eraser, drawn at the picture's own size."""

from __future__ import annotations

import json
import math

import numpy as np
from PIL import Image, ImageDraw

from ae_core.errors import LabError

LONGEST = 1_000_000  # characters of all strokes
_MOST_STROKES = 5_000


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
    for erases, thick, places in _read(text):
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


def _read(text: str) -> list[tuple[bool, float, list[tuple[float, float]]]]:
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
    except (ValueError, TypeError, RecursionError):
        raise StrokesRejected("What was painted could not be read. Clear it and paint again.") from None
    return read

"""A pad to draw on with a finger, a mouse or arrow keys, at the resolution that the model sees.

Strokes are kept as lines and drawn four times as fine as the pad shows them, so that scaling the drawing to the size
MNIST's digits have loses nothing. While a stroke is being drawn the pad sends what is there a few times a second.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ae_core.data.datasets import DatasetInfo
from ae_core.data.upload import UploadRejected, open_image, prepare
from ae_core.text import as_written
from ui.components.shared import component

FINER = 4  # what is sent has this many times the pad's pixels each way
_PREFIX = "data:image/png;base64,"
LONGEST = 200_000  # characters; a pad full of scribbles has a tenth
_MOST_PIXELS = 1_000_000  # many times those of the largest pad

# To draw with on a pad for images in colour; the first is taken at the start. Grey images are drawn in white.
COLOURS = {
    "Red": "#ff3333",
    "Yellow": "#ffff33",
    "Green": "#33ff33",
    "Cyan": "#33ffff",
    "Blue": "#3333ff",
    "Violet": "#ff33ff",
    "White": "#ffffff",
}

_LINE_HEIGHT = 84  # pixels of the pad on which a series is drawn, as many as columns as it has numbers

_component = component(__file__)


def draw_pad(key: str, info: DatasetInfo, start: str, on_ink: Callable[[], None]) -> Tensor | None:
    """Show a pad for items of a dataset: images, or series, whose line is drawn.

    Args:
        key: of the component.
        info: the dataset.
        start: an earlier state of a pad, of this size or another, to begin with; not to be changed while it is shown.
        on_ink: called when the drawing has changed; finds it as ``ink`` in ``st.session_state[key]``, unchecked.

    Returns:
        What is drawn, centred and scaled as the dataset's images were, float (1, C, H, W) in [0, 1]; None while the
        pad is empty.
    """
    result = _component(key=key, data=payload(info, start), default={"ink": None}, on_ink_change=on_ink)
    try:
        return drawing(start if result.ink is None else result.ink, info)
    except UploadRejected as error:
        st.error(as_written(error), icon=":material/draw:")
        return None


def payload(info: DatasetInfo, start: str = "") -> dict[str, str]:
    """Return the data of :func:`draw_pad`; the sizes of pad and brush are in the model's pixels."""
    _, height, width = info.shape
    is_line = info.kind == "series"
    if is_line:
        height, width = _LINE_HEIGHT, height
    about = {
        "width": width,
        "height": height,
        "finer": 2 if is_line else FINER,
        "brush": 2.4 if is_line else max(1.2, width / 12),
        "hint": "Draw a line from left to right." if is_line else "Draw here with a finger or the mouse.",
        "colours": list(COLOURS.items()) if info.colour else [("White", "#ffffff")],
        "kept": "Kept for this visit, and in no link.",
        "token": f"{width}x{height}{'x3' if info.colour else ''}{info.kind if is_line else ''}",
    }
    return {"json": json.dumps(about), "start": start}


def drawing(ink: Any, info: DatasetInfo) -> Tensor | None:
    """Return what the pad reports as an item of the data set, (1, C, H, W) in [0, 1]; None for an empty pad.

    Raises:
        UploadRejected: it is nothing that a pad sends; it comes from a browser.
    """
    if not ink:
        return None
    if not isinstance(ink, str) or not ink.startswith(_PREFIX) or len(ink) > LONGEST:
        raise UploadRejected("The drawing did not arrive whole. Clear the pad and draw again.")
    try:
        file = base64.b64decode(ink.removeprefix(_PREFIX), validate=True)
    except ValueError:  # letters that are none of base64's, or of no alphabet that it could have
        raise UploadRejected("The drawing did not arrive whole. Clear the pad and draw again.") from None
    picture = open_image(file, most_pixels=_MOST_PIXELS)
    if np.asarray(picture.convert("RGB")).max() < 128:  # rubbed out again
        return None
    if info.kind == "series":
        return as_series(np.asarray(picture.convert("L")), info.shape[1])
    prepared = prepare(
        picture, info.shape, polarity="as is", centre=info.ink_fill is not None, fill=info.ink_fill or 1.0
    )
    return torch.from_numpy(prepared.pixels)[None]


def as_series(ink: np.ndarray, numbers: int) -> Tensor:
    """Return a drawn line as numbers: in each column the middle of the ink, and straight lines where there is none.

    Args:
        ink: uint8 (H, W), light on dark; some of it is light.
        numbers: T, how many there are to be.

    Returns:
        float (1, 1, T, 1) in [0, 1], 1 at the upper edge.
    """
    height, width = ink.shape
    weight = np.where(ink > 64, ink, 0).astype(float)
    inked = np.flatnonzero(weight.any(0))
    rows = (weight * (np.arange(height) + 0.5)[:, None]).sum(0)[inked] / weight.sum(0)[inked]
    places = (np.arange(numbers) + 0.5) * width / numbers - 0.5
    values = 1 - np.interp(places, inked, rows) / height
    return torch.from_numpy(values).float().view(1, 1, numbers, 1)

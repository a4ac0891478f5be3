"""Draw documents as their strongest words, each over a bar, with what a model makes of them marked on the bars."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ae_core.data.items import to_float

WIDTH, HEIGHT = 150, 84  # pixels of a picture
LINES = 6  # words in it
_LINE = HEIGHT // LINES
_BAR = 0.32  # grey of a bar
_MARK = 2  # pixels of what a model made
_MADE = (0.35, 0.71, 1.0)  # red, green and blue of it
_ERROR = (0.62, 0.18, 0.15)  # of what lies between that and the document's own


def as_words(documents: Tensor, over: Tensor | None, words: Sequence[str]) -> Tensor:
    """Draw each document as its strongest words, the strongest first, over bars as long as the word is strong.

    Args:
        documents: (N, 1, 1, W), uint8 or float in [0, 1].
        over: the documents that these are reconstructions of, of the same size: their bars are drawn, and on them what is
            made of them as marks, with the error between the two; the words are those of both.
        words: W words.

    Returns:
        float in [0, 1]: (N, 1, :data:`HEIGHT`, :data:`WIDTH`) in grey, or (N, 3, ...) in colour where two are laid over
        each other.
    """
    made = _values(documents)
    own = made if over is None else _values(over)
    # of equal ones the first, so that a document is drawn alike everywhere
    strongest = np.argsort(-(made + own), axis=1, kind="stable")[:, :LINES]
    rows = np.arange(len(made))[:, None]
    pictures = _lines(own[rows, strongest], None if over is None else made[rows, strongest])
    for picture, places, strength in zip(pictures, strongest, (made + own)[rows, strongest], strict=True):
        for line, (place, there) in enumerate(zip(places, strength, strict=True)):
            if there > 0:
                _write(picture[:, line * _LINE : (line + 1) * _LINE], words[place])
    return torch.from_numpy(pictures)


def _values(documents: Tensor) -> npt.NDArray[np.float32]:
    values = to_float(documents) if documents.dtype == torch.uint8 else documents.float()
    return np.asarray(values.flatten(1).numpy())


def _lines(own: npt.NDArray[np.float32], made: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
    """Return pictures (N, C, HEIGHT, WIDTH) of the bars alone.

    Args:
        own: how strong the words of each line are, (N, LINES).
        made: what a model makes of that; None for no marks.
    """
    across = np.arange(WIDTH, dtype=np.float32)
    end = own[..., None] * (WIDTH - 1)
    bars = _BAR * (across < end)
    if made is None:
        lines = bars[:, None]
    else:
        mark = made[..., None] * (WIDTH - 1)
        wrong = (across >= np.minimum(end, mark)) & (across < np.maximum(end, mark))
        marked = np.abs(across - mark) < _MARK / 2 + 0.5
        lines = np.stack([np.where(marked, m, np.where(wrong, e, bars)) for m, e in zip(_MADE, _ERROR, strict=True)], 1)
    whole: npt.NDArray[np.float32] = lines.repeat(_LINE, 2).astype(np.float32)
    whole[:, :, _LINE - 1 :: _LINE] = 0  # a gap below each
    return whole


def _write(line: npt.NDArray[np.float32], word: str) -> None:
    """Write a word over a line (C, h, w) of a picture, in white."""
    np.maximum(line, _written(word), out=line)


@lru_cache(maxsize=4096)
def _written(word: str) -> npt.NDArray[np.float32]:
    picture = Image.new("L", (WIDTH, _LINE))
    font = ImageFont.load_default(size=_LINE - 3)
    ImageDraw.Draw(picture).text((3, (_LINE - 1) // 2), word, fill=255, font=font, anchor="lm")
    return np.asarray(picture, np.float32)[None] / np.float32(255)

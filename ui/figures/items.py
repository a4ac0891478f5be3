"""How an item of a data set is drawn: the one place that knows an image from a series, a table or a text.

Every figure of the lab (strips, panels, sheets, films, planes) draws items by :func:`draw`. A data set of another kind
needs an entry of :data:`KINDS` and no change to a page. What lets a visitor work on pixels themselves (the drawing pad,
the painting on Denoise, PCA's half of the latent explorer, uploads) is for images alone.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ae_core.data.datasets import DatasetInfo
from ae_core.data.words.collections import COLLECTIONS
from ui.components.shared.sheets import as_bytes
from ui.figures.bars import as_bars
from ui.figures.lines import as_lines
from ui.figures.words import as_words

Drawer = Callable[[Tensor, Tensor | None, DatasetInfo], Tensor]


def _itself(items: Tensor, over: Tensor | None, info: DatasetInfo) -> Tensor:
    """Return images as they are: each is its own picture, and what it was made of is not drawn into it."""
    return items


def _documents(items: Tensor, over: Tensor | None, info: DatasetInfo) -> Tensor:
    return as_words(items, over, words_of(info))


def words_of(info: DatasetInfo) -> tuple[str, ...]:
    """Return the words whose counts the items of a data set are; none of other items."""
    return COLLECTIONS[info.name].vocabulary() if info.kind == "text" else ()


#: By :attr:`DatasetInfo.kind`: from items (N, C, H, W), uint8 or float in [0, 1], to pictures of one size, (N, 1, h, w) in
#: grey or (N, 3, h, w) in red, green and blue. The second argument are the items that the first are reconstructions of, of
#: the same size, or None.
KINDS: dict[str, Drawer] = {
    "image": _itself,
    "series": lambda items, over, info: as_lines(items, over),
    "table": lambda items, over, info: as_bars(items, over),
    "text": _documents,
}


def draw(items: Tensor, info: DatasetInfo, over: Tensor | None = None) -> Tensor:
    """Draw items of a data set.

    Args:
        items: (N, C, H, W), uint8 or float in [0, 1]; what lies beyond is cut off.
        info: the data set's, whose ``kind`` decides how.
        over: the items that these are reconstructions of, where the two are to be seen in one picture, if the kind can.

    Returns:
        uint8 pictures, (N, 1, h, w) in grey or (N, 3, h, w) in colour.
    """
    pictures = KINDS[info.kind](
        items if items.dtype == torch.uint8 else items.clamp(0, 1), None if over is None else over[: len(items)], info
    )
    return as_bytes(pictures)


def signed(differences: Tensor, info: DatasetInfo, *, each: bool = False) -> Tensor:
    """Return signed differences of a data set's items as items that can be drawn.

    Args:
        differences: (N, C, H, W), of any size.
        info: the data set.
        each: whether each is scaled by its own largest number; else all are by the largest of all.

    Returns:
        (N, C, H, W) in [0, 1]. No difference is one half, which is grey, a line in the middle, or no bar. Of a text, whose
        picture is its strongest words, only what is more is left, from 0.
    """
    scaled = to_largest(differences, each=each)
    return scaled.clamp_min(0) if info.kind == "text" else 0.5 + 0.5 * scaled


def to_largest(differences: Tensor, *, each: bool = False) -> Tensor:
    """Return signed differences (N, C, H, W) divided by the largest of all, or each by its own: in [-1, 1]."""
    largest = differences.abs().amax((1, 2, 3), keepdim=True) if each else differences.abs().amax()
    return differences / largest.clamp_min(1e-6)


def in_a_strip(info: DatasetInfo) -> int:
    """Return how many items of a data set stand side by side in a strip at most."""
    return 99 if info.kind == "image" else 5


def in_a_tile(info: DatasetInfo) -> int:
    """Return how many items of a data set stand side by side in a picture a few hundred pixels wide.

    Lines and bars want more room than images, and words want to be read.
    """
    return {"image": 6, "text": 2}.get(info.kind, 3)


def in_a_sheet(info: DatasetInfo) -> tuple[int, int]:
    """Return how many items of a data set a sheet of samples has in a row, and how many rows."""
    return (8, 5) if info.kind == "image" else (4, 5)


def picture_size(info: DatasetInfo) -> tuple[int, int]:
    """Return the width and the height of a drawn item in pixels."""
    height, width = draw(torch.zeros(1, *info.shape), info).shape[2:]
    return width, height

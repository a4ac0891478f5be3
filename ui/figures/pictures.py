"""Items as HTML: strips, panels and the figure of the bottleneck. Pixels stay crisp (PNG, nearest neighbour)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ae_core.data.datasets import DatasetInfo
from ui.components.shared.sheets import png
from ui.figures.items import draw, in_a_strip


@dataclass(frozen=True)
class Row:
    """A row of a strip: ``images`` (N, C, H, W), uint8 or float in [0, 1]; ``actor`` is "ae", "pca" or "".

    ``over`` are the items that they are reconstructions of, which are drawn below them where the data set's kind can.
    """

    name: str
    images: Tensor
    note: str = ""
    small: str = ""
    actor: str = ""
    over: Tensor | None = None


@dataclass(frozen=True)
class Panel:
    """A picture with its caption: ``image`` (C, H, W), and what it is a reconstruction of, as in :class:`Row`."""

    name: str
    image: Tensor
    note: str = ""
    actor: str = ""
    over: Tensor | None = None


def strip_html(rows: Sequence[Row], info: DatasetInfo) -> str:
    """Return rows of items of a data set as HTML, one above the other; a column is one item and what became of it.

    Of items that are drawn large there are fewer, the first.
    """
    bare = "" if any(row.note for row in rows) else " bare"  # no column for notes that nobody wrote
    strips = "".join(
        f'<div class="strip {row.actor}{bare}"><div class="name">{html.escape(row.name)}'
        f"{f'<small>{html.escape(row.small)}</small>' if row.small else ''}</div>"
        f'<img class="{smooth(info)}" src="{sprite(row.images[: in_a_strip(info)], info, over=row.over)}" alt="{html.escape(row.name)}: {min(len(row.images), in_a_strip(info))} {info.items}">'
        f"{'' if bare else f'<div class=note>{row.note}</div>'}</div>"
        for row in rows
    )
    # words have to be read: on a phone all rows move aside together
    return f'<div class="to-read" tabindex="0">{strips}</div>' if info.kind == "text" else strips


def panels_html(panels: Sequence[Panel], info: DatasetInfo, size: str = "") -> str:
    """Return larger pictures side by side as HTML.

    Args:
        panels: the pictures, from left to right.
        info: the data set, which says how an item is drawn.
        size: "small" for pictures that do not fill the width, "three" for three to a row.
    """
    return f'<div class="panels {size}">{"".join(_panel_html(panel, info) for panel in panels)}</div>'


def bottleneck_html(info: DatasetInfo, original: Panel, code: Tensor, caption: tuple[str, str], *decoded: Panel) -> str:
    """Return the figure of the bottleneck as HTML: an item, its code as bars, and the decoded items.

    Args:
        info: the data set, which says how an item is drawn.
        original: the item.
        code: its code, (D,).
        caption: name and note below the code.
        decoded: what comes back of it.
    """
    numbers = ", ".join(f"{value:.1f}" for value in code.tolist()[:16])
    middle = (
        '<figure class="ae"><div class="code"><div class="cone in"></div>'
        f'<div class="bars" role="img" aria-label="The code: {numbers}">{bars(code)}</div>'
        f'<div class="cone out"></div></div>{_caption_html(*caption)}</figure>'
    )
    results = "".join(_panel_html(panel, info) for panel in decoded)
    return f'<div class="neck panels">{_panel_html(original, info)}{middle}{results}</div>'


def _panel_html(panel: Panel, info: DatasetInfo) -> str:
    return (
        f'<figure class="{panel.actor}"><div class="frame"><img class="px{smooth(info)}" src="{_panel_sprite(panel, info)}" '
        f'alt="{html.escape(panel.name)}"></div>{_caption_html(panel.name, panel.note)}</figure>'
    )


def _panel_sprite(panel: Panel, info: DatasetInfo) -> str:
    return sprite(panel.image[None], info, over=None if panel.over is None else panel.over[None])


def smooth(info: DatasetInfo) -> str:
    """Return the class of pictures that are not made of an item's own pixels."""
    return "" if info.kind == "image" else " smooth"


def _caption_html(name: str, note: str) -> str:
    return f"<figcaption><b>{html.escape(name)}</b><span>{note}</span></figcaption>"


def bars(code: Tensor) -> str:
    """Return a code (D,) as HTML bars above and below a zero line, scaled to its largest number."""
    values = code.tolist()
    largest = max(1e-9, *(abs(value) for value in values))
    return "".join(
        f'<i style="height:{max(abs(value) / largest * 50, 1):.1f}%;'
        f'{"bottom" if value >= 0 else "top"}:50%;left:{index / len(values):.2%};width:{0.8 / len(values):.2%}"></i>'
        for index, value in enumerate(values)
    )


def sprite(items: Tensor, info: DatasetInfo, columns: int | None = None, over: Tensor | None = None) -> str:
    """Return items as one PNG in a data: URL, with small gaps.

    Args:
        items: (N, C, H, W), uint8 or float in [0, 1].
        info: the data set, which says how an item is drawn.
        columns: items to a row; None for all in one.
        over: the items that these are reconstructions of, where both are to be seen.
    """
    tiles = draw(items, info, over).numpy()
    count, channels, height, width = tiles.shape
    columns = columns or count
    rows = -(-count // columns)
    gap = 0 if count == 1 else max(1, width // 14)
    sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, channels + 1), np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width, :channels] = tile.transpose(1, 2, 0)
        sheet[top : top + height, left : left + width, channels] = 255
    return png(sheet)


def difference(images: Tensor, reference: Tensor) -> Tensor:
    """Return the absolute difference of two float images: brighter where they differ more."""
    return (images - reference).abs()

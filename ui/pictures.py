"""Images as HTML: strips, panels and the figure of the bottleneck. Pixels stay crisp (PNG, nearest neighbour)."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ae_core.training import to_bytes


@dataclass(frozen=True)
class Row:
    """One row of a strip: ``images`` (N, C, H, W), uint8 or float in [0, 1]; ``actor`` is "ae", "pca" or ""."""

    name: str
    images: Tensor
    note: str = ""
    small: str = ""
    actor: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture with its caption: ``image`` (C, H, W)."""

    name: str
    image: Tensor
    note: str = ""
    actor: str = ""


def strip_html(rows: Sequence[Row]) -> str:
    """Rows of images, one above the other, so that a column is one image and what became of it."""
    return "".join(
        f'<div class="strip {row.actor}"><div class="name">{html.escape(row.name)}'
        f"{f'<small>{html.escape(row.small)}</small>' if row.small else ''}</div>"
        f'<img src="{sprite(row.images)}" alt="{html.escape(row.name)}: {len(row.images)} images">'
        f'<div class="note">{row.note}</div></div>'
        for row in rows
    )


def panels_html(panels: Sequence[Panel]) -> str:
    """Larger pictures side by side."""
    return (
        '<div class="panels">'
        + "".join(
            f'<figure class="{panel.actor}"><div class="frame"><img class="px" src="{sprite(panel.image[None])}" '
            f'alt="{html.escape(panel.name)}"></div><figcaption><b>{html.escape(panel.name)}</b>'
            f"<span>{panel.note}</span></figcaption></figure>"
            for panel in panels
        )
        + "</div>"
    )


def bottleneck_html(
    original: Tensor, code: Tensor, reconstruction: Tensor, pca: Tensor, captions: dict[str, str]
) -> str:
    """The lab's figure: an image (C, H, W), a cone, the code (D,) as bars, a cone, what comes back, PCA beside it."""

    def picture(image: Tensor, key: str, actor: str = "") -> str:
        title, _, note = captions[key].partition("|")
        return (
            f'<figure class="{actor}"><div class="frame"><img class="px" src="{sprite(image[None])}" '
            f'alt="{html.escape(title)}"></div><figcaption><b>{html.escape(title)}</b><span>{note}</span>'
            "</figcaption></figure>"
        )

    def cone(points: str) -> str:
        shape = f'<polygon points="{points}" fill="currentColor"/>'
        return f'<div class="cone" aria-hidden="true"><svg viewBox="0 0 10 10" preserveAspectRatio="none">{shape}</svg></div>'

    title, _, note = captions["code"].partition("|")
    numbers = ", ".join(f"{value:.1f}" for value in code.tolist()[:16])
    bars = (
        f'<figure class="ae"><div class="bars" role="img" aria-label="The code: {numbers}">{bars_svg(code)}</div>'
        f"<figcaption><b>{html.escape(title)}</b><span>{note}</span></figcaption></figure>"
    )
    return (
        '<div class="hero">'
        + picture(original, "original")
        + cone("0,0 10,3.4 10,6.6 0,10")
        + bars
        + cone("0,3.4 10,0 10,10 0,6.6")
        + picture(reconstruction, "reconstruction", "ae")
        + picture(pca, "pca", "pca")
        + "</div>"
    )


def bars_svg(code: Tensor) -> str:
    """A code (D,) as bars around a zero line, scaled to its largest number."""
    values = code.tolist()
    largest = max(1e-9, *(abs(value) for value in values))
    width = 100 / len(values)
    bars = "".join(
        f'<rect x="{i * width + width * 0.12:.2f}" width="{width * 0.76:.2f}" '
        f'y="{50 - max(value, 0) / largest * 48:.2f}" height="{max(abs(value) / largest * 48, 0.6):.2f}"/>'
        for i, value in enumerate(values)
    )
    return (
        '<svg viewBox="0 0 100 100" preserveAspectRatio="none" fill="var(--ae)">'
        f'<rect x="0" y="49.8" width="100" height=".4" opacity=".5"/>{bars}</svg>'
    )


def sprite(images: Tensor, columns: int | None = None) -> str:
    """Images (N, C, H, W) as one PNG in a data: URL, ``columns`` to a row (default: all), with small gaps."""
    tiles = as_bytes(images).numpy()
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


def mosaic(images: Tensor, columns: int) -> str:
    """Images (N, C, H, W) edge to edge, ``columns`` to a row, as one PNG in a data: URL."""
    tiles = as_bytes(images).numpy()
    count, channels, height, width = tiles.shape
    rows = count // columns
    sheet = tiles[: rows * columns].reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    return png(np.ascontiguousarray(sheet.reshape(rows * height, columns * width, channels)))


def png(pixels: np.ndarray) -> str:
    """uint8 (H, W, 1 to 4 channels) as a PNG in a data: URL."""
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG", compress_level=3)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def difference(images: Tensor, reference: Tensor) -> Tensor:
    """Where two float images differ, brighter for more."""
    return (images - reference).abs()


def as_bytes(images: Tensor) -> Tensor:
    """uint8 images, whichever of the two kinds came."""
    return images if images.dtype == torch.uint8 else to_bytes(images)

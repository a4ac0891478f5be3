"""Sprite sheets: many images as one picture in a data: URL, from which a component draws any of them."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ae_core.data.items import to_bytes


def mosaic(images: Tensor, columns: int) -> str:
    """Return pictures (N, 1 or 3, H, W) edge to edge, ``columns`` to a row, as one PNG in a data: URL."""
    return png(_edge_to_edge(images, columns))


def sheet(images: Tensor, columns: int, most: int) -> str:
    """Return images edge to edge as one picture of bounded size in a data: URL.

    Args:
        images: (N, 1 or 3, H, W), uint8 or float in [0, 1].
        columns: images to a row; the last row is filled up with black.
        most: characters that a PNG may have; a larger one becomes a WebP, of a third of it.

    Returns:
        The data: URL.
    """
    blank = -len(images) % columns
    pixels = _edge_to_edge(torch.cat([images, images.new_zeros(blank, *images.shape[1:])]), columns)
    crisp = png(pixels)
    return crisp if len(crisp) <= most else data_url(pixels, "webp", quality=75)


def png(pixels: np.ndarray) -> str:
    """Return pixels, uint8 (H, W, 1 to 4 channels), as a PNG in a data: URL."""
    return data_url(pixels, "png", compress_level=3)


def as_bytes(images: Tensor) -> Tensor:
    """Return images as uint8, whether they are that already or float in [0, 1]."""
    return images if images.dtype == torch.uint8 else to_bytes(images)


def _edge_to_edge(images: Tensor, columns: int) -> np.ndarray:
    tiles = as_bytes(images).numpy()
    count, channels, height, width = tiles.shape
    rows = count // columns
    whole = tiles[: rows * columns].reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    return np.ascontiguousarray(whole.reshape(rows * height, columns * width, channels))


def data_url(pixels: np.ndarray, kind: str, **options: Any) -> str:
    """Return pixels, uint8 (H, W, 1 to 4 channels), as a picture of a kind that Pillow writes, in a data: URL."""
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, kind, **options)
    return f"data:image/{kind};base64," + base64.b64encode(buffer.getvalue()).decode()

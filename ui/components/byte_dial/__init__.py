"""A dial of bytes: what each method makes of the same images in at most so many bytes, and the chart of all.

Python sends every point of every method once, and their pictures as one sprite sheet; what the dial changes is drawn in
the browser. Where it comes to rest is told to Python, for the address bar and for the file to download.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ui.components.shared import MOST_BYTES, component
from ui.components.shared.sheets import mosaic

_component = component(__file__)


@dataclass(frozen=True, eq=False)
class Method:
    """A method's points.

    Attributes:
        name: what it is called.
        said: the same within a sentence.
        actor: whose colour it has, "ae" or "pca"; empty for another.
        points: dictionaries of :class:`ae_core.tasks.compression.curves.Point`.
        tiles: their pictures, uint8 (tiles, shown, C, H, W).
    """

    name: str
    said: str
    actor: str
    points: Sequence[dict[str, Any]]
    tiles: np.ndarray


def dial_data(
    originals: np.ndarray, methods: Sequence[Method], *, start: float, mode: str, measure: str, held: str = ""
) -> dict[str, str]:
    """Return the data of :func:`byte_dial`.

    Args:
        originals: the first images, uint8 (shown, C, H, W).
        methods: this run first.
        start: the bytes an image at which the dial starts.
        mode: how the images lie in files, in a few words.
        measure: "psnr" or "ssim", by which the best is told.
        held: "fixed" where the dial cannot be moved, "hidden" where it is not shown either.
    """
    shown, channels, height, width = originals.shape
    tiles, rows = [originals[None]], 1
    listed = []
    for method in methods:
        used = sorted({point["tile"] for point in method.points})
        place = {tile: rows + index for index, tile in enumerate(used)}
        tiles.append(method.tiles[used])
        rows += len(used)
        listed.append(
            {
                "name": method.name,
                "said": method.said,
                "actor": method.actor,
                "points": [
                    [round(p["bytes"], 2), round(p["psnr"], 3), round(p["ssim"], 4), place[p["tile"]]]
                    for p in method.points
                ],
            }
        )
    sizes = [point["bytes"] for method in methods for point in method.points]
    data = {
        "w": width,
        "h": height,
        "channels": channels,
        "shown": shown,
        "methods": listed,
        "low": min(sizes),
        "high": max(*sizes, min(sizes) * 2),
        "bytes": start,
        "mode": mode,
        "measure": measure,
        "held": held,
    }
    stacked = np.concatenate(tiles)
    while True:  # as many images as there is room for: what compression has done must not be compressed again
        url = mosaic(torch.from_numpy(stacked.reshape(-1, channels, height, width)), stacked.shape[1])
        if len(url) <= MOST_BYTES or stacked.shape[1] == 1:
            return {"json": json.dumps(data | {"shown": stacked.shape[1]}), "sheet": url}
        stacked = stacked[:, :-1]


def byte_dial(key: str, data: dict[str, str], on_bytes: Callable[[], None]) -> None:
    """Show what each method makes of the images in so many bytes, with a dial and a chart.

    Args:
        key: of the component.
        data: from :func:`dial_data`.
        on_bytes: called when the dial has come to rest; finds ``bytes`` in ``st.session_state[key]``, unchecked.
    """
    _component(key=key, data=data, on_bytes_change=on_bytes)

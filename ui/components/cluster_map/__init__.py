"""Images as points on a map of their clusters: one is dragged, and its cluster changes where it crosses a border.

Python sends each image's scores along the map's plane (:mod:`ae_core.tasks.clusters.deciding`), which are exact however many
numbers a code has: so the browser decides as the worker would, at the speed of the pointer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ui.components.shared import component, packed

_component = component(__file__)


def cluster_map_data(
    sheet: str,
    columns: int,
    size: tuple[int, int],
    labels: Sequence[str],
    clusters: Sequence[str],
    answer: dict[str, Any],
    moves: str,
) -> dict[str, str]:
    """Return the data of :func:`cluster_map`.

    Args:
        sheet: a data: URL of pictures edge to edge: the N images, then the centres of the K clusters.
        columns: pictures to a row of it.
        size: width and height of a picture in pixels.
        labels: the class of each image, in words.
        clusters: what each cluster is, in words.
        answer: ``places``, ``middles``, ``start``, ``slope`` and ``bend`` of
            :func:`ae_core.tasks.clusters.study.clustered`.
        moves: what of an image moves with the pointer, as a sentence.
    """
    numbers = {
        name: packed(np.asarray(answer[name], np.float32)) for name in ("places", "middles", "start", "slope", "bend")
    }
    data = {"columns": columns, "tile": size, "labels": list(labels), "clusters": list(clusters), "moves": moves}
    return {"json": json.dumps(data | numbers), "sheet": sheet}


def cluster_map(key: str, data: dict[str, str]) -> None:
    """Show the map.

    Args:
        key: of the component.
        data: from :func:`cluster_map_data`.
    """
    _component(key=key, data=data)

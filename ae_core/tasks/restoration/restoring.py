"""Repair a whole picture: in tiles with overlap, so that memory is bounded and no seam is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ae_core.errors import LabError
from ae_core.paths import checkpoints_dir
from ae_core.tasks.restoration.network import RestorationNet
from ae_core.tasks.restoration.repairs import REPAIRS

TILE = 768  # pixels a side that each pass settles
MARGIN = 64  # pixels around it that it looks at: as far as a place of the result depends on its surroundings


class RepairMissing(LabError):
    """The weights of a repair are not on this machine, or its file is damaged."""


def weights_file(name: str) -> Path:
    """Return where the weights of a repair lie."""
    return checkpoints_dir() / "photos" / f"{name}.safetensors"


@lru_cache(maxsize=16)
def network(name: str) -> RestorationNet:
    """Return the trained network of a repair, a key of REPAIRS; read once, not to be changed.

    Raises:
        RepairMissing: its file is missing or damaged.
    """
    model = RestorationNet(REPAIRS[name].layout)
    try:
        model.load_state_dict({key: value.float() for key, value in load_file(weights_file(name)).items()})
    except (OSError, SafetensorError, RuntimeError):
        raise RepairMissing(
            f"The network for “{REPAIRS[name].title}” is missing here or damaged: restore the folder checkpoints/photos."
        ) from None
    return model.eval().requires_grad_(False)


def restored(
    model: RestorationNet,
    picture: Tensor,
    on_progress: Callable[[int, int], None] = lambda done, pixels: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Tensor | None:
    """Repair a picture of any size.

    Args:
        model: from :func:`network`.
        picture: float (C, H, W) as the network is given it.
        on_progress: told how many pixels are done, and how many there are, after each tile.
        should_stop: asked before each tile.

    Returns:
        What the network makes of it, float (outputs, H, W), or twice that height and width; None when it was stopped.
    """
    _, height, width = picture.shape
    times = 2 if model.layout.grows else 1
    result = torch.empty(model.layout.outputs, height * times, width * times)
    done = 0
    for top, left in places(height, width):
        if should_stop():
            return None
        bottom, right = min(top + TILE, height), min(left + TILE, width)
        above, beside = min(MARGIN, top), min(MARGIN, left)
        seen = picture[:, top - above : bottom + MARGIN, left - beside : right + MARGIN]
        with torch.inference_mode():
            tile = model(seen[None])[0]
        rows, columns = (bottom - top) * times, (right - left) * times
        result[:, top * times : bottom * times, left * times : right * times] = tile[
            :, above * times : above * times + rows, beside * times : beside * times + columns
        ]
        done += (bottom - top) * (right - left)
        on_progress(done, height * width)
    return result


def places(height: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield the upper left corner of each tile of a picture, row by row."""
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            yield top, left

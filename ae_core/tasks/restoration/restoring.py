"""Repair a whole picture of 8 bits by one of the networks, tile by tile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ae_core.errors import LabError
from ae_core.tasks.restoration.corruption import chroma, coloured, luma, roughly_filled
from ae_core.tasks.restoration.marks import Overlay, overlay_of, taken_off
from ae_core.tasks.restoration.network import mirrored
from ae_core.tasks.restoration.overview import (
    COARSE,
    FILL_WAYS,
    LEVELS,
    Overview,
    glimpse,
    known_where_not,
    overview,
    strokes_on,
)
from ae_core.tasks.restoration.pixels import Pixels, to_pixels, to_tensor
from ae_core.tasks.restoration.tiles import Tile, tiles
from ae_core.tasks.restoration.weights import applied, mean_answer, weights_file

TASKS = ("denoise", "jpeg", "fill", "watermark", "colour", "double")
# in which a picture is turned for a network, whose mean answer is taken: each way takes the network's time once more
_WAYS = {"denoise-grey": 2}


class NothingToRepair(LabError):
    """A repair was asked for something that it does not apply to. The message says what is missing."""


def offered() -> list[str]:
    """Return the tasks whose networks are on this machine: one that is not good enough yet is not shipped."""
    needed = {task: ("denoise", "denoise-grey") if task == "denoise" else (task,) for task in TASKS}
    return [task for task, names in needed.items() if all(weights_file(name).is_file() for name in names)]


def repair(
    task: str,
    pixels: Pixels,
    *,
    mask: np.ndarray | None = None,
    on_progress: Callable[[int, int], None] = lambda done, pixels: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Pixels | None:
    """Repair a picture of any size.

    Args:
        task: one of TASKS.
        pixels: uint8 (H, W, 3), or (H, W, 1) for a grey picture.
        mask: bool (H, W), true where the picture is to be filled; for the task "fill".
        on_progress: told how many pixels are done, and how many there are, after each tile.
        should_stop: asked before each tile.

    Returns:
        uint8, of the same height and width, or twice both for "double"; of as many channels, or three for "colour".
        None when it was stopped.

    Raises:
        NothingToRepair: there is nothing to fill, or nothing is left to fill it from.
        RepairMissing: the network's file is missing or damaged.
    """
    check(task, pixels, mask)
    height, width, _ = pixels.shape
    result = blank(task, pixels)
    seen = glimpse(task, pixels, mask)
    told = None if seen is None else overview(task, seen)
    done = 0
    for tile in tiles(height, width):
        if should_stop():
            return None
        tile.put(result, repair_tile(task, *seen_by(tile, pixels, mask, told)))
        done += tile.size
        on_progress(done, height * width)
    return result


def seen_by(
    tile: Tile, pixels: Pixels, mask: np.ndarray | None, told: Overview | None
) -> tuple[Pixels, np.ndarray | None, Overview | None]:
    """Return what a tile sees, as :func:`repair_tile` wants it.

    Args:
        tile: of the picture.
        pixels: of the whole picture, uint8 (H, W, C).
        mask: bool (H, W), for the task "fill".
        told: the overview of the picture, for tasks that need one.
    """
    of_mask = None if mask is None else tile.seen(mask)
    return tile.seen(pixels), of_mask, None if told is None else told.seen_by(tile, *pixels.shape[:2])


def check(task: str, pixels: Pixels, mask: np.ndarray | None) -> None:
    """Raise what :func:`repair` raises for what cannot be repaired.

    Args:
        task: one of TASKS.
        pixels: uint8 (H, W, C).
        mask: bool (H, W), for the task "fill".

    Raises:
        NothingToRepair: there is nothing to fill, or nothing is left to fill it from.
    """
    if task != "fill":
        return
    if mask is None or not mask.any():
        raise NothingToRepair("Nothing is marked to be filled: paint over it, or give a mask that is white there.")
    if mask.shape != pixels.shape[:2]:
        raise NothingToRepair(
            f"The mask has {mask.shape[1]} × {mask.shape[0]} pixels and the picture {pixels.shape[1]} × {pixels.shape[0]}: "
            "give one of the picture's size."
        )
    if mask.all():
        raise NothingToRepair("The whole picture is marked to be filled: leave some of it to fill from.")


def blank(task: str, pixels: Pixels) -> Pixels:
    """Return an array for what a task makes of a picture; where nothing is put into it, it is the picture."""
    if task == "double":
        return np.zeros((2 * pixels.shape[0], 2 * pixels.shape[1], pixels.shape[2]), np.uint8)
    return np.repeat(pixels, 3, 2) if task == "colour" and pixels.shape[2] == 1 else pixels.copy()


def repair_tile(task: str, pixels: Pixels, mask: np.ndarray | None = None, told: Overview | None = None) -> Pixels:
    """Repair what one tile sees.

    Args:
        task: one of TASKS.
        pixels: uint8 (h, w, 3 or 1).
        mask: bool (h, w), for the task "fill".
        told: what it is told of the whole picture; for the tasks "fill" and "colour".

    Returns:
        uint8, as :func:`repair` returns it.
    """
    with torch.inference_mode():
        return to_pixels(_restored(task, to_tensor(pixels), mask, told or Overview()))


def _restored(task: str, picture: Tensor, mask: np.ndarray | None, told: Overview) -> Tensor:
    grey = picture.shape[1] == 1
    colours = picture.expand(-1, 3, -1, -1)
    if task == "denoise":
        name = "denoise-grey" if grey else "denoise"
        return mean_answer(name, picture, ways(name))
    if task == "colour":
        return coloured(luma(colours), told.differences_at(*picture.shape[2:]))
    if task == "fill":
        if mask is None or told.averages is None or not mask.any():
            return picture
        return filled(picture, known_where_not(mask), to_tensor(told.averages), told.ways)
    if task == "double":
        # the brightness by the network, and the colours, which eyes see less sharply, by a bicubic filter
        bright = applied(task, luma(colours))
        if grey:
            return bright
        return coloured(bright, F.interpolate(chroma(picture), scale_factor=2, mode="bicubic", align_corners=False))
    if task == "watermark":
        return unmarked(picture, told.overlay)
    result = applied(task, colours)
    return luma(result) if grey else result


def unmarked(picture: Tensor, overlay: Overlay | None = None) -> Tensor:
    """Return a picture without the half-transparent text that is written over it, see :mod:`.marks`.

    Args:
        picture: (1, C, H, W).
        overlay: how opaque the text is and of which colour, where that was told from the whole of a larger picture.
    """
    strokes = strokes_on(picture)
    return taken_off(picture, strokes, overlay or overlay_of(picture, strokes))


def ways(name: str) -> int:
    """Return in how many ways a picture is turned for a network, see :func:`.weights.mean_answer`."""
    return _WAYS.get(name, 1)


def filled(picture: Tensor, known: Tensor, around: Tensor | None = None, ways: int = FILL_WAYS) -> Tensor:
    """Return a picture with what a network puts into its holes: the mean of its answers.

    Args:
        picture: (1, C, H, W); what lies in holes is not looked at.
        known: (1, 1, H, W), 1 where a pixel is known and 0 in holes.
        around: where this is a part of a larger picture, this part of its :func:`.overview.averages_around`.
        ways: in which the picture is turned for the network, see :func:`.weights.mean_answer`.

    Returns:
        (1, C, H, W).
    """
    height, width = picture.shape[2:]
    # to whole squares of the averages, so that a mirrored picture has mirrored ones
    picture, known = (mirrored(each, -height % COARSE, -width % COARSE) for each in (picture, known))
    rough = roughly_filled(picture, known, around, LEVELS)
    answer = mean_answer("fill", torch.cat([rough.expand(-1, 3, -1, -1), known], 1), ways)
    found = torch.where(known > 0, picture, luma(answer) if picture.shape[1] == 1 else answer)
    return found[:, :, :height, :width]

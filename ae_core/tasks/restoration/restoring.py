"""Repair a whole picture of 8 bits by one of the networks, tile by tile."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from ae_core.errors import LabError
from ae_core.paths import checkpoints_dir
from ae_core.tasks.restoration.corruption import chroma, coloured, luma, pulled, roughly_filled
from ae_core.tasks.restoration.marks import overlay_of, taken_off
from ae_core.tasks.restoration.network import RestorationNet, in_half_precision, mirrored
from ae_core.tasks.restoration.pixels import Pixels, to_pixels, to_tensor
from ae_core.tasks.restoration.repairs import REPAIRS
from ae_core.tasks.restoration.tiles import Tile, tiles

COARSE = 8  # pixels of a picture, each way, to one of the averages that its holes are filled with
_LEVELS = COARSE.bit_length() - 1  # halvings that lead there
TASKS = ("denoise", "jpeg", "fill", "watermark", "colour", "double")


class RepairMissing(LabError):
    """The weights of a repair are not on this machine, or its file is damaged."""


class NothingToRepair(LabError):
    """A repair was asked for something that it does not apply to. The message says what is missing."""


def weights_file(name: str) -> Path:
    """Return where the weights of a repair lie."""
    return checkpoints_dir() / "photos" / f"{name}.safetensors"


def offered() -> list[str]:
    """Return the tasks whose networks are on this machine: one that is not good enough yet is not shipped."""
    needed = {task: ("denoise", "denoise-grey") if task == "denoise" else (task,) for task in TASKS}
    return [task for task, names in needed.items() if all(weights_file(name).is_file() for name in names)]


@lru_cache(maxsize=16)
def network(name: str) -> RestorationNet:
    """Return the trained network of a repair, a key of REPAIRS; read once, not to be changed.

    Raises:
        RepairMissing: its file is missing or damaged.
    """
    model = RestorationNet(REPAIRS[name].layout)
    try:
        model.load_state_dict(read_weights(weights_file(name)))
    except (OSError, SafetensorError, RuntimeError):
        raise _missing(name) from None
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model.eval().requires_grad_(False)


def read_weights(file: Path) -> dict[str, Tensor]:
    """Return the weights in a network's file, which holds them in 16 bits, as float32."""
    return {key: value.float() for key, value in load_file(file).items()}


def read_card(file: Path) -> dict[str, Any]:
    """Return what a network's file says of its training, see :mod:`.training`."""
    with safe_open(file, "pt") as opened:
        return json.loads(opened.metadata()["card"])  # type: ignore[no-any-return]


def _missing(name: str) -> RepairMissing:
    return RepairMissing(
        f"The network for “{REPAIRS[name].title}” is missing here or damaged: restore the folder checkpoints/photos."
    )


def card(name: str) -> dict[str, Any]:
    """Return what the file of a network says of its training, see :mod:`.training`.

    Raises:
        RepairMissing: its file is missing or damaged.
    """
    try:
        return read_card(weights_file(name))
    except (OSError, SafetensorError, TypeError, KeyError, ValueError):
        raise _missing(name) from None


def mean_chroma() -> tuple[float, float]:
    """Return the mean colour differences Cb and Cr of the photographs that colouring was learned from."""
    blue, red = card("colour")["mean_chroma"]
    return blue, red


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
    around = averages_around(pixels, mask) if task == "fill" and mask is not None else None
    done = 0
    for tile in tiles(height, width):
        if should_stop():
            return None
        tile.put(result, repair_tile(task, *seen_by(tile, pixels, mask, around)))
        done += tile.size
        on_progress(done, height * width)
    return result


def seen_by(
    tile: Tile, pixels: Pixels, mask: np.ndarray | None, around: Pixels | None
) -> tuple[Pixels, np.ndarray | None, Pixels | None]:
    """Return what a tile sees, as :func:`repair_tile` wants it.

    Args:
        tile: of the picture.
        pixels: of the whole picture, uint8 (H, W, C).
        mask: bool (H, W), for the task "fill".
        around: its :func:`averages_around`, for the task "fill".
    """
    if mask is None or around is None:
        return tile.seen(pixels), None, None
    rows, columns = (slice(s.start // COARSE, -(-s.stop // COARSE)) for s in (tile.seen_rows, tile.seen_columns))
    return tile.seen(pixels), tile.seen(mask), around[rows, columns]


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


def repair_tile(task: str, pixels: Pixels, mask: np.ndarray | None = None, around: Pixels | None = None) -> Pixels:
    """Repair what one tile sees.

    Args:
        task: one of TASKS.
        pixels: uint8 (h, w, 3 or 1).
        mask: bool (h, w), for the task "fill".
        around: for the task "fill", this part of :func:`averages_around`.

    Returns:
        uint8, as :func:`repair` returns it.
    """
    with torch.inference_mode():
        if mask is None or around is None:
            result = _restored(task, to_tensor(pixels))
        else:
            result = filled(to_tensor(pixels), _known(mask), to_tensor(around)) if mask.any() else to_tensor(pixels)
    return to_pixels(result)


def averages_around(pixels: Pixels, mask: np.ndarray) -> Pixels:
    """Return a picture at an eighth of the resolution with its holes filled by what is around them.

    A tile that lies within a large hole sees nothing else of the picture.

    Args:
        pixels: uint8 (H, W, C).
        mask: bool (H, W), true in holes.

    Returns:
        uint8 (H / 8, W / 8, C), both rounded up.
    """
    height, width, channels = pixels.shape
    values = torch.zeros(1, channels, -(-height // COARSE), -(-width // COARSE))
    counts = torch.zeros(1, 1, *values.shape[2:])
    for tile in tiles(height, width, margin=0):
        picture, known = to_tensor(tile.seen(pixels)), _known(tile.seen(mask))
        part, share = pulled(picture, known, _LEVELS)
        top, left = tile.rows.start // COARSE, tile.columns.start // COARSE
        values[:, :, top : top + part.shape[2], left : left + part.shape[3]] = part
        counts[:, :, top : top + part.shape[2], left : left + part.shape[3]] = share
    return to_pixels(roughly_filled(values, counts))


def applied(name: str, given: Tensor) -> Tensor:
    """Return what the network of a repair makes of a batch (N, inputs, H, W), on as many cores as PyTorch has."""
    with torch.inference_mode(), in_half_precision("cpu"):
        return network(name)(given.contiguous(memory_format=torch.channels_last)).float()  # type: ignore[no-any-return]


def _restored(task: str, picture: Tensor) -> Tensor:
    grey = picture.shape[1] == 1
    colours = picture.expand(-1, 3, -1, -1)
    if task == "denoise":
        return applied("denoise-grey" if grey else "denoise", picture)
    if task == "colour":
        return coloured(luma(colours), applied(task, luma(colours)))
    if task == "double":
        # the brightness by the network, and the colours, which eyes see less sharply, by a bicubic filter
        bright = applied(task, luma(colours))
        if grey:
            return bright
        return coloured(bright, F.interpolate(chroma(picture), scale_factor=2, mode="bicubic", align_corners=False))
    if task == "watermark":
        return unmarked(picture)
    result = applied(task, colours)
    return luma(result) if grey else result


def unmarked(picture: Tensor) -> Tensor:
    """Return a picture (1, C, H, W) without the half-transparent text that is written over it, see :mod:`.marks`."""
    strokes = applied("watermark", picture.expand(-1, 3, -1, -1)).sigmoid()
    return taken_off(picture, strokes, overlay_of(picture, strokes))


def filled(picture: Tensor, known: Tensor, around: Tensor | None = None) -> Tensor:
    """Return a picture with what a network puts into its holes: the mean of eight answers.

    It is asked of the picture in the eight ways that a square can be turned and mirrored, and each answer is turned back;
    what they do not agree on is averaged away (Timofte et al., CVPR 2016).

    Args:
        picture: (1, C, H, W); what lies in holes is not looked at.
        known: (1, 1, H, W), 1 where a pixel is known and 0 in holes.
        around: where this is a part of a larger picture, this part of its :func:`averages_around`.

    Returns:
        (1, C, H, W).
    """
    height, width = picture.shape[2:]
    # to whole squares of the averages, so that a mirrored picture has mirrored ones
    picture, known = (mirrored(each, -height % COARSE, -width % COARSE) for each in (picture, known))
    rough = roughly_filled(picture, known, around, _LEVELS)
    given = torch.cat([rough.expand(-1, 3, -1, -1), known], 1)
    answers = []
    for axes in ((), (2,), (3,), (2, 3)):
        answers.append(applied("fill", given.flip(axes)).flip(axes))
        answers.append(applied("fill", given.mT.flip(axes)).flip(axes).mT)
    answer = torch.stack(answers).mean(0)
    found = torch.where(known > 0, picture, luma(answer) if picture.shape[1] == 1 else answer)
    return found[:, :, :height, :width]


def _known(mask: np.ndarray) -> Tensor:
    return torch.from_numpy(~mask).float()[None, None]

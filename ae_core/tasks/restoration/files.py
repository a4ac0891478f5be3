"""Repair pictures from files into files, as the command line does: one that is refused stops no other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ae_core.data.upload import PHOTO_BYTES, Photo, as_png, open_photo
from ae_core.errors import LabError
from ae_core.runs.files import write_whole
from ae_core.tasks.restoration.restoring import check, repair
from ae_core.tasks.restoration.strength import taken
from ae_core.text import quoted


class FileFailed(LabError):
    """A picture's file cannot be read, or its repair cannot be written. The message says which, and why."""


@dataclass(frozen=True, eq=False)
class Request:
    """What is to be done to each picture.

    Attributes:
        task: one of :data:`ae_core.tasks.restoration.restoring.TASKS`.
        mask: bool (H, W), true where it is to be filled; for "fill".
        strength: how much of the repair is taken, in [0, 1].
    """

    task: str
    mask: np.ndarray | None = None
    strength: float = 1.0


def read_photo(path: Path) -> Photo:
    """Read a picture's file.

    Raises:
        FileFailed: it cannot be read.
        UploadRejected: it is no picture that is opened.
    """
    try:
        with path.open("rb") as file:
            data = file.read(PHOTO_BYTES + 1)  # of one that is larger no more than is needed to refuse it
    except (OSError, ValueError) as error:  # a zero byte in the name is a ValueError
        raise FileFailed(f"{quoted(path.name)} cannot be read ({_reason(error)}): name a picture's file.") from None
    return open_photo(data)


def read_mask(path: Path) -> np.ndarray:
    """Return where a mask's picture is white, bool (H, W); what is transparent in it counts as black.

    Raises:
        FileFailed: its file cannot be read.
        UploadRejected: it is no picture that is opened.
    """
    return white_in(read_photo(path))


def white_in(photo: Photo) -> np.ndarray:
    """Return where a mask's picture is white, bool (H, W); what is transparent in it counts as black."""
    brightness = photo.pixels.mean(2, dtype=np.float32)
    if photo.alpha is not None:
        brightness *= photo.alpha / np.float32(255)
    return brightness > 127.5


def output_files(inputs: Sequence[Path], folder: Path, task: str) -> list[Path]:
    """Return where the repair of each input goes: into ``folder``, and over no input and no other's repair.

    Args:
        inputs: the pictures' files; two in different folders may have the same name.
        folder: that all repairs are written into.
        task: stands in their names.

    Returns:
        ``folder / "name-task.png"`` for each, with a number behind it where that is taken.
    """
    occupied = {_place(named) for path in inputs for named in (path, Path(os.path.realpath(path)))}
    files = []
    for path in inputs:
        stem, number = f"{path.stem}-{task}", 1
        while _place(file := folder / f"{stem}{f'-{number}' if number > 1 else ''}.png") in occupied:
            number += 1
        occupied.add(_place(file))
        files.append(file)
    return files


def repair_file(
    source: Path, target: Path, request: Request, on_progress: Callable[[int, int], None] = lambda done, pixels: None
) -> dict[str, Any]:
    """Repair one picture, with its transparency and its colour profile.

    Args:
        source: its file.
        target: the PNG to write.
        request: what is to be done.
        on_progress: told how many pixels are done, and how many there are.

    Returns:
        ``output``, ``task``, ``width`` and ``height`` in pixels, ``seconds`` of the repair, and ``notes`` on the file.

    Raises:
        LabError: the file is refused, there is nothing to repair, a network is missing, or nothing can be written.
    """
    photo = read_photo(source)
    check(request.task, photo.pixels, request.mask)
    started = time.perf_counter()
    repaired = repair(request.task, photo.pixels, mask=request.mask, on_progress=on_progress)
    assert repaired is not None  # nobody stopped it
    result = photo.holding(taken(photo.pixels, repaired, request.strength))
    seconds = time.perf_counter() - started
    try:
        write_whole(target, as_png(result))
    except OSError as error:
        raise FileFailed(
            f"{quoted(target.name)} cannot be written ({_reason(error)}): choose another folder."
        ) from None
    height, width = result.pixels.shape[:2]
    return {
        "output": str(target),
        "task": request.task,
        "width": width,
        "height": height,
        "seconds": round(seconds, 3),
        "notes": list(result.notes),
    }


def _place(path: Path) -> str:
    # some file systems tell no capitals from small letters
    return os.path.realpath(path.parent).casefold() + os.sep + path.name.casefold()


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or "its name cannot be one").lower()

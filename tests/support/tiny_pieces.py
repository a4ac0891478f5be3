"""Work that is done piece by piece, as small as it can be: for what the lane promises of any."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ae_core.errors import LabError
from ae_core.tasks.piecewise import Piece


def invert(pixels: np.ndarray, seconds: float = 0.0) -> np.ndarray:
    """The negative of a tile, after a while."""
    time.sleep(seconds)
    return 255 - pixels


def slowly(pixels: np.ndarray) -> np.ndarray:
    """The negative of a tile, after most of two seconds."""
    return invert(pixels, 1.6)


def wait_for(path: str, pixels: np.ndarray) -> np.ndarray:
    """The negative of a tile, once there is a file; another says in which process it waits."""
    Path(f"{path}.begun-{os.getpid()}").touch()
    while not Path(path).exists():
        time.sleep(0.01)
    return 255 - pixels


def die(path: str, pixels: np.ndarray) -> np.ndarray:
    """The negative of a tile, or the end of the worker while there is a file, which it takes along."""
    if Path(path).exists():
        Path(path).unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return 255 - pixels


def die_always(pixels: np.ndarray) -> np.ndarray:
    os.kill(os.getpid(), signal.SIGKILL)
    return pixels


def hang(path: str, pixels: np.ndarray) -> np.ndarray:
    """The negative of a tile, or no end at all while there is a file; another says in which process it hangs."""
    while Path(path).exists():
        Path(f"{path}.begun-{os.getpid()}").touch()
        time.sleep(0.05)
    return 255 - pixels


def refuse(pixels: np.ndarray) -> np.ndarray:
    raise LabError("This tile is too dark. Take a brighter picture.")


def err(pixels: np.ndarray) -> np.ndarray:
    raise ZeroDivisionError("a secret")


def where(pixels: np.ndarray) -> tuple[int, int, int]:
    """The worker's process, the niceness of its thread, and how many threads PyTorch takes there."""
    import threading

    import torch

    return os.getpid(), os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), torch.get_num_threads()


class Negative:
    """The negative of a picture, tile by tile; ``steps`` say what is done to each: a function and what goes before the tile."""

    def __init__(self, tiles: int = 3, step: Any = invert, *before: Any, size: int = 4) -> None:
        random = np.random.default_rng(tiles)
        self.picture = random.integers(0, 256, (tiles, size, size, 3), dtype=np.uint8)
        self.answers: dict[int, Any] = {}
        self._step, self._before = step, before
        self._places: dict[Piece, int] = {}

    @property
    def total(self) -> int:
        return int(self.picture[..., 0].size)

    def pieces(self) -> Iterator[Piece]:
        for place, tile in enumerate(self.picture):
            piece = Piece(tile[..., 0].size, self._step, (*self._before, tile.copy()))
            self._places[piece] = place
            yield piece
            del piece

    def take(self, piece: Piece, answer: Any) -> None:
        self.answers[self._places.pop(piece)] = answer

    @property
    def right(self) -> bool:
        """Whether all tiles were answered, by their negatives."""
        got = [self.answers.get(place) for place in range(len(self.picture))]
        return all(
            one is not None and np.array_equal(one, 255 - tile) for one, tile in zip(got, self.picture, strict=True)
        )

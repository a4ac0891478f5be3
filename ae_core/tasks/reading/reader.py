"""A small convolutional classifier that reads images, and its file: of each data set one of clean images and two of noisy ones."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from ae_core.data.datasets import INFO, MAIN
from ae_core.errors import LabError
from ae_core.paths import checkpoints_dir

KINDS = ("clean", "noisy", "gaussian")  # what a reader was trained on: no noise, every kind of it, or one kind alone
CLEAN = KINDS[0]
_ALL = KINDS[1]
_SMALL = 16  # pixels a side, up to which the first layer keeps every place
_CHUNK = 1000  # images at a time


class ReaderMissing(LabError):
    """There is no reader for a data set, or its file is missing or damaged."""


class Reader(nn.Sequential):
    """Three convolutions and a linear layer: images (N, C, H, W) in [0, 1] to logits (N, K).

    Args:
        shape: (C, H, W) of an image.
        classes: K, how many there are.
    """

    def __init__(self, shape: tuple[int, int, int], classes: int) -> None:
        channels, height, width = shape
        first = 1 if max(height, width) <= _SMALL else 2
        places = -(-height // (2 * first)) * -(-width // (2 * first))
        super().__init__(
            nn.Conv2d(channels, 16, 5, stride=first, padding=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * places, classes),
        )


def read(reader: nn.Module, images: Tensor) -> Tensor:
    """Return the class, int64 (N,), that a reader sees in each of the images (N, C, H, W) in [0, 1]."""
    with torch.inference_mode():
        return torch.cat([reader(part).argmax(1) for part in images.split(_CHUNK)])


def reader_file(dataset: str, kind: str) -> Path:
    """Return where the reader of a data set lies; ``kind`` is one of :data:`KINDS`."""
    drawn = MAIN if INFO[dataset].binarised else dataset  # its images are those, drawn otherwise
    return checkpoints_dir() / "reading" / f"{drawn}-{kind}.safetensors"


def rival_of(noise: str) -> str:
    """Return the kind of reader that knows a noise best: that of it alone where there is one, else that of all.

    It is not chosen by what it reads.

    Args:
        noise: a key of ``CORRUPTIONS``.
    """
    return noise if noise in KINDS else _ALL


def has_reader(dataset: str) -> bool:
    """Return whether all readers of a data set come with the lab."""
    return all(reader_file(dataset, kind).is_file() for kind in KINDS)


@lru_cache(maxsize=16)
def load_reader(dataset: str, kind: str) -> Reader:
    """Read a reader; it is not to be changed.

    Args:
        dataset: of the images.
        kind: one of :data:`KINDS`.

    Raises:
        ReaderMissing: there is none, or its file is damaged.
    """
    info = INFO[dataset]
    reader = Reader(info.shape, len(info.class_names))
    try:
        weights = load_file(reader_file(dataset, kind))
        reader.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    except (OSError, SafetensorError, RuntimeError):
        raise ReaderMissing(
            f"No reader of {info.title} is on this machine: choose a run of another data set, or restore the folder "
            "checkpoints/reading."
        ) from None
    return reader.eval().requires_grad_(False)


def card(dataset: str, kind: str) -> dict[str, Any]:
    """Return what a reader's file says of its training, see :mod:`.training`.

    Args:
        dataset: of the images.
        kind: one of :data:`KINDS`.

    Raises:
        ReaderMissing: its file is missing or damaged.
    """
    try:
        with safe_open(reader_file(dataset, kind), "pt") as opened:
            return dict(json.loads(opened.metadata()["card"]))
    except (OSError, SafetensorError, TypeError, KeyError, ValueError):
        raise ReaderMissing(f"The reader of {INFO[dataset].title} is missing here or damaged.") from None


def digest(dataset: str) -> str:
    """Return eight hexadecimal digits that name the readers of a data set by their files."""
    together = hashlib.sha256()
    for kind in KINDS:
        together.update(reader_file(dataset, kind).read_bytes())
    return together.hexdigest()[:8]

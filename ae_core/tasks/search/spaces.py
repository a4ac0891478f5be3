"""The four ways in which images can be near each other: by code, by pixels, by principal components and by 32 bits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from ae_core.data.items import to_float
from ae_core.evaluation.metrics import encode_all
from ae_core.runs.fit import images_of_classes
from ae_core.runs.run import Run
from ae_core.tasks.search.index import BitIndex, FlatIndex, Index
from ae_core.tasks.study import run_of

BITS = 32


@dataclass(frozen=True)
class Space:
    """A way to be near: what it is called, and the unit of its distances."""

    title: str
    unit: str = ""


SPACES = {
    "codes": Space("Code"),
    "pixels": Space("Pixels"),
    "pca": Space("PCA"),
    "bits": Space(f"{BITS} bits", "of the bits differ"),
}


@lru_cache(maxsize=2)  # all parts of a study ask for the same; 4 MB for a million numbers
def codes_of(file: bytes) -> Tensor:
    """Return the codes of the training images of a run, which comes as :func:`ae_core.tasks.study.file_of` writes it."""
    run = run_of(file)
    return encode_all(run.model, images_of_classes(run.config)[0].images)


def index_of(space: str, file: bytes) -> Index:
    """Return the index of a run's training images by one of :data:`SPACES`.

    Args:
        space: which.
        file: the run's.
    """
    if space == "codes":
        return FlatIndex(codes_of(file))
    if space == "bits":
        return BitIndex.of(codes_of(file), BITS)
    run = run_of(file)
    images = images_of_classes(run.config)[0].images
    if space == "pixels":
        return FlatIndex(to_float(images).flatten(1))
    return FlatIndex(encode_all(run.pca_at_code_size, images))


def vectors_of(space: str, run: Run, images: Tensor) -> Tensor:
    """Return images as they are searched for in an index of :func:`index_of`.

    Args:
        space: one of :data:`SPACES`.
        run: whose code it is.
        images: float (N, C, H, W) in [0, 1].

    Returns:
        Float (N, D).
    """
    if space == "pixels":
        return images.flatten(1)
    codec = run.pca_at_code_size if space == "pca" else run.model
    with torch.inference_mode():
        return torch.cat([codec.encode(part) for part in images.split(1000)])

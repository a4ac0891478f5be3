"""A row of images at every strength of the noise: each picture, and what is read in it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ae_core.data.items import to_bytes
from ae_core.runs.run import Run
from ae_core.tasks.reading.methods import STRENGTHS, noisy_at, read_by_all, repaired


@dataclass(frozen=True, eq=False)
class Row:
    """Pictures uint8 (R, S, N, C, H, W) and classes int64 (M, S, N).

    They are of the R repairs, the M methods (:mod:`.methods`), the S strengths and the N images.
    """

    pictures: Tensor
    classes: Tensor


def row_of(run: Run, clean: Tensor, corruption: str, seed: int) -> Row:
    """Repair and read some images at every one of STRENGTHS.

    Args:
        run: whose autoencoder and PCA repair them.
        clean: the images, float (N, C, H, W) in [0, 1].
        corruption: the kind of noise.
        seed: of its draw.

    Raises:
        ReaderMissing: there is no reader of the run's data set.
    """
    noisy = torch.cat([noisy_at(clean, corruption, strength, seed) for strength in STRENGTHS])
    pictures = repaired(run, noisy)
    classes = read_by_all(run.config.dataset, pictures, corruption)
    size = len(STRENGTHS), len(clean)
    return Row(
        torch.stack([to_bytes(each).view(*size, *clean.shape[1:]) for each in pictures.values()]),
        classes.view(-1, *size),
    )

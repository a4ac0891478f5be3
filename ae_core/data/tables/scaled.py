"""A table that is ready to be learned from: its rows as items, in two splits, and the scaling that made them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ae_core.data.tables.scaling import Scaling

__all__ = ["ScaledTable"]


@dataclass(frozen=True, eq=False)
class ScaledTable:
    """The rows of a table as items, uint8 (N, 1, 1, D), with their classes, int64 (N,); scaled by those for training."""

    train: np.ndarray
    train_labels: np.ndarray
    held_out: np.ndarray
    held_out_labels: np.ndarray
    scaling: Scaling

"""What training leaves to be looked at: the history of the loss, and a film of reconstructions and codes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.training.objectives import part_names

# one column a quantity: "epoch", "train_loss", "held_out_loss", and the parts of each (see objectives.part_names)
History = dict[str, list[float]]


def history_columns(config: Config) -> set[str]:
    """Return the names of the columns that every history of ``config`` has."""
    return {"epoch", "train_loss", "held_out_loss"} | {f"held_out_{name}" for name in part_names(config)[:-1]}


@dataclass(frozen=True)
class Film:
    """Snapshots taken while training, to be played back.

    ``epochs`` (S,) says when; ``images`` uint8 (S, 12, C, H, W) are reconstructions of twelve fixed held-out images;
    ``points`` float32 (S, 500, 2) are the codes of 500 held-out images, for codes of more than two numbers projected
    onto the two principal components of the last snapshot's codes.
    """

    epochs: Tensor
    images: Tensor
    points: Tensor

    def every(self, nth: int) -> Film:
        """Return the film with only every ``nth`` frame, counted from the last."""
        kept = torch.arange(len(self.epochs) - 1, -1, -nth).flip(0)
        return Film(self.epochs[kept], self.images[kept], self.points[kept])

    def within(self, size: int) -> Film:
        """Return the film with as many frames left out, evenly, as brings its images down to ``size`` bytes."""
        return self.every(max(1, math.ceil(self.images.nbytes / size)))

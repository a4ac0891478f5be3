"""What training leaves to be looked at: the history of the loss, and a film of reconstructions and codes.

How much of it there is, and which held-out images it is of, is said here; the loop takes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data.corruption import corrupt
from ae_core.data.datasets import Images
from ae_core.data.items import to_float
from ae_core.training.objectives import part_names

FILM_FRAMES = 30
FILM_IMAGES = 12
FILM_POINTS = 500
HISTORY_POINTS = 2 * FILM_FRAMES - 1  # evaluations of the held-out loss over a run: at each frame and between two
HELD_OUT_SAMPLE = 1000  # images behind the held-out curve; the final metrics use all

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


def watched_images(
    config: Config, held_out: Images, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the held-out images that training is watched on, clean and as the network is given them.

    Args:
        config: the noise, and the seed that it is drawn from.
        held_out: of whose images the first are taken, as many as :data:`HELD_OUT_SAMPLE`.
        device: where they are to lie.

    Returns:
        Two of float (N, C, H, W) in [0, 1], and the int64 indices (12,) of those that are filmed.
    """
    clean = to_float(held_out.images[:HELD_OUT_SAMPLE].to(device))
    corrupted = corrupt(
        clean, config.corruption, config.corruption_strength, torch.Generator(device).manual_seed(config.seed)
    )
    return clean, corrupted, film_indices(held_out.labels[:HELD_OUT_SAMPLE]).to(device)


def film_indices(labels: Tensor, count: int = FILM_IMAGES) -> Tensor:
    """Choose ``count`` images that show every class: the first of each, then the second of each, and so on."""
    labels = labels.cpu()
    rank = torch.stack([(labels[:i] == label).sum() for i, label in enumerate(labels)])
    return torch.argsort(rank * 1000 + labels, stable=True)[:count]

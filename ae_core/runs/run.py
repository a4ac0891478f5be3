"""Run: a Config with what training it produced."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.models.autoencoder import Autoencoder
from ae_core.models.pca import PCACodec
from ae_core.training.objectives import part_names

MAP_POINTS = 1000  # more only cover each other

# one column a quantity: "epoch", "train_loss", "held_out_loss", and the parts of each (see objectives.part_names)
History = dict[str, list[float]]


def history_columns(config: Config) -> set[str]:
    """The columns that every history of ``config`` has."""
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


@dataclass(frozen=True)
class LatentMap:
    """Where the first M held-out images lie.

    ``codes`` float (M, D), ``labels`` uint8 (M,), ``pca`` float (M, 2) the images' first two principal components.
    """

    codes: Tensor
    labels: Tensor
    pca: Tensor


@dataclass(frozen=True)
class Run:
    """A trained autoencoder, what it was asked to be, how it got there and how good it is on held-out images."""

    config: Config
    model: Autoencoder
    pca: PCACodec  # at the same code size, at least the two components of the map
    history: History
    metrics: dict[str, float]
    latent_map: LatentMap
    film: Film | None = None
    seconds: float = 0.0  # training alone: no loading, no evaluation
    device: str = "cpu"
    pretraining: tuple[tuple[float, ...], ...] = ()  # squared error of each Boltzmann machine, some twenty an epoch
    finished: bool = True  # False when stopped before its budget was spent
    versions: dict[str, str] = field(default_factory=lambda: {"torch": torch.__version__})

    @property
    def parameters(self) -> int:
        """Trainable numbers in the network."""
        return sum(p.numel() for p in self.model.parameters())

    @property
    def pca_at_code_size(self) -> PCACodec:
        """PCA with exactly as many components as the code has numbers."""
        return self.pca.truncated(self.config.code_size)

    @property
    def compression_factor(self) -> float:
        """Pixels of an image over numbers of its code."""
        return self.pca.mean.numel() / self.config.code_size

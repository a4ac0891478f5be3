"""Run: a Config with what training it produced."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.models.autoencoder import Autoencoder
from ae_core.models.pca import PCACodec
from ae_core.training.film import Film, History

MAP_POINTS = 1000  # more only cover each other


@dataclass(frozen=True)
class LatentMap:
    """The codes of the first M held-out images, and where PCA puts them.

    ``codes`` float (M, D), ``labels`` uint8 (M,), ``pca`` float (M, 2) the images' first two principal components.
    """

    codes: Tensor
    labels: Tensor
    pca: Tensor


@dataclass(frozen=True)
class Run:
    """A trained autoencoder with its Config, its history and its metrics on held-out images."""

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
        """The number of trainable parameters of the network."""
        return sum(p.numel() for p in self.model.parameters())

    @property
    def pca_at_code_size(self) -> PCACodec:
        """PCA with exactly as many components as the code has numbers."""
        return self.pca.truncated(self.config.code_size)

    @property
    def compression_factor(self) -> float:
        """The pixels of an image divided by the numbers of its code."""
        return self.pca.mean.numel() / self.config.code_size

"""A coder: what turns a Codec's codes into whole numbers, fitted on training images; it belongs to the decoder."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ae_core.data.items import to_float
from ae_core.models.codec import Codec
from ae_core.tasks.compression.steady import one_thread

MOST_FITTED = 20_000  # training images
HEAPS = 160  # normal distributions at most, one for each hundred training images
HEAPED = 64  # directions, the widest, of which a heap knows more than that all images have
IN_A_HEAP = 100  # training images, in the mean
ROUNDS = 10  # of fitting the heaps
NARROWEST = 0.02  # of a direction's spread: no heap is narrower, so that nothing is quite unlikely
STEPS = 160  # of the dial
PER_OCTAVE = 16  # steps in which a step halves
FIRST = 2.0  # the coarsest, in spreads of the widest direction
DECODED = 10_000  # codes, to measure by how much each of their numbers moves the image
NUDGE = 0.05  # of a number's spread
LEAST = 1e-6  # of the largest effect on the image: what has less is taken to have this
NEVER = 0.1  # of a step: a direction that spreads less never leaves zero
_AT_ONCE = 1000  # images that are encoded
_TINY = 1e-12
_HALVES = ("centres", "widths")  # are kept as numbers of 16 bits: there are many, and more digits save no byte


@dataclass(frozen=True, eq=False)
class Mixture:
    """Normal distributions that whole numbers (N, K) are drawn from, each row from one of them, its heap.

    Attributes:
        shares: of the heaps, float64 (H,), summing to 1.
        centres: float64 (H, K), in steps.
        widths: standard deviations, float64 (H, K), in steps.
    """

    shares: np.ndarray
    centres: np.ndarray
    widths: np.ndarray


@dataclass(frozen=True, eq=False)
class Coder:
    """A change of a Codec's codes to directions that are independent, and cost equal error for equal steps.

    A code z becomes (z - mean) @ turn. By the decoder's Jacobian J, G = E[J'J] is how much squared error of the image a
    step of the code costs; in the new directions it is one for each, and their covariance is diagonal, widest first. Of
    a linear decoder with orthonormal rows this is PCA of the codes: classical transform coding (Goyal 2001). What is
    left of what one direction says about another, as images are of many sorts, is in the heaps: a mixture of normal
    distributions.

    Attributes:
        mean: of the training codes, (D,).
        back: from directions to codes, (D, D).
        spread: the standard deviation of each direction among training codes, in the root of the squared error that it
            makes, (D,).
        shares: of the heaps, (H,).
        centres: of the heaps in the first directions, (H, <= D).
        widths: their standard deviations, (H, <= D).
    """

    mean: Tensor
    back: Tensor
    spread: Tensor
    shares: Tensor
    centres: Tensor
    widths: Tensor

    @classmethod
    def fit(cls, codec: Codec, images: Tensor) -> Coder:
        """Fit the coder of a Codec on training images, uint8 (N, C, H, W), of which the first are taken."""
        with one_thread():
            parts = images[:MOST_FITTED].split(_AT_ONCE)
            codes = torch.cat([codec.encode(to_float(part)) for part in parts])
            mean = codes.mean(0)
            cost, vectors = torch.linalg.eigh(_cost_of(codec, codes))
            scaled = vectors * cost.clamp_min(float(cost.max()) * LEAST).clamp_min(1e-30).sqrt()
            moved = (codes - mean).double() @ scaled
            _, axes = torch.linalg.eigh(moved.T @ moved)
            turn = scaled @ axes.flip(1)
            found = (codes - mean).double() @ turn
            spread = found.square().mean(0).sqrt().clamp_min(_TINY)
            return cls(mean, torch.linalg.inv(turn).float(), spread.float(), *_heaps(found, spread))

    @cached_property
    def turn(self) -> Tensor:
        """From codes to directions, (D, D)."""
        return torch.linalg.inv(self.back.double()).float()

    def step_size(self, step: int) -> float:
        """Return how wide a step is, by its number: 0 is the coarsest.

        The width is the root of the squared error of moving a number by one step.
        """
        return float(self.spread[0]) * FIRST * 2 ** (-step / PER_OCTAVE)

    def coded(self, step: int) -> int:
        """Return how many directions are written at all: the narrowest never leave zero."""
        return int((self.spread >= NEVER * self.step_size(step)).sum())

    def mixture(self, step: int) -> Mixture:
        """Return what the coded directions are drawn from, in steps."""
        coded, heaped = self.coded(step), self.centres.shape[1]
        centres = np.zeros((len(self.shares), coded))
        widths = np.tile(self.spread[:coded].double().numpy(), (len(self.shares), 1))
        centres[:, :heaped] = self.centres[:, :coded].double().numpy()
        widths[:, :heaped] = self.widths[:, :coded].double().numpy()
        size = self.step_size(step)
        return Mixture(self.shares.double().numpy(), centres / size, widths / size)

    def directions(self, codes: Tensor) -> Tensor:
        """Turn codes (N, D) into directions (N, D)."""
        return (codes - self.mean) @ self.turn

    def codes(self, directions: Tensor) -> Tensor:
        """Turn directions (N, K), of which the last may be missing, back into codes (N, D)."""
        return directions @ self.back[: directions.shape[1]] + self.mean

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return what :meth:`from_arrays` reads: arrays by name."""
        found = {name: getattr(self, name).numpy() for name in self.__dataclass_fields__}
        return found | {name: found[name].astype(np.float16) for name in _HALVES}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Coder:
        """Read what :meth:`to_arrays` returned."""
        return cls(**{name: torch.from_numpy(np.array(arrays[name], np.float32)) for name in cls.__dataclass_fields__})

    @cached_property
    def digest(self) -> bytes:
        """Four bytes that name, in a file, all that its numbers cannot be read without."""
        whole = b"".join(np.ascontiguousarray(array).tobytes() for array in self.to_arrays().values())
        return hashlib.sha256(whole).digest()[:4]


def _heaps(directions: Tensor, spread: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit a mixture to directions (N, D): shares (H,), centres and widths of the first directions (H, <= D)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    heaps, widest = max(1, min(HEAPS, len(directions) // IN_A_HEAP)), spread[:HEAPED]
    mixture = GaussianMixture(heaps, covariance_type="diag", random_state=0, max_iter=ROUNDS, init_params="k-means++")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few rounds are as good
        mixture.fit((directions[:, :HEAPED] / widest).numpy())
    widths = torch.from_numpy(mixture.covariances_).sqrt().clamp_min(NARROWEST) * widest
    centres = torch.from_numpy(mixture.means_) * widest
    return torch.from_numpy(mixture.weights_).float(), centres.half().float(), widths.half().float()


def _cost_of(codec: Codec, codes: Tensor) -> Tensor:
    """Return E[J'J] of the decoder over codes, float64 (D, D), by central differences."""
    size = codes.shape[1]
    nudges = torch.diag((codes.std(0) * NUDGE).clamp_min(1e-6))
    total = torch.zeros(size, size, dtype=torch.float64)
    chosen = codes[: max(2, DECODED // size)]
    for code in chosen:
        moved = codec.decode(torch.cat([code + nudges, code - nudges])).flatten(1).double()
        slopes = (moved[:size] - moved[size:]) / (2 * nudges.diagonal().double())[:, None]
        total += slopes @ slopes.T
    return total / len(chosen)

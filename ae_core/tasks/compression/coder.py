"""A coder: what turns a Codec's codes into whole numbers, fitted on training images; it belongs to the decoder."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ae_core.models.codec import Codec

MOST_FITTED = 4000  # training images
GAUSSIAN, LAPLACE = "gaussian", "laplace"
STEPS = 80  # of the dial
_PER_OCTAVE = 8  # steps in which a step halves
_FIRST = 2.0  # the coarsest, in spreads of the widest direction
_DECODED = 10_000  # codes, to measure by how much each of their numbers moves the image
_NUDGE = 0.05  # of a number's spread
_LEAST = 1e-6  # of the largest effect on the image: what has less is taken to have this
_SPREADS = 4  # to an octave: so coarse that sums which another machine rounds otherwise come out the same
_NEVER = 0.1  # of a step: a direction that spreads less never leaves zero


@dataclass(frozen=True, eq=False)
class Coder:
    """A change of a Codec's codes to directions that are independent, and cost equal error for equal steps.

    A code z becomes (z - mean) @ turn. By the decoder's Jacobian J, G = E[J'J] is how much squared error of the image a
    step of the code costs; in the new directions it is one for each, and their covariance is diagonal, widest first. Of
    a linear decoder with orthonormal rows this is PCA of the codes: classical transform coding (Goyal 2001).

    Attributes:
        mean: of the training codes, (D,).
        turn: from codes to directions, (D, D).
        back: its inverse.
        spread: about the standard deviation of each direction among training codes, in the root of the squared error
            that it makes, (D,).
        family: "gaussian" or "laplace": which of the two fits the training codes better.
    """

    mean: Tensor
    turn: Tensor
    back: Tensor
    spread: Tensor
    family: str

    @classmethod
    def fit(cls, codec: Codec, images: Tensor) -> Coder:
        """Fit the coder of a Codec on training images (N, C, H, W) in [0, 1], of which the first are taken."""
        codes = codec.encode(images[:MOST_FITTED])
        mean = codes.mean(0)
        cost, vectors = torch.linalg.eigh(_cost_of(codec, codes))
        scaled = vectors * cost.clamp_min(float(cost.max()) * _LEAST).clamp_min(1e-30).sqrt()
        moved = (codes - mean).double() @ scaled
        _, directions = torch.linalg.eigh(moved.T @ moved / max(len(moved) - 1, 1))
        turn = scaled @ directions.flip(1)
        turn = (
            turn * turn.gather(0, turn.abs().argmax(0, keepdim=True)).sign()
        )  # either sign would do: this one, always
        found = (codes - mean).double() @ turn
        spread = found.square().mean(0).sqrt().clamp_min(1e-12)
        size = found.abs().mean(0).clamp_min(1e-12)
        # nats a number, of either family at its best
        gaussian = (spread.log() + 0.5 * math.log(2 * math.pi * math.e)).sum()
        laplace = (size.log() + math.log(2 * math.e)).sum()
        coarse = 2 ** ((spread.log2() * _SPREADS).round() / _SPREADS)
        back = torch.linalg.inv(turn).float()
        return cls(mean, turn.float(), back, coarse.float(), LAPLACE if laplace < gaussian else GAUSSIAN)

    def step_size(self, step: int) -> float:
        """Return how wide a step is, by its number: 0 is the coarsest.

        The width is the root of the squared error of moving a number by one step.
        """
        return float(self.spread[0]) * _FIRST * 2 ** (-step / _PER_OCTAVE)

    def coded(self, step: int) -> int:
        """Return how many directions are written at all: the narrowest never leave zero."""
        return int((self.spread >= _NEVER * self.step_size(step)).sum())

    def scales(self, step: int) -> np.ndarray:
        """Return the standard deviation of each coded direction in steps, float64 (K,)."""
        return self.spread[: self.coded(step)].double().numpy() / self.step_size(step)

    def directions(self, codes: Tensor) -> Tensor:
        """Turn codes (N, D) into directions (N, D)."""
        return (codes - self.mean) @ self.turn

    def codes(self, directions: Tensor) -> Tensor:
        """Turn directions (N, K), of which the last may be missing, back into codes (N, D)."""
        return directions @ self.back[: directions.shape[1]] + self.mean

    def to_arrays(self) -> dict[str, Any]:
        """Return what :meth:`from_arrays` reads: arrays and a text by name."""
        return {name: getattr(self, name).numpy() for name in ("mean", "turn", "back", "spread")} | {
            "family": self.family
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Coder:
        """Read what :meth:`to_arrays` returned."""
        mean, turn, back, spread = (
            torch.from_numpy(np.ascontiguousarray(arrays[name])) for name in ("mean", "turn", "back", "spread")
        )
        return cls(mean, turn, back, spread, str(arrays["family"]))

    def digest(self, step: int) -> bytes:
        """Return four bytes that name, in a file, all that its numbers cannot be read without."""
        octaves = (np.log2(self.spread[: self.coded(step)].double().numpy()) * _SPREADS).round().astype(">i2")
        return hashlib.sha256(self.family.encode() + octaves.tobytes()).digest()[:4]


def _cost_of(codec: Codec, codes: Tensor) -> Tensor:
    """Return E[J'J] of the decoder over codes, float64 (D, D), by central differences."""
    size = codes.shape[1]
    nudges = torch.diag((codes.std(0) * _NUDGE).clamp_min(1e-6))
    total = torch.zeros(size, size, dtype=torch.float64)
    chosen = codes[: max(2, _DECODED // size)]
    for code in chosen:
        moved = codec.decode(torch.cat([code + nudges, code - nudges])).flatten(1).double()
        slopes = (moved[:size] - moved[size:]) / (2 * nudges.diagonal().double())[:, None]
        total += slopes @ slopes.T
    return total / len(chosen)

"""How a codec's codes are made ready to be rounded: turned so that each number matters alike, and none says another's."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ae_core.data.items import to_float
from ae_core.models.codec import Codec

FITTED_ON = 20_000  # training images at most
HEAPS = 100  # normal distributions at most; one for each hundred images where there are fewer
_ROUNDS = 20  # of fitting these
_NARROWEST = 0.02  # of a number's spread: no distribution is narrower, so that nothing is quite unlikely
_PROBED = 200  # of these, by which it is asked how much a number of the code changes the picture
_NUDGE = 0.2  # standard deviations by which each number is changed for that
_DEAF = 1e-5  # of the strongest direction's effect: what changes the picture less counts as this much


@dataclass(frozen=True, eq=False)
class Coder:
    """What encoder and decoder of a file must both have beside the codec: fitted on training images, kept with the codec.

    A code ``c`` becomes ``y = (c - mean) @ analysis``. In ``y`` the numbers are uncorrelated, and a change of one by some
    amount changes the picture by as much, summed squared error for squared amount, whichever number it is.

    Attributes:
        mean: of the codes, float (D,).
        analysis: float (D, D).
        synthesis: its inverse, float (D, D).
        spread: the standard deviation of each number of ``y``, float (D,).
        shares: codes lie in K heaps; how many of them in each, float (K,), summing to 1.
        centres: of the heaps in ``y``, float (K, D).
        widths: the standard deviation of each number in each heap, float (K, D).
    """

    mean: Tensor
    analysis: Tensor
    synthesis: Tensor
    spread: Tensor
    shares: Tensor
    centres: Tensor
    widths: Tensor

    @property
    def digest(self) -> bytes:
        """Four bytes that tell this coder from others."""
        parts = (self.mean, self.synthesis, self.shares, self.centres, self.widths)
        return hashlib.sha256(b"".join(part.contiguous().numpy().tobytes() for part in parts)).digest()[:4]

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Return its tensors by name, as a study's answer holds them."""
        return {name: getattr(self, name).numpy() for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> Coder:
        """Take a coder from what :meth:`as_arrays` returned."""
        return cls(**{name: torch.from_numpy(np.array(arrays[name])) for name in cls.__dataclass_fields__})

    def to_turned(self, codes: Tensor) -> Tensor:
        """Turn codes (N, D)."""
        return (codes - self.mean) @ self.analysis

    def to_codes(self, turned: Tensor) -> Tensor:
        """Turn back what :meth:`to_turned` turned, (N, D)."""
        return turned @ self.synthesis + self.mean


def fit_coder(codec: Codec, images: Tensor) -> Coder:
    """Fit a coder on training images.

    The picture's change by a small change ``d`` of the code is ``d G d`` with ``G`` the mean of the decoder's Jacobians'
    squares. Scaled by the root of ``G`` all directions matter alike, and turned along the axes of the codes'
    covariance they say nothing of each other: for PCA that is what it does itself, and nothing is changed.

    Args:
        codec: whose codes are to be coded.
        images: training images, uint8 (N, C, H, W), of which the first :data:`FITTED_ON` are used.
    """
    shown = images[:FITTED_ON]
    codes = torch.cat([codec.encode(to_float(part)) for part in shown.split(1000)])
    mean = codes.mean(0)
    analysis, synthesis = _turning(codec, codes)
    turned = (codes - mean) @ analysis
    spread = turned.std(0).clamp_min(1e-6)
    return Coder(mean, analysis, synthesis, spread, *_heaps(turned, spread))


def _turning(codec: Codec, codes: Tensor) -> tuple[Tensor, Tensor]:
    """Return the matrices ``analysis`` and ``synthesis`` of a :class:`Coder` for these codes (N, D)."""
    probed = codes[:_PROBED]
    before = codec.decode(probed).clamp(0, 1).flatten(1)
    effects = []
    for number, deviation in enumerate(codes.std(0).clamp_min(1e-6)):
        nudged = probed.clone()
        nudged[:, number] += _NUDGE * deviation
        effects.append((codec.decode(nudged).clamp(0, 1).flatten(1) - before) / (_NUDGE * deviation))
    matters = torch.zeros(codes.shape[1], codes.shape[1], dtype=torch.float64)
    for place in range(len(probed)):  # an image at a time, as a Jacobian is large
        jacobian = torch.stack([effect[place] for effect in effects])
        matters += (jacobian @ jacobian.T).double() / len(probed)
    strengths, directions = torch.linalg.eigh(matters)
    strengths = strengths.clamp_min(max(float(strengths.max()) * _DEAF, 1e-12))
    scaled = directions * strengths.sqrt()
    covariance = torch.cov((codes.double() @ scaled).T).reshape(codes.shape[1], codes.shape[1])
    axes = torch.linalg.eigh(covariance)[1].flip(1)  # most spread first
    return (scaled @ axes).float(), (axes.T @ (directions / strengths.sqrt()).T).float()


def _heaps(turned: Tensor, spread: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit a mixture of normal distributions to turned codes (N, D): their shares (K,), centres and widths (K, D)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    heaps = max(1, min(HEAPS, len(turned) // 100))
    mixture = GaussianMixture(heaps, covariance_type="diag", random_state=0, max_iter=_ROUNDS, init_params="k-means++")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few rounds are as good
        mixture.fit((turned / spread).double().numpy())
    widths = torch.from_numpy(mixture.covariances_).sqrt().clamp_min(_NARROWEST).float() * spread
    return torch.from_numpy(mixture.weights_).float(), torch.from_numpy(mixture.means_).float() * spread, widths

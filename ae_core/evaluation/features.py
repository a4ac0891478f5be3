"""Measure whether features are edges: small spots of a picture, and of one direction.

A feature is what one number of a code draws. What Olshausen & Field 1996 found in a sparse code of photographs, and Hubel &
Wiesel 1962 in the visual cortex, are features that are both localised and oriented; a principal component is a wave over
the whole picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ae_core.checks import check_images
from ae_core.evaluation.metrics import firing
from ae_core.models.codec import Codec

LOCALISED = 0.08  # a feature is localised when half of its energy lies within this share of its pixels
ORIENTED = 0.6  # and oriented when this share of its energy lies within 22.5 degrees of one direction
_WITHIN = math.pi / 8
_ANGLES = 90  # directions that are tried, every two degrees
_FREQUENCIES = 64  # a side of the spectrum; a feature of few pixels is padded to have its directions told apart


_CHUNK = 256  # bounds memory: a spectrum is 64 times as large as a feature of 8 x 8


@dataclass(frozen=True)
class Features:
    """How localised and how oriented each of N features is; all three are (N,).

    ``extent`` is the least share of its pixels that holds half of a feature's energy: some 0.13 of a wave, 0.12 of noise.
    ``orientation`` is the largest share of its energy, in the spectrum, within 22.5 degrees of one direction: 0.25 where all
    directions are alike. ``angle`` is the direction in which its edges run, in degrees from 0 (level) anticlockwise to 180.
    """

    extent: Tensor
    orientation: Tensor
    angle: Tensor

    @property
    def localised(self) -> Tensor:
        """Which of the features are localised, bool (N,)."""
        return self.extent <= LOCALISED

    @property
    def oriented(self) -> Tensor:
        """Which of the features are oriented, bool (N,)."""
        return self.orientation >= ORIENTED

    @property
    def edges(self) -> Tensor:
        """Which of the features are both localised and oriented, bool (N,)."""
        return self.localised & self.oriented

    @property
    def directions(self) -> Tensor:
        """How many of the edges run in each of eight directions, (8,): level, and on by 22.5 degrees anticlockwise."""
        return ((self.angle[self.edges] / 22.5).round().long() % 8).bincount(minlength=8)


def measure_features(features: Tensor) -> Features:
    """Measure how localised and how oriented features (N, C, H, W) are.

    The energy of a pixel is the square of its value. A feature of nothing but zeros is neither.
    """
    check_images(features)
    parts = [(_extent(part), *_orientation(part)) for part in features.split(_CHUNK)]
    extent, orientation, angle = (torch.cat(each) for each in zip(*parts, strict=True))
    return Features(extent, orientation, angle)


def drawn_alone(model: Codec, images: Tensor) -> Tensor:
    """Draw what each unit of a code draws alone, as strong as it is on average when it fires.

    Args:
        model: the network, or PCA.
        images: float (N, C, H, W), which say which units fire and how strongly.

    Returns:
        (D, C, H, W): what is drawn with the unit minus what is drawn of an empty code, for each of the D units that fire for
        an image, the one that fires most often first; nothing at all, once, where none does.
    """
    codes = model.encode(images)
    fires = firing(codes)
    units = fires.sum(0).argsort(descending=True)[: max(1, int(fires.any(0).sum()))]
    strength = codes.where(fires, torch.nan).nanmean(0).nan_to_num(0.0)
    silence = model.decode(torch.zeros_like(codes[:1]))
    return torch.cat([model.decode(strength.diag()[part]) - silence for part in units.split(_CHUNK)])


def _extent(features: Tensor) -> Tensor:
    energy = features.square().sum(1).flatten(1)
    energy = energy / energy.sum(1, keepdim=True).clamp_min(torch.finfo(energy.dtype).tiny)
    held = energy.sort(dim=1, descending=True).values.cumsum(1)
    return ((held < 0.5).sum(1) + 1).clamp_max(energy.shape[1]) / energy.shape[1]


def _orientation(features: Tensor) -> tuple[Tensor, Tensor]:
    spectrum = torch.fft.fft2(features, s=(_FREQUENCIES, _FREQUENCIES)).abs().square().sum(1)
    spectrum[:, 0, 0] = 0  # a mean has no direction
    frequencies = torch.fft.fftfreq(_FREQUENCIES)
    # an edge's frequencies lie across it; rows count downwards and angles anticlockwise, hence the minus
    along = torch.atan2(-frequencies[:, None], frequencies[None]) + math.pi / 2
    tried = torch.arange(_ANGLES) * (math.pi / _ANGLES)
    apart = (along.flatten()[:, None] - tried + math.pi / 2).remainder(math.pi) - math.pi / 2
    shares = spectrum.flatten(1) @ (apart.abs() <= _WITHIN).to(spectrum.dtype)
    best = shares.max(dim=1)
    total = spectrum.flatten(1).sum(1).clamp_min(torch.finfo(spectrum.dtype).tiny)
    return best.values / total, best.indices * (180 / _ANGLES)

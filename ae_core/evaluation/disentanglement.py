"""Measure which number of a code follows which factor of its images, where the factors are known.

The measure is the mutual information gap of Chen et al. 2018 (Isolating sources of disentanglement in variational
autoencoders, eq. 6), its mutual information estimated from a table of counts as Locatello et al. 2019 do (Challenging
common assumptions in the unsupervised learning of disentangled representations, appendix C): each number of a code, the
mean of a variational one, falls into one of twenty bins of equal width.
"""

from __future__ import annotations

import torch
from torch import Tensor

BINS = 20


def mutual_information(codes: Tensor, factors: Tensor) -> Tensor:
    """Say how much each number of the codes tells about each factor.

    Factors are binned as the numbers of a code are; one of at most :data:`BINS` equally spaced values, such as a kind,
    keeps them all.

    Args:
        codes: float (N, D).
        factors: float (N, F).

    Returns:
        (D, F): the mutual information of a number and a factor as a share of the factor's entropy, from 0 (they are
        independent) to 1 (the number determines the factor); 0 for a factor that is always the same. With few images
        even independent ones share a little: some 0.03 for 2,000.
    """
    numbers, known = _binned(codes), _binned(factors)
    places = torch.arange(codes.shape[1]) * BINS**2
    shares = []
    for factor in known.T:
        cells = places + numbers * BINS + factor[:, None]
        joint = torch.bincount(cells.flatten(), minlength=len(places) * BINS**2).view(-1, BINS, BINS) / len(codes)
        entropy = _entropy(joint.sum(1))
        shared = _entropy(joint.sum(2)) + entropy - _entropy(joint.flatten(1))
        shares.append((shared / entropy).nan_to_num(0.0).clamp(0, 1))
    return torch.stack(shares, dim=1)


def mutual_information_gap(shares: Tensor) -> float:
    """Say how nearly each factor has a number of the code to itself (MIG; Chen et al. 2018, eq. 6).

    Args:
        shares: (D, F), from :func:`mutual_information`.

    Returns:
        The mean over the factors of the largest share less the second largest, from 0 to 1. A code of one number has no
        second: there 0 is taken for it.
    """
    first, second = torch.cat([shares, shares.new_zeros(1, shares.shape[1])]).topk(2, dim=0).values
    return float((first - second).mean())


def _binned(values: Tensor) -> Tensor:
    """Return which of the bins between its least and its largest value each number is in: (N, D) to int64 (N, D)."""
    low, high = values.amin(0), values.amax(0)
    share = (values - low) / (high - low).clamp_min(torch.finfo(values.dtype).tiny)
    return (share * BINS).long().clamp_max(BINS - 1)


def _entropy(shares: Tensor) -> Tensor:
    """Return the entropy in nats of distributions (..., B) over their last dimension: (...)."""
    return torch.special.entr(shares).sum(-1)

"""Codes of any size as points on a plane, with words for how faithful that is."""

from __future__ import annotations

import torch
from torch import Tensor

from ae_core.training import plane_of

PRINCIPAL = "First two principal components of the codes"
_MOST_PAIRS = 5  # pairs of numbers that are offered by themselves


def ways(size: int) -> list[str]:
    """The ways in which codes of ``size`` numbers can be drawn, the best first; one where there is no choice."""
    if size < 3:
        return [PRINCIPAL]
    return [PRINCIPAL, *(f"Numbers {i + 1} and {i + 2}" for i in range(0, min(size - 1, 2 * _MOST_PAIRS - 1), 2))]


def project(codes: Tensor, way: str) -> tuple[Tensor, str]:
    """Codes (N, D) as points (N, 2) in one of :func:`ways`, and a title that says what is seen."""
    size = codes.shape[1]
    points = put(codes, codes, way)
    if size == 1:
        # one number is a line: it is drawn along x, and spread in y only so that the points do not cover each other
        spread = torch.rand(len(codes), generator=torch.Generator().manual_seed(0)) - 0.5
        points[:, 1] = spread * codes.std() * 0.8
        return points, "The code's one number, along x (y is only there to spread the points)"
    if size == 2:
        return points, "The autoencoder's latent space"
    if way == PRINCIPAL:
        return points, f"A projection: the first two principal components of {size}-D codes"
    first = _first(size, way)
    return points, f"A projection: numbers {first + 1} and {first + 2} of {size}"


def put(some: Tensor, codes: Tensor, way: str) -> Tensor:
    """Codes (N, D) as points (N, 2) of the plane that :func:`project` draws ``codes`` (M, D) on."""
    size = codes.shape[1]
    if size < 3 or way == PRINCIPAL:
        origin, axes = plane_of(codes)
        return (some - origin) @ axes
    first = _first(size, way)
    return some[:, [first, first + 1]]


def _first(size: int, way: str) -> int:
    return 2 * (ways(size).index(way) - 1)


def lift(points: Tensor, codes: Tensor, way: str) -> Tensor:
    """Places (N, 2) of the plane that :func:`project` puts ``codes`` (M, D) on, as codes (N, D).

    Where the plane is a slice through a larger space, the other numbers stay at their mean.
    """
    size = codes.shape[1]
    if size < 3 or way == PRINCIPAL:
        origin, axes = plane_of(codes)
        return origin + points @ axes.T
    first = _first(size, way)
    lifted = codes.mean(0).repeat(len(points), 1)
    lifted[:, [first, first + 1]] = points
    return lifted

"""Projections of codes of any size to a plane, with words for how faithful they are."""

from __future__ import annotations

import torch
from torch import Tensor

from ae_core.training.loop import plane_of

PRINCIPAL = "First two principal components of the codes"
_MOST_PAIRS = 5  # pairs of numbers that are offered by themselves


def ways(size: int) -> list[str]:
    """Return the names of the projections of codes of ``size`` numbers, best first; one where there is no choice."""
    if size < 3:
        return [PRINCIPAL]
    return [PRINCIPAL, *(f"Numbers {i + 1} and {i + 2}" for i in range(0, min(size - 1, 2 * _MOST_PAIRS - 1), 2))]


def plane_through(codes: Tensor, way: str) -> tuple[Tensor, Tensor]:
    """Return origin (D,) and axes (D, 2) of the plane on which codes (N, D) are drawn in one of :func:`ways`.

    A plane of two of more numbers is a slice: the others stay at their mean.
    """
    size = codes.shape[1]
    if way == PRINCIPAL:
        return plane_of(codes)
    pair = [_first(size, way), _first(size, way) + 1]
    origin = codes.mean(0)
    origin[pair] = 0
    return origin, torch.eye(size)[:, pair]


def put(codes: Tensor, plane: tuple[Tensor, Tensor]) -> Tensor:
    """Project codes (N, D) to points (N, 2) of a plane."""
    origin, axes = plane
    return (codes - origin) @ axes


def lift(points: Tensor, plane: tuple[Tensor, Tensor]) -> Tensor:
    """Convert points (N, 2) of a plane back to the codes (N, D) that they stand for."""
    origin, axes = plane
    return origin + points @ axes.T


def project(codes: Tensor, plane: tuple[Tensor, Tensor], way: str) -> tuple[Tensor, str]:
    """Project codes to their plane, and return the points with a title that says what is seen.

    A code of one number is spread in y, so that the points do not cover each other.

    Args:
        codes: (N, D).
        plane: its origin and axes, from :func:`plane_through`.
        way: one of :func:`ways`.

    Returns:
        Points (N, 2), and the title.
    """
    size = codes.shape[1]
    points = put(codes, plane)
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


def _first(size: int, way: str) -> int:
    return 2 * (ways(size).index(way) - 1)

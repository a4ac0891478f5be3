"""To which cluster a place belongs, as one formula for k-means and for mixtures, which a browser can follow along a plane.

A cluster's score at a vector z is quadratic: minus the squared distance to its centre, or the logarithm of its weighted
Gaussian density. The cluster of the highest score has the place. Moved by d along a plane with orthonormal axes U, the score
of z is ``start - slope . d - d . bend d / 2``, exactly, however many numbers z has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Quadratics:
    """The score of each of K clusters: ``heights`` (K,), ``centres`` (K, D), ``precisions`` (K, D, D).

    The score of z is its height minus (z - centre) . precision (z - centre) / 2.
    """

    heights: Array
    centres: Array
    precisions: Array

    @classmethod
    def of_centres(cls, centres: Array) -> Quadratics:
        """Return the scores of k-means: minus the squared distance to each centre (K, D)."""
        count, size = centres.shape
        return cls(np.zeros(count), centres, np.broadcast_to(2 * np.eye(size), (count, size, size)))

    @classmethod
    def of_mixture(cls, weights: Array, means: Array, precisions: Array) -> Quadratics:
        """Return the scores of a mixture of Gaussians: the logarithm of each one's density, without the constant.

        Args:
            weights: (K,).
            means: (K, D).
            precisions: inverse covariances (K, D, D), or their diagonals (K, D).
        """
        if precisions.ndim == 2:
            precisions = np.stack([np.diag(one) for one in precisions])
        heights = np.log(weights) + np.linalg.slogdet(precisions)[1] / 2
        return cls(heights, means, precisions)

    def scores(self, vectors: Array) -> Array:
        """Return the score of each cluster for vectors (N, D), (N, K)."""
        found = [
            height - np.einsum("nd,nd->n", apart @ precision, apart) / 2
            for height, centre, precision in zip(self.heights, self.centres, self.precisions, strict=True)
            for apart in (vectors - centre,)
        ]
        return np.stack(found, axis=1)

    def along(self, vectors: Array, axes: Array) -> tuple[Array, Array, Array]:
        """Return the scores along a plane through each of some vectors.

        Args:
            vectors: (N, D).
            axes: orthonormal, (D, 2).

        Returns:
            ``start`` (N, K), ``slope`` (N, K, 2) and ``bend`` (K, 2, 2).
        """
        turned = np.stack([precision @ axes for precision in self.precisions])
        slope = np.stack([(vectors - c) @ one for c, one in zip(self.centres, turned, strict=True)], axis=1)
        return self.scores(vectors), slope, np.einsum("da,kdb->kab", axes, turned)


def principal_plane(vectors: Array) -> tuple[Array, Array]:
    """Return the mean (D,) of vectors (N, D) and the two orthonormal axes (D, 2) along which they vary most."""
    centre = vectors.mean(0)
    if vectors.shape[1] == 1:
        raise ValueError("a line has no plane")
    if vectors.shape[1] == 2:
        return np.zeros(2), np.eye(2)  # a code of two numbers is a plane already
    return centre, np.linalg.eigh(np.cov((vectors - centre).T))[1][:, :-3:-1]

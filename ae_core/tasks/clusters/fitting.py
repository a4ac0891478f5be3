"""Three ways to find clusters in vectors: k-means, a mixture of Gaussians, and a mixture on a plane that keeps neighbours."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from ae_core.tasks.clusters.deciding import Array, Quadratics

_SEED = 0
_MOST_FULL = 64  # numbers up to which each Gaussian has a covariance of its own between all of them
_STARTS = {"kmeans": 4, "mixture": 2, "plane": 12}
_NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters that were found in vectors, and how others are given to them.

    Attributes:
        decides: scores of each cluster, on the plane where there is one.
        fitted: the vectors that they were found in, (N, D).
        plane: where those lie on the plane, (N, 2); None without one.
        criterion: what was best among the starts: inertia for k-means (less is better), mean log-likelihood otherwise.
    """

    decides: Quadratics
    fitted: Array
    plane: Array | None
    criterion: float

    def placed(self, vectors: Array) -> Array:
        """Return where vectors (N, D) lie as clusters are decided there: themselves, or places (N, 2) on the plane.

        A plane that keeps neighbours has no formula for new vectors: one lies at the median place of its nearest fitted ones.
        """
        if self.plane is None:
            return vectors
        from sklearn.neighbors import NearestNeighbors

        count = min(_NEIGHBOURS, len(self.fitted))
        near = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(self.fitted).kneighbors(vectors)[1]
        return np.asarray(np.median(self.plane[near], axis=1))

    def of(self, vectors: Array) -> np.ndarray:
        """Return the cluster of each vector (N, D), (N,)."""
        return self.decides.scores(self.placed(vectors)).argmax(1)


def kmeans(vectors: Array, count: int) -> Clusters:
    """Find clusters by k-means, the best of four starts by the squared distances to the centres."""
    from sklearn.cluster import KMeans

    found = KMeans(count, n_init=_STARTS["kmeans"], random_state=_SEED).fit(vectors)
    return Clusters(Quadratics.of_centres(found.cluster_centers_.astype(float)), vectors, None, float(found.inertia_))


def mixture(vectors: Array, count: int) -> Clusters:
    """Find clusters as a mixture of Gaussians, the best of two starts by likelihood."""
    decides, likelihood = _mixture(vectors, count, _STARTS["mixture"])
    return Clusters(decides, vectors, None, likelihood)


def on_a_plane(vectors: Array, count: int, perplexity: float = 0) -> Clusters:
    """Find clusters as a mixture of Gaussians on a plane on which neighbours stay neighbours.

    This is N2D (McConville et al. 2021) with t-SNE for UMAP. Of twelve starts of the mixture the likeliest is taken; no label
    has a say.

    Args:
        vectors: (N, D).
        count: of clusters.
        perplexity: about how many neighbours of each are kept; 0 for half the root of N: of several the one whose
            clusters cut the fewest ties between neighbours among the vectors (``benchmarks.apply clusters-choice``).
    """
    from sklearn.manifold import TSNE

    perplexity = min(perplexity or 0.5 * len(vectors) ** 0.5, (len(vectors) - 1) / 3)
    tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=_SEED, max_iter=600, n_jobs=1)
    wide = vectors if vectors.shape[1] > 1 else np.column_stack([vectors, np.zeros(len(vectors))])
    plane = tsne.fit_transform(wide.astype(np.float32)).astype(float)
    decides, likelihood = _mixture(plane, count, _STARTS["plane"])
    return Clusters(decides, vectors, plane, likelihood)


def _mixture(vectors: Array, count: int, starts: int) -> tuple[Quadratics, float]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    kind = "full" if vectors.shape[1] <= _MOST_FULL else "diag"
    least = 1e-3 * float(vectors.var(0).mean()) + 1e-9  # a number that never varies has no density
    found = GaussianMixture(count, covariance_type=kind, n_init=starts, reg_covar=least, random_state=_SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what is nearly done is good enough to be looked at
        found.fit(vectors)
    return Quadratics.of_mixture(found.weights_, found.means_, found.precisions_), float(found.score(vectors))


METHODS = {"kmeans": kmeans, "mixture": mixture, "plane": on_a_plane}

"""How well clusters agree with classes that nobody told whoever made them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Agreement:
    """How well clusters agree with classes.

    Attributes:
        accuracy: the share of images whose cluster is that of their class, with clusters and classes paired as well as can
            be (the Hungarian method); images of a cluster without a class of its own count as wrong.
        nmi: normalised mutual information, from 0 for none to 1.
        ari: the adjusted Rand index, 0 on average for clusters drawn by lot, 1 for equal ones.
        classes: of each cluster, the class that it is paired with; -1 for none.
    """

    accuracy: float
    nmi: float
    ari: float
    classes: Numbers


def agreement(clusters: Numbers, labels: Numbers, count: int) -> Agreement:
    """Compare clusters with classes.

    Args:
        clusters: of each image, (N,), from 0 to ``count`` - 1.
        labels: their classes, (N,).
        count: of clusters, some of which may be empty.
    """
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    counted = together(clusters, labels, count, int(labels.max()) + 1)
    rows, columns = linear_sum_assignment(counted, maximize=True)
    classes = np.full(count, -1)
    classes[rows] = columns
    return Agreement(
        float(counted[rows, columns].sum() / len(labels)),
        float(normalized_mutual_info_score(labels, clusters)),
        float(adjusted_rand_score(labels, clusters)),
        classes,
    )


def together(clusters: Numbers, labels: Numbers, count: int, classes: int) -> Numbers:
    """Count the images of each cluster and class.

    Args:
        clusters: of each image, (N,).
        labels: their classes, (N,).
        count: K, of clusters.
        classes: C, of classes.

    Returns:
        (K, C).
    """
    counted = np.zeros((count, classes), np.int64)
    np.add.at(counted, (clusters, labels), 1)
    return counted

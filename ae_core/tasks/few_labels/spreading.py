"""Labels spread to unlabelled images along a graph of neighbours (Zhou et al. 2004), and from these to test images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ae_core.tasks.few_labels.linear import Features, Labels
from ae_core.tasks.few_labels.nearest import neighbours

NEIGHBOURS = 10
KEPT = 0.99  # of what a neighbour says, at each step
_STEPS = 60


def graph(features: Features, count: int = NEIGHBOURS) -> sparse.csr_matrix:
    """Link each image with its neighbours, the nearer the stronger.

    A link's weight is exp(-d² / (s t)) with s and t the distances of both images to the farthest of their neighbours
    (Zelnik-Manor & Perona 2004), divided by the square roots of the sums of both images' links.

    Args:
        features: (M, D).
        count: the neighbours of each.

    Returns:
        A symmetric matrix, (M, M).
    """
    count = min(count, len(features) - 1)
    squares, found = neighbours(features, features, count + 1)
    squares, found = squares[:, 1:], found[:, 1:]  # the nearest is the image itself
    reach = np.sqrt(squares[:, -1:])
    weights = np.exp(-squares / np.maximum(reach * reach[found, 0], 1e-12))
    rows = np.repeat(np.arange(len(features)), count)
    links = sparse.csr_matrix((weights.ravel(), (rows, found.ravel())), shape=(len(features),) * 2)
    links = links.maximum(links.T)
    root = sparse.diags(1 / np.sqrt(np.maximum(np.asarray(links.sum(1)).ravel(), 1e-12)))
    return sparse.csr_matrix(root @ links @ root)


def spread(links: sparse.csr_matrix, rows: npt.NDArray[np.int64], labels: Labels) -> Features:
    """Spread labels over a graph: F <- 0.99 S F + Y, again and again.

    Args:
        links: S of :func:`graph`, (M, M).
        rows: which images are labelled, (n,).
        labels: their classes from 0 to K - 1, each of them there, (n,).

    Returns:
        How much each image belongs to each class, (M, K), every class as much as it has labels.
    """
    told = np.zeros((links.shape[0], int(labels.max()) + 1), np.float32)
    told[rows, labels] = 1
    belief = told
    for _ in range(_STEPS):
        belief = KEPT * (links @ belief) + told
    return belief * (told.sum(0) / np.maximum(belief.sum(0), 1e-12))


def bridge(features: Features, asked: Features) -> sparse.csr_matrix:
    """Link images that are not in the graph with their neighbours in it, the nearer the stronger.

    Args:
        features: of the images in the graph, (M, D).
        asked: of other images, (N, D).

    Returns:
        (N, M).
    """
    squares, found = neighbours(features, asked, min(NEIGHBOURS, len(features)))
    weights = np.exp(-squares / np.maximum(squares[:, -1:], 1e-12))
    rows = np.repeat(np.arange(len(asked)), found.shape[1])
    return sparse.csr_matrix((weights.ravel(), (rows, found.ravel())), shape=(len(asked), len(features)))


def classes_of(belief: Features, links: sparse.csr_matrix) -> Labels:
    """Return the classes of images that are not in the graph: what their neighbours in it believe.

    Args:
        belief: of the images in the graph, from :func:`spread`, (M, K).
        links: of the others with these, from :func:`bridge`, (N, M).

    Returns:
        Their classes, (N,).
    """
    sure = belief / np.maximum(belief.sum(1, keepdims=True), 1e-12)
    return np.asarray((links @ sure).argmax(1))

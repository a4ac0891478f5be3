"""The nearest labelled images vote, and as many of them as do best when each in turn is asked about by the others."""

from __future__ import annotations

import numpy as np
import torch

from ae_core.tasks.few_labels.linear import Features, Labels

VOTERS = (1, 3, 5, 9)


def classes_by_neighbours(features: Features, labels: Labels, asked: Features) -> Labels:
    """Return the class of each image by its nearest labelled ones.

    Args:
        features: of the labelled images, (n, D).
        labels: from 0 to K - 1, (n,).
        asked: of the images whose class is asked, (N, D).

    Returns:
        Their classes, (N,).
    """
    voters = chosen_voters(features, labels)
    _, found = neighbours(features, asked, voters)
    return voted(labels[found])


def chosen_voters(features: Features, labels: Labels) -> int:
    """Return how many neighbours do best on the labelled images, each asked about by the others.

    Args:
        features: (n, D).
        labels: (n,).

    Returns:
        One of :data:`VOTERS`; 1 where a class has one image.
    """
    if np.bincount(labels).min() < 2:
        return 1
    some = np.random.default_rng(0).permutation(len(labels))[:1000]
    _, found = neighbours(features, features[some], min(max(VOTERS) + 1, len(labels)))
    others = labels[found[:, 1:]]  # the nearest of all is the image itself
    tried = [voters for voters in VOTERS if voters <= others.shape[1]]
    right = [np.mean(voted(others[:, :voters]) == labels[some]) for voters in tried]
    return tried[int(np.argmax(right))]


def neighbours(features: Features, asked: Features, count: int) -> tuple[Features, Labels]:
    """Find the nearest of some images, by squared distance, the nearest first.

    Args:
        features: among which is searched, (n, D).
        asked: of which they are the neighbours, (N, D).
        count: how many.

    Returns:
        Squared distances and numbers, (N, count) each.
    """
    among = torch.from_numpy(np.ascontiguousarray(features))
    lengths = among.square().sum(1)
    squares, found = [], []
    for part in torch.from_numpy(np.ascontiguousarray(asked)).split(1000):
        apart = part.square().sum(1, keepdim=True) + lengths - 2 * part @ among.T
        nearest = apart.topk(count, dim=1, largest=False)
        squares.append(nearest.values.clamp_min(0))
        found.append(nearest.indices)
    return torch.cat(squares).numpy(), torch.cat(found).numpy()


def voted(labels: Labels) -> Labels:
    """Return the class that most of the neighbours (N, k) have, the nearest first; of a draw the nearest one's."""
    votes = np.zeros((len(labels), int(labels.max()) + 1))
    rows = np.arange(len(labels))
    for place in range(labels.shape[1]):
        votes[rows, labels[:, place]] += 1 + 1e-3 / (1 + place)
    return votes.argmax(1)

"""Which training images are labelled: the same for all methods, as many of each class, and the more contain the fewer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

COUNTS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
DRAWS = 5


def counts(train_count: int, classes: int) -> tuple[int, ...]:
    """Return the numbers of labels that are tried of a data set: one of each class at the least, and not all images."""
    return tuple(count for count in COUNTS if classes <= count < train_count)


def draw(labels: npt.NDArray[np.int64], most: int, seed: int) -> npt.NDArray[np.int64]:
    """Draw training images to be labelled, class by class in turn.

    Args:
        labels: the classes of all training images, (N,).
        most: how many are drawn.
        seed: of the draw.

    Returns:
        Their numbers, (most,): the first n of them are the draw of n images. Each class has as many as the next, but for
        one where n does not divide, and as long as it lasts.
    """
    mixed = np.random.default_rng(seed).permutation(len(labels))
    rank = np.empty(len(labels), np.int64)  # the how-manyth of its class an image is
    for name in np.unique(labels):
        of_class = mixed[labels[mixed] == name]
        rank[of_class] = np.arange(len(of_class))
    return mixed[np.argsort(rank[mixed], kind="stable")][:most]

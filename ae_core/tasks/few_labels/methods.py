"""The methods that are compared: each is told the classes of some training images and tells those of all test images."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse

from ae_core.tasks.few_labels import linear, nearest, network, spreading
from ae_core.tasks.few_labels.linear import Labels
from ae_core.tasks.few_labels.material import MOST_IN_POOL, Material

Rows = npt.NDArray[np.int64]  # which of the training images are labelled, (n,)
Classify = Callable[[Material, Rows, int], Labels]  # the last is a seed


class Method(NamedTuple):
    """A method of the study.

    Attributes:
        title: what it is called, as a legend has it.
        within: the same within a sentence.
        classes: tells the classes of the test images, (T,).
        actor: whose colour it has: "ae", "pca", or "train" for what knows neither.
        dash: of its line: what kind of classifier it is.
        symbol: of its points.
        slow: whether each draw is a part of the study by itself where the network is slow.
        most: how many labels it is tried with.
    """

    title: str
    within: str
    classes: Classify
    actor: str
    dash: str
    symbol: str
    slow: bool = False
    most: int = 10_000


def _linear(kind: str) -> Classify:
    def classes(given: Material, rows: Rows, seed: int) -> Labels:
        train, test = given.features(kind)
        return linear.predicted(test, *linear.fitted(train[rows], given.labels[rows], seed))

    return classes


def _nearest(kind: str) -> Classify:
    def classes(given: Material, rows: Rows, seed: int) -> Labels:
        train, test = given.features(kind)
        return nearest.classes_by_neighbours(train[rows], given.labels[rows], test)

    return classes


def _network(train: Callable[..., network.Classifier]) -> Classify:
    def classes(given: Material, rows: Rows, seed: int) -> Labels:
        images = given.train[torch.from_numpy(rows)]
        return network.classes_by(train(given.run, images, given.labels[rows], seed), given.test)

    return classes


@lru_cache(maxsize=1)
def _graphs(given: Material) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    train, test = given.features("codes")
    pool = train[: given.pool]
    return spreading.graph(pool), spreading.bridge(pool, test)


def _spread(given: Material, rows: Rows, seed: int) -> Labels:
    within, to_test = _graphs(given)
    return spreading.classes_of(spreading.spread(within, rows, given.labels[rows]), to_test)


METHODS: dict[str, Method] = {
    "codes": Method("Linear on codes", "a linear classifier on the codes", _linear("codes"), "ae", "solid", "circle"),
    "pca": Method("Linear on PCA", "a linear classifier on PCA's", _linear("pca"), "pca", "solid", "square"),
    "pixels": Method(
        "Linear on pixels", "a linear classifier on the pixels", _linear("pixels"), "train", "solid", "diamond"
    ),
    "neighbours": Method(
        "Nearest by code", "the nearest neighbours by code", _nearest("codes"), "ae", "dot", "circle-open"
    ),
    "pixel_neighbours": Method(
        "Nearest by pixels", "the nearest neighbours by pixels", _nearest("pixels"), "train", "dot", "diamond-open"
    ),
    "spread": Method(
        "Spread over codes",
        "spreading over the unlabelled codes",
        _spread,
        "ae",
        "dashdot",
        "star",
        most=MOST_IN_POOL,
    ),
    "tuned": Method(
        "Encoder fine-tuned", "the fine-tuned encoder", _network(network.tuned), "ae", "dash", "triangle-up", slow=True
    ),
    "scratch": Method(
        "Same from scratch",
        "the same network from scratch",
        _network(network.from_scratch),
        "train",
        "dash",
        "triangle-down",
        slow=True,
    ),
}

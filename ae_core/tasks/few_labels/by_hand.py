"""Images that a visitor labels by hand: what there is to choose from, and what a classifier makes of the choice at once.

The classifier is logistic regression again, its penalty fixed, as ten images leave nothing to choose it by. It needs to
know of images no more than their inner products, which a hundred numbers an image give, whatever its size. It is written out
here as it is wanted within the time of a click, in a web process that has no scikit-learn in its memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ae_core.tasks.few_labels.draws import draw
from ae_core.tasks.few_labels.linear import UNTRIED, Features, Labels
from ae_core.tasks.few_labels.material import KINDS, Material, material
from ae_core.tasks.few_labels.nearest import neighbours

OFFERED = 100  # training images to choose from
PICKED = 10
MOST_PICKED = 30
ASKED = 1_000  # test images, the first ones
RANDOM = 100  # draws of ten, beside which the choice stands
_ITERATIONS = 50
_FLAT = 1e-4  # the largest slope at which the weights are taken as found
_FREE = 1e-6  # the penalty on an offset, which is to have none; without any, all could grow together
_SMALLEST = 1e-5  # of the largest eigenvalue: what is below is rounding

Products = npt.NDArray[np.floating]  # inner products of features


@dataclass(frozen=True, eq=False)
class Bench:
    """What a choice is judged with: coordinates by the kind of features, see :func:`along`, and classes.

    Attributes:
        offered: of the images to choose from, (G, R) each.
        labels: the classes of these, (G,).
        asked: of test images, (T, R) each.
        asked_labels: the classes of the test images, (T,).
    """

    offered: Mapping[str, Products]
    labels: Labels
    asked: Mapping[str, Products]
    asked_labels: Labels

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Bench:
        """Read the answer of :func:`offer`."""
        return cls(answer["offered"], answer["labels"], answer["asked"], answer["asked_labels"])

    def errors(self, picked: Sequence[int]) -> dict[str, float]:
        """Return the share of test images that are told wrong, by the kind of features.

        Args:
            picked: the labelled images, by their numbers among the offered ones; one at least.
        """
        rows = np.asarray(picked, np.int64)
        found = {}
        for kind in KINDS:
            own, asked = (of[kind].astype(np.float32) for of in (self.offered, self.asked))
            own = own[rows]
            told = classes_from(own @ own.T, self.labels[rows], asked @ own.T)
            found[kind] = float(np.mean(told != self.asked_labels))
        return found


def offer(file: bytes) -> dict[str, Any]:
    """Draw the images to choose from, and what a choice is judged with and held against.

    Args:
        file: of the run, see :func:`ae_core.tasks.study.file_of`.

    Returns:
        ``images`` uint8 (G, C, H, W), ``classes`` as the data set numbers them, and what :class:`Bench` is made of;
        ``random``, of each kind of features the errors of random tens of these images, one of each class as far as that
        goes; ``medoids``, ten that k-means would ask for.
    """
    given = material(file)
    rows = draw(given.labels, OFFERED, seed=1)
    np.random.default_rng(2).shuffle(rows)
    answer: dict[str, Any] = {
        "images": given.train[torch.from_numpy(rows)].numpy(),
        "labels": given.labels[rows],
        "classes": list(given.classes),
        "asked_labels": given.test_labels[:ASKED],
        "offered": {},
        "asked": {},
        "medoids": medoids(given, rows),
    }
    for kind in KINDS:
        train, test = given.features(kind)
        own, asked = along(train[rows], test[:ASKED])
        answer["offered"][kind], answer["asked"][kind] = own.astype(np.float16), asked.astype(np.float16)
    bench = Bench.of(answer)
    tens = [draw(bench.labels, min(PICKED, len(rows)), seed) for seed in range(RANDOM)]
    errors = [bench.errors(ten.tolist()) for ten in tens]
    return answer | {"random": {kind: [each[kind] for each in errors] for kind in KINDS}}


def along(features: Features, asked: Features) -> tuple[Features, Features]:
    """Return features by coordinates along some images, which keeps the inner products with these and may be far fewer.

    Args:
        features: of these images, (G, D).
        asked: of others, (T, D).

    Returns:
        (G, R) and (T, R), R the lesser of G and D.
    """
    if features.shape[1] <= len(features):
        return features, asked
    _, _, basis = np.linalg.svd(features, full_matrices=False)
    return features @ basis.T, asked @ basis.T


def medoids(given: Material, rows: Labels) -> list[int]:
    """Return which of some images lie nearest to the centres of ten clusters of codes; no label is looked at.

    Args:
        given: what the parts of the study share.
        rows: which of its training images may be chosen, (G,).

    Returns:
        Ten numbers of rows, or as many as there are.
    """
    from sklearn.cluster import KMeans

    codes, _ = given.features("codes")
    found = KMeans(min(PICKED, len(rows)), n_init=3, random_state=0).fit(codes)
    _, order = neighbours(codes[rows], found.cluster_centers_.astype(np.float32), len(rows))
    taken: list[int] = []
    for nearest in order:
        taken.append(next(int(place) for place in nearest if place not in taken))
    return taken


def classes_from(own: Products, labels: Labels, asked: Products) -> Labels:
    """Return what logistic regression (softmax, C = 1) learned from a few images says of others.

    The best weights of a class are a sum of the labelled images, since their length is what is penalised. So each image is
    first written by coordinates along these, at most n of them.

    Args:
        own: inner products of the labelled images with one another, (n, n).
        labels: their classes, any whole numbers, (n,).
        asked: inner products of the others with them, (N, n).

    Returns:
        The classes of the others, (N,), each one of ``labels``.
    """
    names, wanted = np.unique(labels, return_inverse=True)
    if len(names) == 1:
        return np.full(len(asked), names[0])
    values, vectors = np.linalg.eigh(own.astype(np.float64))
    kept = values > _SMALLEST * values[-1]
    directions = vectors[:, kept] / np.sqrt(values[kept])
    weights, offsets = _softmax_regression((own @ directions).astype(np.float64), wanted)
    scores = asked.astype(np.float64) @ (directions @ weights) + offsets
    return np.asarray(names[scores.argmax(1)])


def _softmax_regression(images: npt.NDArray[np.float64], wanted: Labels) -> tuple[Products, Products]:
    """Find weights (D, K) and offsets (K,) by Newton's method, with steps halved until they lead downwards.

    Args:
        images: (n, D), of which few.
        wanted: their classes from 0 to K - 1, each of them there, (n,).
    """
    seen = np.column_stack([images, np.ones(len(images))])  # the last weight is the offset
    target = np.eye(int(wanted.max()) + 1)[wanted]
    penalty = np.full((seen.shape[1], 1), 1.0)
    penalty[-1] = _FREE
    weights = np.zeros((seen.shape[1], target.shape[1]))

    def shares(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        scores = seen @ weights
        raised = np.exp(scores - scores.max(1, keepdims=True))
        return np.asarray(raised / raised.sum(1, keepdims=True))

    def loss(weights: npt.NDArray[np.float64]) -> float:
        likely = (shares(weights) * target).sum(1)
        return float(0.5 * (penalty * weights**2).sum() - UNTRIED * np.log(np.maximum(likely, 1e-300)).sum())

    for _ in range(_ITERATIONS):
        share = shares(weights)
        slope = UNTRIED * seen.T @ (share - target) + penalty * weights
        if np.abs(slope).max() < _FLAT:
            break
        between = share[:, :, None] * (np.eye(share.shape[1]) - share[:, None])  # of an image's scores, (n, K, K)
        size = weights.size
        bend = UNTRIED * np.einsum("ni,nj,nkl->ikjl", seen, seen, between, optimize=True).reshape(size, size)
        bend += np.diag(np.repeat(penalty[:, 0], share.shape[1]))
        step = np.linalg.solve(bend, slope.ravel()).reshape(weights.shape)
        here = loss(weights)
        while loss(weights - step) > here and np.abs(step).max() > 1e-12:
            step /= 2
        weights = weights - step
    return weights[:-1], weights[-1]

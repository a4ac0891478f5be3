"""What all parts of the study share in a worker: the images that are labelled in some draw, and their features."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ae_core.data.items import to_float
from ae_core.errors import LabError
from ae_core.evaluation.metrics import encode_all
from ae_core.runs.fit import images_of_classes
from ae_core.runs.run import Run
from ae_core.tasks.few_labels.draws import DRAWS, counts, draw
from ae_core.tasks.few_labels.linear import Features, Labels, scale_of
from ae_core.tasks.study import run_of

KINDS = ("codes", "pca", "pixels")
POOL = 10_000  # training images that labels are spread over
MOST_IN_POOL = 2_000  # labels of which every draw lies in the pool


@dataclass(frozen=True, eq=False)
class Material:
    """The training images that are used, M of them, and all test images.

    Attributes:
        run: whose codes are compared.
        train: uint8 (M, C, H, W).
        labels: of these, from 0 to K - 1, (M,).
        test: uint8 (T, C, H, W).
        test_labels: (T,).
        draws: by the number of labels, of each draw which of the M are labelled.
        pool: how many of the M, the first ones, labels are spread over.
        classes: the K classes, as the data set numbers them.
    """

    run: Run
    train: Tensor
    labels: Labels
    test: Tensor
    test_labels: Labels
    draws: dict[int, list[npt.NDArray[np.int64]]]
    pool: int
    classes: tuple[int, ...]
    _features: dict[str, tuple[Features, Features]] = field(default_factory=dict)

    def features(self, kind: str) -> tuple[Features, Features]:
        """Return the features of the training and of the test images, (M, D) and (T, D).

        They are centred and divided by one number, see :func:`ae_core.tasks.few_labels.linear.scale_of`.

        Args:
            kind: one of :data:`KINDS`.
        """
        if kind not in self._features:
            train, test = (features_of(self.run, images, kind) for images in (self.train, self.test))
            middle, spread = scale_of(train)
            self._features[kind] = (train - middle) / spread, (test - middle) / spread
        return self._features[kind]


@lru_cache(maxsize=1)  # 200 MB of MNIST
def material(file: bytes) -> Material:
    """Gather what the parts of a run's study share; see :func:`ae_core.tasks.study.file_of`.

    Raises:
        LabError: there is nothing to tell apart.
    """
    run = run_of(file)
    train, test = images_of_classes(run.config)
    classes = np.unique(train.labels.numpy())
    if len(classes) < 2:
        raise LabError("This run knows one class alone: there is nothing to tell apart. Choose a run of several.")
    labels = np.searchsorted(classes, train.labels.numpy())
    each = {
        count: [draw(labels, count, seed) for seed in range(DRAWS)]
        for count in counts(run.config.train_count, len(classes))  # as the study, which has not seen the images
    }
    few = [rows for count, draws in each.items() if count <= MOST_IN_POOL for rows in draws]
    others = np.random.default_rng(0).permutation(len(labels))
    pool = _first_of_each(np.concatenate([*few, others]))[:POOL]
    rows = _first_of_each(np.concatenate([pool, *(rows for draws in each.values() for rows in draws)]))
    place = np.empty(len(labels), np.int64)
    place[rows] = np.arange(len(rows))
    return Material(
        run=run,
        train=train.images[torch.from_numpy(rows)],
        labels=labels[rows],
        test=test.images,
        test_labels=np.searchsorted(classes, test.labels.numpy()),
        draws={count: [place[one] for one in draws] for count, draws in each.items()},
        pool=len(pool),
        classes=tuple(int(name) for name in classes),
    )


def _first_of_each(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the numbers without those that came before."""
    return numbers[np.sort(np.unique(numbers, return_index=True)[1])]


def features_of(run: Run, images: Tensor, kind: str) -> Features:
    """Return what a classifier is told of images.

    Args:
        run: whose encoder and PCA are asked.
        images: uint8 (N, C, H, W).
        kind: "codes", "pca" of the same size, or "pixels".

    Returns:
        float32 (N, D).
    """
    if kind == "codes":
        return encode_all(run.model, images).numpy()
    if kind == "pixels":
        return to_float(images.flatten(1)).numpy()
    codec = run.pca_at_code_size
    return torch.cat([codec.encode(to_float(part)) for part in images.split(4096)]).numpy()

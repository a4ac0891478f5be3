"""Few labels of MNIST: the bound of 100 labels, and what every shipped method makes of them.

What is free here (the run, the neighbours of the graph) was chosen by the error on unlabelled training images, which
``few-labels-choice`` prints for the runs that were compared.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean, stdev
from typing import Any

import numpy as np

from ae_core.runs import zoo
from ae_core.runs.fit import images_of
from ae_core.tasks.few_labels import spreading
from ae_core.tasks.few_labels.draws import draw
from ae_core.tasks.few_labels.linear import Features, scale_of
from ae_core.tasks.few_labels.material import features_of

LABELS = 100
DRAWS = 10
RUN = "mnist-code-32"
COMPARED = ("mnist-code-32", "mnist-vae-16", "mnist-conv", "mnist-conv-vae", "mnist-conv-denoising", "mnist-denoising")
SOME = 20_000  # training images that a choice is made on


def hundred_labels() -> dict[str, Any]:
    """Spread 100 labels over the codes of all training images, and ask about the test images."""
    train, test = images_of("mnist")
    run = zoo.load(RUN)
    codes, asked = (features_of(run, images.images, "codes") for images in (train, test))
    _, spread = scale_of(codes)
    codes, asked = codes / spread, asked / spread
    within, to_test = spreading.graph(codes), spreading.bridge(codes, asked)
    labels, truth = train.labels.numpy(), test.labels.numpy()
    errors = []
    for seed in range(DRAWS):
        rows = draw(labels, LABELS, seed)
        told = spreading.classes_of(spreading.spread(within, rows, labels[rows]), to_test)
        errors.append(float(np.mean(told != truth)))
    return {
        "run": RUN,
        "labels": LABELS,
        "draws": DRAWS,
        "test error": mean(errors),
        "spread": stdev(errors),
        "best draw": min(errors),
        "worst draw": max(errors),
        "bound": 0.09,
        "aim": 0.04,
        "M1 of 2014": 0.118,
    }


def choice() -> dict[str, Any]:
    """Compare shipped runs by the error on unlabelled training images; no test image is looked at."""
    train = images_of("mnist")[0]
    labels = train.labels[:SOME].numpy()
    return {name: _held_back(features_of(zoo.load(name), train.images[:SOME], "codes"), labels) for name in COMPARED}


def _held_back(codes: Features, labels: np.ndarray) -> float:
    links = spreading.graph(codes / scale_of(codes)[1])
    errors = []
    for seed in range(DRAWS):
        rows = draw(labels, LABELS, seed)
        wrong = spreading.spread(links, rows, labels[rows]).argmax(1) != labels
        errors.append(np.delete(wrong, rows).mean())
    return float(np.mean(errors))


ROWS: dict[str, Callable[[], dict[str, Any]]] = {"few-labels": hundred_labels, "few-labels-choice": choice}

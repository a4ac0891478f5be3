"""The run's encoder under a linear layer, trained on the labelled images; and the same network from a fresh start."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ae_core.data.items import to_float
from ae_core.models.autoencoder import build
from ae_core.runs.run import Run
from ae_core.tasks.few_labels.linear import Labels, fitted
from ae_core.tasks.few_labels.material import features_of
from ae_core.training.optimiser import Adam, one_cycle

# Chosen on held-back training images of digits and MNIST.
RATE = {"tuned": 1e-3, "scratch": 3e-3}  # the peak of one cycle of Adam
BATCH = 64
STEPS = 200  # of few images; of many as many as it takes to see each so often:
EPOCHS = 20
MOST_STEPS = 800
_CHUNK = 512


class Classifier(nn.Module):
    """An encoder with a linear layer over its code."""

    def __init__(self, run: Run, classes: int) -> None:
        super().__init__()
        self.encoder = run.model.encoder
        self.code_size = run.config.code_size
        self.head = nn.Linear(self.code_size, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return what speaks for each class, (N, K), of images (N, C, H, W); of a variational code its mean is taken."""
        scores: Tensor = self.head(self.encoder(images)[:, : self.code_size])
        return scores


def tuned(run: Run, images: Tensor, labels: Labels, seed: int = 0) -> Classifier:
    """Train the run's encoder further, from the linear classifier on its codes on (Kumar et al. 2022).

    A head of random weights would first undo what the encoder has learned.

    Args:
        run: whose encoder is copied.
        images: that are labelled, uint8 (n, C, H, W).
        labels: from 0 to K - 1, each of them there, (n,).
        seed: of the batches.

    Returns:
        The classifier.
    """
    model = Classifier(run, int(labels.max()) + 1)
    model.encoder = copy.deepcopy(run.model.encoder).requires_grad_(True)  # a run from a file is not trained further
    weights, offsets = fitted(features_of(run, images, "codes"), labels, seed)
    with torch.no_grad():
        model.head.weight.copy_(torch.from_numpy(weights))
        model.head.bias.copy_(torch.from_numpy(offsets))
    return _trained(model, images, labels, RATE["tuned"], seed)


def from_scratch(run: Run, images: Tensor, labels: Labels, seed: int = 0) -> Classifier:
    """Train the same network from fresh weights.

    Args:
        run: whose settings say what the network is.
        images: that are labelled, uint8 (n, C, H, W).
        labels: from 0 to K - 1, each of them there, (n,).
        seed: of the weights and the batches.

    Returns:
        The classifier.
    """
    generator = torch.Generator().manual_seed(seed)
    model = Classifier(run, int(labels.max()) + 1)
    model.encoder = build(run.config, run.model.shape).encoder
    with torch.no_grad():
        model.head.weight.normal_(0, 1 / math.sqrt(model.code_size), generator=generator)
        model.head.bias.zero_()
    return _trained(model, images, labels, RATE["scratch"], seed)


def steps_for(count: int) -> int:
    """Return for how many steps is trained on so many images."""
    return min(max(STEPS, EPOCHS * count // BATCH), MOST_STEPS)


@torch.inference_mode()
def classes_by(model: Classifier, images: Tensor) -> Labels:
    """Return the classes of images, uint8 (N, C, H, W), as (N,)."""
    return np.concatenate([model(to_float(part)).argmax(1).numpy() for part in images.split(_CHUNK)])


def _trained(model: Classifier, images: Tensor, labels: Labels, rate: float, seed: int) -> Classifier:
    generator = torch.Generator().manual_seed(seed)
    wanted = torch.from_numpy(labels)
    steps = steps_for(len(images))
    optimiser = Adam(model.parameters())
    model.train()
    order = torch.empty(0, dtype=torch.int64)
    for step in range(steps):
        if len(order) < min(BATCH, len(images)):
            order = torch.randperm(len(images), generator=generator)
        batch, order = order[:BATCH], order[BATCH:]
        F.cross_entropy(model(to_float(images[batch])), wanted[batch]).backward()
        optimiser.step(one_cycle(rate, step, steps))
    return model.eval()

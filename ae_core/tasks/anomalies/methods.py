"""The scores of how strange an image is: those of an autoencoder, and those of what one would use instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ae_core.config.schema import Config
from ae_core.data.items import to_float
from ae_core.models.autoencoder import Autoencoder
from ae_core.models.codec import Codec, reconstruct
from ae_core.models.pca import PCACodec
from ae_core.runs.run import Run
from ae_core.tasks.anomalies.paths import Whitening, differences, simple
from ae_core.training.objectives import kl_divergence

Scorer = Callable[[Tensor], Tensor]  # images (N, C, H, W) in [0, 1] to (N,): more is stranger

COMPONENTS = 50  # of PCA, in which neighbours and kernels are computed: in all 784 pixels they take ten times as long
TREES = 200
NEIGHBOURS = 20
# Kernels fall to 1 / e at a twelfth of the variance of all components. Chosen on held-back training images of four digits,
# where the mean area is .91; scikit-learn's default, the variance itself, gives .63.
NARROWNESS = 12.0
OUTSIDE = 0.05  # share of the normal training images that a one-class SVM leaves outside
DRAWS = 8  # codes for each image, over which a variational bound is a mean
_NOTHING = 1e-300
_CHUNK = 512  # images at a time


@dataclass(frozen=True)
class Method:
    """A way to score images.

    Attributes:
        title: in a few words.
        about: what the score is, in a sentence or two.
        fit: makes the score from a run and normal training images, uint8 (N, C, H, W).
        shows: whose reconstruction stands beside an image: "ae", "pca" or "mean".
        logarithmic: whether scores are positive and spread over powers of ten.
        own: whether it is a score of the autoencoder.
        applies: whether a run has it.
        at_once: whether nothing is learned from the normal training images, so that one image is scored in a moment.
    """

    title: str
    about: str
    fit: Callable[[Run, Tensor], Scorer]
    shows: str = "ae"
    logarithmic: bool = True
    own: bool = False
    applies: Callable[[Config], bool] = lambda config: True
    at_once: bool = False


# --- The autoencoder's own ----------------------------------------------------------------------------------


def errors(codec: Codec, images: Tensor) -> Tensor:
    """Return the squared error of each reconstruction, mean over its pixels: images (N, C, H, W) to (N,)."""
    return _each(images, lambda part: (reconstruct(codec, part) - part).square().flatten(1).mean(1))


def bound(model: Autoencoder, loss: str, images: Tensor, seed: int = 0) -> Tensor:
    """Return the negative evidence lower bound of each image in nats (Kingma & Welling 2014, eq. 10).

    The reconstruction is a mean over :data:`DRAWS` codes, the same draws for every image.

    Args:
        model: a variational autoencoder.
        loss: "mse" or "bce": with "mse" squares stand for a Gaussian likelihood of variance one half.
        images: (N, C, H, W) in [0, 1].
        seed: of the draws.

    Returns:
        (N,); more is less probable.
    """
    noise = torch.randn(DRAWS, model.code_size, generator=torch.Generator().manual_seed(seed))

    def of(part: Tensor) -> Tensor:
        mean, log_variance = model.posterior(part)
        total = torch.zeros(len(part))
        for draw in noise:
            outputs = model.decoder(mean + draw * (0.5 * log_variance).exp())
            if loss == "bce":
                each = F.binary_cross_entropy_with_logits(outputs, part, reduction="none")
            else:
                each = (model.pixels(outputs) - part).square()
            total += each.flatten(1).sum(1)
        return total / DRAWS + kl_divergence(mean, log_variance)

    return _each(images, of)


def _fit_error(run: Run, fitted: Tensor) -> Scorer:
    return lambda images: errors(run.model, images)


def _fit_simple(run: Run, fitted: Tensor) -> Scorer:
    return lambda images: simple(differences(run.model, images))


def _fit_normalised(run: Run, fitted: Tensor) -> Scorer:
    whitening = Whitening.fit(differences(run.model, to_float(fitted)))
    return lambda images: whitening.normalised(differences(run.model, images))


def _fit_bound(run: Run, fitted: Tensor) -> Scorer:
    return lambda images: bound(run.model, run.config.loss, images)


# --- What one would use instead -----------------------------------------------------------------------------


def _fit_pca(run: Run, fitted: Tensor) -> Scorer:
    codec = PCACodec.fit(fitted, run.config.code_size)
    return lambda images: errors(codec, images)


def _fit_mean(run: Run, fitted: Tensor) -> Scorer:
    mean = to_float(fitted).mean(0)
    return lambda images: (images - mean).square().flatten(1).mean(1)


def _fit_forest(run: Run, fitted: Tensor) -> Scorer:
    from sklearn.ensemble import IsolationForest  # a second to import, and only what is fitted needs it

    codec, codes = _components(fitted)
    forest = IsolationForest(n_estimators=TREES, random_state=0).fit(codes)
    return lambda images: _tensor(-forest.score_samples(codec.encode(images).numpy()))


def _fit_svm(run: Run, fitted: Tensor) -> Scorer:
    from sklearn.svm import OneClassSVM

    codec, codes = _components(fitted)
    machine = OneClassSVM(nu=OUTSIDE, gamma=NARROWNESS / float(codes.var(0).sum())).fit(codes)

    def score(images: Tensor) -> Tensor:
        inside = machine.score_samples(codec.encode(images).numpy())  # a sum of kernels, which fall to nothing far away
        return _tensor(-np.log(np.maximum(inside, _NOTHING)))

    return score


def _fit_neighbours(run: Run, fitted: Tensor) -> Scorer:
    from sklearn.neighbors import LocalOutlierFactor

    codec, codes = _components(fitted)
    factor = LocalOutlierFactor(min(NEIGHBOURS, len(codes) - 1), novelty=True).fit(codes)
    return lambda images: _tensor(-factor.score_samples(codec.encode(images).numpy()))


def _components(fitted: Tensor) -> tuple[PCACodec, np.ndarray]:
    codec = PCACodec.fit(fitted, COMPONENTS)
    return codec, codec.encode(to_float(fitted)).numpy()


def _tensor(scores: np.ndarray) -> Tensor:
    return torch.from_numpy(scores).float()


@torch.inference_mode()
def _each(images: Tensor, score: Callable[[Tensor], Tensor]) -> Tensor:
    """Score images some at a time, which bounds memory."""
    return torch.cat([score(part) for part in images.split(_CHUNK)])


METHODS: dict[str, Method] = {
    "error": Method(
        "Reconstruction error",
        "The squared error a pixel between the image and what the autoencoder makes of it.",
        _fit_error,
        own=True,
        at_once=True,
    ),
    "sap": Method(
        "Error along the layers (SAP)",
        "Image and reconstruction both go through the encoder; their squared differences are added over the pixels and all "
        "of its layers (RaPP, Kim et al. 2020).",
        _fit_simple,
        own=True,
        at_once=True,
    ),
    "nap": Method(
        "Whitened layers (NAP)",
        "The same differences, each direction in units of how much it varies among normal training images (RaPP, Kim et al. "
        "2020).",
        _fit_normalised,
        own=True,
    ),
    "bound": Method(
        "Variational bound",
        f"The negative evidence lower bound in nats: reconstruction, a mean over {DRAWS} drawn codes, and KL divergence.",
        _fit_bound,
        logarithmic=False,
        own=True,
        at_once=True,
        applies=lambda config: config.variational,
    ),
    "pca": Method(
        "PCA error",
        "The squared error a pixel of PCA with as many components as the code has numbers.",
        _fit_pca,
        shows="pca",
    ),
    "forest": Method(
        "Isolation forest",
        f"How few random cuts part the image from the others, over {TREES} trees (Liu et al. 2008), on the first {COMPONENTS} "
        "principal components: it does better there than on the pixels.",
        _fit_forest,
        logarithmic=False,
    ),
    "svm": Method(
        "One-class SVM",
        f"How far outside the smallest region it lies that holds {1 - OUTSIDE:.0%} of normal images (Schölkopf et al. 2001), "
        f"on the first {COMPONENTS} principal components: all pixels take too long.",
        _fit_svm,
        logarithmic=False,
    ),
    "lof": Method(
        "Local outlier factor",
        f"How much sparser it is around the image than around its {NEIGHBOURS} nearest normal ones (Breunig et al. 2000), on "
        f"the first {COMPONENTS} principal components: all pixels take too long.",
        _fit_neighbours,
    ),
    "mean": Method(
        "Distance to the mean image",
        "The squared difference a pixel from the mean of the normal training images: no learning at all.",
        _fit_mean,
        shows="mean",
    ),
}


def methods_of(config: Config) -> list[str]:
    """Return the methods that a run has, by their names."""
    return [name for name, method in METHODS.items() if method.applies(config)]


def rounded(value: float) -> str:
    """Return a score in three digits."""
    return f"{value:.3g}" if math.isfinite(value) else "–"

"""Logistic regression whose penalty is chosen by cross-validation on the labelled images alone."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

PENALTIES = (0.003, 0.03, 0.3, 3.0)  # scikit-learn's C: the larger, the weaker the penalty
UNTRIED = 1.0  # where there is one image of some class, of which nothing can be held back
_ITERATIONS = 100
_TOLERANCE = 1e-3


def fitted(features: Features, labels: Labels, seed: int = 0) -> tuple[Features, Features]:
    """Fit logistic regression, its penalty chosen by cross-validation.

    Args:
        features: of the labelled images, (n, D).
        labels: from 0 to K - 1, each of them there, (n,).
        seed: of the folds.

    Returns:
        Weights (K, D) and offsets (K,): the largest of ``features @ weights.T + offsets`` is the class.
    """
    middle, spread = scale_of(features)
    scaled, basis = (features - middle) / spread, None
    if len(scaled) < scaled.shape[1]:
        # the best weights are sums of the images: turned so, they are n numbers for each class instead of D, and the same
        _, _, basis = np.linalg.svd(scaled, full_matrices=False)
        scaled = scaled @ basis.T
    weights, offsets = _fit(scaled, labels, chosen_penalty(scaled, labels, seed))
    weights = (weights if basis is None else weights @ basis) / spread
    return weights.astype(np.float32), (offsets - weights @ middle).astype(np.float32)


def scale_of(features: Features) -> tuple[Features, np.float32]:
    """Return the mean of features (N, D), and their root mean square about it over all directions together.

    By one number for all: each direction by its own would blow up those of PCA that hold nothing. What is left of the scale
    the penalty is chosen for.
    """
    return features.mean(0), np.float32(max(np.sqrt(features.var(0).mean()), 1e-12))


def chosen_penalty(features: Features, labels: Labels, seed: int = 0) -> float:
    """Return the penalty that does best on labelled images that were held back in turn.

    Five times a fifth, up to 200 images, three times a third up to 1,000, and one fifth of more.

    Args:
        features: of the labelled images, (n, D).
        labels: from 0 to K - 1, (n,).
        seed: of the folds.

    Returns:
        One of :data:`PENALTIES`; :data:`UNTRIED` where a class has one image.
    """
    from sklearn.model_selection import StratifiedKFold

    fewest = int(np.bincount(labels).min())
    if fewest < 2:
        return UNTRIED
    folds = StratifiedKFold(min(fewest, 3 if 200 < len(labels) <= 1000 else 5), shuffle=True, random_state=seed)
    right = np.zeros(len(PENALTIES))
    for learned, kept in list(folds.split(features, labels))[: 1 if len(labels) > 1000 else None]:
        for place, penalty in enumerate(PENALTIES):
            weights, offsets = _fit(features[learned], labels[learned], penalty)
            right[place] += np.mean(predicted(features[kept], weights, offsets) == labels[kept])
    return PENALTIES[int(right.argmax())]


def predicted(features: Features, weights: Features, offsets: Features) -> Labels:
    """Return the class of each image, int64 (N,).

    Args:
        features: of the images, (N, D).
        weights: of the classes, (K, D).
        offsets: of the classes, (K,).
    """
    return (features @ weights.T + offsets).argmax(1)


def _fit(
    features: Features, labels: Labels, penalty: float
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its error has long settled when its weights have not
        model = LogisticRegression(C=penalty, max_iter=_ITERATIONS, tol=_TOLERANCE).fit(features, labels)
    weights, offsets = model.coef_, model.intercept_
    if len(weights) == 1:  # of two classes scikit-learn keeps the weights of one
        return np.concatenate([-weights, weights]), np.concatenate([-offsets, offsets])
    return weights, offsets

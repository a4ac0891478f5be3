"""The numbers of a run as CSV: one table of settings and results, one of the curves."""

from __future__ import annotations

from typing import Any

from ae_core.config.schema import spec
from ae_core.runs.run import Run
from ae_core.table import csv_of

_MEANINGS = {
    "mse": "mean squared error per pixel",
    "sse": "squared error summed over an image, mean over images",
    "psnr": "peak signal-to-noise ratio in dB, mean over images",
    "ssim": "structural similarity, mean over images (Wang et al. 2004)",
    "knn_accuracy": "share of codes whose five nearest training codes agree on the class",
    "trustworthiness": "whether neighbours among codes are neighbours among images (Venna & Kaski 2001)",
    "mig": "how nearly each factor has a number of the code to itself: mutual information gap (Chen et al. 2018)",
    "mean_image_mse": "mean squared error of the mean training image",
    "loss": "negative evidence lower bound in nats an image",
    "reconstruction": "its reconstruction in nats an image",
    "kl": "its KL divergence in nats an image, before beta",
    "active_share": "mean share of units that fire for an image",
    "dead_share": "share of units that fire for no image",
    "contraction": "squared Frobenius norm of the encoder's Jacobian, mean over images",
    "noisy_mse": "mean squared error of images at full noise",
    "denoised_mse": "mean squared error of what the autoencoder makes of them",
    "median_denoised_mse": "mean squared error of what a median filter makes of them",
}


def numbers_csv(run: Run) -> str:
    """Write a table of a run's settings and held-out metrics as CSV.

    A row each has its ``kind`` ("setting", "training" or "result"), ``name``, ``value`` and ``meaning``. A result that
    begins with ``pca_`` is PCA's, with a code of the same size.
    """
    settings = [
        ("setting", name, _text(getattr(run.config, name)), spec(name).help) for name in run.config.used_fields()
    ]
    facts = [
        ("training", "seconds", run.seconds, "wall time of the training alone"),
        ("training", "device", run.device, "where it was trained"),
        ("training", "epochs", run.history["epoch"][-1], "passes over the training images that were made"),
        ("training", "parameters", run.parameters, "trainable numbers in the network"),
    ]
    results = [("result", name, value, meaning_of(name)) for name, value in run.metrics.items()]
    return csv_of(("kind", "name", "value", "meaning"), [*settings, *facts, *results])


def history_csv(run: Run) -> str:
    """Write the curves of a run as CSV.

    A row an evaluation has the ``epoch``, then the loss and its parts: ``train_`` columns are means over the steps since
    the row before, ``held_out_`` ones are over the first 1000 held-out images.
    """
    columns = list(run.history)
    return csv_of(columns, zip(*(run.history[name] for name in columns), strict=False))


def meaning_of(metric: str) -> str:
    """Say in words what a metric of a run is, over held-out images; an empty text for one that is not known."""
    if metric in _MEANINGS:
        return _MEANINGS[metric]
    other = _MEANINGS.get(metric.removeprefix("pca_"), "")
    return f"PCA: {other}" if other else ""


def _text(value: Any) -> Any:
    """Return a setting as it stands in a cell: the numbers of a tuple as they stand in a link."""
    return "-".join(map(str, value)) if isinstance(value, tuple) else value

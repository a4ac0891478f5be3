"""One class is normal, the other nine are strange: how well the scores of Anomalies tell them apart.

Each class has a run of its own, trained on its training images alone and scored on all 10,000 held-out images. The
settings are the same for all classes and both data sets. They were chosen among a dozen on the last 6,000 training images,
by the whitened error along the layers of four classes of MNIST that are hard (2, 5, 8, 9).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO
from ae_core.runs.fit import fit
from ae_core.tasks.anomalies.images import OTHERS
from ae_core.tasks.anomalies.study import study

SETTINGS = Config(
    hidden_sizes=(512, 256, 128, 64),
    code_size=16,
    activation="gelu",
    loss="mse",
    learning_rate=2e-3,
    shift=1,
    epochs=20,
)


def one_class(dataset: str) -> dict[str, Any]:
    """Return the mean area under the ROC curve over a data set's classes, of each score, and that of each class.

    Args:
        dataset: of ten classes.
    """
    areas: dict[str, dict[str, float]] = {}
    slowest = 0.0
    for label, name in enumerate(INFO[dataset].class_names):
        run = fit(replace(SETTINGS, dataset=dataset, classes=(label,)), "cpu")
        slowest = max(slowest, run.seconds)
        answers = study(run, run.config.key, OTHERS).done_here()
        areas[name] = {score: round(answer["auroc"], 4) for score, answer in answers.items()}
    scores = list(next(iter(areas.values())))
    means = {f"mean, {score}": sum(area[score] for area in areas.values()) / len(areas) for score in scores}
    rows = {
        f"{name} alone": "  ".join(f"{score} {area[score]:.4f}" for score in scores) for name, area in areas.items()
    }
    return means | rows | {"slowest training, seconds": slowest}


ROWS: dict[str, Callable[[], dict[str, Any]]] = {
    "anomalies-mnist": lambda: one_class("mnist"),
    "anomalies-fashion": lambda: one_class("fashion"),
}

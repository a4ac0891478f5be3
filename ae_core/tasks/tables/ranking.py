"""Rank the rows of a table by how strange they are, and count how well that finds what is sought."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO
from ae_core.data.items import to_float
from ae_core.data.tables.scaled import ScaledTable
from ae_core.models.codec import Codec
from ae_core.runs.fit import images_of, images_of_classes, pca_of
from ae_core.runs.run import Run
from ae_core.tasks.anomalies.methods import errors

Scores = npt.NDArray[np.floating[Any]]
TOP = 100  # rows at the top of a ranking, as many as somebody might look at by hand
_TREES = 100


@dataclass(frozen=True)
class Method:
    """A way to rank rows: its name, and whether it was told which rows of training are sought."""

    title: str
    told: bool
    score: Callable[[Run, torch.Tensor], Scores]  # of held-out items, high for what is sought


def errors_of(codec: Codec, items: torch.Tensor) -> Scores:
    """Return the squared error of each item's reconstruction, mean over its columns, (N,)."""
    return np.asarray(errors(codec, to_float(items)).numpy())


def sought_of(config: Config) -> tuple[int, ...]:
    """Return the classes that a ranking is to find: those that a run did not learn from, else the rarest of all.

    Empty where no class is told from another.
    """
    count = len(INFO[config.dataset].class_names)
    learned = config.canonical().classes
    if learned:
        return tuple(number for number in range(count) if number not in learned)
    if count < 2:
        return ()
    return (int(np.bincount(table_of(config).train_labels, minlength=count).argmin()),)


def table_of(config: Config) -> ScaledTable:
    """Return the table that a run learned from, which is here."""
    table = INFO[config.dataset].table()
    assert table is not None, "pages and workers ask for it where its rows are"
    return table


def measured(score: Scores, sought: npt.NDArray[np.bool_], first: int) -> dict[str, Any]:
    """Measure a ranking.

    Args:
        score: of each row, high for what is sought, (N,).
        sought: whether each row is.
        first: how many rows at the top are looked at.

    Returns:
        ``auroc``, the chance that a sought row is ranked above another; ``precision``, the average precision; ``top``, how
        many of the first are sought: of equal scores those count first that come first.
    """
    # scikit-learn is imported where it is needed only: it takes 140 MB, which a web process can do without
    from sklearn.metrics import average_precision_score, roc_auc_score

    found = sought[np.argsort(-score, kind="stable")[:first]]
    return {
        "auroc": float(roc_auc_score(sought, score)),
        "precision": float(average_precision_score(sought, score)),
        "top": int(found.sum()),
    }


def first_of(sought: npt.NDArray[np.bool_]) -> int:
    """Return how many rows at the top are looked at: :data:`TOP`, of a small table as many as are sought."""
    return TOP if len(sought) >= 10 * TOP else max(1, int(sought.sum()))


def _rows(items: torch.Tensor) -> Scores:
    return np.asarray(to_float(items).flatten(1).numpy())


def _by_pca(run: Run, items: torch.Tensor) -> Scores:
    components = pca_of(run.config.dataset, run.config.canonical().classes).truncated(run.config.code_size)
    return errors_of(components, items)


def _by_isolation(run: Run, items: torch.Tensor) -> Scores:
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(n_estimators=_TREES, random_state=0).fit(_rows(images_of_classes(run.config)[0].images))
    return -np.asarray(forest.score_samples(_rows(items)))


def _by_labels(run: Run, items: torch.Tensor) -> Scores:
    from sklearn.ensemble import RandomForestClassifier

    train = images_of(run.config.dataset)[0]
    sought = np.isin(train.labels.numpy(), sought_of(run.config))
    forest = RandomForestClassifier(n_estimators=_TREES, random_state=0).fit(_rows(train.images), sought)
    return np.asarray(forest.predict_proba(_rows(items))[:, -1])


METHODS: Mapping[str, Method] = {
    "codes": Method("Autoencoder", False, lambda run, items: errors_of(run.model, items)),
    "pca": Method("PCA", False, _by_pca),
    "isolation": Method("Isolation forest", False, _by_isolation),
    "labels": Method("Forest with labels", True, _by_labels),
}


def verdict(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Say in two sentences which method ranks best by average precision; ``figures`` are of all methods."""
    unlabelled = {name: one["precision"] for name, one in figures.items() if not METHODS[name].told}
    best = max(unlabelled, key=lambda name: unlabelled[name])
    ours, told = unlabelled["codes"], figures["labels"]["precision"]
    if best == "codes":
        rival = max((name for name in unlabelled if name != "codes"), key=lambda name: unlabelled[name])
        said = (
            f"Of those that were told nothing, **the autoencoder ranks best**: average precision {ours:.3f}, "
            f"then {METHODS[rival].title} with {unlabelled[rival]:.3f}."
        )
    else:
        said = (
            f"Of those that were told nothing, **{METHODS[best].title} ranks better than the autoencoder**: average precision "
            f"{unlabelled[best]:.3f} and {ours:.3f}."
        )
    if told > max(unlabelled.values()):
        return f"{said} **The forest with labels beats them all** with {told:.3f}: whoever has labels should use them."
    return f"{said} The forest with labels, which was told, has {told:.3f}."

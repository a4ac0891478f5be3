"""Card payments: who finds the fraud? An autoencoder of genuine payments, PCA, an isolation forest, a forest with labels.

All see the same fifteen scaled columns of the week for training, and rank all payments of the held-out week. Only the last
is told which payments of training were fraudulent; the others learn from the genuine ones. The autoencoder's network and
PCA's components were chosen on another simulation, of another seed (``payments-choice``), by average precision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import IsolationForest, RandomForestClassifier

from ae_core.config.schema import Config
from ae_core.data.datasets import Images
from ae_core.data.tables.payments import payments_table
from ae_core.data.tables.scaled import ScaledTable
from ae_core.models.autoencoder import Autoencoder
from ae_core.models.codec import Codec
from ae_core.models.pca import PCACodec
from ae_core.runs.fit import fit
from ae_core.tasks.tables.ranking import TOP, errors_of, measured
from ae_core.training.loop import run_to_end, train

BASE = Config(
    dataset="payments",
    classes=(0,),
    hidden_sizes=(64, 32),
    code_size=4,
    activation="gelu",
    learning_rate=3e-3,
    batch_size=256,
    epochs=20,
)
NOISY = {"corruption": "gaussian", "corruption_strength": 0.1}
TRIED: dict[str, Config] = {
    **{f"code of {size}": replace(BASE, code_size=size) for size in (2, 3, 4, 6, 8)},
    **{f"code of {size}, noise": replace(BASE, code_size=size, **NOISY) for size in (2, 4, 8)},
    "code of 4, wider": replace(BASE, hidden_sizes=(128, 64)),
    "code of 4, one hidden layer": replace(BASE, hidden_sizes=(32,)),
    "code of 4, 60 epochs": replace(BASE, epochs=60),
}
COMPONENTS = (2, 3, 4, 6, 8, 10)
SEEDS = (2, 3, 4, 5, 6)
CHOSEN, CHOSEN_COMPONENTS = "code of 2, noise", 2  # by payments-choice


def choice() -> dict[str, Any]:
    """Compare networks and numbers of components on payments of another seed."""
    table = payments_table(seed=1)
    shown, held_out = _images(table)
    found: dict[str, Any] = {}
    for name, config in TRIED.items():
        found[name] = _figures(errors_of(_trained(config, table), held_out.images), table)
        print(name, found[name], flush=True)
    pca = PCACodec.fit(shown.images)
    return found | {
        f"PCA, {count} components": _figures(errors_of(pca.truncated(count), held_out.images), table)
        for count in COMPONENTS
    }


def payments() -> dict[str, Any]:
    """Rank the payments of the held-out week by each method."""
    table, run = payments_table(), fit(TRIED[CHOSEN], "cpu")
    return {
        "network": CHOSEN,
        "seconds of training": run.seconds,
        "held out": f"{len(table.held_out):,}, of which {int(table.held_out_labels.sum())} fraud",
        **{name: _figures(score, table) for name, score in _scores(run.model, table).items()},
        "handbook (AUROC, average precision, of 100 a day)": "autoencoder .836 .180 22, isolation forest .808 .164 19, supervised .859 .646 28",
    }


def seeds() -> dict[str, Any]:
    """Do the same on further simulations, as chance decides which few terminals are compromised."""
    figures: dict[str, list[tuple[float, float, int]]] = {}
    for seed in SEEDS:
        table = payments_table(seed=seed)
        for name, score in _scores(_trained(TRIED[CHOSEN], table), table).items():
            figures.setdefault(name, []).append(_measured(score, table))
    said = {"AUROC": "{:.3f}", "average precision": "{:.3f}", f"of the first {TOP}": "{:.0f}"}
    return {
        name: "  ".join(
            f"{what} {form.format(np.mean(values))} ({form.format(min(values))} to {form.format(max(values))})"
            for (what, form), values in zip(said.items(), zip(*found, strict=True), strict=True)
        )
        for name, found in figures.items()
    }


def _trained(config: Config, table: ScaledTable) -> Autoencoder:
    """Return the network of a Config, trained on the genuine payments of any table."""
    shown, held_out = _images(table)
    training = train(config, shown, held_out.of_classes((0,)), torch.device("cpu"), lambda: False)
    return run_to_end(training).model


def _scores(model: Codec, table: ScaledTable) -> dict[str, np.ndarray]:
    """Return each method's score of the held-out payments, high for fraud."""
    shown, held_out = _images(table)
    rows, genuine, asked = (_rows(items) for items in (table.train, shown.images.numpy(), table.held_out))
    told = RandomForestClassifier(n_estimators=100, random_state=0).fit(rows, table.train_labels)
    return {
        "autoencoder": errors_of(model, held_out.images),
        "PCA error": errors_of(PCACodec.fit(shown.images).truncated(CHOSEN_COMPONENTS), held_out.images),
        "isolation forest": -IsolationForest(n_estimators=100, random_state=0).fit(genuine).score_samples(asked),
        "supervised forest": told.predict_proba(asked)[:, 1],
        "the amount alone": asked[:, 0],
    }


def _images(table: ScaledTable) -> tuple[Images, Images]:
    """Return the genuine items for training, and all held-out ones."""
    shown = Images(torch.from_numpy(table.train), torch.from_numpy(table.train_labels))
    return shown.of_classes((0,)), Images(torch.from_numpy(table.held_out), torch.from_numpy(table.held_out_labels))


def _rows(items: np.ndarray) -> np.ndarray:
    return items.reshape(len(items), -1) / 255


def _measured(score: np.ndarray, table: ScaledTable) -> tuple[float, float, int]:
    """Return the area under the ROC curve, the average precision, and how many of the first are fraud."""
    found = measured(score, table.held_out_labels == 1, TOP)
    return found["auroc"], found["precision"], found["top"]


def _figures(score: np.ndarray, table: ScaledTable) -> str:
    """Say how well a score ranks the held-out payments."""
    area, precision, top = _measured(score, table)
    return f"AUROC {area:.3f}  average precision {precision:.3f}  of the first {TOP} {top}"


ROWS: dict[str, Callable[[], dict[str, Any]]] = {
    "payments": payments,
    "payments-choice": choice,
    "payments-seeds": seeds,
}

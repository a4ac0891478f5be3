"""Clusters of MNIST by the codes of an autoencoder, by principal components and by pixels, against the classes."""

from __future__ import annotations

import os
from typing import Any

from ae_core.runs import zoo
from ae_core.tasks.clusters.study import WAYS, clustered, silhouettes
from ae_core.tasks.study import file_of

#: Of the shipped codes of 32 numbers the one that reconstructs best: no label has a say in that.
RUN = os.environ.get("CLUSTERS_RUN", "mnist-code-32")
_ON_A_PLANE = int(os.environ.get("CLUSTERS_ON_A_PLANE", "10000"))


def clusters() -> dict[str, Any]:
    """Return how ten clusters agree with the classes, found among training images and counted on all held-out ones."""
    file = file_of(zoo.load(RUN))
    figures: dict[str, Any] = {"run": RUN, "silhouette_chooses": silhouettes(file)["best"]}
    for way in WAYS:
        found = clustered(file, way, 10, _ON_A_PLANE, 10_000)
        figures |= {f"{way}_{name}": found[name] for name in ("accuracy", "nmi", "ari")}
    return figures


ROWS = {"clusters": clusters}

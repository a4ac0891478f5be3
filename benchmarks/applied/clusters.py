"""Clusters of MNIST by the codes of an autoencoder, by principal components and by pixels, against the classes."""

from __future__ import annotations

import os
from typing import Any

from ae_core.runs import zoo
from ae_core.runs.fit import images_of_classes
from ae_core.tasks.clusters.fitting import on_a_plane
from ae_core.tasks.clusters.study import WAYS, clustered, silhouettes, vectors_of
from ae_core.tasks.study import file_of

#: Of the shipped codes of 32 numbers the one that reconstructs best: no label has a say in that.
RUN = os.environ.get("CLUSTERS_RUN", "mnist-code-32")
_ON_A_PLANE = int(os.environ.get("CLUSTERS_ON_A_PLANE", "10000"))
PERPLEXITIES = (15, 30, 50, 100, 200)


def clusters() -> dict[str, Any]:
    """Return how ten clusters agree with the classes, found among training images and counted on all held-out ones."""
    file = file_of(zoo.load(RUN))
    figures: dict[str, Any] = {"run": RUN, "silhouette_chooses": silhouettes(file)["best"]}
    for way in WAYS:
        found = clustered(file, way, 10, _ON_A_PLANE, 10_000)
        figures |= {f"{way}_{name}": found[name] for name in ("accuracy", "nmi", "ari")}
    return figures


def choice() -> dict[str, Any]:
    """Return how distinct ten clusters are on planes of several perplexities, by their silhouette: no label is looked at."""
    from sklearn.metrics import silhouette_score

    run = zoo.load(RUN)
    vectors = vectors_of("codes", run, images_of_classes(run.config)[0].images[:_ON_A_PLANE])
    figures = {}
    for perplexity in PERPLEXITIES:
        found = on_a_plane(vectors, 10, perplexity)
        assert found.plane is not None
        figures[f"perplexity {perplexity}"] = float(silhouette_score(found.plane, found.of(vectors)))
    return figures


ROWS = {"clusters": clusters, "clusters-choice": choice}

"""Clusters of MNIST by the codes of an autoencoder, by principal components and by pixels, against the classes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ae_core.runs import zoo
from ae_core.runs.fit import images_of_classes
from ae_core.tasks.clusters.fitting import on_a_plane
from ae_core.tasks.clusters.study import WAYS, clustered, silhouettes, vectors_of
from ae_core.tasks.study import file_of

#: Of the shipped codes of 32 numbers the one that reconstructs best: no label has a say in that.
RUN = os.environ.get("CLUSTERS_RUN", "mnist-code-32")
_ON_A_PLANE = int(os.environ.get("CLUSTERS_ON_A_PLANE", "10000"))
PERPLEXITIES = (15, 30, 50, 100, 200)
NEIGHBOURS = 10  # of each code in the graph


def clusters() -> dict[str, Any]:
    """Return how ten clusters agree with the classes, found among training images and counted on all held-out ones."""
    file = file_of(zoo.load(RUN))
    figures: dict[str, Any] = {"run": RUN, "silhouette_chooses": silhouettes(file)["best"]}
    for way in WAYS:
        found = clustered(file, way, 10, _ON_A_PLANE, 10_000)
        figures |= {f"{way}_{name}": found[name] for name in ("accuracy", "nmi", "ari")}
    return figures


def choice() -> dict[str, Any]:
    """Return how well ten clusters on planes of several perplexities agree with what are neighbours among the codes.

    Modularity (Newman & Girvan 2004): ties within clusters less those that chance would put there. It judges all planes by
    the same codes, while the silhouette, printed beside it, judges each by itself. No label is looked at.
    """
    from sklearn.metrics import silhouette_score
    from sklearn.neighbors import kneighbors_graph

    run = zoo.load(RUN)
    vectors = vectors_of("codes", run, images_of_classes(run.config)[0].images[:_ON_A_PLANE])
    near = kneighbors_graph(vectors, NEIGHBOURS)
    ties = near.maximum(near.T)
    figures = {}
    for perplexity in PERPLEXITIES:
        found = on_a_plane(vectors, 10, perplexity)
        assert found.plane is not None
        clusters = found.of(vectors)
        figures[f"perplexity {perplexity}, modularity"] = modularity(ties, clusters)
        figures[f"perplexity {perplexity}, silhouette"] = float(silhouette_score(found.plane, clusters))
    return figures


def modularity(ties: Any, clusters: np.ndarray) -> float:
    """Return the modularity of clusters (N,) in a graph, a sparse symmetric matrix (N, N) of ones."""
    members = np.eye(int(clusters.max()) + 1)[clusters]
    within = (members * (ties @ members)).sum(0) / ties.sum()
    at_chance = (members.T @ np.asarray(ties.sum(1)).ravel() / ties.sum()) ** 2
    return float((within - at_chance).sum())


ROWS = {"clusters": clusters, "clusters-choice": choice}

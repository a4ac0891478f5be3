"""What a page on clusters asks workers for: clusters found in each way, and how many there seem to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from ae_core.data.datasets import INFO
from ae_core.data.items import to_bytes, to_float
from ae_core.evaluation.metrics import encode_all
from ae_core.models.codec import Codec
from ae_core.runs.fit import images_of_classes
from ae_core.runs.run import Run
from ae_core.tasks.clusters.deciding import Array, Quadratics, principal_plane
from ae_core.tasks.clusters.fitting import METHODS
from ae_core.tasks.clusters.measures import agreement, together
from ae_core.tasks.study import Answer, Part, Study, file_of, key_of, own_of, run_of

FITTED = 5000  # training images in which clusters are found
ON_A_PLANE = 2000  # the same, on a plane: a minute's work for five times as many
MEASURED = 2000  # held-out images that clusters are compared with classes on
_VERSION = 4  # of the answers: other ones are another study
POINTS = 300  # of those that are drawn
FEWEST, MOST = 2, 20  # clusters
COUNTS = tuple(range(FEWEST, 16))  # that the silhouette chooses among


@dataclass(frozen=True)
class Way:
    """A way to find clusters: in what, by what, and both in words."""

    space: str
    method: str
    title: str
    weight: int


WAYS = {
    "codes-kmeans": Way("codes", "kmeans", "Code, k-means", 1),
    "codes-mixture": Way("codes", "mixture", "Code, mixture", 2),
    "codes-plane": Way("codes", "plane", "Code, plane and mixture", 6),
    "pca-kmeans": Way("pca", "kmeans", "PCA, k-means", 1),
    "pca-mixture": Way("pca", "mixture", "PCA, mixture", 2),
    "pca-plane": Way("pca", "plane", "PCA, plane and mixture", 6),
    "pixels-kmeans": Way("pixels", "kmeans", "Pixels, k-means", 3),
    "pixels-mixture": Way("pixels", "mixture", "Pixels, mixture", 4),
    "pixels-plane": Way("pixels", "plane", "Pixels, plane and mixture", 8),
}


def study(run: Run, name: str, count: int) -> Study:
    """Return the study of so many clusters, found in every way.

    Args:
        run: whose code it is.
        name: what names the run, see :func:`ae_core.tasks.study.key_of`.
        count: of clusters.
    """
    file = file_of(run)
    ways = [
        Part(
            key,
            INFO[run.config.dataset].spoken(f"the clusters of {way.title}"),
            clustered,
            (file, key, count),
            way.weight,
        )
        for key, way in WAYS.items()
    ]
    return Study(key_of("clusters", name, {"count": count, "version": _VERSION}), ways, own_of(run))


def how_many(run: Run, name: str) -> Study:
    """Return the study of how many clusters there seem to be.

    Args:
        run: whose code it is.
        name: what names the run.
    """
    part = Part("counts", "how many clusters there seem to be", silhouettes, (file_of(run),), 3)
    return Study(key_of("clusters", name, {"counts": len(COUNTS)}), [part], own_of(run))


# --- What the workers compute ---------------------------------------------------------------------------------


def vectors_of(space: str, run: Run, images: torch.Tensor) -> Array:
    """Return images as clusters are found in them.

    Args:
        space: "codes", "pca" or "pixels".
        run: whose code it is.
        images: uint8 (N, C, H, W).

    Returns:
        (N, D).
    """
    if space == "pixels":
        return to_float(images).flatten(1).double().numpy()
    codec: Codec = run.pca_at_code_size if space == "pca" else run.model
    return encode_all(codec, images).double().numpy()


@lru_cache(maxsize=3)  # 31 MB of the largest images' pixels
def _fitted_in(file: bytes, space: str) -> Array:
    run = run_of(file)
    return vectors_of(space, run, images_of_classes(run.config)[0].images[:FITTED])


def clustered(file: bytes, way: str, count: int, on_a_plane: int = ON_A_PLANE, measured: int = MEASURED) -> Answer:
    """Find clusters of training images, and give held-out ones to them.

    Args:
        file: the run's.
        way: one of :data:`WAYS`.
        count: of clusters.
        on_a_plane: training images that a plane is made of.
        measured: held-out images that are compared with their classes.

    Returns:
        ``accuracy``, ``nmi``, ``ari`` and ``classes`` of :func:`ae_core.tasks.clusters.measures.agreement` on held-out
        images; ``clusters`` of the first :data:`POINTS` of them; ``together``: held-out images by cluster and class; ``centres``:
        each cluster's, decoded, uint8 (K, C, H, W); ``places`` and ``middles`` of images and centres on the map, (N, 2) and
        (K, 2); ``start``, ``slope`` and ``bend``: the scores along the map, see :mod:`.deciding`; ``criterion``.
    """
    how, run = WAYS[way], run_of(file)
    train, held_out = images_of_classes(run.config)
    if how.method == "plane":
        vectors = vectors_of(how.space, run, train.images[:on_a_plane])
    else:
        vectors = _fitted_in(file, how.space)
    found = METHODS[how.method](vectors, count)
    asked = vectors_of(how.space, run, held_out.images[:measured])
    clusters = found.of(asked)
    compared = agreement(clusters, held_out.labels[:measured].numpy(), count)
    return {
        "accuracy": compared.accuracy,
        "nmi": compared.nmi,
        "ari": compared.ari,
        "classes": compared.classes,
        "criterion": found.criterion,
        "images": len(vectors),
        "measured": len(clusters),
        "clusters": clusters[:POINTS].astype(np.uint8),
        "together": together(
            clusters, held_out.labels[:measured].numpy(), count, len(INFO[run.config.dataset].class_names)
        ),
        "centres": _decoded(how.space, run, _middles(found.of(vectors), vectors, count)),
        **_map(found.placed(asked[:POINTS]), found.decides, found.placed(vectors)),
    }


def _middles(clusters: np.ndarray, vectors: Array, count: int) -> Array:
    """Return the mean of each cluster's vectors, (K, D); of an empty one, of all."""
    return np.stack(
        [vectors[clusters == k].mean(0) if (clusters == k).any() else vectors.mean(0) for k in range(count)]
    )


def _decoded(space: str, run: Run, middles: Array) -> np.ndarray:
    points = torch.from_numpy(middles).float()
    if space == "pixels":
        images = points.unflatten(1, run.pca.shape)
    else:
        with torch.inference_mode():
            images = (run.pca_at_code_size if space == "pca" else run.model).decode(points)
    return to_bytes(images).numpy()


def _map(asked: Array, decides: Quadratics, fitted: Array) -> dict[str, np.ndarray]:
    if fitted.shape[1] == 1:  # a line: drawn level
        asked, fitted = (np.column_stack([one, np.zeros(len(one))]) for one in (asked, fitted))
        flat = np.zeros((len(decides.centres), 2, 2))
        flat[:, 0, 0], flat[:, 1, 1] = decides.precisions[:, 0, 0], 0
        decides = Quadratics(decides.heights, np.column_stack([decides.centres, 0 * decides.centres]), flat)
    centre, axes = principal_plane(fitted)
    start, slope, bend = decides.along(asked, axes)
    return {
        "places": ((asked - centre) @ axes).astype(np.float32),
        "middles": ((decides.centres - centre) @ axes).astype(np.float32),
        "start": start.astype(np.float32),
        "slope": slope.astype(np.float32),
        "bend": bend.astype(np.float32),
    }


def silhouettes(file: bytes, most: int = 1500) -> Answer:
    """Measure how well training codes fall into each number of clusters by k-means.

    Args:
        file: the run's.
        most: training images that are looked at.

    Returns:
        ``counts`` and ``silhouettes`` (Rousseeuw 1987: 1 for tight clusters far apart, 0 for none), and as ``best`` the
        count of the highest.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    codes = _fitted_in(file, "codes")[:most]
    counts = [count for count in COUNTS if count < len(np.unique(codes, axis=0))]
    found = [
        float(silhouette_score(codes, KMeans(count, n_init=2, random_state=0).fit_predict(codes))) for count in counts
    ]
    return {"counts": counts, "silhouettes": found, "best": counts[int(np.argmax(found))]}


ONE_CLASS = "All of these images are of one class: that clusters agree with classes, or do not, means nothing here."


def verdict(answers: Mapping[str, Answer]) -> str:
    """Say which way agrees best with the classes, and whether the code beats PCA and pixels, in a few sentences."""
    best = max(answers, key=lambda way: answers[way]["accuracy"])
    said = f"{WAYS[best].title} agrees best with the classes: accuracy {answers[best]['accuracy']:.3f}."
    for method, words in (("kmeans", "k-means"), ("mixture", "mixtures"), ("plane", "planes")):
        ways = {space: answers.get(f"{space}-{method}") for space in ("codes", "pca", "pixels")}
        known = {space: one["accuracy"] for space, one in ways.items() if one is not None}
        if len(known) == 3:
            order = sorted(known, key=lambda space: -known[space])
            names = {"codes": "the code", "pca": "PCA", "pixels": "pixels"}
            said += f" Of {words}, {names[order[0]]} is first" + (
                f" ({known[order[0]]:.3f}), then {names[order[1]]} ({known[order[1]]:.3f}) "
                f"and {names[order[2]]} ({known[order[2]]:.3f})."
            )
    return said

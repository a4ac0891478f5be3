"""Clusters of a run: the map on which one drags an image, a row of images each, and how each way agrees with the classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
import torch

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO
from ae_core.export.clusters import clusters_script
from ae_core.runs.run import Run
from ae_core.table import csv_of
from ae_core.tasks.clusters.study import ONE_CLASS, POINTS, WAYS, Way, verdict
from ae_core.tasks.study import Answer
from ui.components.cluster_map import cluster_map, cluster_map_data
from ui.components.shared import MOST_BYTES
from ui.components.shared.sheets import sheet
from ui.figures.items import draw, picture_size
from ui.figures.pictures import Row, strip_html
from ui.figures.tables import caption_html, table_html
from ui.visit import caches
from ui.widgets.take_home import numbers_taken, script_taken, take_home

_COLUMNS = 30
_IN_A_ROW = 12  # images of a cluster
_ACTORS = {"codes": "ae", "pca": "pca"}


def the_map(config: Config, way: str, answer: Answer) -> None:
    """Show the map of the clusters that one way found.

    Args:
        config: of the run.
        way: one of :data:`ae_core.tasks.clusters.study.WAYS`.
        answer: what it found.
    """
    info, images = INFO[config.dataset], caches.held_out_of(config)
    shown = images.images[:POINTS]
    tiles = torch.cat([draw(shown, info), draw(torch.from_numpy(answer["centres"]), info)])
    data = cluster_map_data(
        sheet(tiles, _COLUMNS, MOST_BYTES // 2),
        _COLUMNS,
        picture_size(info),
        [info.class_names[label] for label in images.labels[:POINTS].tolist()],
        [_mostly(counts, config) for counts in answer["together"]],
        dict(answer),
        _moves(config, WAYS[way], answer),
    )
    cluster_map("cluster_map", data)


def letter(cluster: int) -> str:
    """Return what a cluster is called, on the map as well: a letter, as classes may be digits."""
    return chr(ord("A") + cluster)


def _mostly(counts: np.ndarray, config: Config) -> str:
    """Say of which class most images of a cluster are; nothing where there is one class alone."""
    if config.class_count < 2:
        return ""
    if not counts.sum():
        return INFO[config.dataset].spoken("no held-out image")
    share = counts.max() / counts.sum()
    return f"{share:.0%} are {INFO[config.dataset].class_names[int(counts.argmax())]}"


def _moves(config: Config, way: Way, answer: Answer) -> str:
    """Say what of an image moves with the pointer, and what does not."""
    if way.method == "plane":
        return INFO[config.dataset].spoken(
            "The plane keeps neighbours, not distances: a held-out image stands in the middle of the training images nearest "
            "to it, and the clusters were found on this plane."
        )
    info = INFO[config.dataset]
    size = config.code_size if way.space != "pixels" else info.pixels
    what = {"codes": "numbers of its code", "pca": "components", "pixels": "pixels"}[way.space]
    if size <= 2:
        return info.spoken(f"All {what} are on this map, and the borders are those of every image.")
    return info.spoken(
        f"The map is the plane on which the {size} {what} vary most. An image moves along it and keeps what it is in the other "
        f"{size - 2} directions, so the borders drawn are those of the image you hold, and an image may be of a cluster "
        "whose centre only seems to be far."
    )


def rows(config: Config, answer: Answer) -> None:
    """Show each cluster as a row: its centre, decoded, and held-out images that are in it.

    Args:
        config: of the run.
        answer: what one way found.
    """
    info = INFO[config.dataset]
    shown, clusters = caches.held_out_of(config).images[:POINTS], torch.from_numpy(answer["clusters"])
    strips = []
    for k, counts in enumerate(answer["together"]):
        inside = shown[clusters == k][:_IN_A_ROW]
        # black of an image; of bars and lines what lies in the middle
        ground = 0 if info.kind == "image" else 128
        blank = inside.new_full((1 + _IN_A_ROW - len(inside), *inside.shape[1:]), ground)
        images = torch.cat([torch.from_numpy(answer["centres"][k : k + 1]), inside, blank[1:]])
        strips.append(
            Row(f"Cluster {letter(k)}", images, f"{int(counts.sum())}<small>held out</small>", _mostly(counts, config))
        )
    st.html(
        strip_html(strips, info)
        + caption_html(info.spoken("First in each row the centre, as it is decoded; then held-out images."))
    )


def table(run: Run, count: int, answers: Mapping[str, Answer]) -> None:
    """Show how each way agrees with the classes, where there are several, which is best, and what can be taken home.

    Args:
        run: whose clusters they are.
        count: of clusters.
        answers: by the way.
    """
    spoken = INFO[run.config.dataset].spoken
    found = {way: answers[way] for way in WAYS if way in answers}
    if not found:
        return
    if run.config.class_count < 2:
        st.write(spoken(ONE_CLASS))
    else:
        st.html(_agreement(found, run.config, count))
        if len(found) == len(WAYS):
            st.write(spoken(verdict(found)))
    numbers = dict(found)
    take_home(
        numbers_taken(
            "clusters.csv", lambda: numbers_of(numbers), "The table above, and the images of each cluster and class."
        ),
        script_taken(
            "clusters.py",
            lambda: clusters_script(run, count),
            "Trains this run, finds clusters in its codes and prints the same accuracies, without the lab.",
        ),
    )


def _agreement(found: Mapping[str, Answer], config: Config, count: int) -> str:
    """Return the table of how each way agrees with the classes, and what was counted, as HTML.

    Args:
        found: by the way.
        config: of the run.
        count: of clusters.
    """
    spoken = INFO[config.dataset].spoken
    columns = [("", ""), ("Accuracy", ""), ("NMI", ""), ("ARI", "")]
    cells = [
        [spoken(WAYS[way].title), *(f"{one[name]:.3f}" for name in ("accuracy", "nmi", "ari"))]
        for way, one in found.items()
    ]
    first = next(iter(found.values()))
    plane = found.get("codes-plane", first)["images"]
    said = (
        f"Clusters are found among the first training images, {first['images']:,} of them"
        + (f" and {plane:,} for the plane" if plane != first["images"] else "")
        + f", without labels; {first['measured']:,} held-out images are then given to them and compared with their classes. "
        "Accuracy pairs clusters with classes as well as can be (the Hungarian method), which looks at the held-out labels; "
        f"nothing else does. {_unpaired(count - config.class_count)}Of several starts the best is taken by likelihood, of k-means by distance to the centres."
    )
    return table_html(columns, cells) + caption_html(spoken(said))


def _unpaired(surplus: int) -> str:
    """Say what becomes of images whose cluster or class has no other to be paired with."""
    if not surplus:
        return ""
    alone = "clusters than classes: images of a cluster" if surplus > 0 else "classes than clusters: images of a class"
    return f"There are more {alone} that stays alone count as wrong. "


def numbers_of(answers: Mapping[str, Answer]) -> str:
    """Write the agreement of each way as CSV, and below it the held-out images of each of its clusters and class."""
    rows: list[list[Any]] = []
    for way, one in answers.items():
        rows.append([way, "all", one["accuracy"], one["nmi"], one["ari"], ""])
        rows += [[way, letter(k), "", "", "", *counts.tolist()] for k, counts in enumerate(one["together"])]
    return csv_of(["way", "cluster", "accuracy", "nmi", "ari", "held_out_images_by_class"], rows)

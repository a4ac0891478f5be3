"""``python -m ae_core clusters RUN``: clusters of a run's images, found in each way, against the classes."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ae_core.errors import LabError
from ae_core.runs import zoo
from ae_core.tasks.clusters.study import FEWEST, MOST, ONE_CLASS, WAYS, clustered, silhouettes
from ae_core.tasks.study import file_of


def add(commands: Any) -> None:
    """Add the command to the subparsers of ``python -m ae_core``."""
    clusters = commands.add_parser(
        "clusters", help="sort a run's images into clusters, and compare them with the classes"
    )
    clusters.set_defaults(command=_clusters)
    clusters.add_argument("run", metavar="RUN", help="a run's file, or the name of a shipped run")
    clusters.add_argument("--count", type=int, help="how many clusters (default: as the silhouette of the codes says)")
    clusters.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def _clusters(options: argparse.Namespace) -> None:
    run = zoo.named_or_in(options.run)
    if options.count is not None and not FEWEST <= options.count <= MOST:
        raise LabError(f"The clusters must be {FEWEST} to {MOST}; there were to be {options.count}.")
    file = file_of(run)
    chosen = silhouettes(file)["best"]
    count = options.count or chosen
    figures = {
        way: {name: found[name] for name in ("accuracy", "nmi", "ari", "images", "measured")}
        for way in WAYS
        for found in (clustered(file, way, count),)
    }
    if options.json:
        classes = run.config.class_count  # of a single one the figures mean nothing
        print(json.dumps({"count": count, "silhouette_chooses": chosen, "classes": classes, "ways": figures}))
        return
    print(f"{count} clusters; the silhouette of training codes chooses {chosen}")
    if run.config.class_count < 2:
        print(ONE_CLASS)
        return
    for way, one in figures.items():
        print(f"  {WAYS[way].title}: accuracy {one['accuracy']:.3f}, NMI {one['nmi']:.3f}, ARI {one['ari']:.3f}")

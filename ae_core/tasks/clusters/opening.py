"""What the page Clusters opens on, computed once and shipped: numbers, and what the decoder draws, no image of a data set."""

from __future__ import annotations

from collections.abc import Iterator

from ae_core.data.datasets import BUNDLED, MAIN
from ae_core.runs import zoo
from ae_core.tasks.clusters.study import how_many, study
from ae_core.tasks.study import Study

ENDING = "code-32"  # of the names of the runs that the page opens on
RUNS = tuple(f"{dataset}-{ENDING}" for dataset in (BUNDLED, MAIN))
COUNT = 10


def studies() -> Iterator[Study]:
    """Yield the studies of the runs on which the page opens, with the images of the data sets on disk and without."""
    for name in RUNS:
        run = zoo.load(name)
        yield study(run, run.config.key, COUNT)
        yield how_many(run, run.config.key)

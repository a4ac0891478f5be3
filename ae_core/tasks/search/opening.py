"""What the page Search opens on, computed once and shipped: numbers and places of images, no image."""

from __future__ import annotations

from collections.abc import Iterator

from ae_core.data.datasets import BUNDLED, MAIN
from ae_core.runs import zoo
from ae_core.tasks.search.study import asked, measured
from ae_core.tasks.study import Study

ENDING = "code-32"  # of the names of the runs that the page opens on
RUNS = tuple(f"{dataset}-{ENDING}" for dataset in (BUNDLED, MAIN))


def studies() -> Iterator[Study]:
    """Yield the studies of the runs on which the page opens, with the images of the data sets on disk and without."""
    for name in RUNS:
        run = zoo.load(name)
        yield asked(run, run.config.key, 0)
        yield measured(run, run.config.key)

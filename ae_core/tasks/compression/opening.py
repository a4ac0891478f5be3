"""What the page Compress opens on, which comes with the lab."""

from __future__ import annotations

from collections.abc import Iterator

from ae_core.data.datasets import on_disk
from ae_core.runs import zoo
from ae_core.tasks.compression.sources import SOURCES
from ae_core.tasks.compression.study import compression_study
from ae_core.tasks.study import Study

RUNS = ("mnist-code-64", "digits-code-64")


def studies() -> Iterator[Study]:
    """Yield the studies of the runs that the page opens on."""
    for name in RUNS:
        entry = zoo.ZOO[name]
        if on_disk(entry.config.dataset):
            for source in SOURCES:
                yield compression_study(zoo.load(name), entry.config.key, source)

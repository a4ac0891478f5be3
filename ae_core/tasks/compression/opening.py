"""The studies that come with the lab: what the page Compress opens on, with MNIST and without any download."""

from __future__ import annotations

from collections.abc import Iterator

from ae_core.data.datasets import BUNDLED, MAIN
from ae_core.runs import zoo
from ae_core.tasks.compression.images import OWN
from ae_core.tasks.compression.study import study
from ae_core.tasks.study import Study

ENDING = "code-64"  # of the names of the runs that the page opens on
RUNS = tuple(f"{dataset}-{ENDING}" for dataset in (BUNDLED, MAIN))


def studies() -> Iterator[Study]:
    """Yield the study of each run that the page opens on."""
    for name in RUNS:
        yield study(zoo.load(name), zoo.ZOO[name].config.key, OWN, True)

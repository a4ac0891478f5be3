"""The studies that come with the lab: what the page Anomalies opens on, with MNIST and without any download."""

from __future__ import annotations

from collections.abc import Iterator

from ae_core.runs import zoo
from ae_core.tasks.anomalies.images import OTHERS
from ae_core.tasks.anomalies.study import study
from ae_core.tasks.study import Study

ENDING = "one-class"  # of the names of shipped runs that were trained on one class


def studies() -> Iterator[Study]:
    """Yield the study of each shipped run of one class."""
    for name, entry in zoo.ZOO.items():
        if name.endswith(ENDING):
            yield study(zoo.load(name), entry.config.key, OTHERS)

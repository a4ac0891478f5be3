"""What the page Tables opens on, computed once and shipped: figures of rankings, no row.

``python -m ae_core.tasks.study_file tables`` computes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from ae_core.data.datasets import INFO
from ae_core.runs import zoo
from ae_core.tasks.study import Study
from ae_core.tasks.tables.study import study_of

KIND = "table"  # of the data sets whose runs the page shows
ENDING = "one-class"  # of the name of the run that it opens on: it learned from what is not sought


def run_to_open() -> zoo.ZooEntry | None:
    """Return the shipped run that the page opens on: that of the largest table; None without any."""
    entries = [
        entry for entry in zoo.present() if INFO[entry.config.dataset].kind == KIND and entry.name.endswith(ENDING)
    ]
    return max(entries, key=lambda entry: INFO[entry.config.dataset].train_count, default=None)


def studies() -> Iterator[Study]:
    """Yield the study of the run on which the page opens."""
    if (entry := run_to_open()) is not None:
        yield study_of(zoo.load(entry.name), entry.config.key)

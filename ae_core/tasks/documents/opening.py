"""What the page Documents opens on, computed once and shipped: titles of documents, their places and words, no text.

``python -m ae_core.tasks.study_file documents`` computes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from ae_core.data.datasets import INFO, on_disk
from ae_core.data.words.collections import COLLECTIONS
from ae_core.runs import zoo
from ae_core.tasks.documents.study import asked, mapped, measured, topics_of
from ae_core.tasks.study import Study

KIND = "text"  # of the data sets whose runs the page shows
ENDING = "default"  # of the name of the run that it opens on, where there is one


def run_to_open() -> zoo.ZooEntry | None:
    """Return the shipped run that the page opens on, of documents that are here if there is one; None without any."""
    entries = [entry for entry in zoo.present() if INFO[entry.config.dataset].kind == KIND]
    # Of equal ones the first: documents that are here before others, and a code of the wanted size before others.
    return min(
        entries, key=lambda entry: (not on_disk(entry.config.dataset), not entry.name.endswith(ENDING)), default=None
    )


def studies() -> Iterator[Study]:
    """Yield the studies of the run on which the page opens."""
    if (entry := run_to_open()) is None:
        return
    run = zoo.load(entry.name)
    for study in (topics_of, mapped, measured):
        yield study(run, run.config.key)
    yield asked(run, run.config.key, COLLECTIONS[run.config.dataset].sentence)

"""Which shipped run each page opens on, before a visitor has chosen one."""

from __future__ import annotations

from collections.abc import Callable

from ae_core.data.datasets import default_dataset
from ae_core.errors import LabError
from ae_core.runs import zoo
from ae_core.tasks.documents import opening as documents
from ae_core.tasks.tables import opening as tables
from ui.visit.state import visit

# By the page's address: the end of the run's name; before it stands the name of a data set.
PAGE_RUNS = {
    "": "code-32",
    "train": "default",
    "reconstruct": "code-32",
    "denoise": "denoising",
    "latent_map": "code-2",
    "generate": "vae-2",
    "anomalies": "one-class",
    "search": "code-32",
    "compress": "code-64",
    "clusters": "code-32",
    "few_labels": "code-32",
    "reading": "denoising",
}
_ANY_OTHER = "code-32"

# What the pages for one kind of data set open on, whatever data set is chosen on Home: None where no such run is shipped.
_OF_THEIR_KIND: dict[str, Callable[[], zoo.ZooEntry | None]] = {
    "documents": documents.run_to_open,
    "tables": tables.run_to_open,
}


def shipped_run(page: str) -> zoo.ZooEntry:
    """Return the run that ``page`` opens on.

    It is of the data set that the visitor has chosen on Home, where there is one of that; on Documents and Tables of theirs.

    Raises:
        LabError: no checkpoint is shipped at all.
    """
    entry = _OF_THEIR_KIND[page]() if page in _OF_THEIR_KIND else None
    if entry is None:
        dataset = visit().home.dataset or default_dataset()
        entry = zoo.suiting(dataset, PAGE_RUNS.get(page, _ANY_OTHER), _ANY_OTHER)
    if entry is None:
        raise LabError(
            "The shipped runs are missing from the checkpoints folder. "
            "Restore it, or build them with python -m ae_core zoo --build."
        )
    return entry

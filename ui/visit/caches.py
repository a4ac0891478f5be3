"""What all visitors share: the job queue, finished runs, held-out images. Loaded once, bounded."""

from __future__ import annotations

import streamlit as st

from ae_core.data import datasets
from ae_core.data.datasets import Images
from ae_core.jobs.manager import JobManager
from ae_core.runs import zoo
from ae_core.runs.run import Run


@st.cache_resource(show_spinner=False)
def manager() -> JobManager:
    """The queue to the workers."""
    return JobManager()


@st.cache_resource(show_spinner=False, max_entries=40)
def shipped_run(name: str) -> Run:
    """A run of the zoo."""
    return zoo.load(name)


@st.cache_resource(show_spinner=False, max_entries=12)
def _stored_run(key: str, modified: float) -> Run | None:
    return manager().store.get(key)


def stored_run(key: str) -> Run | None:
    """A finished run from disk, or None when it is not (or no longer) there."""
    try:
        modified = manager().store.path(key).stat().st_mtime
    except OSError:
        return None
    return _stored_run(key, modified)


@st.cache_resource(show_spinner=False, max_entries=8)
def held_out(dataset: str) -> Images:
    """The held-out images of a dataset that is on disk. Raises DatasetMissing or DatasetDamaged."""
    return datasets.load(dataset, "test")

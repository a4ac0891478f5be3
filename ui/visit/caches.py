"""What all visitors share: the job queue, finished runs, held-out images. Loaded once, bounded."""

from __future__ import annotations

import streamlit as st

from ae_core.config.schema import Config
from ae_core.data import datasets
from ae_core.data.datasets import Images
from ae_core.errors import LabError
from ae_core.jobs.manager import JobManager
from ae_core.runs import zoo
from ae_core.runs.run import Run


class RunLost(LabError):
    """A run that is known, and whose file is damaged or no longer there; ``config`` is what would be trained again."""

    def __init__(self, sentence: str, config: Config) -> None:
        super().__init__(sentence)
        self.config = config


@st.cache_resource(show_spinner=False)
def manager() -> JobManager:
    """The queue to the workers."""
    return JobManager()


@st.cache_resource(show_spinner=False, max_entries=40)
def _shipped_run(name: str) -> Run:
    return zoo.load(name)


def shipped_run(name: str) -> Run:
    """A run of the zoo or, where its file is damaged, the same one trained again here. Raises RunLost without either."""
    try:
        return _shipped_run(name)
    except LabError as error:
        again = stored_run(zoo.ZOO[name].config.key)
        if again is None:
            raise RunLost(
                "The file of a run that comes with the lab is damaged. Train it again; the same seed gives the same numbers.",
                zoo.ZOO[name].config,
            ) from error
        return again


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


@st.cache_resource(show_spinner=False, max_entries=8)
def _held_out_of(dataset: str, classes: tuple[int, ...]) -> Images:
    return held_out(dataset).of_classes(classes)


def held_out_of(config: Config) -> Images:
    """Return the held-out images of the classes that ``config`` learns from; raises what :func:`held_out` does."""
    return _held_out_of(config.dataset, config.canonical().classes)

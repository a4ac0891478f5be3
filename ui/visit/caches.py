"""The objects that all visitors share: the job queue, finished runs, held-out images. Loaded once, bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict

import streamlit as st

from ae_core.config.schema import Config
from ae_core.data import datasets, own
from ae_core.data.datasets import Images
from ae_core.errors import LabError
from ae_core.jobs.manager import JobManager
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ae_core.tasks.restoration import opening
from ae_core.tasks.restoration.work import Answer
from ui.visit import own_sets
from ui.visit.state import REGISTER


class RunLost(LabError):
    """The file of a known run is damaged or no longer there; ``config`` is what would be trained again."""

    def __init__(self, sentence: str, config: Config) -> None:
        super().__init__(sentence)
        self.config = config


_FEW = 4  # tabs, beside which a run may have all cores: a thread that waits for a core holds up all others of its run
_manager: JobManager | None = None
_starting = threading.Lock()


def manager() -> JobManager:
    """Return the job queue of this process, which is started by the first call.

    In none of Streamlit's caches: any browser can have those emptied for everybody by a message of its own, and each
    time another cluster would be started.
    """
    global _manager
    with _starting:
        if _manager is None:
            _manager = JobManager(is_here=REGISTER.is_here, is_crowded=lambda: REGISTER.present()[0] > _FEW)
        return _manager


def started_manager() -> JobManager | None:
    """Return the job queue of this process, or None where no visitor has had it started yet."""
    return _manager


@st.cache_resource(show_spinner=False, max_entries=40)
def _shipped_run(name: str) -> Run:
    return zoo.load(name)


def shipped_run(name: str) -> Run:
    """Return a shipped run by its name or, where its file is damaged, the same one trained again here.

    Raises:
        RunLost: the file is damaged, and it was not trained again.
    """
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
    """Return a finished run from the server's disk by its Config's key; None when it is not (or no longer) there."""
    try:
        modified = manager().store.path(key).stat().st_mtime
    except OSError:
        return None
    return _stored_run(key, modified)


def held_out(dataset: str) -> Images:
    """Return the held-out images of a data set that is on disk, or is the visitor's own.

    Raises:
        DatasetMissing: it is not.
        DatasetDamaged: its files cannot be read.
    """
    return own_sets.held_out(dataset) if own.is_own(dataset) else _held_out(dataset)


@st.cache_resource(show_spinner=False, max_entries=8)
def _held_out(dataset: str) -> Images:
    return datasets.load(dataset, "test")


@st.cache_resource(show_spinner=False, max_entries=8)
def _held_out_of(dataset: str, classes: tuple[int, ...]) -> Images:
    return held_out(dataset).of_classes(classes)


def held_out_of(config: Config) -> Images:
    """Return the held-out images of the classes that ``config`` learns from; raises what :func:`held_out` does."""
    classes = config.canonical().classes
    if own.is_own(config.dataset):  # what is one visitor's is in no cache of all
        return held_out(config.dataset).of_classes(classes)
    return _held_out_of(config.dataset, classes)


_SAMPLES_KEPT = 24  # results of every method on a sample photograph, 6 MB each
_repaired_samples: OrderedDict[str, dict[str, Answer]] = OrderedDict()
_keeping = threading.Lock()


def repaired_sample(key: str) -> dict[str, Answer] | None:
    """Return what every method made of a sample photograph, by the method's name; None where nobody asked for it yet.

    Args:
        key: of what was asked for, see :class:`ui.photos.scene.Asked`.
    """
    with _keeping:
        if key in _repaired_samples:
            _repaired_samples.move_to_end(key)
            return _repaired_samples[key]
    return opening.answers(key)


def keep_repaired_sample(key: str, answers: dict[str, Answer]) -> None:
    """Keep what every method made of a sample photograph for whoever asks for the same."""
    with _keeping:
        _repaired_samples[key] = answers
        while len(_repaired_samples) > _SAMPLES_KEPT:
            _repaired_samples.popitem(last=False)

"""Studies (see :mod:`ae_core.tasks.study`): computed once for all visitors who ask for the same, and kept for the next."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ae_core.errors import LabError
from ae_core.jobs.job import State
from ae_core.jobs.pieces import AWAY, PieceJob
from ae_core.tasks import study_file
from ae_core.tasks.study import Answer, Study
from ui.visit import caches, pieces
from ui.visit.shelf import Entry
from ui.visit.state import visit

_KEPT_BYTES = 60_000_000  # of answers
_UNSEEN = 3.0  # seconds without a look, after which a study gives way to the next of its visitor
_ANSWER_BYTES = 2_000  # what an answer takes beside its arrays


@dataclass(frozen=True)
class Found:
    """What there is of a study.

    Attributes:
        answers: by the part's name.
        share: of the work that is done, in [0, 1].
        state: whether it waits, is computed, is done, was stopped by this visitor, or failed.
        under_way: what is computed now, in words.
        refusal: why nothing goes on, as a sentence.
    """

    answers: Mapping[str, Answer]
    share: float = 1.0
    state: State = State.DONE
    under_way: str = ""
    refusal: str = ""


@dataclass
class _Going:
    study: Study
    job: PieceJob
    looks: dict[str, float] = field(default_factory=dict)  # when each visitor looked last, in seconds


_lock = threading.Lock()
_going: dict[str, _Going] = {}
_kept: OrderedDict[str, dict[str, Answer]] = OrderedDict()


def name_of(entry: Entry) -> str:
    """Return what names a run in a study's key: equal for all visitors where the lab itself has trained it to its end."""
    kind, _, _ = entry.id.partition(":")
    return entry.config.key if kind in ("zoo", "run") else entry.id


def look(study: Study) -> Found:
    """Return what there is of a study, and have it computed where nobody has yet.

    Args:
        study: that the visitor looks at; one that is equal and under way takes its place.
    """
    mine = visit().studies
    with _lock:
        if (known := _known(study.key)) is not None:
            return Found(known)
        going = _going.get(study.key)
        if going is not None and going.job.state.ended:
            del _going[study.key]
            if going.job.state is State.DONE:
                _keep(study.key, going.study.answers)
                return Found(going.study.answers)
            if going.job.state is State.FAILED:
                mine.refusals[study.key] = going.job.error
            going = None  # who left has stopped it, but we are here
        if study.key in mine.refusals:
            return Found({}, 0.0, State.FAILED, refusal=mine.refusals[study.key])
        if study.key in mine.stopped:
            return Found(mine.stopped[study.key], 0.0, State.STOPPED)
        if going is None:
            _leave_unseen()
            try:
                going = _Going(study, pieces.submit(study))
            except LabError as error:
                return Found({}, 0.0, State.FAILED, refusal=str(error))
            _going[study.key] = going
        going.looks[visit().visitor] = time.monotonic()
        caches.manager().touch_pieces(going.job, going.job.owner)
        return Found(dict(going.study.answers), going.job.share_done, going.job.state, going.study.under_way)


def stop(key: str) -> None:
    """Stop a study for this visitor, and altogether where nobody else looks at it."""
    with _lock:
        going = _going.get(key)
        visit().studies.stopped[key] = dict(going.study.answers) if going else {}
        if going is None:
            return
        going.looks.pop(visit().visitor, None)
        if not any(seen > time.monotonic() - AWAY for seen in going.looks.values()):
            caches.manager().stop_pieces(going.job, going.job.owner)


def again(key: str) -> None:
    """Have a study computed that was stopped, or that failed."""
    visit().studies.stopped.pop(key, None)
    visit().studies.refusals.pop(key, None)


def _leave_unseen() -> None:
    """Stop what this visitor asked for and nobody looks at: they have moved a knob since, or turned to another page."""
    for going in _going.values():
        if going.job.owner == visit().visitor and max(going.looks.values(), default=0.0) < time.monotonic() - _UNSEEN:
            caches.manager().stop_pieces(going.job, going.job.owner)


def _known(key: str) -> dict[str, Answer] | None:
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    return study_file.shipped(key)


def _keep(key: str, answers: dict[str, Answer]) -> None:
    _kept[key] = answers
    while len(_kept) > 1 and sum(map(_bytes_of, _kept.values())) > _KEPT_BYTES:
        _kept.popitem(last=False)


def _bytes_of(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, dict):
        return _ANSWER_BYTES + sum(map(_bytes_of, value.values()))
    return sum(map(_bytes_of, value)) if isinstance(value, (list, tuple)) else 16

"""The ledger of jobs: notes each job whose state changes, in the log and in numbers, and never what is in one."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from ae_core.jobs.job import State

log = logging.getLogger(__name__)

OUTCOMES = ("done", "stopped", "abandoned", "failed")
_SHORT = 8  # digits of a visitor's hash: enough to tell two apart in a log, and too few to find anybody by


class _Noted(NamedTuple):
    state: State
    came: float  # when, in seconds
    owner: str  # the first, shortened


class Ledger:
    """Counts jobs by how they ended, and writes a line for every change.

    Args:
        kind: of its jobs, for the log: ``training`` or ``pieces``.
        clock: seconds.
    """

    def __init__(self, kind: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.kind = kind
        self._clock = clock
        self._counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self._known: dict[str, _Noted] = {}  # by id
        self._lock = threading.Lock()

    def note(self, job: Any) -> None:
        """Note a job that has just come, or whose state may have changed.

        Args:
            job: a :class:`.job.Job` or :class:`.pieces.PieceJob`.
        """
        state, now = job.state, self._clock()
        with self._lock:
            noted = self._known.get(job.id)
            before = noted.state if noted else None
            if state is before:
                return  # somebody joined it
            noted = _Noted(state, noted.came, noted.owner) if noted else _Noted(state, now, _owner(job))
            if state.ended:
                self._known.pop(job.id, None)
            else:
                self._known[job.id] = noted
        event, level, more = str(state), logging.INFO, ""
        if state.ended:
            if getattr(job, "abandoned", False) and state is State.STOPPED:
                event = "abandoned"
            with self._lock:
                self._counts[event] += 1
            if state is State.FAILED:  # the sentence is the lab's own
                level, more = logging.WARNING, f": {getattr(job, 'message', '') or getattr(job, 'error', '')}"
        elif state is State.RUNNING:
            event = "started"
        elif before is not None:
            event = "queued again"
        seconds = round(now - noted.came, 3)
        extra = {"job": job.id, "event": event, "owner": noted.owner, "seconds": seconds}
        log.log(level, "job %s (%s) %s after %.1f s%s", job.id, self.kind, event, seconds, more, extra=extra)

    def close(self) -> None:
        """Note that the jobs that have not ended go with this process."""
        with self._lock:
            left, self._known = self._known, {}
        now = self._clock()
        for job, noted in left.items():
            seconds = round(now - noted.came, 3)
            extra = {"job": job, "event": "left", "owner": noted.owner, "seconds": seconds}
            log.info("job %s (%s) ends with this process, %s", job, self.kind, noted.state, extra=extra)

    def waited(self, job: Any) -> float:
        """Return the seconds since a job came; 0 for one that has ended."""
        with self._lock:
            known = self._known.get(job.id)
        return self._clock() - known.came if known else 0.0

    def outcomes(self) -> dict[str, int]:
        """Return how many jobs ended in which way since the process began."""
        with self._lock:
            return dict(self._counts)


def _owner(job: Any) -> str:
    owner: str = job.owner if hasattr(job, "owner") else next(iter(job.seen), "")
    return owner[:_SHORT]

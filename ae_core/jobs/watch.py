"""The watch over the workers: which there are, and when each was heard last.

A worker that was frozen, or whose machine has gone, keeps its place at the scheduler for minutes. What tells is the time of
its last heartbeat, which the scheduler knows: while a worker lives that changes every second or so. It is the change that
is looked for, by this process' own clock, as the clocks of two machines differ, and some are set.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ae_core.jobs.cluster import PIECES

log = logging.getLogger(__name__)

QUIET = 30.0  # seconds after which a worker that was not heard is taken to be gone
START = 180.0  # seconds for the first worker to be there
_LOOK = 2.0  # seconds between two looks


class Health(StrEnum):
    """Whether there is anybody to train."""

    STARTING = "starting"
    OK = "ok"
    GONE = "gone"


@dataclass(frozen=True)
class Heard:
    """A worker, as it was heard last.

    Attributes:
        address: its own.
        threads: jobs or pieces that it takes at a time.
        pieces: whether it is for pieces alone.
        memory: that its process takes, in bytes; 0 where that is not known.
        quiet: seconds since it was heard.
    """

    address: str
    threads: int
    pieces: bool
    memory: int
    quiet: float


@dataclass
class _Worker:
    of: Mapping[str, Any]  # what the scheduler said of it last
    at: float  # when that was something new, in seconds


class Watch:
    """Looks at the workers every two seconds, in a thread of its own once it is started.

    Args:
        ask: returns what the scheduler says of itself and its workers; whatever it raises counts as no answer.
        quiet: seconds after which a worker that was not heard is taken to be gone.
        clock: seconds.
    """

    def __init__(
        self, ask: Callable[[], Mapping[str, Any]], quiet: float = QUIET, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.quiet = quiet
        self._ask, self._clock = ask, clock
        self._workers: dict[str, _Worker] = {}  # by address
        self._began = clock()
        self._heard: float | None = None  # when one that trains was heard last, in seconds
        self._closed = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._serve, name="ae-watch", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def look(self) -> None:
        """Look once."""
        try:
            workers = self._ask()["workers"]
        except Exception:  # not there yet, or gone; how long for is what counts
            log.debug("the scheduler does not answer", exc_info=True)
            return
        now, before = self._clock(), self._workers
        self._workers = {
            address: _Worker(of, now)
            if address not in before or before[address].of["last_seen"] != of["last_seen"]
            else before[address]
            for address, of in workers.items()
        }
        training = [one.at for one in self._workers.values() if not one.of["resources"].get(PIECES)]
        self._heard = max([*training, *([] if self._heard is None else [self._heard])], default=None)

    def workers(self) -> list[Heard]:
        """Return the workers that the scheduler has, those that are not heard any more included."""
        now = self._clock()
        return [
            Heard(
                address,
                int(one.of["nthreads"]),
                bool(one.of["resources"].get(PIECES)),
                int(one.of.get("metrics", {}).get("memory", 0)),
                now - one.at,
            )
            for address, one in self._workers.items()
        ]

    def health(self) -> Health:
        """Return whether a worker that trains was heard lately, or is still to be expected."""
        now = self._clock()
        if self._heard is None:
            return Health.STARTING if now - self._began < START else Health.GONE
        return Health.OK if now - self._heard < self.quiet else Health.GONE

    def _serve(self) -> None:
        while not self._closed.wait(_LOOK):
            self.look()

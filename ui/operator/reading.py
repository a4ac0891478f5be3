"""What there is to be seen of the lab at one moment, read off where it is known."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass

import psutil

from ae_core import __version__
from ae_core.jobs.ledger import OUTCOMES
from ae_core.jobs.snapshot import Snapshot
from ae_core.jobs.watch import QUIET, Health
from ae_core.logs import TROUBLES, Trouble
from ae_core.runs.store import RunStore
from ui.visit import caches
from ui.visit.state import REGISTER

_NONE_ENDED = dict.fromkeys(OUTCOMES, 0)
_NOTHING_YET = Snapshot(False, 0, 0, 0, 0, 0.0, _NONE_ENDED, _NONE_ENDED, Health.STARTING, (), "")


@dataclass(frozen=True)
class Reading:
    """The lab at one moment, as far as this web process knows it.

    Attributes:
        process: the machine and the process, to tell two web processes apart.
        version: of the lab.
        seconds: since the process began.
        tabs: open ones.
        visitors: who have one open.
        known: visitors of whom something is kept.
        jobs: and workers.
        quiet: seconds after which a worker that was not heard does not count as one that answers.
        started: whether a visitor has had the workers started.
        runs: on disk.
        runs_bytes: that they take.
        memory: of the web process, in bytes.
        troubles: the latest, the newest first.
        trouble_counts: warnings and errors since the process began, by level.
    """

    process: str
    version: str
    seconds: float
    tabs: int
    visitors: int
    known: int
    jobs: Snapshot
    quiet: float
    started: bool
    runs: int
    runs_bytes: int
    memory: int
    troubles: tuple[Trouble, ...]
    trouble_counts: dict[str, int]


def read() -> Reading:
    """Read it all. Starts nothing that is not started yet; looks at the disk, so not from an event loop."""
    manager = caches.started_manager()
    tabs, visitors, known = REGISTER.present()
    runs, runs_bytes = (manager.store if manager else RunStore()).kept()
    process = psutil.Process()
    return Reading(
        process=f"{socket.gethostname()}, process {os.getpid()}",
        version=__version__,
        seconds=time.time() - process.create_time(),
        tabs=tabs,
        visitors=visitors,
        known=known,
        jobs=manager.snapshot() if manager else _NOTHING_YET,
        quiet=manager.watch.quiet if manager else QUIET,
        started=manager is not None,
        runs=runs,
        runs_bytes=runs_bytes,
        memory=process.memory_info().rss,
        troubles=tuple(TROUBLES.latest()),
        trouble_counts=dict(TROUBLES.counts),
    )


def health() -> tuple[bool, dict[str, str]]:
    """Return whether this web process should be sent visitors, and what of it is well. Waits for nothing."""
    manager = caches.started_manager()
    workers = manager.watch.health() if manager else Health.STARTING  # the first visitor has them started
    draining = manager is not None and manager.draining
    return workers is not Health.GONE and not draining, {
        "web": "draining" if draining else "ok",
        "workers": str(workers),
    }

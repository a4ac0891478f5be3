"""What the tests of real clusters share: waiting for something, and a small cluster that is noted when it starts."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ae_core.jobs.cluster import Cluster, start_local


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Return as soon as ``condition`` holds; fail the test when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s in vain until {what}", pytrace=False)
        time.sleep(0.005)


def one_worker(started: list[Cluster]) -> Callable[[], Cluster]:
    """What a manager starts a cluster with: one worker that trains, with one thread; each is added to ``started``."""

    def start() -> Cluster:
        started.append(start_local(workers=1, cores=1))
        return started[-1]

    return start

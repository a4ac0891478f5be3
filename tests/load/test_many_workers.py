"""A cluster of four and of eight workers, started by hand: as many runs train at once, and none waits without need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import tiny_regression
from clusters import wait_until

from ae_core.jobs.cluster import Cluster
from ae_core.jobs.job import State
from ae_core.jobs.limits import Limits
from ae_core.jobs.manager import JobManager
from ae_core.runs.store import RunStore
from benchmarks.cluster import by_hand

pytestmark = pytest.mark.load  # a whole cluster starts here
PATIENCE = 200


@pytest.mark.parametrize("workers", [4, 8])
def test_as_many_runs_train_at_once_as_there_are_workers(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = tiny_regression.install(tmp_path)
    for path in paths:
        monkeypatch.syspath_prepend(path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]))
    with by_hand(workers) as address:
        manager = JobManager(RunStore(tmp_path / "runs"), Limits(seconds=3600), lambda: Cluster(address))
        try:
            wait_until(lambda: manager.ready, PATIENCE, "a worker is warm")
            # each waits more than it computes, so that two cores carry all of them
            runs = [tiny_regression.TinyRegression(slope=1.0 + n, epochs=1000, pause=0.5) for n in range(workers + 2)]
            jobs = [manager.submit(run, f"visitor {n}") for n, run in enumerate(runs)]
            wait_until(
                lambda: sum(job.state is State.RUNNING for job in jobs) == workers, PATIENCE, "as many run as can"
            )
            assert sum(job.state is State.QUEUED for job in jobs) == 2
            for n, job in enumerate(jobs):
                manager.stop(job, f"visitor {n}")
            wait_until(lambda: all(job.state.ended for job in jobs), PATIENCE, "all have ended")
        finally:
            manager.close()

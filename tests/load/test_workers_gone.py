"""What health says of real workers: killed, frozen, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from clusters import wait_until
from distributed import Client

from ae_core.jobs.cluster import Cluster
from ae_core.jobs.manager import JobManager
from ae_core.jobs.watch import Health
from ae_core.runs.store import RunStore
from ui.operator import reading
from ui.visit import caches

pytestmark = pytest.mark.load  # has the machine to itself, as a cluster starts here

QUIET = 4.0  # seconds, in place of half a minute


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """A scheduler by itself, as an operator starts one."""
    there = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen([*command, "--no-dashboard", "--scheduler-file", str(there)], stderr=subprocess.DEVNULL)
    wait_until(there.exists, 60, "the scheduler is there")
    yield f"file:{there}"
    process.terminate()
    process.wait(10)


@pytest.fixture
def worker(scheduler: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker without anybody to start it again."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", scheduler.removeprefix("file:")]
    more = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    process = subprocess.Popen([*command, *more], stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait(10)


@pytest.fixture
def manager(
    tmp_path: Path, scheduler: str, worker: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> Iterator[JobManager]:
    with Client(scheduler_file=scheduler.removeprefix("file:"), set_as_default=False, timeout="30s") as client:
        address = client.scheduler.address
    made = JobManager(RunStore(tmp_path / "runs"), cluster=lambda: Cluster(address))
    made.watch.quiet = QUIET
    monkeypatch.setattr(caches, "_manager", made)
    yield made
    made.close()


def test_a_frozen_worker_is_noticed_and_so_is_its_waking(manager: JobManager, worker: subprocess.Popen[bytes]) -> None:
    assert reading.health() == (True, {"web": "ok", "workers": "starting"})
    wait_until(lambda: manager.watch.health() is Health.OK, 60, "the worker is heard")

    def memory_is_told() -> bool:  # the first heartbeats come while it still imports
        [heard] = manager.watch.workers()
        return bool(heard.memory == pytest.approx(psutil.Process(worker.pid).memory_info().rss, rel=0.5))

    wait_until(memory_is_told, 30, "its memory is told")
    time.sleep(2 * QUIET)
    assert reading.health() == (
        True,
        {"web": "ok", "workers": "ok"},
    )  # one that has nothing to do is heard all the same
    worker.send_signal(signal.SIGSTOP)
    frozen = time.monotonic()
    wait_until(lambda: not reading.health()[0], QUIET + 10, "the frozen worker is noticed")
    assert time.monotonic() - frozen > QUIET - 2
    assert reading.health()[1] == {"web": "ok", "workers": "gone"}
    assert manager.watch.workers()[0].quiet >= QUIET  # it still has its place at the scheduler
    worker.send_signal(signal.SIGCONT)
    wait_until(lambda: reading.health()[0], 10, "it is heard again")


def test_a_killed_worker_is_noticed(manager: JobManager, worker: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: manager.watch.health() is Health.OK, 60, "the worker is heard")
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not reading.health()[0], QUIET + 10, "the killed worker is noticed")
    assert manager.watch.workers() == []

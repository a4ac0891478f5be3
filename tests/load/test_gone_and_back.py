"""What is left when something goes away without a word: a scheduler, a web process, the memory of a worker."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from clusters import one_worker, wait_until
from distributed import Client

from ae_core.config.schema import Config
from ae_core.jobs.cluster import Cluster
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import Limits
from ae_core.jobs.manager import JobManager
from ae_core.runs.store import RunStore

pytestmark = pytest.mark.load  # has the machine to itself, as a cluster starts here

BRIEF = Config(dataset="digits", hidden_sizes=(64,), code_size=2, epochs=30, batch_size=64)
ENDLESS = replace(BRIEF, hidden_sizes=(512, 256), epochs=1000)
HUNGRY = Config(dataset="shapes", architecture="conv", hidden_sizes=(128, 128), code_size=8, batch_size=1024)

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def address() -> str:
    return f"tcp://127.0.0.1:{random.randint(20_000, 40_000)}"


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process of this Python, which ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str) -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait(10)


def scheduler_and_worker(start: Start, address: str) -> list[subprocess.Popen[bytes]]:
    """A scheduler and a worker by themselves, as an operator starts them."""
    port = address.rpartition(":")[2]
    quiet = ("--no-dashboard", "--host", "127.0.0.1")
    scheduler = start("-m", "distributed.cli.dask_scheduler", "--port", port, *quiet)
    return [scheduler, start("-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", *quiet)]


def ended(job: Job) -> Job:
    wait_until(lambda: job.state.ended, 120, "the job has ended")
    return job


def test_a_scheduler_that_was_gone_and_is_back_is_heard_again(start: Start, address: str, tmp_path: Path) -> None:
    before = scheduler_and_worker(start, address)
    manager = JobManager(RunStore(tmp_path), cluster=lambda: Cluster(address))
    try:
        assert ended(manager.submit(BRIEF, "anna")).report is not None
        for process in before:
            process.kill()
            process.wait(10)
        time.sleep(2)
        scheduler_and_worker(start, address)
        later = ended(manager.submit(replace(BRIEF, seed=1), "anna"))
        assert later.state is State.DONE
        assert later.report is not None
    finally:
        manager.close()


def test_what_a_killed_web_process_had_trained_ends_at_a_worker_of_others(
    start: Start, address: str, tmp_path: Path
) -> None:
    scheduler_and_worker(start, address)
    script = f"""
import time
from pathlib import Path
from ae_core.config.schema import Config
from ae_core.jobs.cluster import Cluster
from ae_core.jobs.manager import JobManager
from ae_core.runs.store import RunStore
manager = JobManager(RunStore(Path({str(tmp_path)!r})), cluster=lambda: Cluster({address!r}))
job = manager.submit(Config.from_json({ENDLESS.to_json()!r}), "anna")
while job.phase != "training":
    time.sleep(0.1)
print("it trains", flush=True)
time.sleep(600)
"""
    web = start("-c", script)
    assert web.stdout is not None
    assert web.stdout.readline() == b"it trains\n"
    web.send_signal(signal.SIGKILL)
    web.wait(10)
    with Client(address, set_as_default=False, timeout="30s") as client:

        def busy() -> int:
            return sum(client.run(lambda dask_worker: len(dask_worker.active_threads)).values())

        wait_until(lambda: not busy(), 30, "the worker has nothing to do")


def test_a_run_that_takes_all_memory_of_its_worker_fails_with_a_sentence_and_the_next_one_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AE_WORKER_MEMORY", "700MiB")
    manager = JobManager(RunStore(tmp_path), Limits(memory=10**12, seconds=1e6), one_worker([]))
    try:
        failed = ended(manager.submit(HUNGRY, "anna"))
        assert failed.state is State.FAILED
        assert "want of memory" in failed.message
        assert ended(manager.submit(BRIEF, "anna")).state is State.DONE
    finally:
        manager.close()

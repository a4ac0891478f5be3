"""Whether more workers train more: runs a minute of a Dask cluster that is started by hand, a line for each size of it.

    AE_DATA_DIR=... python -m benchmarks.cluster [--workers 1 2 4 8] [--runs 8]
    python -m benchmarks.cluster --pause 10

A scheduler and workers of one thread each are processes of their own on loopback, as deploy/compose.yaml starts them. Of
more workers than there are cores, each has a share of one. With --pause a run takes so many seconds and hardly any
processor time, as if each worker had a machine of its own: it tells what the queue and the scheduler can serve.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from distributed import Client

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import default_dataset
from ae_core.jobs.cluster import Cluster
from ae_core.jobs.job import State
from ae_core.jobs.limits import Limits
from ae_core.jobs.manager import JobManager
from ae_core.runs.store import RunStore
from benchmarks.machine import describe


@contextmanager
def by_hand(workers: int) -> Iterator[str]:
    """Start a scheduler and so many workers, and yield the scheduler's address."""
    environment = os.environ | {"AE_WORKER_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    processes = []

    def start(command: str, *arguments: str) -> None:
        module = [sys.executable, "-m", f"distributed.cli.dask_{command}", *arguments, "--no-dashboard"]
        processes.append(subprocess.Popen(module, env=environment, stderr=subprocess.DEVNULL))

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        try:
            start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
            while not file.exists():
                time.sleep(0.1)
            for _ in range(workers):
                start("worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny")
            with Client(scheduler_file=str(file), set_as_default=False, timeout="60s") as client:
                client.wait_for_workers(workers, timeout=120)
                address = client.scheduler.address
            yield address
        finally:
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:  # eight that end at once on two cores
                    process.kill()


def runs_a_minute(address: str, first: list[Any], then: list[Any]) -> float:
    """Train at a cluster by the lab's queue, for a visitor each, and return how many runs end in a minute.

    Args:
        address: of the cluster's scheduler.
        first: what is trained before, so that the workers are warm.
        then: what is trained after it, and counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        manager = JobManager(RunStore(Path(folder)), Limits(), lambda: Cluster(address))
        try:
            while not manager.ready:
                time.sleep(0.1)
            for runs in (first, then):
                started = time.perf_counter()
                jobs = [manager.submit(run, f"visitor {number}") for number, run in enumerate(runs)]
                while not all(job.state.ended for job in jobs):
                    time.sleep(0.05)
                seconds = time.perf_counter() - started
            failed = [job.message for job in jobs if job.state is not State.DONE]
            assert not failed, failed[0]
            return 60 * len(then) / seconds
        finally:
            manager.close()


def usual_run(number: int) -> Config:
    """Return what the lab suggests to train, with a seed of its own."""
    return VARIANTS["dense"].config(default_dataset(), seed=number)


@contextmanager
def pausing(seconds: float) -> Iterator[Callable[[int], Any]]:
    """Have a task that waits so long in place of training; yield what makes one of each number: the tests' example task."""
    support = Path(__file__).parents[1] / "tests" / "support"
    sys.path.insert(0, str(support))
    task: Any = importlib.import_module("tiny_regression")
    with tempfile.TemporaryDirectory() as folder:
        paths = task.install(Path(folder))
        sys.path[:0] = paths
        os.environ["PYTHONPATH"] = os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")])  # for the workers
        steps = round(10 * seconds)
        yield lambda number: task.TinyRegression(slope=1.0 + number, epochs=steps, pause=seconds / steps)


def main() -> None:
    """Print a line for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--pause", type=float, help="seconds that each run takes, without computing")
    options = parser.parse_args()
    print(describe())
    with ExitStack() as stack:
        run = stack.enter_context(pausing(options.pause)) if options.pause else usual_run
        for workers in options.workers:
            first, then = (
                [run(start + n) for n in range(count)] for start, count in ((1000, workers), (0, options.runs))
            )
            with by_hand(workers) as address:
                print(f"{workers} workers: {runs_a_minute(address, first, then):.1f} runs a minute", flush=True)


if __name__ == "__main__":
    main()

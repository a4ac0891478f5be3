"""Whether more workers train more: runs a minute of a Dask cluster that is started by hand, a line for each size of it.

    AE_DATA_DIR=... python -m benchmarks.cluster [--workers 1 2] [--runs 8]

A scheduler and workers of one thread each are processes of their own on loopback, as deploy/compose.yaml starts them. Ask
for no more workers than there are cores: they would take them from each other.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import Client

from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import default_dataset
from ae_core.jobs.cluster import Cluster
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
                process.wait(30)


def runs_a_minute(address: str, runs: int, workers: int) -> float:
    """Train so many different runs by the lab's default settings at a cluster, and return how many end in a minute.

    Args:
        address: of the cluster's scheduler.
        runs: to be trained, by as many visitors.
        workers: of the cluster; each trains once before, to be warm.
    """
    with tempfile.TemporaryDirectory() as folder:
        manager = JobManager(RunStore(Path(folder)), Limits(), lambda: Cluster(address))
        try:
            while not manager.ready:
                time.sleep(0.1)
            for first, count in ((1000, workers), (0, runs)):
                started = time.perf_counter()
                configs = [VARIANTS["dense"].config(default_dataset(), seed=first + number) for number in range(count)]
                jobs = [manager.submit(config, f"visitor {number}") for number, config in enumerate(configs)]
                while not all(job.state.ended for job in jobs):
                    time.sleep(0.05)
            return 60 * runs / (time.perf_counter() - started)
        finally:
            manager.close()


def main() -> None:
    """Print a line for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=8)
    options = parser.parse_args()
    print(describe())
    for workers in options.workers:
        with by_hand(workers) as address:
            print(f"{workers} workers: {runs_a_minute(address, options.runs, workers):.1f} runs a minute", flush=True)


if __name__ == "__main__":
    main()

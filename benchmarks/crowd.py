"""How many workers so many students need, by the lab's own queue and the time that a run takes here.

    AE_DATA_DIR=... python -m benchmarks.crowd [--seconds S] [--within 300] [--students 30 300 3000]

All press Train once within a minute, for different runs. A run's time is measured first, on one core of this machine
through the real queue, unless --seconds says it; the crowd is then played through the queue with a clock of its own, for
more and more workers, until everybody has a result in time.
"""

from __future__ import annotations

import argparse
import heapq
import random
import tempfile
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import default_dataset
from ae_core.jobs.cluster import start_local
from ae_core.jobs.manager import JobManager
from ae_core.jobs.queue import Queue
from ae_core.runs.store import RunStore
from benchmarks.machine import describe

WINDOW = 60.0  # seconds within which all press
SPREAD = 0.3  # of a run's time, by which they differ


def seconds_of_a_run(rounds: int = 3) -> float:
    """Train the default settings on one core, and return the median seconds from start to result."""
    with tempfile.TemporaryDirectory() as folder:
        manager = JobManager(RunStore(Path(folder)), cluster=lambda: start_local(workers=1, cores=1))
        while not manager.ready:
            time.sleep(0.1)
        taken = []
        for seed in range(rounds):
            started = time.perf_counter()
            job = manager.submit(VARIANTS["dense"].config(default_dataset(), seed=seed), "benchmark")
            while not job.state.ended:
                time.sleep(0.02)
            taken.append(time.perf_counter() - started)
        manager.close()
    return median(taken)


def waits(students: int, workers: int, seconds: float) -> list[float]:
    """Play a crowd through the queue, and return how long each student waited for their result.

    Args:
        students: who press once each, at random moments of the first minute.
        workers: that train, one run each at a time.
        seconds: that a run takes on average.
    """
    rng = random.Random(0)
    queue = Queue(most=students)
    coming = sorted(rng.uniform(0, WINDOW) for _ in range(students))
    pressed = dict(zip(map(str, range(students)), coming, strict=True))
    arrivals, ends, waited = list(pressed.items())[::-1], [], []
    now, number = 0.0, 0
    while arrivals or ends:
        if arrivals and (not ends or arrivals[-1][1] <= ends[0][0]):
            name, now = arrivals.pop()
            queue.submit(_work(name), name, now)
        else:
            now, _, job = heapq.heappop(ends)
            waited.append(now - pressed[job.key])
            queue.done(job, _result(), now)
        for job in queue.start(workers, now):
            number += 1
            heapq.heappush(ends, (now + seconds * rng.uniform(1 - SPREAD, 1 + SPREAD), number, job))
    return waited


def _work(key: str) -> Any:
    return SimpleNamespace(key=key, private=False)


def _result() -> Any:
    return SimpleNamespace(finished=True)


def workers_needed(students: int, seconds: float, within: float) -> int:
    """Return the fewest workers with which everybody has a result in time.

    Args:
        students: who press within a minute.
        seconds: that a run takes.
        within: seconds from a press to its result.
    """
    low = max(1, int(students * seconds / (within + WINDOW)))  # fewer could not even if none ever idled
    high = min(students, 2 * low + 2)
    while low < high:
        middle = (low + high) // 2
        if max(waits(students, middle, seconds)) <= within:
            high = middle
        else:
            low = middle + 1
    return low


def main() -> None:
    """Print, for each size of crowd, the workers that it needs and how long it then waits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, help="that a run takes, where it is not to be measured")
    parser.add_argument("--within", type=float, default=300.0)
    parser.add_argument("--students", type=int, nargs="+", default=[30, 100, 300, 3000])
    options = parser.parse_args()
    print(describe())
    seconds = options.seconds or seconds_of_a_run()
    print(f"a run takes {seconds:.1f} s of one core, from start to result")
    print(f"{'students':>9}{'workers':>9}{'median wait':>13}{'longest':>9}")
    for students in options.students:
        workers = workers_needed(students, seconds, options.within)
        waited = waits(students, workers, seconds)
        print(f"{students:9}{workers:9}{median(waited):11.0f} s{max(waited):7.0f} s")


if __name__ == "__main__":
    main()

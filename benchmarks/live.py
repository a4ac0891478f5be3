"""Seconds from pressing Train to a finished run, through the real queue and a real worker, and the run's error.

AE_DATA_DIR=... python -m benchmarks.live [dataset] [--rounds 3]

Every variant's default in turn, and that for some rounds, each with a seed of its own; a row gives medians over the
rounds. The estimate is the one that a visitor sees before pressing, so that later runs know of the earlier ones.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import INFO, default_dataset
from ae_core.jobs.manager import JobManager
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from benchmarks.machine import describe

WITHIN = 0.3  # of what a run takes, an estimate is a good one
Pressed = tuple[float, float, Run]  # seconds from the press to the finished run, seconds estimated, the run


def main() -> None:
    """Train every variant's default some rounds; print seconds, estimates and errors, a row a variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", nargs="?", default=default_dataset(), choices=[*INFO])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        manager = JobManager(RunStore(Path(folder)))
        started = time.perf_counter()
        while not manager.ready:
            time.sleep(0.05)
        print(f"workers warm after {time.perf_counter() - started:.1f} s; medians of {options.rounds} rounds")
        pressed: dict[str, list[Pressed]] = defaultdict(list)
        for seed in range(options.rounds):
            for name in ["dense", *(other for other in VARIANTS if other != "dense")]:
                pressed[name].append(press(manager, VARIANTS[name].config(options.dataset, seed=seed)))
        print(
            f"{'variant':16}{'pressed to finished':>20}{'training':>10}{'estimate':>10}{'off by':>8}{'MSE':>9}{'PCA':>9}"
        )
        for name, runs in pressed.items():
            print(row(name, runs))
        each = [sum(good(runs[index : index + 1]) for runs in pressed.values()) for index in range(options.rounds)]
        print(
            f"estimates within {WITHIN:.0%} of the training: {sum(map(good, pressed.values()))} of {len(pressed)} "
            f"in the median, {', '.join(map(str, each))} in the rounds"
        )
        stop_latency(manager, options.dataset)
        manager.close()


def press(manager: JobManager, config: Config) -> Pressed:
    """Train ``config`` through the queue, as the Train page does, and wait for its end.

    Returns seconds until the run was finished, seconds estimated beforehand, and the run.

    Raises:
        SystemExit: the job failed.
    """
    estimate = manager.pace.seconds(config)
    pressed = time.perf_counter()
    job = manager.submit(config, "benchmark")
    while not job.state.ended:
        time.sleep(0.01)
    total = time.perf_counter() - pressed
    if job.run is None:
        raise SystemExit(f"{config}: {job.state} {job.message}")
    return total, estimate, job.run


def row(name: str, runs: list[Pressed]) -> str:
    """Return a variant's row of the table: medians over its ``runs``."""
    total, estimate = (median(run[index] for run in runs) for index in (0, 1))
    training = median(run.seconds for _, _, run in runs)
    metrics = {key: median(run.metrics[key] for _, _, run in runs) for key in runs[0][2].metrics}
    extra = (
        f"  denoised {metrics['denoised_mse']:.5f}"
        if "denoised_mse" in metrics
        else f"  -ELBO {metrics['loss']:.1f}"
        if "loss" in metrics
        else ""
    )
    return (
        f"{name:16}{total:18.1f} s{training:8.1f} s{estimate:8.1f} s{off(runs):+8.0%}"
        f"{metrics['mse']:9.5f}{metrics['pca_mse']:9.5f}{extra}"
    )


def off(runs: list[Pressed]) -> float:
    """Return the median relative error of the estimated seconds: 0.1 where they were 10 % too long."""
    return median(estimate / run.seconds - 1 for _, estimate, run in runs)


def good(runs: list[Pressed]) -> bool:
    """Return whether the median estimate was within :data:`WITHIN` of the seconds that training took."""
    return abs(off(runs)) <= WITHIN


def stop_latency(manager: JobManager, dataset: str) -> None:
    """Print the seconds from pressing Stop until the worker has left the training loop."""
    config = VARIANTS["dense"].config(dataset, epochs=100, seed=1)
    job = manager.submit(config, "benchmark")
    while job.share_done < 0.02:
        time.sleep(0.01)
    pressed = time.perf_counter()
    manager.stop(job, "benchmark")
    while job.phase == "training" and not job.state.ended:
        time.sleep(0.005)
    print(f"stop: training ended after {time.perf_counter() - pressed:.2f} s")


if __name__ == "__main__":
    main()

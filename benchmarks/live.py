"""Pressing Train: seconds to a finished run through the real queue and a real worker, and what it is worth.

AE_DATA_DIR=... python -m benchmarks.live [dataset]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from ae_core.datasets import default_dataset
from ae_core.jobs.manager import JobManager, State
from ae_core.jobs.store import RunStore
from ae_core.variants import VARIANTS
from benchmarks.machine import describe


def main() -> None:
    """Print a row a variant."""
    dataset = sys.argv[1] if len(sys.argv) > 1 else default_dataset()
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        manager = JobManager(RunStore(Path(folder)))
        started = time.perf_counter()
        while not manager.ready:
            time.sleep(0.05)
        print(f"workers warm after {time.perf_counter() - started:.1f} s")
        print(f"{'variant':16}{'pressed to finished':>20}{'training':>10}{'estimate':>10}{'MSE':>9}{'PCA':>9}")
        for name in ["dense", *(other for other in VARIANTS if other != "dense")]:
            config = VARIANTS[name].config(dataset)
            estimate = manager.pace.seconds(config)
            pressed = time.perf_counter()
            job = manager.submit(config, "benchmark")
            while not job.state.ended:
                time.sleep(0.01)
            total = time.perf_counter() - pressed
            if job.state is not State.DONE or job.run is None:
                print(f"{name:16}{job.state} {job.message}")
                continue
            m = job.run.metrics
            extra = (
                f"  denoised {m['denoised_mse']:.5f}"
                if "denoised_mse" in m
                else f"  -ELBO {m['loss']:.1f}"
                if "loss" in m
                else ""
            )
            print(
                f"{name:16}{total:18.1f} s{job.run.seconds:8.1f} s{estimate:8.1f} s{m['mse']:9.5f}{m['pca_mse']:9.5f}{extra}"
            )
        stop_latency(manager, dataset)
        manager.close()


def stop_latency(manager: JobManager, dataset: str) -> None:
    """Seconds from pressing Stop to the worker having left the training loop."""
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

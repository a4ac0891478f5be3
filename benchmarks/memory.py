"""Resident memory of the web process after every page, and of a worker while it trains each variant's default.

AE_DATA_DIR=... python -m benchmarks.memory
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import default_dataset
from ae_core.jobs.manager import JobManager
from ae_core.runs.store import RunStore
from benchmarks.machine import describe
from benchmarks.serve import browser, server, wait_until_healthy

PAGES = ("", "train", "reconstruct", "denoise", "latent_map", "generate", "compare")


def main() -> None:
    """Print the resident memory of the web process after each page, then of a worker at each variant, MB."""
    print(describe())
    with browser() as chromium, server() as (address, process, _):
        wait_until_healthy(address)
        web = psutil.Process(process.pid)
        page = chromium.new_page()
        for name in PAGES:
            page.goto(f"{address}/{name}")
            page.locator("[data-testid=stMain] :is(img, canvas)").first.wait_for(timeout=30_000)
            page.wait_for_timeout(2500)
            print(f"web process after {name or 'home':12}{web.memory_info().rss / 2**20:7.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        manager = JobManager(RunStore(Path(folder)))
        while not manager.ready:
            time.sleep(0.1)
        for name, variant in VARIANTS.items():
            job = manager.submit(variant.config(default_dataset()), "benchmark")
            peak = 0
            while not job.state.ended:
                time.sleep(0.02)
                if job.phase in ("training", "measuring"):
                    peak = max(peak, *(child.memory_info().rss for child in psutil.Process().children(recursive=True)))
            print(f"worker training {name:16}{peak / 2**20:7.0f} MB at most")
        manager.close()


if __name__ == "__main__":
    main()

"""Starting the app's server and a browser, for the benchmarks of the pages."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a headless Chromium for the time of the context: the system's, else Playwright's own."""
    path = os.environ.get("AE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def server() -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """Start the app on a free port for the time of the context.

    Yields its address, its process, and when it was started (``time.perf_counter``).
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as runs:
        started = time.perf_counter()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app.py",
                "--server.port",
                str(port),
                "--server.address",
                "127.0.0.1",
            ],
            cwd=ROOT,
            env={**os.environ, "AE_RUNS_DIR": runs},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{port}", process, started
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:  # a browser that came at this very moment keeps the server waiting for it
                process.kill()


def wait_until_idle(process: subprocess.Popen[bytes] | psutil.Process) -> None:
    """Wait until the server and its workers have nothing to do: they load and measure for a while after a start."""
    web = psutil.Process(process.pid)
    quiet = 0
    while quiet < 3:
        before = _seconds_of(web)
        time.sleep(1)
        quiet = quiet + 1 if _seconds_of(web) - before < 0.15 else 0


def _seconds_of(web: psutil.Process) -> float:
    total = 0.0
    for part in (web, *web.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += part.cpu_times().user
    return total


def wait_until_healthy(address: str) -> None:
    """Wait until the server answers.

    Raises:
        RuntimeError: it has not within half a minute.
    """
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not start")

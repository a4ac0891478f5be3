"""The app as its visitors meet it: a server of its own, started for the tests and ended with all it started."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def serve(folder: Path, script: str = "app.py", **settings: str) -> Iterator[str]:
    """Run the app, or another script, for a while, with ``settings`` in its environment, and yield its address.

    It knows the bundled digits only, and no runs but the shipped ones.
    """
    for name in ("data", "runs"):
        (folder / name).mkdir()
    # long runs are stopped by the tests; beside a busy neighbour they would be estimated at more than is allowed
    limits = {"AE_MAX_SECONDS": "3600"}
    ours = limits | {"AE_DATA_DIR": str(folder / "data"), "AE_RUNS_DIR": str(folder / "runs")} | settings
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AE_", "STREAMLIT_"))}
    port = free_port()
    address, log = f"http://127.0.0.1:{port}", folder / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", script]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    with log.open("w") as messages:
        process = subprocess.Popen(command, cwd=ROOT, env=outer | ours, stdout=messages, stderr=messages)
    try:
        deadline = time.monotonic() + 60
        while not healthy(address):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The server did not start. The end of its log:\n{end_of(log)}", pytrace=False)
            time.sleep(0.1)
        yield address
    finally:
        end_tree(process)


def free_port() -> int:
    """A port of this computer that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_of(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-40:])


def healthy(address: str) -> bool:
    """Whether the server there says that it is well."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started: asked politely first, so that the server closes its workers."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process.pid)
        family = [*parent.children(recursive=True), parent]
    process.terminate()
    _, left = psutil.wait_procs(family, timeout=8)
    for one in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(left, timeout=5)
    process.wait(5)

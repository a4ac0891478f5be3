"""A web process that a test ends in any way it likes, and starts again at the same address on the same folders."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from serving import ROOT, end_of, end_tree, healthy


class WebProcess:
    """The app on a port and on folders of its own; it knows the bundled digits only."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        ours = {"AE_DATA_DIR": str(folder / "data"), "AE_RUNS_DIR": str(folder / "runs")} | settings
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("AE_", "STREAMLIT_"))}
        self._environment = outer | ours
        (folder / "data").mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self.log = folder / "server.log"
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += ["--server.port", str(self._port), "--server.address", "127.0.0.1"]
        with self.log.open("a") as messages:
            process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=messages, stderr=messages)
        self._started.append(process)
        deadline = time.monotonic() + 60
        while not healthy(self.address):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The server did not start. The end of its log:\n{end_of(self.log)}", pytrace=False)
            time.sleep(0.1)

    def end(self, how: signal.Signals) -> None:
        """Send it a signal, and wait until it and all that it started have ended."""
        process = self._started[-1]
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(how)
        process.wait(30)
        _, left = psutil.wait_procs(family, timeout=20)
        names = [one.name() for one in left if one.is_running()]
        for one in left:
            one.kill()
        assert not names, f"left behind: {names}"

    def close(self) -> None:
        """End whatever was started and still runs."""
        for process in self._started:
            if process.poll() is None:
                end_tree(process)

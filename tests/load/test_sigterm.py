"""The web process is asked to end (SIGTERM) while a run trains, while one is handed over, and while the workers start."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import psutil
import pytest
from clusters import wait_until
from serving import serve
from tab import cookies_of, tab

from ae_core.config.schema import Config
from ae_core.runs.store import RunStore

pytestmark = pytest.mark.load  # has the machine to itself, as a server and its workers start here

LONG = Config(dataset="digits", hidden_sizes=(512, 256), code_size=8, epochs=400, batch_size=64)
SHORT = Config(dataset="digits", hidden_sizes=(32,), code_size=2, epochs=4, batch_size=64)
SECONDS = 15  # within which everything has ended


def web_process(address: str) -> psutil.Process:
    port = address.rsplit(":", 1)[1]
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "streamlit" in command and port in command:
            return process
    raise AssertionError("no such process")


def events(log: Path) -> list[str]:
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line["event"] for line in lines if "event" in line]


def files_of(runs: Path) -> list[str]:
    """The names of the files of runs; what a visitor is to find again lies in a folder beside them."""
    return sorted(path.name for path in runs.iterdir() if path.is_file())


@pytest.mark.parametrize("moment", ["workers start", "waits", "trains", "is handed over"])
def test_asked_to_end_it_leaves_nothing_behind(tmp_path: Path, moment: str) -> None:
    log, runs = tmp_path / "server.log", tmp_path / "runs"
    config = SHORT if moment == "is handed over" else LONG
    with serve(tmp_path, AE_LOG="json", AE_OPERATOR_TOKEN="of-this-test-alone") as address:
        cookies = cookies_of(address)
        with tab(address, "train", config.to_query(), cookies) as page:
            web = web_process(address)
            if moment == "is handed over":
                web.cpu_affinity(
                    [web.cpu_affinity()[0]]
                )  # a worker of two threads takes minutes beside a busy neighbour
            page.run("Train")
            if moment == "workers start":
                wait_until(lambda: web.children(), 30, "a cluster is being started")
            elif moment == "trains":
                wait_until(lambda: "started" in events(log), 200, "it trains")
                time.sleep(1.5)
            elif moment == "is handed over":
                wait_until(lambda: files_of(runs), 200, "its file is being written")
            family = [web, *web.children(recursive=True)]
            asked = time.monotonic()
            web.send_signal(signal.SIGTERM)
            _, left = psutil.wait_procs(family, timeout=SECONDS)
            took = time.monotonic() - asked
        assert left == [], f"{[one.cmdline() for one in left]} after {took:.1f} s"
    text = log.read_text()
    assert "Traceback" not in text, text
    for line in text.splitlines():
        assert not line.startswith("{") or json.loads(line)["level"] in ("INFO", "WARNING"), line
        assert "error" not in line.lower() or line.startswith("{"), line
    for path in runs.glob("visitors/*/*"):  # whole, and nothing else
        assert path.name == "list.json"
        assert json.loads(path.read_text())
    names, store = files_of(runs), RunStore(runs)
    if moment == "is handed over":
        assert names == [f"{config.canonical().key}.safetensors"]
        assert store.get(config.canonical().key) is not None
    else:
        assert names == []
        assert events(log)[-1] == "left"

"""What deploy/compose.yaml starts, by hand on this machine: scheduler, workers, the app twice, nginx before them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import yaml
from clusters import wait_until
from prometheus_client.parser import text_string_to_metric_families
from serving import end_of
from tab import cookies_of, tab

from ae_core.config.schema import Config

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = [
    pytest.mark.load,  # has the machine to itself, as a whole cluster starts here
    pytest.mark.skipif(NGINX is None, reason="nginx is not on this machine (apt install nginx-light)"),
]

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
TOKEN = "of-this-test-alone"
SHORT = Config(dataset="digits", hidden_sizes=(32,), code_size=2, epochs=4, batch_size=64)
LONG = Config(dataset="digits", hidden_sizes=(512, 256), code_size=8, epochs=400, batch_size=64)
PATIENCE = 200


@dataclass
class Site:
    """Where everything is."""

    nginx: str
    webs: tuple[str, str]
    processes: dict[str, subprocess.Popen[bytes]]
    folder: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def filled_in(text: str, known: dict[str, str]) -> str:
    """A text of compose.yaml with its variables, as compose puts them in."""
    return re.sub(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}", lambda found: known.get(found[1], found[2] or ""), text)


def get(address: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metric(web: str, name: str, **labels: str) -> float:
    _, text = get(f"{web}/metrics", Authorization=f"Bearer {TOKEN}")
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    raise AssertionError(f"no {name} in {text}")


def answers(address: str) -> bool:
    with contextlib.suppress(OSError):
        return get(f"{address}/livez")[0] == 200
    return False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    ports = {
        "scheduler:8786": free_port(),
        "web1:8501": free_port(),
        "web2:8501": free_port(),
        "nginx:8080": free_port(),
    }
    known = {"AE_OPERATOR_TOKEN": TOKEN, "COOKIE_SECRET": "a" * 32, "AE_MAX_SECONDS": "600"}
    image = {"OMP_NUM_THREADS": "1", "AE_LOG": "json", "AE_DATA_DIR": str(folder / "data")}
    image |= {"AE_RUNS_DIR": str(folder / "runs"), "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AE_", "STREAMLIT_", "DASK_"))}
    for name in ("data", "runs"):
        (folder / name).mkdir()

    def here(text: str, service: str) -> str:
        """A text with the services' names and ports as they are here."""
        for place, port in ports.items():
            name, inside = place.split(":")
            text = text.replace(place, f"127.0.0.1:{port}")
            if name == service:
                text = text.replace(f"port={inside}", f"port={port}").replace(f"--port {inside}", f"--port {port}")
        return text.replace("0.0.0.0", "127.0.0.1")

    processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(name: str, command: list[str], environment: dict[str, str]) -> None:
        with (folder / f"{name}.log").open("w") as log:
            processes[name] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    try:
        for name in ("scheduler", "worker", "pieces", "web1", "web2"):
            given = services[name].get("environment", {}).items()
            environment = {key: here(filled_in(str(value), known), name) for key, value in given}
            environment |= {"DASK_TEMPORARY_DIRECTORY": str(folder)}  # a container's /tmp is its own
            program, *arguments = shlex.split(here(services[name]["command"], name))
            start(name, [str(Path(sys.executable).parent / program), *arguments], outer | image | environment)
        conf = here((DEPLOY / "nginx.conf").read_text(), "nginx").replace("/tmp/", f"{folder}/")
        conf = conf.replace("listen 8080", f"listen 127.0.0.1:{ports['nginx:8080']}")
        (folder / "nginx.conf").write_text("daemon off;\n" + conf)
        addresses = [f"http://127.0.0.1:{ports[place]}" for place in ("nginx:8080", "web1:8501", "web2:8501")]
        for name, address in reversed(list(zip(("nginx", "web1", "web2"), addresses, strict=True))):
            if name == "nginx":  # last, as there: it would leave out for ten seconds who does not answer yet
                start("nginx", [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")], outer)
            deadline = time.monotonic() + PATIENCE
            while not answers(address):
                if time.monotonic() > deadline or processes[name].poll() is not None:
                    pytest.fail(f"{name} did not start: {end_of(folder / f'{name}.log')}", pytrace=False)
                time.sleep(0.2)
        yield Site(addresses[0], (addresses[1], addresses[2]), processes, folder)
    finally:
        family = [one for process in processes.values() for one in _family(process)]
        for process in processes.values():
            process.terminate()
        _, left = psutil.wait_procs(family, timeout=15)
        for one in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        for process in processes.values():
            process.wait(10)


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def sessions(site: Site) -> tuple[float, float]:
    return metric(site.webs[0], "ae_lab_sessions"), metric(site.webs[1], "ae_lab_sessions")


def test_nginx_shows_the_lab_and_keeps_the_operators_pages_to_itself(site: Site) -> None:
    assert get(f"{site.nginx}/livez") == (200, "ok\n")
    assert "<html" in get(site.nginx)[1]
    for path in ("/operator", "/operator/drain", "/metrics", "/_stcore/metrics"):
        assert get(site.nginx + path, Authorization=f"Bearer {TOKEN}")[0] == 404
    assert get(f"{site.webs[0]}/operator", Authorization=f"Bearer {TOKEN}")[0] == 200


def test_a_visitor_meets_the_same_web_process_each_time_and_visitors_are_spread(site: Site) -> None:
    cookies = cookies_of(site.nginx)
    with tab(site.nginx, "", cookies=cookies):
        assert sorted(sessions(site)) == [0, 1]
        first = sessions(site)
        with tab(site.nginx, "", cookies=cookies), tab(site.nginx, "train", cookies=cookies):
            assert sessions(site) == (3 * first[0], 3 * first[1])
    wait_until(lambda: sessions(site) == (0, 0), 30, "the tabs are closed")
    with contextlib.ExitStack() as tabs:
        for _ in range(8):
            tabs.enter_context(tab(site.nginx, "", cookies=cookies_of(site.nginx)))
        assert min(sessions(site)) > 0
        assert sum(sessions(site)) == 8


def test_a_run_that_one_web_process_had_trained_is_found_by_the_other(site: Site) -> None:
    query = SHORT.to_query()
    with tab(site.nginx, "train", query, cookies_of(site.nginx)) as page:
        assert any("differ from this run's" in words for words in page.words)
        page.run("Train")
        done = lambda: [metric(web, "ae_lab_jobs_total", outcome="done") for web in site.webs]  # noqa: E731
        wait_until(lambda: sum(done()) == 1, PATIENCE, "the run is trained")
        other = site.webs[done().index(0)]
    with tab(other, "train", query, cookies_of(other)) as page:
        assert not any("differ from this run's" in words for words in page.words)  # it is the run on screen
    assert metric(other, "ae_lab_jobs_total", outcome="done") == 0
    for web in site.webs:
        assert metric(web, "ae_lab_workers", kind="training", answers="yes") == 1
        assert metric(web, "ae_lab_workers", kind="pieces", answers="yes") == 1


def test_a_web_process_that_ends_leaves_no_training_behind_at_the_workers(site: Site) -> None:
    ends, stays = site.webs
    with tab(ends, "train", LONG.to_query(), cookies_of(ends)) as page:
        page.run("Train")
        wait_until(lambda: metric(ends, "ae_lab_jobs_running") == 1, PATIENCE, "it trains")
        time.sleep(2)
        site.processes["web1"].send_signal(signal.SIGTERM)
        site.processes["web1"].wait(15)
    before = metric(stays, "ae_lab_jobs_total", outcome="done")
    another = SHORT.to_query() | {"seed": "7"}
    cookies = cookies_of(site.nginx)  # nginx goes to the one that is left
    with tab(site.nginx, "train", another, cookies) as page:
        page.run("Train")
        # by itself it takes a second or two; behind the other's it would wait for minutes, as there is one worker
        wait_until(lambda: metric(stays, "ae_lab_jobs_total", outcome="done") == before + 1, 60, "the next is trained")
    assert "Traceback" not in (site.folder / "web1.log").read_text()
    for name in ("scheduler", "worker", "pieces"):
        for line in (site.folder / f"{name}.log").read_text().splitlines():
            if "distributed." in line and " - " not in line:  # what Dask says before it has read what to load first
                assert json.loads(line)["level"], line

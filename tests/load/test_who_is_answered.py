"""A real server as an operator sets it: who is answered, who is not, and whom it asks itself."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import websockets
from serving import ROOT, serve

from ui.shell.hosting import FRAME_ANCESTORS, HOSTS, OPERATOR_TOKEN

TOKEN = "a-token-of-the-operators"
OWN = "lab.example.edu"

pytestmark = pytest.mark.load  # has the machine to itself, as a server and its workers start here


@contextmanager
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """Where a process would send all that it asks of others, and what it sent there."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(1000))

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        listener.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[bytes]]]:
    with proxy() as (address, asked):
        outer = {"http_proxy": address, "https_proxy": address, "STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}
        with serve(tmp_path_factory.mktemp("server"), **{HOSTS: OWN, OPERATOR_TOKEN: TOKEN}, **outer) as lab:
            yield lab, asked


def status(server: str, path: str, **headers: str) -> int:
    connection = HTTPConnection(urlsplit(server).netloc, timeout=20)
    connection.putrequest("GET", path, skip_host="host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse().status


async def connected(server: str, host: str, origin: str) -> int:
    """The status with which a websocket is answered that a page of ``origin`` opens to what it takes for ``host``."""
    where = urlsplit(server)
    try:
        async with websockets.connect(
            f"ws://{host}/_stcore/stream",
            host=where.hostname,
            port=where.port,
            origin=origin,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
        ):
            return 101
    except websockets.InvalidStatus as refused:
        return refused.response.status_code


def alone(status: Coroutine[Any, Any, int]) -> int:
    """Wait in a thread: the loop of Playwright, once a test has opened a browser, is this one's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, status).result()


def test_a_page_whose_name_was_bound_to_the_labs_address_reaches_nothing(server: tuple[str, list[bytes]]) -> None:
    lab, _ = server
    for host, answer in ((OWN, 200), (f"{OWN}:8501", 200), ("localhost", 200), ("evil.example", 400)):
        assert status(lab, "/", host=host) == answer
    assert alone(connected(lab, OWN, f"https://{OWN}")) == 101
    assert alone(connected(lab, "evil.example", "http://evil.example")) == 400


def test_a_page_of_another_site_connects_to_nothing_and_nobody_is_asked_about_it(
    server: tuple[str, list[bytes]],
) -> None:
    lab, asked = server
    assert alone(connected(lab, OWN, "https://evil.example")) == 403
    assert asked == []


def test_streamlits_metrics_are_the_operators(server: tuple[str, list[bytes]]) -> None:
    lab, _ = server
    assert status(lab, "/_stcore/metrics") == 404
    assert status(lab, "/%5fstcore/metrics") == 404
    with urllib.request.urlopen(f"{lab}/_stcore//metrics", timeout=20) as answer:
        assert b"<!DOCTYPE html>" in answer.read()  # the lab's page, as for any address that there is not
    assert status(lab, "/_stcore/metrics", authorization=f"Bearer {TOKEN}") == 200
    assert status(lab, "/_stcore/health") == 200


def test_a_setting_that_means_nothing_ends_the_start_with_its_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {FRAME_ANCESTORS: "*"}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert f"{FRAME_ANCESTORS} names the sites" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr

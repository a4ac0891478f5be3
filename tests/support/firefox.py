"""A stock Firefox, as a package manager installs it, spoken to by WebDriver BiDi, which it understands by itself.

Playwright drives a Firefox of its own making only. What a smoke test needs is little: open an address, ask the page, and
move the pointer.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving import end_tree, free_port
from websockets.sync.client import ClientConnection, connect

NAMES = ("firefox-esr", "firefox")
PATIENCE = 60  # seconds


def found() -> str | None:
    """The path of an installed Firefox, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Firefox:
    """One window. What its console complained of is in ``problems``."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.problems: list[str] = []
        self.asked = 0
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.window = self.call("browsingContext.create", type="tab")["context"]

    def call(self, method: str, **params: Any) -> Any:
        """Ask the browser something, and return its answer; what it tells meanwhile is noted."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.recv(timeout=PATIENCE))
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.problems.append(str(said["params"]["text"]))
            if said.get("id") == self.asked:
                assert said["type"] == "success", said
                return said["result"]

    def open(self, address: str) -> None:
        """Open an address, and wait until it is loaded."""
        self.call("browsingContext.navigate", context=self.window, url=address, wait="complete")

    def resize(self, width: int, height: int) -> None:
        """Give the page another size, in CSS pixels."""
        self.call("browsingContext.setViewport", context=self.window, viewport={"width": width, "height": height})

    def ask(self, expression: str) -> Any:
        """Evaluate a script in the page, and return what JSON can hold of its value."""
        answer = self.call(
            "script.evaluate",
            expression=f"JSON.stringify({expression}) ?? null",
            target={"context": self.window},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value", "null"))

    def wait(self, expression: str) -> None:
        """Wait until an expression is true in the page."""
        deadline = time.monotonic() + PATIENCE
        while not self.ask(f"Boolean({expression})"):
            assert time.monotonic() < deadline, f"{expression}\n{self.ask('document.body.innerText')}"
            time.sleep(0.1)

    def drag(self, places: list[tuple[float, float]]) -> None:
        """Press the mouse at the first place, draw it over the others, and let it go."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y), "duration": 20} for x, y in places]
        press, lift = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        mouse = {"type": "pointer", "id": "mouse", "actions": [moves[0], press, *moves[1:], lift]}
        self.call("input.performActions", context=self.window, actions=[mouse])


@contextlib.contextmanager
def firefox(path: str, folder: Path) -> Iterator[Firefox]:
    """Run a Firefox without a screen for a while, with a fresh profile in ``folder``."""
    port = free_port()
    command = [path, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with _connected(f"ws://127.0.0.1:{port}/session") as socket:
            yield Firefox(socket)
    finally:
        end_tree(process)


def _connected(address: str) -> ClientConnection:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return connect(address, max_size=None)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)

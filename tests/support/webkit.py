"""WebKitGTK, which has the engine of Safari, as a package manager installs it, spoken to by W3C WebDriver.

Playwright drives a WebKit of its own making only. What a smoke test needs is little, as with :mod:`.firefox`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving import end_tree, free_port

PATIENCE = 60  # seconds


def found() -> str | None:
    """The path of the small browser that comes with WebKitGTK, if it, its driver and a screen that is none are installed."""
    if not shutil.which("WebKitWebDriver") or not shutil.which("Xvfb"):
        return None
    return next(map(str, Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser")), None)


class WebKit:
    """One window. WebDriver does not tell what the console complains of, so that ``problems`` stays empty."""

    def __init__(self, driver: str, browser: str) -> None:
        self.driver = driver
        self.problems: list[str] = []
        options = {"webkitgtk:browserOptions": {"binary": browser, "args": ["--automation"]}}
        answer = self._call("POST", "/session", capabilities={"alwaysMatch": options})
        self.session = f"/session/{answer['sessionId']}"

    def _call(self, method: str, path: str, **params: Any) -> Any:
        data = json.dumps(params).encode() if method == "POST" else None
        asked = urllib.request.Request(f"{self.driver}{path}", data, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()[:500]) from None

    def open(self, address: str) -> None:
        """Open an address, and wait until it is loaded."""
        self._call("POST", f"{self.session}/url", url=address)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, in CSS pixels."""
        self._call("POST", f"{self.session}/window/rect", width=width, height=height)

    def ask(self, expression: str) -> Any:
        """Evaluate a script in the page, and return what JSON can hold of its value."""
        script = f"return JSON.stringify({expression}) ?? null"
        return json.loads(self._call("POST", f"{self.session}/execute/sync", script=script, args=[]) or "null")

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
        self._call("POST", f"{self.session}/actions", actions=[mouse])

    def close(self) -> None:
        """End the session, and with it the browser."""
        self._call("DELETE", self.session)


@contextlib.contextmanager
def webkit(browser: str, folder: Path) -> Iterator[WebKit]:
    """Run a WebKit on a screen that is none for a while, with all that it keeps in ``folder``."""
    display, port = f":{free_port()}", free_port()
    screen = subprocess.Popen(["Xvfb", display, "-screen", "0", "1600x1400x24"], stderr=subprocess.DEVNULL)
    environment = os.environ | {
        "DISPLAY": display,
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "WEBKIT_DISABLE_DMABUF_RENDERER": "1",  # there is no graphics card
        "GDK_BACKEND": "x11",
    }
    driver = subprocess.Popen(
        ["WebKitWebDriver", f"--port={port}"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        window = WebKit(f"http://127.0.0.1:{port}", browser)
        try:
            yield window
        finally:
            with contextlib.suppress(OSError, AssertionError):
                window.close()
    finally:
        end_tree(driver)
        end_tree(screen)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)

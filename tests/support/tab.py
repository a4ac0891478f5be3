"""A browser's tab without a browser: opens a page, presses its buttons, and stays open until the test closes it."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect


def cookies_of(server: str) -> str:
    """What a browser that asks for a page for the first time sends from then on."""
    with urllib.request.urlopen(server + "/", timeout=30) as answer:
        given = answer.headers.get_all("set-cookie", [])
    return "; ".join(f"{name}={one.value}" for text in given for name, one in SimpleCookie(text).items())


class Tab:
    """A page that is open at a server."""

    def __init__(self, connection: ClientConnection, page: str, query: str) -> None:
        self._connection, self._page, self._query = connection, page, query
        self.buttons: dict[str, tuple[str, str]] = {}  # by label: the widget's id, and its fragment's
        self.words: list[str] = []  # of headings, texts and boxes, in the order in which they came
        self._came: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        # a connection whose messages nobody takes answers no ping, and is cut
        threading.Thread(target=self._take, daemon=True).start()

    def run(self, pressed: str = "", seconds: float = 60.0) -> None:
        """Have the page's script run, with a button pressed, and wait for its end."""
        asked = BackMsg()
        asked.rerun_script.page_name = self._page
        asked.rerun_script.query_string = self._query
        if pressed:
            widget = asked.rerun_script.widget_states.widgets.add()
            widget.id, fragment = self.buttons[pressed]
            widget.trigger_value = True
            if fragment:
                asked.rerun_script.fragment_id = fragment
        self._connection.send(asked.SerializeToString())
        deadline = time.monotonic() + seconds
        while (kind := self._hear(deadline)) not in ("script_finished", ""):
            pass
        if not kind:
            pytest.fail(f"the page did not end within {seconds:g} s")

    def until(self, text: str, seconds: float = 30.0) -> None:
        """Take what the page is sent until it has shown a text."""
        deadline = time.monotonic() + seconds
        while not any(text in words for words in self.words):
            if not self._hear(deadline):
                pytest.fail(f"waited {seconds:g} s in vain for {text!r}; the page said {self.words}", pytrace=False)

    def _hear(self, deadline: float) -> str:
        message = ForwardMsg()
        try:
            message.ParseFromString(self._came.get(timeout=max(0.0, deadline - time.monotonic())))
        except queue.Empty:
            return ""
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            shown = element.WhichOneof("type")
            if shown == "button":
                self.buttons[element.button.label] = element.button.id, message.delta.fragment_id
            elif shown in ("heading", "markdown", "alert"):
                self.words.append(getattr(element, shown).body)
        return kind or "nothing"

    def _take(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in self._connection:
                self._came.put(message if isinstance(message, bytes) else message.encode())


@contextlib.contextmanager
def tab(server: str, page: str, query: dict[str, str] | None = None, cookies: str = "") -> Iterator[Tab]:
    """Open a page (by its address, empty for Home) as a visitor and keep it open for a while."""
    address = server.replace("http", "ws", 1) + "/_stcore/stream"
    headers = {"Cookie": cookies} if cookies else {}
    with connect(
        address, subprotocols=["streamlit"], max_size=None, additional_headers=headers, origin=server
    ) as connection:
        opened = Tab(connection, page, urlencode(query or {}))
        opened.run()
        yield opened

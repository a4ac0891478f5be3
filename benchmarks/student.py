"""A visitor without a browser: speaks Streamlit's websocket protocol, so that a hundred fit on one machine.

It does what a browser does that costs the server something: it keeps what it was sent, redraws a fragment as often as the
server asked for, and fetches the pictures that it is shown.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_MEDIA = re.compile(rb"/media/[0-9a-f]+\.[a-z0-9]+")


class PageError(RuntimeError):
    """The page showed an exception or an error. The message is what it said."""


@dataclass(frozen=True)
class Control:
    """A button, a slider or a field for a number of the page as it is now.

    Attributes:
        id: by which Streamlit knows it.
        fragment: the part of the page that is redrawn when it is used; empty for all of it.
        low, high: of a slider or a field.
        typed: whether it is a field, for whole numbers.
        options: of a slider that has words or chosen numbers; it stands at one of these, counted from 0.
        disabled: whether it cannot be used now.
    """

    id: str
    fragment: str
    low: float = 0.0
    high: float = 0.0
    typed: bool = False
    options: tuple[str, ...] = ()
    disabled: bool = False


class Student:
    """One tab of one visitor.

    Args:
        server: its address, "http://127.0.0.1:8501".
        page: the page's address in the app; Home's is empty.
        query: of the link that is opened, without the question mark.

    Attributes:
        buttons, sliders: what can be used now, by label; fields for numbers are among the sliders.
        texts: of the progress bars that were shown, the latest last.
        headings: that were shown, the latest last.
        pages: titles in the navigation.
        received: bytes that came so far, pictures included.
        problems: exceptions and error boxes that were shown, and pages that were not found.
    """

    def __init__(self, server: str, page: str = "", query: str = "") -> None:
        self._server, self._page, self._query = server.rstrip("/"), page, query
        self.buttons: dict[str, Control] = {}
        self.sliders: dict[str, Control] = {}
        self.texts: list[str] = []
        self.headings: list[str] = []
        self.pages: list[str] = []
        self.received = 0
        self.problems: list[str] = []
        self.runs = 0  # of the page's script, or of a part of it, that have ended
        self._changed = asyncio.Condition()
        self._script = ""  # by which Streamlit knows the page, once it is open
        self._begun: set[str] = set()  # parts of the page that are being drawn anew; none for all of it
        self._drawn: set[str] = set()  # the labels that came since
        self._kept: set[str] = set()  # messages that the server need not send again
        self._fetched: set[bytes] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, list[asyncio.Task[None]]] = {}

    async def __aenter__(self) -> Self:
        """Open the page, as a browser that was never here, and wait until all of it has been drawn."""
        cookie = await self._cookie()
        address = self._server.replace("http", "ws", 1) + "/_stcore/stream"
        headers = {"Cookie": cookie} if cookie else None
        self._socket = await websockets.connect(
            address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None, additional_headers=headers,
            open_timeout=60, ping_timeout=None,
        )  # fmt: skip
        self._begin(self._read())
        before = self.runs
        await self._send()
        await self.until(lambda: self.runs > before)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the tab."""
        self._stop_timers(list(self._timers))
        for task in self._tasks:
            task.cancel()
        await self._socket.close()

    async def until(self, seen: Callable[[], bool], seconds: float = 600.0) -> float:
        """Wait until something is seen, and return after how many seconds that was.

        Args:
            seen: asked after each message.
            seconds: to wait at most.

        Raises:
            TimeoutError: it was not seen in time.
        """
        started = time.perf_counter()
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(seen)
        return time.perf_counter() - started

    async def move(self, label: str, value: float) -> float:
        """Move a slider, and return the seconds until what hangs on it has been redrawn.

        Raises:
            TimeoutError: it has not within half a minute.
        """
        slider, before = self.sliders[label], self.runs
        asked = BackMsg()
        state = asked.rerun_script.widget_states.widgets.add()
        state.id = slider.id
        if slider.typed:
            state.int_value = int(value)
        elif slider.options:
            state.string_array_value.data.append(slider.options[int(value)])
        else:
            state.double_array_value.data.append(value)
        await self._send(asked, slider.fragment)
        return await self.until(lambda: self.runs > before, 30)

    async def press(self, label: str) -> None:
        """Press a button.

        Raises:
            PageError: it is not there, or cannot be pressed now.
        """
        button = self.buttons.get(label)
        if button is None or button.disabled:
            raise PageError(f"there is no {label!r} to press; there are {sorted(self.buttons)}")
        asked = BackMsg()
        state = asked.rerun_script.widget_states.widgets.add()
        state.id, state.trigger_value = button.id, True
        await self._send(asked, button.fragment)

    async def _cookie(self) -> str:
        """Fetch the page, and return the cookies that come with it, as a browser sends them."""
        _, head = await self._get("/" + self._page)
        cookies: SimpleCookie = SimpleCookie()
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"set-cookie":
                cookies.load(value.strip().decode())
        return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())

    async def _get(self, path: str) -> tuple[bytes, bytes]:
        """Return the body and the head of the server's answer for ``path``."""
        address = urlsplit(self._server)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        return body, head

    async def _fetch(self, path: bytes) -> None:
        body, _ = await self._get(path.decode())
        self.received += len(body)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, asked: BackMsg | None = None, fragment: str = "", by_itself: bool = False) -> None:
        asked = asked or BackMsg()
        script = asked.rerun_script
        script.query_string = self._query
        if self._script:
            script.page_script_hash = self._script
        else:
            script.page_name = self._page
        script.fragment_id, script.is_auto_rerun = fragment, by_itself
        script.cached_message_hashes.extend(self._kept)
        await self._socket.send(asked.SerializeToString())

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                assert isinstance(raw, bytes)
                self.received += len(raw)
                for path in set(_MEDIA.findall(raw)) - self._fetched:
                    self._fetched.add(path)
                    self._begin(self._fetch(path))
                message = ForwardMsg()
                message.ParseFromString(raw)
                self._take(message)
                async with self._changed:
                    self._changed.notify_all()
        except websockets.ConnectionClosed as error:
            self.problems.append(f"the connection was closed: {error}")

    def _take(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self._kept.add(message.hash)
        match message.WhichOneof("type"):
            case "new_session":
                self._begun, self._drawn = set(message.metadata.run.fragment_ids), set()
                if not self._begun:
                    self._stop_timers(list(self._timers))
            case "navigation":
                self._script = message.navigation.page_script_hash
                self.pages = [one.page_name for one in message.navigation.app_pages]
            case "page_not_found":
                self.problems.append(f"page not found: {message.page_not_found.page_name}")
            case "auto_rerun":
                asked = message.auto_rerun
                timer = asyncio.create_task(self._again_and_again(asked.fragment_id, asked.interval))
                self._timers.setdefault(asked.fragment_id, []).append(timer)
            case "stop_auto_rerun":
                self._stop_timers(message.stop_auto_rerun.fragment_ids)
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                self._note(message.delta.new_element, message.delta.fragment_id)
            case "script_finished" if message.script_finished != message.FINISHED_EARLY_FOR_RERUN:
                self._forget()
                self.runs += 1

    def _forget(self) -> None:
        """Forget the controls that were not there any more when their part of the page had been drawn anew."""
        for controls in (self.buttons, self.sliders):
            there = {label for label, one in controls.items() if not self._begun or one.fragment in self._begun}
            for label in there - self._drawn:
                del controls[label]

    def _stop_timers(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            for timer in self._timers.pop(fragment, []):
                timer.cancel()

    async def _again_and_again(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._send(None, fragment, by_itself=True)

    def _place(self, controls: dict[str, Control], label: str, control: Control) -> None:
        controls[label] = control
        self._drawn.add(label)

    def _note(self, element: Element, fragment: str) -> None:
        match element.WhichOneof("type"):
            case "button":
                button = Control(element.button.id, fragment, disabled=element.button.disabled)
                self._place(self.buttons, element.button.label, button)
            case "slider":
                slider = element.slider
                moved = Control(slider.id, fragment, slider.min, slider.max, options=tuple(slider.options))
                self._place(self.sliders, slider.label, moved)
            case "number_input" if element.number_input.data_type == element.number_input.INT:
                number = element.number_input
                typed = Control(number.id, fragment, number.min, number.max, typed=True)
                self._place(self.sliders, number.label, typed)
            case "progress":
                self.texts.append(element.progress.text)
            case "heading":
                self.headings.append(element.heading.body)
            case "exception":
                self.problems.append(f"{element.exception.type}: {element.exception.message}")
            case "alert" if element.alert.format == element.alert.ERROR:
                self.problems.append(element.alert.body)

"""A visit without a browser: speaks Streamlit's websocket protocol, so that a test can send thirty visitors at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


@dataclass
class Visit:
    """What a visitor was sent until the script of the page had ended."""

    headings: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)  # titles in the navigation, as it was sent last
    problems: list[str] = field(default_factory=list)  # exceptions, error boxes and pages that were not found


async def open_page(server: str, page: str, query: str = "", patience: float = 120.0) -> Visit:
    """Open ``page`` (its address, empty for Home) at ``server`` as a new visitor and wait for the end of its script.

    Raises TimeoutError after ``patience`` seconds.
    """
    visit = Visit()
    address = server.replace("http", "ws", 1) + "/_stcore/stream"
    async with asyncio.timeout(patience), websockets.connect(address, subprotocols=["streamlit"], max_size=None) as ws:
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = query
        await ws.send(asked.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(await ws.recv())
            kind = message.WhichOneof("type")
            if kind == "page_not_found":
                visit.problems.append(f"page not found: {message.page_not_found.page_name}")
            elif kind == "navigation":
                visit.pages = [one.page_name for one in message.navigation.app_pages]
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                shown = element.WhichOneof("type")
                if shown == "heading":
                    visit.headings.append(element.heading.body)
                elif shown == "exception":
                    visit.problems.append(f"exception: {element.exception.type} {element.exception.message}")
                elif shown == "alert" and element.alert.format == element.alert.ERROR:
                    visit.problems.append(f"error: {element.alert.body}")
            elif kind == "script_finished" and message.script_finished == message.FINISHED_SUCCESSFULLY:
                return visit


async def open_at_once(server: str, page: str, visitors: int, query: str = "") -> list[Visit]:
    """Open ``page`` as so many new visitors at the same moment."""
    return await asyncio.gather(*(open_page(server, page, query) for _ in range(visitors)))

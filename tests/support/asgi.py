"""Ask an ASGI app something without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import Headers


@dataclass
class Answer:
    """What the app answered."""

    status: int
    headers: Headers
    text: str


def ask(
    app: Any,
    path: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request to the host ``lab.example`` and return the answer."""
    body = urlencode(form or {}).encode()
    given = {"host": "lab.example", "content-type": "application/x-www-form-urlencoded"} | dict(headers or {})
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "server": ("lab.example", 80),
        "client": ("192.0.2.1", 40000),
    }
    sent: list[MutableMapping[str, Any]] = []

    bodies = [body]

    async def receive() -> dict[str, Any]:
        if not bodies:
            await asyncio.Event().wait()  # nobody hangs up
        return {"type": "http.request", "body": bodies.pop(), "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
    return Answer(sent[0]["status"], Headers(raw=sent[0]["headers"]), text)

"""When a browser is sent what a script has written: all that is changed of Streamlit's own sending, in one place.

A browser draws its whole page anew for every few messages that reach it, 10 ms a time on two cores. Streamlit sends what
a script has written so far, rests for 5 ms, and looks again, and each message leaves in a packet of its own, so that a
control's effect came in three to five pieces. Here what a script writes within its first ``_PATIENCE`` seconds is sent
as soon as it has ended, and what is sent within ``_GATHERING`` seconds leaves in one packet.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import runtime
from streamlit.runtime.app_session import AppSession, AppSessionState
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_PATIENCE = 0.025
_GATHERING = 0.002
_flush = AppSession.flush_browser_queue
_send = WebSocketsSansIOProtocol.send


class Gathering:
    """A connection's transport whose writes wait for one another a moment, and leave in one piece."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send ``data`` a moment later, after what was written before it."""
        if not self._parts:
            asyncio.get_running_loop().call_later(_GATHERING, self.leave)
        self._parts.append(data)

    def leave(self) -> None:
        """Send what has gathered."""
        data = b"".join(self._parts)
        self._parts.clear()
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Send what has gathered, and close."""
        self.leave()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


async def _send_together(connection: WebSocketsSansIOProtocol, message: Any) -> None:
    if not isinstance(connection.transport, Gathering):
        connection.transport = Gathering(connection.transport)  # type: ignore[assignment]
    await _send(connection, message)


def _flush_together(session: AppSession) -> list[ForwardMsg]:
    if session._state is not AppSessionState.APP_IS_RUNNING:
        session.__dict__.pop("_sends_at", None)
        return _flush(session)
    now = time.monotonic()
    if "_sends_at" not in session.__dict__:
        session.__dict__["_sends_at"] = now + _PATIENCE
        if (wake := session._message_enqueued_callback) is not None:
            asyncio.get_running_loop().call_later(_PATIENCE, wake)
    return _flush(session) if now >= session.__dict__["_sends_at"] else []


def improve() -> None:
    """Change it for this process; a second call changes nothing."""
    runtime.MESSAGE_FLUSH_INTERVAL_SECS = 0.001  # type: ignore[attr-defined]
    AppSession.flush_browser_queue = _flush_together  # type: ignore[assignment, method-assign]
    WebSocketsSansIOProtocol.send = _send_together  # type: ignore[assignment, method-assign]

"""Changes of Streamlit and uvicorn by their private names, so that pages answer sooner.

A browser draws its whole page anew for every few messages that reach it, 10 ms a time on two cores. Streamlit sends what
a script has written so far, rests for 5 ms, and looks again, and each message leaves in a packet of its own, so that a
control's effect came in three to five pieces. Here what a script writes within its first ``_PATIENCE`` seconds is sent
as soon as it has ended, and what is sent within ``_GATHERING`` seconds leaves in one packet.

Streamlit runs the scripts of all who press something at once, each in its thread. Here ``_AT_A_TIME`` run at a time
(:mod:`.turns`).

For each run of a script, Streamlit reads all the colours of its configuration anew and writes them into the run's first
message: a twelfth of what opening a page costs the server. Here they are read once.

Private names change without notice. So nothing is changed where other versions are installed than this was tried with,
where a name is missing, or where the environment variable :data:`SWITCH` is "0": the pages then work as Streamlit sends
them, some tens of milliseconds slower, and one line in the log says so.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import os
import re
import secrets
import time
from collections.abc import MutableMapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ui.shell.turns import Turns

SWITCH = "AE_STREAMLIT_PATCHES"
TRIED_WITH = {"streamlit": "1.67", "uvicorn": "0.54"}  # the releases whose source was read
XSRF_COOKIE = "_streamlit_xsrf"  # what an upload has to repeat in a header of its own

_PATIENCE = 0.025
_GATHERING = 0.002
_AT_A_TIME = 2  # so that one runs while another waits for a file, or for numbers that need no Python
_LONG = 0.25  # seconds after which a script counts as one that takes its time; nearly all take less than a tenth

log = logging.getLogger(__name__)


def apply() -> bool:
    """Change the sending of this process, unless there is a reason not to; return whether it is changed."""
    if reason := _reason_not_to():
        log.warning("Streamlit sends its messages in its own way: %s.", reason)
        return False
    from streamlit import net_util
    from streamlit.runtime import app_session, runtime
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    if AppSession.flush_browser_queue.__module__ == __name__:
        return True  # an earlier call did
    # At its start, and for each foreign page that would connect, Streamlit asks a server of Amazon's for its own address,
    # and answers nobody meanwhile, for up to two seconds where there is no network.
    net_util.get_external_ip = lambda: None
    runtime.MESSAGE_FLUSH_INTERVAL_SECS = 0.001  # type: ignore[attr-defined]
    app_session._populate_theme_msg = _once_a_section(app_session._populate_theme_msg)
    AppSession.flush_browser_queue = _flushing(AppSession.flush_browser_queue)  # type: ignore[method-assign]
    WebSocketsSansIOProtocol.send = _sending(WebSocketsSansIOProtocol.send)  # type: ignore[method-assign]
    ScriptRunner._run_script = _in_turn(ScriptRunner._run_script)  # type: ignore[method-assign]
    return True


def asks_to_clear_caches(message: bytes) -> bool:
    """Return whether a browser's message asks for the caches of all visitors to be emptied, as Streamlit's menu can.

    Args:
        message: as it came over the websocket.
    """
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from streamlit.proto.BackMsg_pb2 import BackMsg

    read = BackMsg()
    try:
        read.ParseFromString(message)
    except DecodeError:
        return False  # Streamlit says what is wrong with it
    return read.WhichOneof("type") == "clear_cache"


def asks_for_metrics(path: str) -> bool:
    """Return whether a path is that of Streamlit's own metrics, below whatever address the app lies."""
    return path.rstrip("/").endswith("/_stcore/metrics")


def is_upload(path: str) -> bool:
    """Return whether a path is one that files are sent to or removed from."""
    return "/_stcore/upload_file/" in path


def session_of_upload(path: str) -> str:
    """Return the session that a file is sent to, from the path that it is sent to."""
    return path.partition("/_stcore/upload_file/")[2].partition("/")[0]


def uploads_held() -> dict[str, int]:
    """Return how many bytes of uploaded files Streamlit keeps, by the session of the page that they are for."""
    from streamlit import runtime

    files = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {}) if runtime.exists() else {}
    return {name: sum(len(file.data) for file in list(kept.values())) for name, kept in list(files.items())}


def with_xsrf_token(scope: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return a request as a browser sends it that keeps Streamlit's cookie, with a token of its own.

    For a request whose cookie the browser keeps from a frame, and whose origin was found to be the app's own.

    Args:
        scope: of the request; see the ASGI specification.
    """
    token = secrets.token_hex(16).encode()
    others = [(name, value) for name, value in scope["headers"] if name not in (b"cookie", b"x-xsrftoken")]
    cookies = [value for name, value in scope["headers"] if name == b"cookie"]
    cookie = b"; ".join([*cookies, XSRF_COOKIE.encode() + b"=" + token])
    return {**scope, "headers": [*others, (b"cookie", cookie), (b"x-xsrftoken", token)]}


def inline_scripts() -> list[str]:
    """Return the scripts that stand in Streamlit's page itself, as a content security policy names them."""
    import streamlit

    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()
    hashes = [hashlib.sha256(text).digest() for text in re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)]
    return [f"'sha256-{base64.b64encode(one).decode()}'" for one in hashes]


def _reason_not_to() -> str:
    """Say why nothing is to be changed; empty where there is no reason."""
    if os.environ.get(SWITCH) == "0":
        return f"{SWITCH} is 0"
    for package, tried in TRIED_WITH.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            return f"{package} is not installed"
        if not f"{installed}.".startswith(f"{tried}."):
            return f"{package} {installed} is installed, and this was tried with {tried}"
    try:
        from streamlit import net_util
        from streamlit.runtime import app_session, runtime
        from streamlit.runtime.app_session import AppSession, AppSessionState
        from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
        from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
    except ImportError as error:
        return str(error)
    names = (
        (net_util, "get_external_ip"),
        (runtime, "MESSAGE_FLUSH_INTERVAL_SECS"),
        (app_session, "_populate_theme_msg"),
        (AppSession, "flush_browser_queue"),
        (WebSocketsSansIOProtocol, "send"),
        (ScriptRunner, "_run_script"),
    )
    missing = [name for owner, name in (*names, (AppSessionState, "APP_IS_RUNNING")) if not hasattr(owner, name)]
    given = AppSession.__init__.__code__.co_names  # what each session is given, and its class does not have
    missing += [name for name in ("_state", "_message_enqueued_callback") if name not in given]
    return f"it has no {missing[0]} any more" if missing else ""


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


def _sending(send: Any) -> Any:
    """Return uvicorn's ``send`` of a websocket, which writes to a :class:`Gathering` transport."""

    async def send_together(connection: Any, message: Any) -> None:
        if not isinstance(connection.transport, Gathering):
            connection.transport = Gathering(connection.transport)
        await send(connection, message)

    return send_together


def _once_a_section(populate: Any) -> Any:
    """Return Streamlit's ``populate`` of a message with a section of the theme, which reads each section once."""
    read: dict[str, bytes] = {}

    def populate_as_read(message: Any, section: str = "theme") -> None:
        if section not in read:
            fresh = type(message)()
            populate(fresh, section)
            read[section] = fresh.SerializeToString()
        if read[section]:  # a section that is empty stays away
            message.MergeFromString(read[section])

    return populate_as_read


def _in_turn(run: Any) -> Any:
    """Return Streamlit's ``run`` of a session's script, or of a part of it, which waits until it is its turn."""
    turns = Turns(_AT_A_TIME, _LONG)

    def run_in_turn(runner: Any, asked: Any) -> None:
        with turns.take():
            run(runner, asked)

    return run_in_turn


def _flushing(flush: Any) -> Any:
    """Return Streamlit's ``flush`` of a session, which holds a script's first messages back until they are many."""
    from streamlit.runtime.app_session import AppSessionState

    def flush_together(session: Any) -> Any:
        if session._state is not AppSessionState.APP_IS_RUNNING:
            session.__dict__.pop("_sends_at", None)
            return flush(session)
        now = time.monotonic()
        if "_sends_at" not in session.__dict__:
            session._sends_at = now + _PATIENCE
            asyncio.get_running_loop().call_later(_PATIENCE, session._message_enqueued_callback)
        return flush(session) if now >= session._sends_at else []

    return flush_together

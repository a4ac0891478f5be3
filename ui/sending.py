"""When a browser is sent what a script has written: all that is changed of Streamlit's own sending, in one place.

A browser draws its whole page anew for every few messages that reach it, 10 ms a time on two cores. Streamlit sends what
a script has written so far, rests for 5 ms, and looks again, so a control's effect came in three or four pieces. Here
what a script writes within its first ``_PATIENCE`` seconds is sent in one piece, as soon as it has ended.
"""

from __future__ import annotations

import asyncio
import time

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import runtime
from streamlit.runtime.app_session import AppSession, AppSessionState

_PATIENCE = 0.025
_flush = AppSession.flush_browser_queue


def _flush_together(session: AppSession) -> list[ForwardMsg]:
    if session._state is not AppSessionState.APP_IS_RUNNING:
        session.__dict__.pop("_sends_at", None)
        return _flush(session)
    now = time.monotonic()
    if "_sends_at" not in session.__dict__:
        session._sends_at = now + _PATIENCE
        asyncio.get_running_loop().call_later(_PATIENCE, session._message_enqueued_callback)
    return _flush(session) if now >= session._sends_at else []


def improve() -> None:
    """Change it for this process; a second call changes nothing."""
    runtime.MESSAGE_FLUSH_INTERVAL_SECS = 0.001
    AppSession.flush_browser_queue = _flush_together

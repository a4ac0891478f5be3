"""What a script writes at once reaches the browser at once; what takes its time comes piece by piece."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

import ui  # noqa: F401  (importing it changes the sending)
from ui import sending


class Session(SimpleNamespace):
    """As much of a session as sending needs, with a message in its queue for each time it was asked to write."""

    def __init__(self) -> None:
        super().__init__(_browser_queue=ForwardMsgQueue(), _state=AppSessionState.APP_NOT_RUNNING, asked=0)

    def _message_enqueued_callback(self) -> None:
        self.asked += 1

    def write(self) -> None:
        self._browser_queue.enqueue(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY))

    def sent(self) -> int:
        return len(AppSession.flush_browser_queue(self))  # type: ignore[arg-type]


def test_a_session_that_rests_is_sent_its_messages_at_once() -> None:
    session = Session()
    session.write()
    assert session.sent() == 1


def test_a_brief_run_is_sent_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_PATIENCE", 60.0)

    async def run() -> None:
        session = Session()
        session._state = AppSessionState.APP_IS_RUNNING
        for _ in range(3):
            session.write()
            assert session.sent() == 0
        session._state = AppSessionState.APP_NOT_RUNNING
        assert session.sent() == 3

    asyncio.run(run())


def test_a_long_run_is_sent_piece_by_piece_and_without_being_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_PATIENCE", 0.01)

    async def run() -> None:
        session = Session()
        session._state = AppSessionState.APP_IS_RUNNING
        session.write()
        assert session.sent() == 0
        await asyncio.sleep(0.05)
        assert session.asked == 1  # the loop that sends is woken, though nothing more was written
        assert session.sent() == 1
        session.write()
        assert session.sent() == 1

    asyncio.run(run())

"""What a script writes at once reaches the browser at once; what takes its time comes piece by piece."""

from __future__ import annotations

import asyncio
import inspect
from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

import ui  # noqa: F401  (importing it changes the sending)
from ui.shell import streamlit_patches


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
    monkeypatch.setattr(streamlit_patches, "_PATIENCE", 60.0)

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
    monkeypatch.setattr(streamlit_patches, "_PATIENCE", 0.01)

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


class Wire(asyncio.Transport):
    """Remembers each packet."""

    def __init__(self) -> None:
        super().__init__()
        self.packets: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.packets.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def test_what_is_written_within_a_moment_leaves_in_one_packet_in_its_order() -> None:
    async def run() -> None:
        wire = Wire()
        gathering = streamlit_patches.Gathering(wire)
        for word in (b"one ", b"two ", b"three"):
            gathering.write(word)
            await asyncio.sleep(0)
        assert wire.packets == []
        await asyncio.sleep(0.05)
        gathering.write(b"later")
        await asyncio.sleep(0.05)
        assert wire.packets == [b"one two three", b"later"]

    asyncio.run(run())


def test_closing_sends_what_has_gathered_and_a_closed_connection_is_sent_nothing() -> None:
    async def run() -> None:
        wire = Wire()
        gathering = streamlit_patches.Gathering(wire)
        gathering.write(b"last words")
        gathering.close()
        assert wire.packets == [b"last words"]
        assert wire.closed
        assert gathering.is_closing()
        gathering.write(b"unheard")
        await asyncio.sleep(0.05)
        assert wire.packets == [b"last words"]

    asyncio.run(run())


def test_a_connection_gathers_from_its_first_message_on() -> None:
    class Sends:
        def send_binary(self, data: bytes) -> None:
            self.data = data

        def data_to_send(self) -> list[bytes]:
            return [self.data]

    async def run() -> None:
        wire = Wire()
        connection = object.__new__(WebSocketsSansIOProtocol)
        connection.transport = wire
        connection.conn = Sends()
        connection.writable = asyncio.Event()
        connection.writable.set()
        connection.handshake_complete, connection.disconnected, connection.close_sent = True, False, False
        connection.initial_response = None
        for word in (b"one ", b"two"):
            await connection.send({"type": "websocket.send", "bytes": word})
        await asyncio.sleep(0.05)
        assert wire.packets == [b"one two"]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ({"environ": "0"}, "AE_STREAMLIT_PATCHES is 0"),
        ({"version": "1.68.0"}, "1.68.0 is installed"),
        ({"version": "1.670"}, "1.670 is installed"),
        ({"missing": "flush_browser_queue"}, "no flush_browser_queue"),
    ],
    ids=["switched off", "another release", "a release that begins alike", "a name that is gone"],
)
def test_nothing_is_changed_where_there_is_a_reason_not_to(
    reason: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if "environ" in reason:
        monkeypatch.setenv("AE_STREAMLIT_PATCHES", reason["environ"])
    if "version" in reason:
        monkeypatch.setattr(streamlit_patches, "version", lambda package: reason["version"])
    if "missing" in reason:
        monkeypatch.delattr(AppSession, reason["missing"])
    assert not streamlit_patches.apply()
    (line,) = caplog.messages
    assert told in line


def test_what_was_changed_is_not_changed_again() -> None:
    before = AppSession.flush_browser_queue, WebSocketsSansIOProtocol.send, ScriptRunner._run_script
    assert streamlit_patches.apply()
    assert before == (AppSession.flush_browser_queue, WebSocketsSansIOProtocol.send, ScriptRunner._run_script)
    assert {one.__module__ for one in before} == {streamlit_patches.__name__}


@pytest.mark.parametrize("section", ["theme", "theme.light", "theme.sidebar", "theme.dark.sidebar"])
def test_the_theme_that_was_read_once_is_the_one_that_streamlit_reads_each_time(section: str) -> None:
    of_streamlit = inspect.getclosurevars(app_session._populate_theme_msg).nonlocals["populate"]
    asked = []

    def populate(message: CustomThemeConfig, of: str) -> None:
        asked.append(of)
        of_streamlit(message, of)

    once = streamlit_patches._once_a_section(populate)
    expected = CustomThemeConfig()
    of_streamlit(expected, section)
    assert expected != CustomThemeConfig() or section == "theme.sidebar"  # of which the lab sets nothing
    for _ in range(3):
        filled = CustomThemeConfig()
        once(filled, section)
        assert filled == expected
    assert asked == [section]

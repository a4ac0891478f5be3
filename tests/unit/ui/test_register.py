"""Visitors are known again: who finds what is theirs, for how long, and what no other finds."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from clock import Clock
from streamlit.proto.BackMsg_pb2 import BackMsg

from ae_core.config.schema import Config
from ae_core.jobs.job import Job, State
from ae_core.tasks import trainable
from ui.shell.answers import Answers
from ui.visit import presence
from ui.visit.register import COOKIE, Register, token_in

ANNA, BEN = "a" * 32, "b" * 32


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def register(clock: Clock) -> Register[list[str]]:
    return Register(list, keep=600.0, most=4, clock=clock)


def test_the_same_token_finds_the_same_belongings_and_another_finds_none_of_them(register: Register[list[str]]) -> None:
    register.find(ANNA).belongings.append("a drawing")
    assert register.find(ANNA).belongings == ["a drawing"]
    assert register.find(BEN).belongings == []
    assert register.find(None).belongings == []
    assert register.find(None) is not register.find(None)


def test_what_a_visitor_is_called_does_not_tell_the_token(register: Register[list[str]]) -> None:
    known = register.find(ANNA)
    assert ANNA not in repr(known)
    assert known.visitor == register.find(ANNA).visitor != register.find(BEN).visitor


def test_a_visitor_is_here_while_one_of_their_tabs_is_open(register: Register[list[str]]) -> None:
    known = register.find(ANNA)
    assert not register.is_here(known.visitor)
    register.enter(known, "one")
    register.enter(known, "two")
    register.leave(known, "one")
    assert register.is_here(known.visitor)
    register.leave(known, "two")
    assert not register.is_here(known.visitor)
    assert not register.is_here("nobody")


def test_belongings_wait_for_who_left_and_not_for_ever(register: Register[list[str]], clock: Clock) -> None:
    known = register.find(ANNA)
    register.enter(known, "tab")
    clock.now += 5000  # a lesson with the tab open
    known.belongings.append("a run")
    assert register.find(ANNA).belongings == ["a run"]
    register.leave(known, "tab")
    clock.now += 599
    assert register.find(ANNA).belongings == ["a run"]
    clock.now += 2
    assert register.find(ANNA).belongings == []


def test_of_too_many_those_who_left_longest_ago_lose_theirs_and_nobody_who_is_here(
    register: Register[list[str]], clock: Clock
) -> None:
    tokens = [letter * 32 for letter in "cdefgh"]
    here = register.find(ANNA)
    register.enter(here, "tab")
    for token in tokens:
        clock.now += 1
        register.find(token).belongings.append(token)
    assert register.find(ANNA) is here
    assert register.find(tokens[-1]).belongings == [tokens[-1]]
    assert register.find(tokens[0]).belongings == []


def test_who_keeps_no_token_leaves_nothing_behind(register: Register[list[str]], clock: Clock) -> None:
    known = register.find(None)
    register.enter(known, "tab")
    register.leave(known, "tab")
    clock.now += 61
    register.find(BEN)
    assert known not in register._known.values()


def test_who_asks_for_it_is_forgotten_in_all_tabs(register: Register[list[str]]) -> None:
    known = register.find(ANNA)
    known.belongings.append("a photograph")
    register.forget(known)
    assert register.find(ANNA).belongings == known.belongings == []


@pytest.mark.parametrize(
    "cookie", [None, "", "a" * 31, "a" * 33, "ä" * 32, "a" * 31 + "\n", "../" + "a" * 29, object()]
)
def test_what_is_no_token_of_the_labs_is_none(cookie: object) -> None:
    assert token_in(cookie) is None


# --- The cookie ---------------------------------------------------------------------------------------------


def answered(kind: bytes = b"text/html; charset=utf-8", scheme: str = "http", **sent: str) -> dict[str, list[str]]:
    """What a browser that sends these headers is answered: the headers, by their names."""
    messages: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})

    async def keep(message: Any) -> None:
        messages.append(message)

    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()]
    scope = {"type": "http", "method": "GET", "scheme": scheme, "path": "/", "headers": headers}
    asyncio.run(Answers(app)(scope, None, keep))  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    for name, value in messages[0]["headers"]:
        found.setdefault(name.decode(), []).append(value.decode())
    return found


def test_a_browser_is_given_a_token_that_nobody_guesses_with_its_first_page() -> None:
    cookies = [answered()["set-cookie"] for _ in range(2)]
    assert cookies[0] != cookies[1]
    (cookie,) = cookies[0]
    match = re.fullmatch(COOKIE + r"=(\S+); Path=/; HttpOnly; SameSite=Lax", cookie)
    assert match is not None
    assert token_in(match[1]) == match[1]
    assert answered()["cache-control"] == ["no-store"]


@pytest.mark.parametrize("sent", [{"scheme": "https"}, {"x_forwarded_proto": "https, http"}])
def test_over_https_the_token_goes_over_https_alone(sent: dict[str, str]) -> None:
    assert answered(**sent)["set-cookie"][0].endswith("; Secure")


def test_who_has_a_token_keeps_it_and_pictures_bring_none() -> None:
    assert "set-cookie" not in answered(cookie=f"other=1; {COOKIE}={ANNA}")
    assert "set-cookie" not in answered(b"image/png")
    assert "set-cookie" in answered(cookie=f"{COOKIE}=forged")


def test_no_browser_has_the_caches_of_all_emptied() -> None:
    clearing, running, odd = BackMsg(), BackMsg(), b"\xff\xff"
    clearing.clear_cache = True
    running.rerun_script.query_string = "a=1"
    waiting = [clearing.SerializeToString(), running.SerializeToString(), clearing.SerializeToString(), odd, b""]
    told: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.receive", "bytes": waiting.pop(0)}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told.extend([(await receive())["bytes"] for _ in range(3)])

    asyncio.run(Answers(app)({"type": "websocket"}, receive, None))  # type: ignore[arg-type]
    assert told == [running.SerializeToString(), odd, b""]


def test_every_answer_says_who_may_frame_it() -> None:
    for headers in (answered(), answered(b"image/png", cookie=f"{COOKIE}={ANNA}")):
        assert headers["content-security-policy"][0].endswith("; frame-ancestors 'self'")
        assert headers["x-content-type-options"] == ["nosniff"]
        assert headers["referrer-policy"] == ["same-origin"]


@pytest.mark.parametrize(
    ("tabs", "running", "waiting"), [(0, 0.5, 0.5), (15, 0.5, 0.5), (30, 1.0, 2.0), (60, 2.0, 3.0), (500, 3.0, 3.0)]
)
def test_the_more_tabs_are_open_the_less_often_each_looks(
    monkeypatch: pytest.MonkeyPatch, tabs: int, running: float, waiting: float
) -> None:
    monkeypatch.setattr(presence.REGISTER, "present", lambda: (tabs, tabs, tabs))
    job = Job(trainable(Config()))
    assert presence.seconds_between_looks(job) == waiting
    job.state = State.RUNNING
    assert presence.seconds_between_looks(job) == running
    assert presence.seconds_between_looks(None) is None

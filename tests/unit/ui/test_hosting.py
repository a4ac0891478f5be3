"""How the lab may be reached: what an operator sets, and what every answer then says and refuses."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.middleware.trustedhost import TrustedHostMiddleware

from ui.shell.answers import _UNSAID, Answers, middleware
from ui.shell.hosting import FRAME_ANCESTORS, HOSTS, OPERATOR_TOKEN, Hosting, HostingError
from ui.shell.streamlit_patches import XSRF_COOKIE, inline_scripts, uploads_held
from ui.shell.uploads import Uploads
from ui.visit.register import COOKIE

COURSE = "https://moodle.example.edu"
FRAMED = Hosting(framers=(COURSE,))
TOKEN = "a-token-of-the-operators"
ROOT = Path(__file__).resolve().parents[3]


class Reached:
    """A request, as far as it came: what the app was asked, and what the browser was answered."""

    def __init__(
        self, hosting: Hosting, path: str = "/", scheme: str = "http", method: str = "GET", **sent: str
    ) -> None:
        self.asked: dict[str, str] | None = None
        self.status = 0
        self.headers: dict[str, list[str]] = {}
        headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()]
        scope = {"type": "http", "scheme": scheme, "method": method, "path": path, "headers": headers}
        asyncio.run(Answers(self._app, hosting)(scope, None, self._sent))  # type: ignore[arg-type]

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked = {name.decode(): value.decode() for name, value in scope["headers"]}
        cookies = [f"{XSRF_COOKIE}=2|ab|cd|1; Path=/; SameSite=Lax", "other=1; Path=/app"]
        headers = [(b"content-type", b"text/html"), *((b"set-cookie", cookie.encode()) for cookie in cookies)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _sent(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            for name, value in message["headers"]:
                self.headers.setdefault(name.decode(), []).append(value.decode())

    def cookie(self, name: str) -> str:
        """What is said of a cookie beside its value."""
        (cookie,) = [cookie for cookie in self.headers["set-cookie"] if cookie.startswith(f"{name}=")]
        return cookie.partition("; ")[2]


# --- What an operator sets -----------------------------------------------------------------------------------


def test_without_settings_no_other_site_frames_it_every_host_is_its_own_and_nobody_operates_it() -> None:
    assert Hosting.from_environment({}) == Hosting()
    assert Hosting().answers_to == ["*"]
    assert not Hosting().is_operator("Bearer ")
    assert not Hosting().is_operator("")


def test_settings_are_read_as_they_are_written() -> None:
    hosting = Hosting.from_environment(
        {FRAME_ANCESTORS: f" {COURSE}  https://*.Example.org:8443\n", HOSTS: "lab.example.edu *.Lab.edu [::1]"}
    )
    assert hosting.framers == (COURSE, "https://*.example.org:8443")
    assert hosting.answers_to[:3] == ["lab.example.edu", "*.lab.edu", "[::1]"]


NO_SITES = (
    *(
        "*",
        "moodle.example.edu",
        "https://",
        "https://*",
        "https://a.example/",
        "https://a.example;",
        "'self'",
        "data:",
    ),
    *("https://a.example, https://b.example", "https://*.*.example", "https://a.example:", "javascript:alert(1)"),
)


@pytest.mark.parametrize("value", NO_SITES)
def test_sites_that_mean_nothing_stop_the_start_with_a_sentence(value: str) -> None:
    with pytest.raises(HostingError, match=f"{FRAME_ANCESTORS} names the sites whose pages may show .* none of these"):
        Hosting.from_environment({FRAME_ANCESTORS: value})


@pytest.mark.parametrize(
    "value", ["*", "https://lab.example.edu", "lab.example.edu:80", "a/b", "*.", "a.*.b", "-a", "a,b"]
)
def test_hosts_that_mean_nothing_stop_the_start_with_a_sentence(value: str) -> None:
    with pytest.raises(HostingError, match=f"{HOSTS} names the hosts that the lab answers to.* none of these"):
        Hosting.from_environment({HOSTS: value})


@pytest.mark.parametrize("value", ["short", "a" * 15, "a token of the operator", "ümlaut" * 4, "a" * 20 + "\n"])
def test_a_token_that_is_guessed_or_cannot_be_sent_stops_the_start_with_a_sentence(value: str) -> None:
    with pytest.raises(HostingError, match="at least 16 letters"):
        Hosting.from_environment({OPERATOR_TOKEN: value})


def test_the_app_does_not_start_with_a_setting_that_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FRAME_ANCESTORS, "everybody")
    with pytest.raises(SystemExit, match="everybody"):
        middleware()


@pytest.mark.parametrize(
    ("shown", "right"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer  {TOKEN} ", True),
        (f"Bearer {TOKEN}x", False),
        (f"Bearer {TOKEN[:-1]}", False),
        (f"Basic {TOKEN}", False),
        (TOKEN, False),
        ("Bearer ", False),
        ("Bearer ü", False),
    ],
)
def test_the_operator_shows_the_whole_token(shown: str, right: bool) -> None:
    assert Hosting(token=TOKEN).is_operator(shown) == right


# --- Headers -------------------------------------------------------------------------------------------------


def test_every_answer_says_what_may_be_loaded_and_used() -> None:
    headers = Reached(Hosting()).headers
    (policy,) = headers["content-security-policy"]
    sources = dict(part.split(" ", 1) for part in policy.split("; "))
    assert sources["default-src"] == "'none'"
    assert sources["frame-ancestors"] == "'self'"
    assert sources["script-src"].split() == ["'self'", "blob:", *inline_scripts()]
    assert not re.search(r"'unsafe-eval'|https?:|\*", policy)
    assert headers["permissions-policy"][0].startswith("camera=(self), ")
    assert "microphone=()" in headers["permissions-policy"][0]


def test_streamlits_own_page_has_a_script_that_is_named() -> None:
    assert len(inline_scripts()) >= 1
    assert all(re.fullmatch(r"'sha256-[\w+/]{43}='", script) for script in inline_scripts())


def test_sites_that_an_operator_names_may_frame_it() -> None:
    (policy,) = Reached(FRAMED).headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors 'self' {COURSE}")


# --- Cookies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosting", "https", "marks"),
    [
        (Hosting(), False, "SameSite=Lax"),
        (Hosting(), True, "SameSite=Lax; Secure"),
        (FRAMED, False, "SameSite=Lax"),  # no browser takes the other over plain http
        (FRAMED, True, "SameSite=None; Secure; Partitioned"),
    ],
)
def test_cookies_go_where_the_lab_may_be_shown(hosting: Hosting, https: bool, marks: str) -> None:
    for reached in (
        Reached(hosting, scheme="https" if https else "http"),
        Reached(hosting, x_forwarded_proto="https" if https else "http"),
    ):
        assert reached.cookie(COOKIE) == f"Path=/; HttpOnly; {marks}"
        assert reached.cookie(XSRF_COOKIE) == f"Path=/; {marks}"  # a script has to read it
        assert reached.cookie("other") == "Path=/app"


def test_a_cookie_of_somebody_else_that_is_badly_made_does_not_hide_the_visitors() -> None:
    sent = f'a={{"b": [1, "c"]}}; {COOKIE}={"a" * 32}; =; ;'
    assert not any(cookie.startswith(COOKIE) for cookie in Reached(Hosting(), cookie=sent).headers["set-cookie"])


# --- Uploads from a frame whose browser keeps the cookies back -------------------------------------------------

UPLOAD = "/_stcore/upload_file/session/file"
OWN: dict[str, str] = {"host": "lab.example.edu", "origin": "https://lab.example.edu", "sec_fetch_site": "same-origin"}


def let_through(hosting: Hosting = FRAMED, path: str = UPLOAD, **sent: str) -> bool:
    """Whether Streamlit is shown a cookie and a header that agree."""
    asked = Reached(hosting, path, method="PUT", **{name: value for name, value in sent.items() if value}).asked
    assert asked is not None
    token = asked.get("x-xsrftoken")
    return token is not None and f"{XSRF_COOKIE}={token}" in asked.get("cookie", "")


def test_what_the_labs_own_page_sends_is_let_through_without_a_cookie() -> None:
    assert let_through(**OWN)
    assert let_through(**OWN, cookie="other=1")
    assert let_through(**OWN | {"sec_fetch_site": ""})  # an older browser
    assert let_through(path=f"/base{UPLOAD}", **OWN)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"origin": COURSE},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "lab.example.edu"},
        {"origin": "https://lab.example.edu.evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"host": "other.example.edu"},
        {"host": "", "origin": "https://"},
        {"cookie": f"{XSRF_COOKIE}=2|ab|cd|1"},  # a browser that keeps it has to show it as Streamlit asks for
        {"hosting": Hosting()},  # nobody else frames it: no browser keeps its cookie back
        {"path": "/_stcore/health"},
    ],
)
def test_nothing_else_is(otherwise: dict[str, Any]) -> None:
    assert not let_through(**OWN | otherwise)


def test_streamlit_takes_what_it_is_shown() -> None:
    from streamlit.web.server.starlette.starlette_app_utils import validate_xsrf_token

    asked = Reached(FRAMED, UPLOAD, method="PUT", **OWN).asked
    assert asked is not None
    assert validate_xsrf_token(asked["x-xsrftoken"], asked["cookie"].partition("=")[2])


# --- What nobody else may ask for ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/base/_stcore/metrics", "/_stcore/metrics/"])
def test_streamlits_metrics_are_the_operators(path: str) -> None:
    own = Hosting(token=TOKEN)
    assert Reached(own, path, authorization=f"Bearer {TOKEN}").status == 200
    for refused in (Reached(own, path), Reached(own, path, authorization="Bearer x"), Reached(Hosting(), path)):
        assert refused.status == 404
        assert refused.asked is None
        assert refused.headers["x-content-type-options"] == ["nosniff"]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("lab.example.edu", True),
        ("LAB.example.edu:8501", True),
        ("sub.labs.example", True),
        ("localhost:8501", True),
        ("127.0.0.1:8501", True),
        ("[::1]:8501", True),
        ("evil.example", False),
        ("lab.example.edu.evil.example", False),
        ("www.lab.example.edu", False),
        ("lab.example.edu@evil.example", False),
        ("", False),
    ],
)
def test_only_its_own_names_are_answered(monkeypatch: pytest.MonkeyPatch, kind: str, host: str, answered: bool) -> None:
    monkeypatch.setenv(HOSTS, "lab.example.edu *.labs.example")
    first, second = middleware()
    assert first.cls is Answers
    assert second.cls is TrustedHostMiddleware
    reached: list[str] = []
    told: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["type"])

    async def send(message: Any) -> None:
        told.append(message)

    guarded = TrustedHostMiddleware(app, *second.args, **second.kwargs)
    scope = {"type": kind, "path": "/", "scheme": "http", "headers": [(b"host", host.encode())], "extensions": {}}
    asyncio.run(guarded(scope, None, send))  # type: ignore[arg-type]
    assert reached == ([kind] if answered else [])
    assert answered or told[0]["status"] == 400


# --- What uploads take of the memory ---------------------------------------------------------------------------


def test_files_that_are_coming_and_those_that_came_have_their_bounds() -> None:
    held = {"a": 0, "b": 0}
    uploads = Uploads(of_one=100, of_all=150, held=lambda: held)
    assert uploads.begin("a", 60) == ""
    assert "for one visitor" in uploads.begin("a", 60)
    assert uploads.begin("b", 80) == ""
    assert "of all visitors" in uploads.begin("b", 20)
    uploads.end("a", 60)
    held["a"] = 60
    assert "for one visitor" in uploads.begin("a", 60)
    held["a"] = 0  # removed from the page
    assert uploads.begin("a", 60) == ""


def test_who_opens_more_tabs_may_upload_no_more() -> None:
    held: dict[str, int] = {}
    uploads = Uploads(of_one=100, of_all=1000, held=lambda: held)
    assert uploads.begin("first tab", 60, "anna") == ""
    held["first tab"] = 60
    uploads.end("first tab", 60)
    assert "for one visitor" in uploads.begin("second tab", 60, "anna")
    assert uploads.begin("another's", 60, "ben") == ""
    held.clear()  # she closed it
    assert uploads.begin("second tab", 60, "anna") == ""


def test_a_file_without_room_is_refused_before_it_is_read_and_leaves_no_trace() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ConnectionError

    async def read() -> Any:
        raise AssertionError("it was read")

    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    answers = Answers(app, Hosting(), Uploads(of_one=150 << 20, of_all=150 << 20, held=dict))

    def put(*headers: tuple[bytes, bytes]) -> Any:
        scope = {"type": "http", "method": "PUT", "path": UPLOAD, "scheme": "http", "headers": list(headers)}
        return answers(scope, read, send)

    asyncio.run(put((b"content-length", b"%d" % (200 << 20))))
    asyncio.run(put((b"content-length", b"9" * 5000)))
    assert [message["status"] for message in told if "status" in message] == [413, 413]
    assert b"Remove some from the pages" in told[1]["body"]
    for _ in range(2):  # one that breaks off, and does not say its size, is forgotten
        with pytest.raises(ConnectionError):
            asyncio.run(put())


def test_what_streamlit_keeps_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit import runtime
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

    files = MemoryUploadedFileManager("/_stcore/upload_file")
    for session, size in (("a", 3), ("b", 4)):
        files.add_file(session, UploadedFileRec("file", "name", "kind", bytes(size)))
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=files))
    assert uploads_held() == {"a": 3, "b": 4}


def test_the_web_process_asks_nobody_for_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of another site that would connect is refused at once."""
    import requests
    from streamlit.web.server.server_util import is_url_from_allowed_origins

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("it asked")

    monkeypatch.setattr(requests, "get", asked)
    assert not is_url_from_allowed_origins("https://evil.example")


# --- What Streamlit is told -------------------------------------------------------------------------------------


def test_visitors_are_shown_no_details_of_errors_and_nobody_counts_them() -> None:
    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert told["client"]["showErrorDetails"] == "none"
    assert told["client"]["showErrorLinks"] is False
    assert told["browser"]["gatherUsageStats"] is False
    assert told["server"]["maxUploadSize"] << 20 == _UNSAID
    for name in ("enableCORS", "enableXsrfProtection"):  # on by themselves
        assert told["server"].get(name, True)
    for name in ("enableAgentApi", "scriptHealthCheckEnabled", "enableStaticServing"):  # off by themselves
        assert not told["server"].get(name, False)

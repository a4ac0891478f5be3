"""What stands between browsers and the app: the cookies that a visitor is known by, headers, and what nobody may ask for."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse

from ui.shell.hosting import Hosting, HostingError
from ui.shell.streamlit_patches import (
    XSRF_COOKIE,
    asks_for_metrics,
    asks_to_clear_caches,
    inline_scripts,
    is_upload,
    session_of_upload,
    with_xsrf_token,
)
from ui.shell.uploads import Uploads
from ui.visit.register import COOKIE, token_in

#: What a page of the lab may load, found by forbidding everything and looking at what Chromium then complained of.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self' blob:",  # a component's code is a blob, as Streamlit hands it to the browser
    "style-src": "'self' 'unsafe-inline'",  # Streamlit's bundle (Emotion), Plotly and components write style elements
    "img-src": "'self' data:",
    "font-src": "'self' data:",  # an empty one that Streamlit's editor of tables brings in its bundle
    "connect-src": "'self' data:",  # Streamlit reads what the camera took from such an address
    "base-uri": "'none'",
    "form-action": "'none'",
}
_UNSAID = 100 << 20  # bytes that an upload may have that does not say how many: as in .streamlit/config.toml
_PERMISSIONS = ("camera", "clipboard-write", "fullscreen")  # that pages use; all others are given up
_GIVEN_UP = ("accelerometer", "display-capture", "geolocation", "gyroscope", "microphone", "payment", "usb")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def middleware() -> list[Middleware]:
    """Return what stands before the app, as the environment sets it.

    Raises:
        SystemExit: a setting means nothing; with a sentence, and the process ends with it.
    """
    try:
        hosting = Hosting.from_environment()
    except HostingError as error:
        raise SystemExit(str(error)) from None
    return [
        Middleware(Answers, hosting),
        Middleware(TrustedHostMiddleware, allowed_hosts=hosting.answers_to, www_redirect=False),
    ]


class Answers:
    """ASGI middleware: gives each browser that has none a token, with the page that it asks for first.

    The token is random and made anew for every browser, no script in a page can read it, and it goes to no other site.
    It is forgotten when the browser is closed.

    Args:
        app: what answers.
        hosting: how the operator lets the lab be reached.
        uploads: what visitors' files take of the memory.
    """

    def __init__(
        self,
        app: Callable[[Scope, Receive, Send], Awaitable[None]],
        hosting: Hosting | None = None,
        uploads: Uploads | None = None,
    ) -> None:
        self.app = app
        self._hosting = hosting or Hosting()
        self._headers = _headers(self._hosting)
        self._uploads = uploads or Uploads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see the ASGI specification."""
        if scope["type"] == "websocket":
            await self.app(scope, _without_clearing(receive), send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        cookies = cookie_parser(asked.get("cookie", ""))  # as Streamlit reads them, whatever stands beside ours
        fresh = token_in(cookies.get(COOKIE)) is None
        marks = self._marks(scope)

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                _mark(headers, marks)
                if fresh and headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; HttpOnly; {marks}")
                    headers["cache-control"] = "no-store"  # or a proxy hands one visitor's token to the next
            await send(message)

        if asks_for_metrics(scope["path"]) and not self._hosting.is_operator(asked.get("authorization", "")):
            await PlainTextResponse("Not Found", 404)(scope, receive, send_with_headers)
            return
        if is_upload(scope["path"]):
            await self._let_in(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a file that is sent, or taken back, on to Streamlit, where it comes from the lab's own page and has room."""
        asked = Headers(scope=scope)
        if self._hosting.framers and _by_itself(asked) and XSRF_COOKIE not in cookie_parser(asked.get("cookie", "")):
            scope = with_xsrf_token(scope)
        if scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        session, said = session_of_upload(scope["path"]), asked.get("content-length", "")
        size = int(said[:15]) if said.isdecimal() else _UNSAID
        visitor = token_in(cookie_parser(asked.get("cookie", "")).get(COOKIE)) or ""
        if full := self._uploads.begin(session, size, visitor):
            await PlainTextResponse(full, 413)(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            self._uploads.end(session, size)

    def _marks(self, scope: Scope) -> str:
        """Return what a cookie says of where it may be sent.

        In another site's frame a browser takes only a cookie that says so, and only over https; kept apart for each such
        site (Partitioned), so that it does not follow a visitor from one to the other.
        """
        if not is_secure(scope):
            return "SameSite=Lax"
        return "SameSite=None; Secure; Partitioned" if self._hosting.framers else "SameSite=Lax; Secure"


def _headers(hosting: Hosting) -> dict[str, str]:
    """Return the headers that every answer bears."""
    scripts = " ".join([_SOURCES["script-src"], *inline_scripts()])
    sources = _SOURCES | {"script-src": scripts, "frame-ancestors": " ".join(["'self'", *hosting.framers])}
    permissions = [f"{name}=(self)" for name in _PERMISSIONS] + [f"{name}=()" for name in _GIVEN_UP]
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in sources.items()),
        "permissions-policy": ", ".join(permissions),
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }


def _mark(headers: MutableHeaders, marks: str) -> None:
    """Have Streamlit's own cookie go where the lab's goes. A page's script has to read it, so it is not HttpOnly."""
    cookies = headers.getlist("set-cookie")
    if not any(cookie.startswith(f"{XSRF_COOKIE}=") for cookie in cookies):
        return
    del headers["set-cookie"]
    for cookie in cookies:
        ours = cookie.startswith(f"{XSRF_COOKIE}=")
        headers.append("set-cookie", f"{cookie.split(';')[0]}; Path=/; {marks}" if ours else cookie)


def _without_clearing(receive: Receive) -> Receive:
    """Return ``receive`` without the messages by which any browser could have the caches of all visitors emptied."""

    async def receive_others() -> MutableMapping[str, Any]:
        while True:
            message = await receive()
            if not asks_to_clear_caches(message.get("bytes") or b""):
                return message

    return receive_others


def _by_itself(asked: Headers) -> bool:
    """Return whether a browser says that a page of the lab asked, and none of another site: no script can forge these.

    Browsers before 2023 and those over plain http do not say ``Sec-Fetch-Site``; all say the origin of what changes anything.
    """
    origin = urlsplit(asked.get("origin", ""))
    same_host = origin.scheme in ("http", "https") and origin.netloc == asked.get("host")
    return same_host and asked.get("sec-fetch-site", "same-origin") == "same-origin"


def is_secure(scope: Scope) -> bool:
    """Return whether a request came encrypted, to this process or to a proxy before it; see the ASGI specification."""
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "").split(",")[0].strip()
    return (forwarded or scope.get("scheme")) == "https"

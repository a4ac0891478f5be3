"""What stands between browsers and the app: the cookie that a visitor is known by, headers, and what nobody may ask for."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders

from ui.shell.streamlit_patches import asks_to_clear_caches
from ui.visit.register import COOKIE, token_in

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "content-security-policy": "frame-ancestors 'self'",
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Answers:
    """ASGI middleware: gives each browser that has none a token, with the page that it asks for first.

    The token is random and made anew for every browser, no script in a page can read it, and it goes to no other site.
    It is forgotten when the browser is closed.

    Args:
        app: what answers.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see the ASGI specification."""
        if scope["type"] == "websocket":
            await self.app(scope, _without_clearing(receive), send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        fresh = _token_of(Headers(scope=scope).get("cookie", "")) is None
        secure = _is_secure(scope)

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if fresh and headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", _cookie(secure))
                    headers["cache-control"] = "no-store"  # or a proxy hands one visitor's token to the next
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _without_clearing(receive: Receive) -> Receive:
    """Return ``receive`` without the messages by which any browser could have the caches of all visitors emptied."""

    async def receive_others() -> MutableMapping[str, Any]:
        while True:
            message = await receive()
            if not asks_to_clear_caches(message.get("bytes") or b""):
                return message

    return receive_others


def _token_of(header: str) -> str | None:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return token_in(found.value if found is not None else None)


def _is_secure(scope: Scope) -> bool:
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "").split(",")[0].strip()
    return (forwarded or scope.get("scheme")) == "https"


def _cookie(secure: bool) -> str:
    marks = "; Secure" if secure else ""
    return f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; HttpOnly; SameSite=Lax{marks}"

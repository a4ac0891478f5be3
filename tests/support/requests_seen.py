"""Which hosts a page asks: none but the lab's own."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, WebSocket


def watched(page: Page, server: str) -> list[str]:
    """Let none of a page's requests out to another host than the server, and return the list of those that were tried."""
    foreign: list[str] = []
    own = urlsplit(server).netloc

    def judge(route: Route) -> None:
        if urlsplit(route.request.url).netloc == own:
            route.fallback()
        else:
            foreign.append(route.request.url)
            route.abort()

    def judge_socket(socket: WebSocket) -> None:
        if urlsplit(socket.url).netloc != own:
            foreign.append(socket.url)

    page.route(re.compile("^(https?|ftp):"), judge)
    page.on("websocket", judge_socket)
    return foreign

"""The addresses for whoever runs the lab: /operator and /metrics behind the token, /healthz and /livez for all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ui.operator import access, metrics, page, reading
from ui.visit import caches

_STYLE = Path(__file__).with_name("operator.css")
_LONGEST_FORM = 4096  # bytes
_WRONG = 1.0  # seconds that a wrong token waits for its answer

# no script at all, and nothing from anywhere else
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # "no-referrer" would have the browser leave out where a form was sent from
    "cache-control": "no-store",
}

Answer = Callable[[Request], Awaitable[Response]]


async def livez(request: Request) -> Response:
    """Answer that this web process answers."""
    return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})


async def healthz(request: Request) -> Response:
    """Answer whether this web process should be sent visitors: 503 where its workers are gone, or while it is drained."""
    well, what = reading.health()
    return JSONResponse(what, 200 if well else 503, headers={"cache-control": "no-store"})


async def show_metrics(request: Request) -> Response:
    """Answer with the metrics, for programs that bring the token."""
    if not access.has_bearer(request):
        return PlainTextResponse(
            "The token is wanted: Authorization: Bearer ...\n", 401, {"www-authenticate": "Bearer"}
        )
    text = metrics.text(await run_in_threadpool(reading.read))
    return Response(text, media_type=metrics.CONTENT_TYPE, headers={"cache-control": "no-store"})


async def show(request: Request) -> Response:
    """Answer with the view, or with the form that asks for the token."""
    if not access.may_see(request):
        return _page(page.login(), 200)
    return _page(page.view(await run_in_threadpool(reading.read)))


async def log_in(request: Request) -> Response:
    """Give a browser the cookie for the right token."""
    if not access.is_from_here(request):
        return _page(page.login("This form was sent from another site."), 403)
    if not access.is_token((await _form(request)).get("token", "").strip()):
        await asyncio.sleep(_WRONG)
        return _page(page.login("This is not the token."), 403)
    answer = RedirectResponse("/operator", 303, _HEADERS)
    answer.set_cookie(**access.cookie(request))  # type: ignore[arg-type]
    return answer


async def log_out(request: Request) -> Response:
    """Have a browser forget the cookie."""
    answer = RedirectResponse("/operator", 303, _HEADERS)
    if access.is_from_here(request):
        answer.set_cookie(**access.no_cookie(request))  # type: ignore[arg-type]
    return answer


def _draining(value: bool) -> Answer:
    async def drain(request: Request) -> Response:
        if not access.may_do(request):
            return _page(page.login("Log in first; a form that another site has sent is not taken."), 403)
        manager = await run_in_threadpool(caches.manager)
        manager.draining = value
        return RedirectResponse("/operator", 303, _HEADERS)

    return drain


async def style(request: Request) -> Response:
    """Answer with the view's style sheet."""
    return FileResponse(_STYLE, headers=_HEADERS | {"cache-control": "no-cache"})


def _if_offered(answer: Answer) -> Answer:
    """Have an address not be there for anybody where there is no token to open it with."""

    async def answered(request: Request) -> Response:
        return await answer(request) if access.is_offered() else PlainTextResponse("Not found\n", 404)

    return answered


ROUTES = [
    Route("/livez", livez),
    Route("/healthz", healthz),
    Route("/metrics", _if_offered(show_metrics)),
    Route("/operator", _if_offered(show)),
    Route("/operator/login", _if_offered(log_in), methods=["POST"]),
    Route("/operator/logout", _if_offered(log_out), methods=["POST"]),
    Route("/operator/drain", _if_offered(_draining(True)), methods=["POST"]),
    Route("/operator/undrain", _if_offered(_draining(False)), methods=["POST"]),
    Route("/operator/style.css", _if_offered(style)),
]


def _page(text: str, status: int = 200) -> Response:
    return Response(text, status, _HEADERS, media_type="text/html")


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a small form; nothing of a large one."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}

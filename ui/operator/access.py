"""Who may see the operator's view: whoever knows the token of AE_OPERATOR_TOKEN.

A program sends it as ``Authorization: Bearer``. A person types it into a form once, and their browser is given a cookie that
is signed with it and holds for half a day. The token itself is in no cookie and in no address.
"""

from __future__ import annotations

import hashlib
import os
from urllib.parse import urlsplit

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import Request

from ui.shell.answers import is_secure
from ui.shell.hosting import OPERATOR_TOKEN, SHORTEST_TOKEN, Hosting

_COOKIE = "ae_operator"
_HOLDS = 12 * 3600  # seconds
_IN = b"in"


def _wanted() -> Hosting:
    """Return what a token is held against; without one where the view is not offered."""
    given = os.environ.get(OPERATOR_TOKEN, "").strip()
    return Hosting(token=given if len(given) >= SHORTEST_TOKEN else "")


def is_offered() -> bool:
    """Return whether there is a token, and thus a view for whoever knows it."""
    return bool(_wanted().token)


def is_token(given: str) -> bool:
    """Return whether this is the operator's token."""
    return _wanted().is_token(given)


def has_bearer(request: Request) -> bool:
    """Return whether a request brings the token itself, as programs do."""
    return _wanted().is_operator(request.headers.get("authorization", ""))


def may_see(request: Request) -> bool:
    """Return whether a request comes from the operator."""
    return has_bearer(request) or _has_cookie(request)


def may_do(request: Request) -> bool:
    """Return whether a request that changes something comes from the operator, and from a page of the lab's own.

    A browser sends the cookie to no request that another site has caused, and says where a form was sent from.
    """
    return has_bearer(request) or (_has_cookie(request) and is_from_here(request))


def is_from_here(request: Request) -> bool:
    """Return whether a form was sent by a page of the lab's own, as the browser says."""
    origin = urlsplit(request.headers.get("origin", ""))
    hosts = {request.headers.get("host", ""), request.headers.get("x-forwarded-host", "")} - {""}
    return origin.scheme in ("http", "https") and origin.netloc in hosts


def cookie(request: Request) -> dict[str, object]:
    """Return what Starlette's ``set_cookie`` takes, for whoever has just given the token."""
    return _marks(request) | {"value": _signer().sign(_IN).decode(), "max_age": _HOLDS}


def no_cookie(request: Request) -> dict[str, object]:
    """Return what ``set_cookie`` takes to have the browser forget the cookie."""
    return _marks(request) | {"value": "", "max_age": 0}


def _marks(request: Request) -> dict[str, object]:
    marks = {"path": "/operator", "httponly": True, "samesite": "strict", "secure": is_secure(request.scope)}
    return {"key": _COOKIE} | marks


def _has_cookie(request: Request) -> bool:
    given = request.cookies.get(_COOKIE, "")
    if not given or not is_offered():
        return False
    try:
        return bool(_signer().unsign(given, max_age=_HOLDS) == _IN)
    except BadSignature:  # or too old
        return False


def _signer() -> TimestampSigner:
    return TimestampSigner(_wanted().token, salt="operator", digest_method=hashlib.sha256)

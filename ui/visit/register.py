"""The register of visitors: who is here, and what of theirs is found again when they come back.

A visitor is known by a token that their browser keeps in a cookie, see :mod:`ui.shell.answers`. All of their tabs, and
who they are after a reload, find the same belongings. They are in this server's memory only.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

COOKIE = "ae_visitor"  # holds the token
KEEP = 2 * 3600.0  # seconds for which belongings wait for a visitor who has left
MOST = 300  # visitors whose belongings are kept

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")

Belongings = TypeVar("Belongings")


def token_in(cookie: object) -> str | None:
    """Return the visitor's token, or None where it is none that this lab makes.

    Args:
        cookie: the value of the cookie :data:`COOKIE`, as a browser sent it.
    """
    return cookie if isinstance(cookie, str) and _TOKEN.fullmatch(cookie) else None


@dataclass(eq=False)
class Known(Generic[Belongings]):
    """A visitor who is or was here.

    Attributes:
        visitor: by whom jobs are owned. It says nothing of the token, so that it may stand in a log.
        belongings: what all of their tabs share.
        comes_back: whether their browser keeps a token.
        tabs: the connections that are open now.
        left: when the last of them was closed, in seconds.
    """

    visitor: str
    belongings: Belongings
    comes_back: bool
    left: float
    tabs: set[str] = field(default_factory=set)


class Register(Generic[Belongings]):
    """All visitors whose belongings are kept. Its methods are called from any thread.

    Args:
        fresh: makes the belongings of a visitor who was never here.
        keep: seconds for which belongings are kept after their visitor has left.
        most: visitors whose belongings are kept; beyond that those who left longest ago lose theirs.
        clock: seconds.
    """

    def __init__(
        self,
        fresh: Callable[[], Belongings],
        keep: float = KEEP,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fresh, self._keep, self._most, self._clock = fresh, keep, most, clock
        self._known: dict[str, Known[Belongings]] = {}  # by the visitor
        self._lock = threading.Lock()

    def find(self, token: str | None) -> Known[Belongings]:
        """Return the visitor whose browser keeps this token, or a new one where nobody is known by it.

        Args:
            token: from the cookie; None where the browser keeps none.
        """
        visitor = uuid.uuid4().hex if token is None else hashlib.sha256(token.encode()).hexdigest()[:32]
        with self._lock:
            self._forget_old()
            if visitor not in self._known:
                self._known[visitor] = Known(visitor, self._fresh(), token is not None, self._clock())
            return self._known[visitor]

    def enter(self, known: Known[Belongings], tab: str) -> None:
        """Note that a tab of a visitor has a connection."""
        with self._lock:
            self._known[known.visitor] = known
            known.tabs.add(tab)

    def leave(self, known: Known[Belongings], tab: str) -> None:
        """Note that a tab of a visitor has lost its connection: it was closed or reloaded, or the network is down."""
        with self._lock:
            known.tabs.discard(tab)
            known.left = self._clock()

    def is_here(self, visitor: str) -> bool:
        """Return whether a visitor has a tab open."""
        with self._lock:
            known = self._known.get(visitor)
            return known is not None and bool(known.tabs)

    def present(self) -> tuple[int, int, int]:
        """Return how many tabs are open, of how many visitors, and of how many visitors belongings are kept."""
        with self._lock:
            tabs = [len(known.tabs) for known in self._known.values()]
        return sum(tabs), sum(map(bool, tabs)), len(tabs)

    def forget(self, known: Known[Belongings]) -> None:
        """Take all that a visitor has; they begin anew."""
        with self._lock:
            known.belongings = self._fresh()

    def _forget_old(self) -> None:
        away = sorted((one for one in self._known.values() if not one.tabs), key=lambda one: one.left)
        now, many = self._clock(), len(self._known) - self._most + 1
        for place, one in enumerate(away):
            # who cannot come back leaves nothing behind
            if place < many or one.left < now - (self._keep if one.comes_back else 60.0):
                del self._known[one.visitor]

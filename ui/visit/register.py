"""The register of visitors: who is here, and what of theirs is found again when they come back.

A visitor is known by a token that their browser keeps in a cookie, see :mod:`ui.shell.answers`. All of their tabs, and
who they are after a reload, find the same belongings. They are in this server's memory, and where the register has
lockers (:mod:`ui.visit.keeping`) also on its disk: there they are found after a restart.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

COOKIE = "ae_visitor"  # holds the token
KEEP = 2 * 3600.0  # seconds for which belongings wait for a visitor who has left
MOST = 300  # visitors whose belongings are kept

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")

Belongings = TypeVar("Belongings")
_Found = TypeVar("_Found", covariant=True)


def token_in(cookie: object) -> str | None:
    """Return the visitor's token, or None where it is none that this lab makes.

    Args:
        cookie: the value of the cookie :data:`COOKIE`, as a browser sent it.
    """
    return cookie if isinstance(cookie, str) and _TOKEN.fullmatch(cookie) else None


class Kept(Protocol[_Found]):
    """Where belongings are while they are not in memory."""

    def read(self, visitor: str) -> _Found | None:
        """Return what is kept of a visitor; None for nothing."""

    def forget(self, visitor: str) -> None:
        """Remove all that is kept of a visitor."""


class Known(Generic[Belongings]):
    """A visitor who is or was here.

    Args:
        visitor: by whom jobs are owned. It says nothing of the token, so that it may stand in a log.
        find: returns their belongings where they are not in memory.
        comes_back: whether their browser keeps a token.
        left: now, in seconds.

    Attributes:
        held: what is in memory of theirs; None before it is asked for.
        tabs: the connections that are open now.
        left: when the last of them was closed, in seconds.
    """

    def __init__(self, visitor: str, find: Callable[[str], Belongings], comes_back: bool, left: float) -> None:
        self.visitor, self.comes_back, self.left = visitor, comes_back, left
        self.held: Belongings | None = None
        self.tabs: set[str] = set()
        self._find = find
        self._finding = threading.Lock()

    @property
    def belongings(self) -> Belongings:
        """What all of their tabs share. Only their own tabs wait while it is read from the disk."""
        with self._finding:
            found = self.held
            if found is None:
                found = self.held = self._find(self.visitor)
            return found


class Register(Generic[Belongings]):
    """All visitors whose belongings are kept. Its methods are called from any thread.

    Args:
        fresh: makes the belongings of a visitor who was never here.
        keep: seconds for which belongings are kept after their visitor has left.
        most: visitors whose belongings are kept; beyond that those who left longest ago lose theirs.
        clock: seconds.

    Attributes:
        kept: where belongings are that are not in memory; None for nowhere.
    """

    def __init__(
        self,
        fresh: Callable[[], Belongings],
        keep: float = KEEP,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.kept: Kept[Belongings] | None = None
        self._fresh, self._keep, self._most, self._clock = fresh, keep, most, clock
        self._known: dict[str, Known[Belongings]] = {}  # by the visitor
        self._lock = threading.Lock()

    def find(self, token: str | None) -> Known[Belongings]:
        """Return the visitor whose browser keeps this token, or a new one where nobody is known by it.

        Args:
            token: from the cookie; None where the browser keeps none.
        """
        visitor = uuid.uuid4().hex if token is None else hashlib.sha256(token.encode()).hexdigest()[:32]
        find = self._read if token is not None else lambda visitor: self._fresh()
        with self._lock:
            self._forget_old()
            return self._known.setdefault(visitor, Known(visitor, find, token is not None, self._clock()))

    def _read(self, visitor: str) -> Belongings:
        found = self.kept.read(visitor) if self.kept is not None else None
        return found if found is not None else self._fresh()

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

    def in_memory(self) -> list[Known[Belongings]]:
        """Return all whose belongings are in memory."""
        with self._lock:
            return [known for known in self._known.values() if known.held is not None]

    def away_for(self, known: Known[Belongings]) -> float:
        """Return for how many seconds a visitor has had no tab open."""
        with self._lock:
            return 0.0 if known.tabs else self._clock() - known.left

    def drop(self, known: Known[Belongings]) -> None:
        """Take from memory what is kept elsewhere of a visitor who has no tab open."""
        with self._lock:
            if not known.tabs:
                known.held = None

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
        known.held = self._fresh()
        if self.kept is not None:
            self.kept.forget(known.visitor)

    def _forget_old(self) -> None:
        away = sorted((one for one in self._known.values() if not one.tabs), key=lambda one: one.left)
        now, many = self._clock(), len(self._known) - self._most + 1
        for place, one in enumerate(away):
            # who cannot come back leaves nothing behind
            if place < many or one.left < now - (self._keep if one.comes_back else 60.0):
                del self._known[one.visitor]

"""Bound what uploaded files take of the web process' memory, where Streamlit keeps them until their page is closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from ui.shell.streamlit_patches import uploads_held

OF_ONE = 200 << 20  # bytes of one visitor, in all their tabs: two checkpoints of the largest kind
OF_ALL = 600 << 20  # of all visitors


class Uploads:
    """What lies in memory, and what is on its way there. Its methods are called from one thread.

    Args:
        of_one: bytes that one visitor may have.
        of_all: bytes that all may have together.
        held: returns what lies in memory, in bytes by the session of the page that it is for.
    """

    def __init__(
        self, of_one: int = OF_ONE, of_all: int = OF_ALL, held: Callable[[], Mapping[str, int]] = uploads_held
    ) -> None:
        self._of_one, self._of_all, self._held = of_one, of_all, held
        self._coming: defaultdict[str, int] = defaultdict(int)  # bytes by session
        self._sessions: dict[str, set[str]] = {}  # of each visitor, as far as anything of theirs lies here or is coming

    def begin(self, session: str, size: int, visitor: str = "") -> str:
        """Note that a file is coming, which :meth:`end` takes back; or say in a sentence why there is no room for it.

        Args:
            session: of the page that it is for.
            size: in bytes.
            visitor: whose page that is; empty where that is not known, and the page counts by itself.

        Returns:
            The sentence; empty where there is room.
        """
        held = self._held()
        self._forget_who_has_nothing(held)
        mine = self._sessions.get(visitor, set()) | {session} if visitor else {session}
        if sum(held.get(one, 0) + self._coming.get(one, 0) for one in mine) + size > self._of_one:
            return (
                "Your uploads take all the memory there is for one visitor. Remove some from the pages, or close a tab."
            )
        if sum(held.values()) + sum(self._coming.values()) + size > self._of_all:
            return "The uploads of all visitors take all the memory there is for them. Try again in a few minutes."
        self._coming[session] += size
        if visitor:
            self._sessions[visitor] = mine
        return ""

    def end(self, session: str, size: int) -> None:
        """Note that a file that was coming has come, or does not come any more."""
        self._coming[session] -= size
        if not self._coming[session]:
            del self._coming[session]

    def _forget_who_has_nothing(self, held: Mapping[str, int]) -> None:
        there = {session for session, size in held.items() if size} | self._coming.keys()
        left = {visitor: sessions & there for visitor, sessions in self._sessions.items()}
        self._sessions = {visitor: sessions for visitor, sessions in left.items() if sessions}

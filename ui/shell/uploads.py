"""Bound what uploaded files take of the web process' memory, where Streamlit keeps them until their page is closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from ui.shell.streamlit_patches import uploads_held

OF_ONE = 200 << 20  # bytes of one page that is open: two checkpoints of the largest kind
OF_ALL = 600 << 20  # of all that are open


class Uploads:
    """What lies in memory, and what is on its way there. Its methods are called from one thread.

    Args:
        of_one: bytes that one open page may have.
        of_all: bytes that all may have together.
        held: returns what of a page and what of all lies in memory, in bytes.
    """

    def __init__(
        self, of_one: int = OF_ONE, of_all: int = OF_ALL, held: Callable[[str], tuple[int, int]] = uploads_held
    ) -> None:
        self._of_one, self._of_all, self._held = of_one, of_all, held
        self._coming: defaultdict[str, int] = defaultdict(int)

    def begin(self, session: str, size: int) -> str:
        """Note that a file is coming, which :meth:`end` takes back; or say in a sentence why there is no room for it.

        Args:
            session: of the page that it is for.
            size: in bytes.

        Returns:
            The sentence; empty where there is room.
        """
        mine, all_ = self._held(session)
        if mine + self._coming.get(session, 0) + size > self._of_one:
            return "Your uploads take all the memory there is for one visit. Remove some from the page, or reload it."
        if all_ + sum(self._coming.values()) + size > self._of_all:
            return "The uploads of all visitors take all the memory there is for them. Try again in a few minutes."
        self._coming[session] += size
        return ""

    def end(self, session: str, size: int) -> None:
        """Note that a file that was coming has come, or does not come any more."""
        self._coming[session] -= size
        if not self._coming[session]:
            del self._coming[session]

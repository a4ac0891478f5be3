"""Let a few scripts run at a time, and the others wait for their turn.

Python runs one thread at a time, and has them take turns every five milliseconds. When a class presses a button and thirty
scripts run at once, each lasts thirty times as long, nobody is answered before all are, and much time goes into the turns
themselves. A few at a time are answered one after the other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """So many at a time; but who takes long, as for a download or a large picture, soon keeps nobody waiting any more.

    Args:
        count: how many at a time.
        longest: seconds after which one that still runs does not count.
    """

    def __init__(self, count: int, longest: float) -> None:
        self._count, self._longest = count, longest
        self._ends: dict[object, float] = {}  # of those who have a turn, when they do not count any more
        self._changed = threading.Condition()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn, and have it for the time of the context."""
        turn = object()
        with self._changed:
            while (wait := self._seconds_to_wait()) > 0:
                self._changed.wait(wait)
            self._ends[turn] = time.monotonic() + self._longest
        try:
            yield
        finally:
            with self._changed:
                del self._ends[turn]
                self._changed.notify()

    def _seconds_to_wait(self) -> float:
        """Return in how many seconds there is room if nobody ends; nothing where there is room now."""
        now = time.monotonic()
        counted = [end for end in self._ends.values() if end > now]
        return min(counted) - now if len(counted) >= self._count else 0.0

"""Memory that all visits share: beyond its bound, those who took something into it longest ago lose it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

State = TypeVar("State")


class Room(Generic[State]):
    """Room for what visits hold. A visit that ends leaves it by itself.

    Args:
        size_of: returns how many bytes a visit's state holds; 0 for nothing.
        forget: takes what it holds from a visit's state.
    """

    def __init__(self, size_of: Callable[[State], int], forget: Callable[[State], None]) -> None:
        self._size_of, self._forget = size_of, forget
        self._holders: list[weakref.ref[State]] = []  # who took something in first is first
        self._lock = threading.Lock()

    def take(self, state: State, most: int) -> None:
        """Note that a visit has just taken something in, which it keeps; others forget theirs where that is too much.

        Args:
            state: of that visit.
            most: bytes of all visits together.
        """
        with self._lock:
            holders = [holder for ref in self._holders if (holder := ref()) is not None and holder is not state]
            others = [holder for holder in holders if self._size_of(holder)]
            self._holders = [weakref.ref(holder) for holder in (*others, state)]
            left = most - self._size_of(state)
            for holder in reversed(others):
                left -= self._size_of(holder)
                if left < 0:
                    self._forget(holder)

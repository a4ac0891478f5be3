"""Work that somebody waits for in front of a page, cut into pieces small enough that many can take turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of some work: a function that a worker can import, what it is called with, and how large it is."""

    size: int
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    place: Any = None  # where the answer belongs, for :meth:`Piecewise.take`; it stays where the work is


class Piecewise(Protocol):
    """Work in pieces."""

    @property
    def total(self) -> int:
        """The sum of the sizes of its pieces."""

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces; none of them waits for the answer of another."""

    def take(self, piece: Piece, answer: Any) -> None:
        """Put an answer where it belongs. Called from one thread at a time."""

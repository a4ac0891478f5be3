"""Work that somebody waits for in front of a page, cut into pieces small enough that many can take turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, eq=False)  # equal to itself alone: arrays among its arguments have no one truth
class Piece:
    """A part of some work that a worker computes by itself, in a second or two.

    Attributes:
        size: how much of the work it is, in the unit of :attr:`Piecewise.total`.
        function: that workers can import; what it returns is the answer.
        arguments: of the function: numbers, texts, bytes and arrays, about 1 MB of them.
        place: where the answer belongs, for :meth:`Piecewise.take`; it stays where the work is.
    """

    size: int
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    place: Any = None


class Piecewise(Protocol):
    """Work that is done piece by piece. No two threads call its methods at the same time."""

    @property
    def total(self) -> int:
        """The sum of the sizes of its pieces, in pixels for instance."""

    def pieces(self) -> Iterator[Piece | None]:
        """Cut the work into pieces, each when it is asked for.

        None where the next one cannot be cut before an answer is taken that is still out: it is asked for again then.
        """

    def take(self, piece: Piece, answer: Any) -> None:
        """Put a piece's answer where it belongs. Answers come in any order, one for each piece."""


def done_here(work: Piecewise) -> Iterator[Piece]:
    """Do all of some work without workers, and yield each piece as soon as its answer is taken."""
    for piece in work.pieces():
        assert piece is not None, "no answer is out"
        work.take(piece, piece.function(*piece.arguments))
        yield piece

"""A study: figures of a finished run that workers compute part by part, for a page of the section Apply.

Equal studies have equal keys, so that what was computed for one visitor is shown to all who ask for the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ae_core.data import own
from ae_core.runs import checkpoint
from ae_core.runs.fit import forget_images
from ae_core.runs.run import Run
from ae_core.tasks.piecewise import Piece, done_here

Answer = Mapping[str, Any]  # numbers, texts, lists and dictionaries of them, and NumPy arrays, by name


@dataclass(frozen=True)
class Part:
    """A part of a study, which a worker computes by itself in seconds.

    Attributes:
        name: under which its answer is found.
        title: what is computed, for the line under the progress bar: "the isolation forest".
        function: that workers can import; it returns an :data:`Answer`.
        arguments: of the function: numbers, texts, bytes and arrays, about 2 MB of them.
        weight: how long it takes beside the others.
    """

    name: str
    title: str
    function: Callable[..., Answer]
    arguments: tuple[Any, ...] = ()
    weight: int = 1


@dataclass(eq=False)
class Study:
    """Parts of which each gives an answer; it is a :class:`ae_core.tasks.piecewise.Piecewise`.

    Attributes:
        key: what names the study: see :func:`key_of`.
        parts: what is computed, in this order; none needs the answer of another.
        own: the name and the file of what the run's data set is made of, where that is a visitor's own (:func:`own_of`).
        answers: what has been computed so far, by the part's name.
    """

    key: str
    parts: Sequence[Part]
    own: tuple[str, bytes] | None = None
    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The sum of the parts' weights."""
        return sum(part.weight for part in self.parts)

    @property
    def under_way(self) -> str:
        """What is computed now or next, in words; empty when all is there."""
        return next((part.title for part in self.parts if part.name not in self.answers), "")

    def pieces(self) -> Iterator[Piece]:
        """Give out each part as a piece."""
        for part in self.parts:
            if self.own is None:
                yield Piece(part.weight, part.function, part.arguments, part.name)
            else:
                yield Piece(part.weight, with_own, (*self.own, part.function, part.arguments), part.name)

    def take(self, piece: Piece, answer: Answer) -> None:
        """Keep the answer of a part."""
        self.answers[piece.place] = answer

    def done_here(self) -> dict[str, Answer]:
        """Compute all parts in this process, and return the answers."""
        for _ in done_here(self):
            pass
        return self.answers


def key_of(kind: str, run: str, settings: Mapping[str, Any]) -> str:
    """Return 32 hexadecimal digits that name a study.

    Args:
        kind: of study.
        run: what names the run: its Config's key where it was trained by the lab to its end, else what nobody can guess.
        settings: everything else that its answers depend on, as JSON can say it.
    """
    text = json.dumps([kind, run, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def own_of(run: Run) -> tuple[str, bytes] | None:
    """Return the name and the file of what a run's data set is made of; None where that is nobody's own, or not here."""
    dataset = run.config.dataset
    source = own.held().get(dataset) if own.is_own(dataset) else None
    return None if source is None else (dataset, source.as_file())


def with_own(name: str, data: bytes, function: Callable[..., Answer], arguments: tuple[Any, ...]) -> Answer:
    """Compute a part of a study whose data set is somebody's own, which this process does not keep.

    Args:
        name: of the data set.
        data: the file of what it is made of.
        function: of the part.
        arguments: of the function.
    """
    try:
        with own.lent(name, own.from_file(name, data)):
            return function(*arguments)
    finally:
        forget_images()


def file_of(run: Run) -> bytes:
    """Return a run as a worker needs it: a checkpoint without the film."""
    return checkpoint.to_bytes(replace(run, film=None))


@lru_cache(maxsize=4)  # all parts of a study ask for the same one
def run_of(file: bytes) -> Run:
    """Read what :func:`file_of` wrote."""
    return checkpoint.from_bytes(file)

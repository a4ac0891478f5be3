"""What the lab asks of anything that it trains on a visitor's behalf: a key, a cost, a ``train`` and a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self

from ae_core.training.cost import Pace
from ae_core.training.loop import Progress


@dataclass(frozen=True)
class Loading:
    """Data is being read. ``baseline`` is the error of the method one would use instead, once that is known."""

    baseline: float | None = None


@dataclass(frozen=True)
class Measuring:
    """Training has ended, and its result is being measured."""


Event = Loading | Progress | Measuring  # what a run tells of itself on its way


@dataclass(frozen=True)
class Cost:
    """What a run would take of the machine that trains it."""

    parameters: int  # trainable numbers
    steps: int
    memory: int  # bytes beyond PyTorch itself
    seconds: float  # of training
    group: str  # runs whose estimates err alike: what one of them took corrects the estimate of the next
    # by the name of a bound above, the sentence that says how to stay within it, where the usual one does not suit
    advice: Mapping[str, str] = field(default_factory=dict)


class Result(Protocol):
    """What training leaves behind. A :class:`ae_core.runs.run.Run` is one."""

    @property
    def config(self) -> Any:
        """Return the settings it was trained from: anything with a ``key``."""

    @property
    def finished(self) -> bool:
        """Say whether it was trained to its end. Nothing else is kept under its key."""

    @property
    def seconds(self) -> float:
        """Return the wall time of training alone."""


class Trainable(Protocol):
    """The settings of one run, and how to train it: a frozen dataclass that inherits from this.

    ``kind`` is the name of its module in :mod:`ae_core.tasks`, or of its entry point (see :func:`ae_core.tasks.find`).
    The web process asks for everything but :meth:`train`, which runs in a worker.
    """

    kind: ClassVar[str]

    @property
    def key(self) -> str:
        """Return 16 hexadecimal digits that name the run: equal for settings that would train the same."""
        return hashlib.sha256(f"{self.kind} {self.to_json()}".encode()).hexdigest()[:16]

    @property
    def config(self) -> Any:
        """Return the settings as pages know them, where that is another object with the same key."""
        return self

    @property
    def private(self) -> bool:
        """Say whether its result is for the visitor alone who asked for it: then it is neither filed nor shared."""
        return False

    @property
    def enclosed(self) -> Any:
        """Return what a worker has to be sent beside the settings, as plain values, bytes or arrays; None for nothing."""
        return None

    def with_enclosed(self, enclosed: Any) -> Self:
        """Return the same, with what :attr:`enclosed` was where it came from."""
        return self

    def to_json(self) -> str:
        """Return all settings as JSON text with sorted keys."""
        ...

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read :meth:`to_json`'s text. Raises LabError for anything else."""
        ...

    def to_query(self) -> dict[str, str]:
        """Return the parameters of a link to this run."""
        ...

    @classmethod
    def from_query(cls, params: Mapping[str, str]) -> tuple[Self, list[str]]:
        """Return the nearest valid settings to a link's, and a sentence for each that had to change. Never raises."""
        ...

    def cost(self, pace: Pace) -> Cost:
        """Estimate what this run would take of a machine of this pace."""
        ...

    def train(self, report: Callable[[Event], None], should_stop: Callable[[], bool]) -> Result:
        """Train and measure.

        Args:
            report: to be told how the run goes on, a few times a second at most.
            should_stop: to be asked about ten times a second; when it says yes, what was learned so far is returned
                with ``finished`` False.

        Raises:
            LabError: with a sentence, when it cannot be trained. What the worker learned is then lost.
        """
        ...

    @classmethod
    def to_bytes(cls, result: Any) -> bytes:
        """Return a result as a file: see :func:`ae_core.runs.checkpoint.pack`."""
        ...

    @classmethod
    def from_bytes(cls, data: bytes) -> Result:
        """Read :meth:`to_bytes`'s file, which may come from a stranger. Raises LabError for whatever is wrong with it."""
        ...

"""What an operator sees of the jobs and the workers at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ae_core.jobs.watch import Health, Heard

# what visitors are told while nothing new is taken on
DRAINING = (
    "The lab is about to be restarted and takes on nothing new. What was begun is finished; try again in some minutes."
)


@dataclass(frozen=True)
class Snapshot:
    """The jobs and the workers at one moment.

    Attributes:
        draining: whether nothing new is taken on.
        waiting: trainings in the line.
        running: trainings at the workers.
        batches: batches of which something is still to be done.
        pieces: jobs that are done piece by piece, waiting or under way.
        first_waits: seconds that the first in the line has waited; 0 where nobody waits.
        outcomes: of trainings since the process began, by how they ended.
        piece_outcomes: of jobs that are done piece by piece, likewise.
        health: whether there is anybody to train.
        workers: that the scheduler has.
        trouble: a sentence, while the workers cannot be had.
    """

    draining: bool
    waiting: int
    running: int
    batches: int
    pieces: int
    first_waits: float
    outcomes: Mapping[str, int]
    piece_outcomes: Mapping[str, int]
    health: Health
    workers: tuple[Heard, ...]
    trouble: str

    @property
    def idle(self) -> bool:
        """Whether nothing waits or runs."""
        return not (self.waiting or self.running or self.batches or self.pieces)

"""A batch: several trainings that one visitor asked for at once, done in turns with everybody else's."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from ae_core.jobs.job import Job
from ae_core.tasks.trainable import Trainable

# of its jobs in the queue: the others wait here, so that visitors who come later do not wait for all of them
AT_ONCE = 2


class Batch:
    """The trainings that a visitor asked for at once, and the state of each.

    Read it at any time; only the queue writes it.

    Args:
        works: what to train, in this order; equal ones once.
        owner: the visitor.
        now: seconds, on the clock that the queue is told.
        address: of the visitor's network; empty where not known.
    """

    def __init__(self, works: Sequence[Trainable], owner: str, now: float, address: str = "") -> None:
        self.works = tuple({work.key: work for work in works}.values())
        self.owner, self.address = owner, address
        self.jobs: dict[str, Job] = {}  # by key, once they are in the queue
        self.refused: dict[str, str] = {}  # a sentence, by key
        self.stopped = False
        self.seen = now  # when its visitor last looked
        self.waiting = deque(self.works)

    @property
    def configs(self) -> tuple[Any, ...]:
        """The settings of its trainings, as pages know them."""
        return tuple(work.config for work in self.works)

    def active(self) -> list[Job]:
        """Return its jobs that are queued or running."""
        return [job for job in list(self.jobs.values()) if not job.state.ended]

    @property
    def ended(self) -> bool:
        """Whether all of its trainings are done, failed or stopped."""
        return not self.active() and (self.stopped or not self.waiting)

    @property
    def share_done(self) -> float:
        """The share of its training that is done, in [0, 1]; a part that failed counts as done."""
        jobs = list(self.jobs.values())
        done = sum(1.0 if job.state.ended else job.share_done for job in jobs) + len(self.refused)
        return min(1.0, done / len(self.works))

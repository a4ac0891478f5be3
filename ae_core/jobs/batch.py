"""A batch: Configs that one visitor has trained together, in turns with everybody else's."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ae_core.config.schema import Config
from ae_core.jobs.limits import NoRoom, RefusedJob

if TYPE_CHECKING:
    from ae_core.jobs.manager import Job, JobManager

AT_ONCE = (
    2  # of its jobs in the queue: the others wait here, so that visitors who come later do not wait for all of them
)


class Batch:
    """What a visitor asked for, and what became of each part. Made by :meth:`JobManager.submit_all`.

    The manager's thread calls :meth:`feed`; everything else may be called from any thread.
    """

    def __init__(self, manager: JobManager, configs: Sequence[Config], owner: str) -> None:
        self.configs = tuple(config.canonical() for config in configs)
        self.jobs: dict[str, Job] = {}  # by the key of their Config, once they are in the queue
        self.refused: dict[str, str] = {}  # a sentence, by the same key
        self.stopped = False
        self.seen = time.monotonic()
        self._manager = manager
        self._owner = owner
        self._waiting = deque(self.configs)

    def feed(self) -> None:
        """Hand in the next jobs, as far as they may be in the queue now."""
        while not self.stopped and self._waiting and len(self.active()) < AT_ONCE:
            config = self._waiting[0]
            try:
                job = self._manager.submit(config, self._owner)
            except NoRoom:
                return  # the next call finds some
            except RefusedJob as refusal:
                self.refused[config.key] = str(refusal)
            else:
                self.jobs[config.key] = job
                if self.stopped:  # meanwhile
                    self._manager.stop(job, self._owner)
            self._waiting.popleft()

    def active(self) -> list[Job]:
        """Its jobs that are queued or running."""
        return [job for job in list(self.jobs.values()) if not job.state.ended]

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return not self.active() and (self.stopped or not self._waiting)

    @property
    def share_done(self) -> float:
        """Of all its training, in [0, 1]; a part that failed counts as done."""
        jobs = list(self.jobs.values())
        done = sum(1.0 if job.state.ended else job.share_done for job in jobs) + len(self.refused)
        return min(1.0, done / len(self.configs))

    def touch(self) -> None:
        """Say that its visitor is still there."""
        self.seen = time.monotonic()
        for job in self.active():
            self._manager.touch(job, self._owner)

    def stop(self) -> None:
        """End what is running and begin nothing more; what is finished is kept."""
        self.stopped = True
        for job in self.active():
            self._manager.stop(job, self._owner)

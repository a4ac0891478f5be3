"""A job: something to be trained, who waits for it, and what became of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import torch

from ae_core.tasks.trainable import Event, Loading, Measuring, Trainable
from ae_core.training.film import Film
from ae_core.training.loop import Progress


class State(StrEnum):
    """Where a job is on its way to becoming a run."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether the job is done, stopped or failed."""
        return self in (State.DONE, State.STOPPED, State.FAILED)


@dataclass(eq=False)
class Job:
    """A training on its way to becoming a run: who waits for it, how far it is, and its result.

    Read its fields at any time; only the queue and its manager write them.
    """

    work: Trainable
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = State.QUEUED
    phase: str = ""  # while running: "loading", "training" or "measuring"
    report: Progress | None = None  # the latest, without its pictures
    baseline: float | None = None  # error of the method one would use instead, to be drawn beside the curve
    film: Film | None = None  # so far, at most some 400 kB
    run: Any = None  # what its work's ``train`` returned: of an autoencoder a Run
    message: str = ""  # a sentence, when failed
    abandoned: bool = False  # whether it was stopped because nobody who waited for it was here any more
    warning: str = ""  # a sentence, when done but not kept
    seen: dict[str, float] = field(default_factory=dict)  # when each owner last looked, in seconds
    started: float | None = None  # last; of one that waits, its workers went away before it had begun
    ended_at: float | None = None

    @property
    def config(self) -> Any:
        """The job's settings as pages know them: of an autoencoder a Config."""
        return self.work.config

    @property
    def key(self) -> str:
        """The key that its run is filed under."""
        return self.work.key

    @property
    def share_done(self) -> float:
        """The steps done divided by all steps, in [0, 1]."""
        return self.report.step / self.report.steps if self.report and self.report.steps else 0.0

    def hear(self, event: Event) -> None:
        """Update the job by an event that its worker reports."""
        match event:
            case Loading():
                self.phase, self.baseline = "loading", event.baseline
            case Measuring():
                self.phase = "measuring"
            case Progress():
                self.phase, self.film = "training", longer(self.film, event)
                self.report = replace(event, snapshot=None, points=None)


def longer(film: Film | None, progress: Progress) -> Film | None:
    """Return ``film`` with the frame of a report added, if the report brought one that follows.

    A frame holds pictures of its own moment and the points of all moments, which lie on a new plane each time.
    """
    if progress.snapshot is None or progress.points is None:
        return film
    epochs, images = torch.tensor([progress.epoch]), progress.snapshot[None]
    if film is not None:
        epochs, images = torch.cat([film.epochs, epochs]), torch.cat([film.images, images])
    if len(epochs) != len(progress.points):  # a report was lost: better short than out of step
        return film
    return Film(epochs, images, progress.points)

"""Refuse runs that one visitor, or all of them together, may not ask of the workers.

This is checked here, not by the widgets.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ae_core.config.schema import Config
from ae_core.errors import LabError
from ae_core.tasks import trainable
from ae_core.tasks.trainable import Trainable
from ae_core.training.cost import Pace

# what to do about a run that is beyond a bound, unless its task knows better
_ADVICE = {
    "parameters": "Take fewer layers, or fewer nodes in each.",
    "steps": "Take fewer epochs, or a larger batch.",
    "memory": "Take a smaller batch, or a smaller network.",
    "seconds": "Take fewer epochs, or a smaller network.",
}


def _positive(name: str) -> float | None:
    """Return the number that the environment has under a name; None where that is none, or not above 0."""
    try:
        number = float(os.environ[name])
    except (KeyError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None


class RefusedJob(LabError):
    """A run that is too large, or one too many. The message says what to change."""


class NoRoom(RefusedJob):
    """One run too many for now; it may be taken when others have ended. The message says so."""


@dataclass(frozen=True)
class Limits:
    """What a run may be, and how many there may be at once. Sizes are per run; seconds are of training."""

    parameters: int = 20_000_000
    steps: int = 200_000
    memory: int = 1_000_000_000
    seconds: float = 600.0
    per_visitor: int = 3  # running and queued
    queue: int = 90  # thirty students with three runs each
    per_address: int = 60  # of all visitors of one network: a class, with two runs each
    piece_jobs_per_visitor: int = 4  # what is done piece by piece: such as a photograph by four methods
    piece_jobs: int = 60
    piece_jobs_per_address: int = 45  # of all visitors of one network: a class, with one and a half each
    piece_seconds: float = 120.0  # a piece takes a second or two, and many times that on a small machine that is busy

    @classmethod
    def from_environment(cls) -> Limits:
        """Return the default limits, some of them from the environment where it has numbers for them.

        AE_MAX_SECONDS is the longest run, AE_QUEUE the runs that may wait or train in all, and AE_QUEUE_PER_NETWORK those
        that visitors of one network may have; two thirds of all where only the former is given.
        """
        limits = cls()
        seconds = _positive("AE_MAX_SECONDS") or limits.seconds
        queue = math.ceil(_positive("AE_QUEUE") or limits.queue)
        network = math.ceil(_positive("AE_QUEUE_PER_NETWORK") or queue * limits.per_address / limits.queue)
        return replace(limits, seconds=seconds, queue=queue, per_address=network)

    def check(self, config: Config | Trainable, pace: Pace) -> None:
        """Refuse a run that would be too large for a shared machine of this pace.

        Raises:
            RefusedJob: it is; the message says in what, and what to change.
        """
        cost = trainable(config).cost(pace)
        advice = _ADVICE | dict(cost.advice)
        if cost.parameters > self.parameters:
            raise RefusedJob(
                f"This network has {cost.parameters:,} parameters; the lab trains at most {self.parameters:,}. "
                + advice["parameters"]
            )
        if cost.steps > self.steps:
            raise RefusedJob(
                f"This run would take {cost.steps:,} steps; the lab allows {self.steps:,}. " + advice["steps"]
            )
        if cost.memory > self.memory:
            raise RefusedJob(
                f"This run would need about {cost.memory / 1e9:.1f} GB; the lab allows {self.memory / 1e9:.1f} GB. "
                + advice["memory"]
            )
        if not cost.seconds <= self.seconds:  # one that is not known is none to promise
            raise RefusedJob(
                f"This run would take about {cost.seconds:,.0f} seconds; the lab allows {self.seconds:,.0f}. "
                + advice["seconds"]
            )

    def check_all(self, configs: Sequence[Config | Trainable], pace: Pace) -> None:
        """Refuse runs of which one is too large, or that together would take longer than the longest single run may.

        Raises:
            RefusedJob: they are; the message says in what, and what to change.
        """
        for config in configs:
            self.check(config, pace)
        seconds = sum(trainable(config).cost(pace).seconds for config in configs)
        if seconds > self.seconds:
            raise RefusedJob(
                f"These {len(configs)} runs would take about {seconds:,.0f} seconds together; the lab allows "
                f"{self.seconds:,.0f}. Take fewer values, or start from a run of fewer epochs."
            )

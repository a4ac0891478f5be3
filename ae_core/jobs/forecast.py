"""Foretell when each job that waits will start, from what runs now and what waits before it."""

from __future__ import annotations

import heapq
import math
import statistics
from collections.abc import Callable, Sequence

from ae_core.jobs.job import Job


class Forecast:
    """When jobs will start, if nobody else comes and nobody leaves. It learns from the jobs that run and have run.

    Args:
        estimate: returns the seconds of training that a job is estimated to take.
    """

    def __init__(self, estimate: Callable[[Job], float]) -> None:
        self._estimate = estimate
        self._besides = 3.0  # seconds of a job beside training: loading, measuring, handing over
        self._slowness = 1.0  # what training takes just now over what is estimated

    def learn(self, job: Job, trained: float, now: float) -> None:
        """Learn from a job that has ended what jobs take beside training.

        Args:
            job: that ended.
            trained: seconds of its training.
            now: seconds, on the queue's clock.
        """
        if job.started is not None:
            self._besides += 0.3 * (max(0.0, now - job.started - trained) - self._besides)

    def starts(self, line: Sequence[Job], running: Sequence[Job], slots: int, now: float) -> dict[str, float]:
        """Return the moment, on the queue's clock, at which each job in line will start, by the job's id.

        Args:
            line: the jobs that wait, the next first.
            running: the jobs that run.
            slots: jobs that can run at a time, at least 1.
            now: seconds, on the queue's clock.
        """
        told = [ratio for job in running if (ratio := self._ratio(job)) is not None]
        if told:
            self._slowness = statistics.fmean(told)
        free = [now + self._left(job, now) for job in running]
        free += [now] * (slots - len(free))
        heapq.heapify(free)
        starts = {}
        for job in line:
            starts[job.id] = heapq.heappop(free)
            heapq.heappush(free, starts[job.id] + self._whole(job))
        return starts

    def _whole(self, job: Job) -> float:
        return self._estimate(job) * self._slowness + self._besides

    def _left(self, job: Job, now: float) -> float:
        """Return the seconds until a running job makes room, which are never over before it has."""
        report = job.report
        if job.phase == "measuring":
            return self._besides / 2
        if report is not None and not math.isnan(report.seconds_left):
            return report.seconds_left + self._besides / 2
        begun = now if job.started is None else job.started
        return max(1.0, self._whole(job) - (now - begun))

    def _ratio(self, job: Job) -> float | None:
        """Return how much longer than estimated a running job takes; None where that is not known."""
        report = job.report
        if report is None or math.isnan(report.seconds_left) or report.seconds < 1:
            return None
        return (report.seconds + report.seconds_left) / max(self._estimate(job), 1e-3)

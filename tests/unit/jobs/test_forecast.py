"""When jobs that wait will start, as it is foretold, against a queue that runs."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace
from typing import Any

import pytest

from ae_core.jobs.forecast import Forecast
from ae_core.jobs.job import Job, State
from ae_core.jobs.queue import Queue
from ae_core.training.loop import Progress

SECONDS = {"0": 10.0, "1": 20.0, "2": 5.0, "3": 40.0}  # of training, by the first digit of a key


def estimate(job: Job) -> float:
    return SECONDS[job.key[0]]


def work(key: str) -> Any:
    return SimpleNamespace(key=key, private=False)


def progress(seconds: float, left: float) -> Progress:
    return Progress(1, 2, 0.5, seconds, left, 1.0, {"epoch": []})


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_what_is_foretold_at_first_is_what_happens_when_estimates_are_right(slots: int) -> None:
    forecast, queue, now, besides = Forecast(estimate), Queue(per_visitor=3, most=90), 0.0, 3.0
    jobs = [queue.submit(work(f"{n % 4}{n}"), "abcdef"[n % 6], now) for n in range(14)]
    queue.start(slots, now)
    foretold = forecast.starts(queue.line(), queue.running(), slots, now)
    assert foretold.keys() == {job.id for job in jobs if job.state is State.QUEUED}
    while queue.active():
        now = min((job.started or 0.0) + estimate(job) + besides for job in queue.running())
        for job in queue.running():
            if (job.started or 0.0) + estimate(job) + besides <= now:
                queue.done(job, SimpleNamespace(finished=True), now)  # type: ignore[arg-type]
        for job in queue.start(slots, now):
            assert foretold[job.id] == pytest.approx(now)


def running(key: str, started: float, report: Progress | None = None, phase: str = "training") -> Job:
    return Job(work(key), state=State.RUNNING, phase=phase, started=started, report=report)


def test_a_run_that_takes_twice_as_long_as_estimated_makes_others_wait_twice_as_long() -> None:
    first, second = Job(work("00")), Job(work("01"))
    usual = Forecast(estimate).starts([first, second], [running("02", 0.0, progress(2, 8))], 1, 2.0)
    slow = Forecast(estimate).starts([first, second], [running("02", 0.0, progress(2, 18))], 1, 2.0)
    assert slow[first.id] - usual[first.id] == pytest.approx(10)
    assert slow[second.id] - usual[second.id] == pytest.approx(20)


def test_the_wait_counts_down_while_a_run_goes_on() -> None:
    forecast, mine = Forecast(estimate), Job(work("00"))
    told = [
        forecast.starts([mine], [running("10", 0.0, progress(seconds, 20 - seconds))], 1, seconds)[mine.id] - seconds
        for seconds in (1.0, 5.0, 12.0, 19.0)
    ]
    told.append(forecast.starts([mine], [running("10", 0.0, None, "measuring")], 1, 20.0)[mine.id] - 20.0)
    assert all(later < earlier for earlier, later in itertools.pairwise(told))
    assert told[-1] > 0


def test_a_run_of_unknown_pace_is_taken_to_need_its_estimate_and_never_less_than_a_second() -> None:
    mine = Job(work("00"))
    begun = Forecast(estimate).starts([mine], [running("10", 0.0, progress(0.1, math.nan))], 1, 3.0)
    late = Forecast(estimate).starts([mine], [running("10", 0.0)], 1, 500.0)
    assert begun[mine.id] == pytest.approx(23.0)
    assert late[mine.id] == pytest.approx(501.0)


def test_what_jobs_take_beside_training_is_learned() -> None:
    forecast, mine = Forecast(estimate), Job(work("00"))
    for _ in range(20):
        forecast.learn(running("10", 100.0), trained=20.0, now=132.0)
    assert forecast.starts([mine], [running("20", 0.0)], 1, 0.0)[mine.id] == pytest.approx(5 + 12, abs=0.1)

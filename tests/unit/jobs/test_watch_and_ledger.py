"""The watch over the workers, by a clock of the test's, and the ledger of jobs; with real workers in tests/load."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tiny import TINY

from ae_core.jobs.ledger import Ledger
from ae_core.jobs.queue import Queue
from ae_core.jobs.watch import START, Health, Watch
from ae_core.tasks import trainable


class Scheduler:
    """What a scheduler says, and the clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.workers: dict[str, dict[str, Any]] = {}
        self.answers = True

    def ask(self) -> dict[str, Any]:
        if not self.answers:
            raise OSError("nobody")
        return {"workers": {address: dict(of) for address, of in self.workers.items()}}

    def beat(self, *addresses: str, pieces: bool = False) -> None:
        for address in addresses:
            self.workers[address] = {
                "nthreads": 1, "last_seen": 5000 - self.now,  # a clock that runs another way than ours: only change counts
                "resources": {"pieces": 1} if pieces else {}, "metrics": {"memory": 7},
            }  # fmt: skip


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler()


@pytest.fixture
def watch(scheduler: Scheduler) -> Watch:
    return Watch(scheduler.ask, quiet=30, clock=lambda: scheduler.now)


def test_workers_that_have_not_come_yet_are_starting_and_then_gone(scheduler: Scheduler, watch: Watch) -> None:
    watch.look()
    assert watch.health() is Health.STARTING
    scheduler.now += START + 1
    assert watch.health() is Health.GONE


def test_a_worker_whose_heartbeat_stops_is_noticed(scheduler: Scheduler, watch: Watch) -> None:
    for _ in range(10):
        scheduler.beat("a", "b")
        watch.look()
        scheduler.now += 2
    for _ in range(20):  # a is frozen: it keeps its place, and is not heard
        scheduler.beat("b")
        watch.look()
        scheduler.now += 2
    quiet = {one.address: one.quiet for one in watch.workers()}
    assert quiet["a"] > 30 > quiet["b"]
    assert watch.health() is Health.OK
    scheduler.now += 31
    watch.look()
    assert watch.health() is Health.GONE
    scheduler.beat("a")
    watch.look()
    assert watch.health() is Health.OK


@pytest.mark.parametrize("how", ["scheduler", "workers"])
def test_who_is_started_again_within_half_a_minute_was_not_gone(scheduler: Scheduler, watch: Watch, how: str) -> None:
    scheduler.beat("a")
    watch.look()
    if how == "scheduler":
        scheduler.answers = False
    else:
        scheduler.workers.clear()
    scheduler.now += 20
    watch.look()
    assert watch.health() is Health.OK
    scheduler.now += 20
    watch.look()
    assert watch.health() is Health.GONE
    scheduler.answers = True
    scheduler.beat("c")
    watch.look()
    assert watch.health() is Health.OK


def test_a_worker_for_pieces_alone_does_not_train(scheduler: Scheduler, watch: Watch) -> None:
    scheduler.beat("p", pieces=True)
    watch.look()
    assert watch.health() is Health.STARTING
    assert [(one.pieces, one.threads, one.memory) for one in watch.workers()] == [(True, 1, 7)]


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    return [(one.levelname, one.event, one.owner) for one in caplog.records]  # type: ignore[attr-defined]


def test_every_change_of_a_job_is_a_line_with_its_id(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = 0.0
    ledger = Ledger("training", lambda: now)
    queue = Queue()
    queue.on_change = ledger.note
    job = queue.submit(trainable(TINY), "visitor-with-a-long-name", 0)
    queue.submit(trainable(TINY), "another", 1)  # joins
    now = 4.0
    assert ledger.waited(job) == 4.0
    queue.start(1, 4)
    queue.lost(job, 5)
    queue.start(1, 6)
    queue.failed(job, "It cannot be.", 7)
    assert lines(caplog) == [
        ("INFO", "queued", "visitor-"),
        ("INFO", "started", "visitor-"),
        ("INFO", "queued again", "visitor-"),
        ("INFO", "started", "visitor-"),
        ("WARNING", "failed", "visitor-"),
    ]
    assert {one.job for one in caplog.records} == {job.id}  # type: ignore[attr-defined]
    assert all(job.id in one.getMessage() for one in caplog.records)
    assert "It cannot be." in caplog.messages[-1]
    assert ledger.outcomes() == {"done": 0, "stopped": 0, "abandoned": 0, "failed": 1}
    assert ledger.waited(job) == 0


def test_who_has_left_is_told_from_who_has_stopped(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ledger = Ledger("training")
    queue = Queue(grace=10)
    queue.on_change = ledger.note
    queue.stop(queue.submit(trainable(TINY), "a", 0), "a", 0)
    queue.submit(trainable(TINY), "b", 0)
    queue.drop_abandoned(20)
    assert [event for _, event, _ in lines(caplog)] == ["queued", "stopped", "queued", "abandoned"]
    assert ledger.outcomes() == {"done": 0, "stopped": 1, "abandoned": 1, "failed": 0}


def test_what_has_not_ended_goes_with_the_process(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ledger = Ledger("training")
    queue = Queue()
    queue.on_change = ledger.note
    queue.submit(trainable(TINY), "a", 0)
    ledger.close()
    ledger.close()
    assert [event for _, event, _ in lines(caplog)] == ["queued", "left"]

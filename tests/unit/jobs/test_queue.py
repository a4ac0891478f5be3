"""The queue, by property: whatever visitors and workers do, it is fair, bounded, and loses nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ae_core.jobs.batch import AT_ONCE, Batch
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import NoRoom, RefusedJob
from ae_core.jobs.queue import Queue
from ae_core.training.loop import Progress

PER_VISITOR, MOST, GRACE = 3, 7, 60.0
STORED, REFUSED = "6", "7"  # keys of what was trained before, and of what is too large

visitors = st.sampled_from("abcd")
keys = st.sampled_from("0123467")


@dataclass(frozen=True)
class Work:
    """Something to be trained, as far as a queue needs to know."""

    key: str
    private: bool = False


def work(key: str) -> Any:
    return Work(key)


def trained(finished: bool = True) -> Any:
    return SimpleNamespace(finished=finished)


def admit(one: Any) -> Any:
    if one.key == REFUSED:
        raise RefusedJob("Too large. Take fewer layers.")
    return trained() if one.key == STORED else None


class Visits(RuleBasedStateMachine):
    """Visitors come, wait, look and leave; workers finish, fail and go away; a clock goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue(PER_VISITOR, MOST, GRACE)
        self.now = 0.0
        self.jobs: list[Job] = []  # all that ever waited
        self.owners: dict[str, dict[str, float]] = {}  # by job: who waits for it, and when they last looked
        self.ended: dict[str, State] = {}
        self.batches: list[Batch] = []
        self.had: set[str] = set()  # visitors who had a turn since the queue was last empty
        self.passed: dict[str, Counter[str]] = defaultdict(Counter)  # others' jobs that began while this visitor waited

    # ------------------------------------------------------------------ what visitors do

    @rule(key=keys, owner=visitors)
    def submit(self, key: str, owner: str) -> None:
        wanted = [job for job in self.queue.active() if self.owners[job.id]]
        twin = next((job for job in wanted if job.key == key), None)
        mine = [job for job in wanted if owner in self.owners[job.id] and job is not twin]
        full = len(mine) >= PER_VISITOR or (twin is None and len(self.queue.active()) >= MOST)
        try:
            job = self.queue.submit(work(key), owner, self.now)
        except NoRoom:
            assert full
            return
        assert not full
        assert job is twin if twin else job.id not in self.owners  # the same is trained once for all
        self.take(job, owner)

    def take(self, job: Job, owner: str) -> None:
        """Note that a visitor waits for a job."""
        if job.id not in self.owners:
            self.jobs.append(job)
            self.owners[job.id] = {}
        if job.state is State.RUNNING and owner not in self.owners[job.id]:
            self.turn_of(owner)
        self.owners[job.id][owner] = self.now

    @rule(chosen=st.lists(keys, min_size=1, max_size=6), owner=visitors)
    def submit_all(self, chosen: list[str], owner: str) -> None:
        busy = any(batch.owner == owner and not batch.ended for batch in self.batches)
        try:
            self.batches.append(self.queue.submit_all([work(key) for key in chosen], owner, self.now))
        except NoRoom:
            assert busy
        else:
            assert not busy

    @rule()
    def feed(self) -> None:
        before = {batch: dict(batch.jobs) for batch in self.batches}
        self.queue.feed(self.now, admit)
        for batch in self.batches:
            new = [job for key, job in batch.jobs.items() if key not in before[batch]]
            assert not (new and batch.stopped)
            assert len(batch.active()) <= AT_ONCE
            for job in new:
                if job.key == STORED:
                    assert job.state is State.DONE
                else:
                    self.take(job, batch.owner)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), owner=visitors)
    def stop_any(self, data: st.DataObject, owner: str) -> None:
        self.stop(data.draw(st.sampled_from(self.jobs)), owner)

    @precondition(lambda self: self.queue.active())
    @rule(data=st.data())
    def stop_own(self, data: st.DataObject) -> None:
        owned = [(job, owner) for job in self.queue.active() for owner in sorted(self.owners[job.id])]
        if owned:
            self.stop(*data.draw(st.sampled_from(owned)))

    def stop(self, job: Job, owner: str) -> None:
        owners, state = self.owners[job.id], job.state
        last = set(owners) == {owner}
        told = self.queue.stop(job, owner, self.now)
        assert told == (last and state is State.RUNNING)
        assert (job.state is State.STOPPED) == (state is State.STOPPED or (last and state is State.QUEUED))
        self.leave(job, owner)

    def leave(self, job: Job, owner: str) -> None:
        if not job.state.ended or job.state is State.STOPPED:
            self.owners[job.id].pop(owner, None)

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def stop_all(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(self.batches))
        active = batch.active()
        self.queue.stop_all(batch, self.now)
        for job in active:
            self.owners[job.id].pop(batch.owner, None)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), owner=visitors)
    def touch(self, data: st.DataObject, owner: str) -> None:
        job = data.draw(st.sampled_from(self.jobs))
        self.queue.touch(job, owner, self.now)
        if owner in self.owners[job.id]:
            self.owners[job.id][owner] = self.now

    @rule(seconds=st.floats(1.0, GRACE))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        running = self.queue.running()
        left = [batch for batch in self.batches if not batch.ended and batch.seen < self.now - GRACE]
        told = self.queue.drop_abandoned(self.now)
        for job in self.jobs:
            if not self.ended.get(job.id):
                gone = {owner for owner, seen in self.owners[job.id].items() if seen < self.now - GRACE}
                gone |= {batch.owner for batch in left if batch.jobs.get(job.key) is job}
                wanted_before = bool(self.owners[job.id])
                for owner in gone:
                    self.owners[job.id].pop(owner, None)
                alone = wanted_before and not self.owners[job.id]
                assert (job in told) == (alone and job in running)
                assert job.state.ended == (alone and job not in running)
        assert all(batch.stopped for batch in left)

    # ------------------------------------------------------------------ what workers do

    @rule(slots=st.sampled_from([0, 1, 1, 2, 3]))
    def start(self, slots: int) -> None:
        line, before = self.queue.line(), len(self.queue.running())
        began = {job.id: job.started is not None for job in line}
        started = self.queue.start(slots, self.now)
        assert tuple(started) == line[: len(started)]  # everybody's place was an honest one
        assert len(self.queue.running()) == max(before, min(slots, before + len(line)))  # and no worker idles
        for place, job in enumerate(started):
            self.assert_fair(job, list(line[place + 1 :]), again=began[job.id])
            for owner in self.owners[job.id]:
                self.turn_of(owner)
        if not self.queue.line():
            self.had &= {owner for job in self.queue.active() for owner in self.owners[job.id]}

    def assert_fair(self, job: Job, waiting: list[Job], again: bool) -> None:
        """Nobody's second job begins before anybody's first, and nobody begins twice while somebody waits."""
        if again:
            return
        owners = set(self.owners[job.id])
        others = {owner for other in waiting for owner in self.owners[other.id]} - owners
        if owners <= self.had:
            assert others <= self.had
        for other in others:
            if len(owners) == 1:
                self.passed[other].update(owners)
                assert max(self.passed[other].values()) <= 1

    def turn_of(self, owner: str) -> None:
        self.had.add(owner)
        self.passed.pop(owner, None)

    @precondition(lambda self: self.queue.running())
    @rule(data=st.data(), how=st.sampled_from(["done", "cut short", "failed", "lost"]), begun=st.booleans())
    def a_job_ends(self, data: st.DataObject, how: str, begun: bool) -> None:
        job = data.draw(st.sampled_from(self.queue.running()))
        if begun:
            job.hear(Progress(1, 2, 0.5, 1.0, 1.0, 1.0, {}))
        wanted, reported = bool(self.owners[job.id]), job.report is not None
        if how == "failed":
            self.queue.failed(job, "It diverged.", self.now)
            assert (job.state, job.message) == (State.FAILED, "It diverged.")
        elif how == "lost":
            self.queue.lost(job, self.now)
            again = State.FAILED if reported else State.QUEUED
            assert job.state is (again if wanted else State.STOPPED)
            assert self.queue.position(job) == (1 if job.state is State.QUEUED else 0) or len(self.queue.line()) > 1
        else:
            self.queue.done(job, trained(how == "done"), self.now)
            assert job.state is (State.DONE if how == "done" else State.STOPPED)
            assert job.run is not None

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def nothing_is_lost_and_nothing_ends_twice(self) -> None:
        active = self.queue.active()
        for job in self.jobs:
            assert (job in active) != job.state.ended
            if job.state.ended:
                assert self.ended.setdefault(job.id, job.state) is job.state
        assert len(active) == len(set(active)) == sum(not job.state.ended for job in self.jobs)

    @invariant()
    def it_is_bounded(self) -> None:
        assert len(self.queue.active()) <= MOST
        each = Counter(owner for job in self.queue.active() for owner in job.seen)
        assert not each or max(each.values()) <= PER_VISITOR

    @invariant()
    def the_same_is_trained_once(self) -> None:
        wanted = [job.key for job in self.queue.active() if job.seen]
        assert len(wanted) == len(set(wanted))

    @invariant()
    def everybody_is_known(self) -> None:
        for job in self.queue.active():
            assert job.seen == self.owners[job.id]
            assert job.seen or job.state is State.RUNNING  # nobody waits for a job that is being stopped

    @invariant()
    def everybody_has_a_place(self) -> None:
        waiting = [job for job in self.queue.active() if job.state is State.QUEUED]
        here = {owner for job in waiting for owner in job.seen}
        self.passed = defaultdict(Counter, {owner: count for owner, count in self.passed.items() if owner in here})
        line, self.queue._line = self.queue.line(), None
        assert self.queue.line() == line  # what it remembers of it is what holds
        assert sorted(map(self.queue.position, waiting)) == list(range(1, len(waiting) + 1))
        assert all(self.queue.position(job) == 0 for job in self.jobs if job not in waiting)

    def teardown(self) -> None:
        """When nobody comes any more, everything comes to its end."""
        for _ in range(200):
            self.queue.feed(self.now, admit)
            self.queue.start(1, self.now)
            for job in self.queue.running():
                self.queue.done(job, trained(), self.now)
        assert not self.queue.active()
        assert not self.queue.batches()
        for batch in self.batches:
            assert batch.stopped or {*batch.jobs, *batch.refused} == {one.key for one in batch.works}


TestVisits = Visits.TestCase
TestVisits.settings = settings(max_examples=150, stateful_step_count=80, deadline=None)


def test_a_visitor_who_comes_later_is_served_before_anybodys_second_job() -> None:
    queue = Queue()
    first, second, third = (queue.submit(work(key), "anna", 0.0) for key in "123")
    assert queue.start(1, 0.0) == [first]
    ben = queue.submit(work("4"), "ben", 1.0)
    carla = queue.submit(work("5"), "carla", 2.0)
    assert queue.line() == (ben, carla, second, third)
    assert [queue.position(job) for job in (first, ben, carla, second, third)] == [0, 1, 2, 3, 4]


def test_who_came_back_to_an_empty_queue_is_a_newcomer() -> None:
    queue = Queue()
    before = queue.submit(work("1"), "anna", 0.0)
    queue.start(1, 0.0)
    queue.done(before, trained(), 1.0)
    busy = queue.submit(work("2"), "ben", 2.0)
    queue.start(1, 2.0)
    anna, carla = queue.submit(work("3"), "anna", 3.0), queue.submit(work("4"), "carla", 4.0)
    queue.done(busy, trained(), 5.0)
    assert queue.start(2, 5.0) == [anna, carla]


def test_a_turn_is_remembered_while_anybody_waits() -> None:
    queue = Queue()
    first = queue.submit(work("1"), "anna", 0.0)
    queue.start(1, 0.0)
    carla = [queue.submit(work(key), "carla", 0.0) for key in "23"]
    queue.done(first, trained(), 1.0)
    assert queue.start(1, 1.0) == carla[:1]
    anna, dora = queue.submit(work("4"), "anna", 2.0), queue.submit(work("5"), "dora", 2.0)
    assert queue.line() == (dora, anna, carla[1])


def test_who_joins_a_run_under_way_has_had_a_turn() -> None:
    queue = Queue()
    queue.submit(work("1"), "anna", 0.0)
    queue.start(1, 0.0)
    ben = queue.submit(work("2"), "ben", 1.0)
    carla = queue.submit(work("3"), "carla", 2.0)
    assert queue.line() == (ben, carla)
    queue.submit(work("1"), "ben", 3.0)
    assert queue.line() == (carla, ben)


def test_what_is_private_is_joined_by_its_own_visitor_alone() -> None:
    queue = Queue()
    private: Any = Work("1", private=True)
    annas = queue.submit(private, "anna", 0.0)
    bens = queue.submit(private, "ben", 0.0)
    assert bens is not annas
    assert set(annas.seen) == {"anna"}
    assert queue.submit(private, "anna", 1.0) is annas
    assert queue.submit(private, "ben", 1.0) is bens


def test_what_was_lost_before_it_began_goes_first_again() -> None:
    queue = Queue()
    lost, waiting = queue.submit(work("1"), "anna", 0.0), queue.submit(work("2"), "ben", 0.0)
    queue.start(1, 0.0)
    queue.submit(work("3"), "carla", 0.0)
    queue.lost(lost, 1.0)
    assert queue.line()[:2] == (lost, waiting)


def test_a_run_being_stopped_that_is_lost_is_not_begun_again() -> None:
    queue = Queue()
    job = queue.submit(work("1"), "anna", 0.0)
    queue.start(1, 0.0)
    assert queue.stop(job, "anna", 1.0)
    queue.lost(job, 2.0)
    assert job.state is State.STOPPED


@pytest.mark.parametrize("how", ["done", "failed", "lost"])
def test_what_comes_late_changes_nothing(how: str) -> None:
    queue = Queue()
    job = queue.submit(work("1"), "anna", 0.0)
    queue.start(1, 0.0)
    queue.done(job, trained(), 1.0)
    {
        "done": lambda: queue.done(job, trained(finished=False), 2.0),
        "failed": lambda: queue.failed(job, "Too late.", 2.0),
        "lost": lambda: queue.lost(job, 2.0),
    }[how]()
    assert (job.state, job.message, job.ended_at) == (State.DONE, "", 1.0)


def test_who_left_loses_the_place_in_the_line_before_the_worker() -> None:
    queue = Queue(grace=20.0, patience=7.0)
    running, waiting = (queue.submit(work(key), "anna", 0.0) for key in "12")
    shared = queue.submit(work("3"), "anna", 0.0)
    queue.submit(work("3"), "ben", 8.0)
    queue.start(1, 0.0)
    assert queue.drop_abandoned(8.0) == []
    assert (running.state, waiting.state, shared.state) == (State.RUNNING, State.STOPPED, State.QUEUED)
    assert waiting.abandoned
    assert not shared.abandoned  # ben still waits for it
    assert queue.drop_abandoned(19.0) == []
    assert queue.drop_abandoned(21.0) == [running]
    assert queue.drop_abandoned(21.5) == []  # it is still being stopped
    assert running.abandoned


def test_the_rest_of_a_batch_stays_in_the_line_as_long_as_its_run_at_the_worker() -> None:
    queue = Queue(grace=20.0, patience=7.0)
    batch = queue.submit_all([work(key) for key in "1234"], "anna", 0.0)
    queue.feed(0.0, admit)
    (first,) = queue.start(1, 0.0)
    queue.drop_abandoned(10.0)
    queue.feed(10.0, admit)
    assert not batch.stopped
    assert len(batch.jobs) == 2
    assert queue.drop_abandoned(21.0) == [first]
    assert batch.stopped

"""The queue for pieces, by property: whatever visitors and workers do, all take turns, and nothing is lost or done twice."""

from __future__ import annotations

import gc
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ae_core.jobs.job import State
from ae_core.jobs.limits import NoRoom, RefusedJob
from ae_core.jobs.pieces import AT_ONCE, NoPiece, PieceJob, PieceQueue, Turn
from ae_core.tasks.piecewise import Piece

PER_VISITOR, MOST, GRACE, AWAY = 3, 6, 60.0, 20.0

visitors = st.sampled_from("abcd")


class Work:
    """So many pieces, each larger than the one before; it remembers what it was answered.

    Where they depend on the first one's answer, none is cut before that is there.
    """

    def __init__(self, count: int, dependent: bool = False) -> None:
        self.count = count
        self.dependent = dependent
        self.cut: list[Piece] = []
        self.answers: list[Piece] = []

    @property
    def total(self) -> int:
        return sum(range(1, self.count + 1))

    def pieces(self) -> Iterator[Piece | None]:
        for size in range(1, self.count + 1):
            while self.dependent and size == 2 and not self.answers:
                yield None
            self.cut.append(Piece(size, abs, (size,)))
            yield self.cut[-1]

    def take(self, piece: Piece, answer: Any) -> None:
        assert answer == abs(piece.size)
        self.answers.append(piece)


def answer(queue: PieceQueue, turn: Turn, now: float = 0.0) -> None:
    """See to a turn that goes well, as the lane does."""
    piece = turn.draw()
    if isinstance(piece, NoPiece):
        queue.without(turn, piece)
    else:
        turn.take(piece.function(*piece.arguments))
        queue.answered(turn, now)


class Visits(RuleBasedStateMachine):
    """Visitors come, look, stop and leave; workers answer, fail, die and go away; a clock goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = PieceQueue(PER_VISITOR, MOST, GRACE, AWAY)
        self.now = 0.0
        self.works: dict[PieceJob, Work] = {}
        self.seen: dict[PieceJob, float] = {}
        self.ended: dict[PieceJob, State] = {}
        self.out: dict[PieceJob, list[Turn]] = defaultdict(list)
        self.again: Counter[PieceJob] = Counter()  # pieces that came back unanswered
        self.dry: set[PieceJob] = set()
        self.blocked: set[PieceJob] = set()  # their next piece needs the first one's answer
        self.deaths: Counter[Turn] = Counter()
        self.passed: dict[Any, Counter[Any]] = defaultdict(Counter)  # others' turns while this one had something ready

    # ------------------------------------------------------------------ what visitors do

    def active(self) -> list[PieceJob]:
        return [job for job in self.works if job not in self.ended]

    @rule(owner=visitors, count=st.integers(0, 5), dependent=st.booleans())
    def submit(self, owner: str, count: int, dependent: bool) -> None:
        mine = [job for job in self.active() if job.owner == owner]
        full = len(mine) >= PER_VISITOR or len(self.active()) >= MOST
        work = Work(count, dependent)
        try:
            job = self.queue.submit(work, owner, self.now)
        except NoRoom:
            assert full
            return
        assert not full
        assert (job.owner, job.total, job.state) == (owner, work.total, State.QUEUED)
        self.works[job], self.seen[job] = work, self.now

    @precondition(lambda self: self.works)
    @rule(data=st.data(), owner=visitors)
    def stop(self, data: st.DataObject, owner: str) -> None:
        job = data.draw(st.sampled_from(list(self.works)))
        told = self.queue.stop(job, owner)
        if job.owner == owner and job not in self.ended:
            self.end(job, State.STOPPED, told)
        assert job.owner == owner or not told

    def end(self, job: PieceJob, state: State, told: list[Turn]) -> None:
        assert job.state is state  # at once
        assert told == self.out[job]
        assert not any(turn.wanted for turn in told)
        self.ended[job] = state

    @precondition(lambda self: self.works)
    @rule(data=st.data(), owner=visitors)
    def touch(self, data: st.DataObject, owner: str) -> None:
        job = data.draw(st.sampled_from(list(self.works)))
        self.queue.touch(job, owner, self.now)
        if job.owner == owner:
            self.seen[job] = self.now

    @rule(seconds=st.floats(1.0, 15.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        patience = AWAY if len(self.active()) == MOST else GRACE
        told = self.queue.drop_abandoned(self.now)
        for job in self.active():
            gone = self.seen[job] < self.now - patience
            assert job.state.ended == gone
            if gone:
                self.end(job, State.STOPPED, [turn for turn in told if turn.job is job])

    # ------------------------------------------------------------------ what workers do

    def ready(self, job: PieceJob) -> bool:
        return len(self.out[job]) < AT_ONCE and (self.again[job] > 0 or job not in self.dry | self.blocked)

    def suspects(self) -> list[Turn]:
        return [turn for turn, deaths in self.deaths.items() if deaths == 1 and turn.wanted]

    @rule()
    def next(self) -> None:
        ready = [job for job in self.active() if self.ready(job)]
        turns = [turn for job in self.active() for turn in self.out[job]]
        turn = self.queue.next(self.now)
        if self.suspects():  # the one that is tried again goes alone
            assert turn is None or (turn in self.suspects() and not turns)
            assert turn is not None or turns
        else:
            assert (turn is None) == (not ready)
        if turn is None:
            return
        job = turn.job
        if not self.suspects():  # who may have left keeps nobody waiting
            ready = [one for one in ready if self.seen[one] >= self.now - AWAY] or ready
        assert job in ready
        assert job.state is State.RUNNING
        self.out[job].append(turn)
        if turn.piece is not None:
            self.again[job] -= 1
        if not self.suspects():
            self.assert_fair(job, ready)
        self.passed.pop(job, None)
        self.passed.pop(job.owner, None)
        piece = turn.draw()
        if isinstance(piece, NoPiece):
            self.out[job].remove(turn)
            self.queue.without(turn, piece)
            if piece is NoPiece.LEFT:
                self.dry.add(job)
                self.see_if_done(job)
            else:
                assert self.works[job].dependent
                assert not self.works[job].answers
                self.blocked.add(job)

    def assert_fair(self, job: PieceJob, ready: list[PieceJob]) -> None:
        """Nobody has two turns while another visitor has something ready, nor a job while another of theirs has."""
        for other in {other.owner for other in ready} - {job.owner}:
            self.passed[other][job.owner] += 1
            assert self.passed[other][job.owner] == 1
        for sibling in ready:
            if sibling.owner == job.owner and sibling is not job:
                self.passed[sibling][job] += 1
                assert self.passed[sibling][job] == 1

    def see_if_done(self, job: PieceJob) -> None:
        finished = job in self.dry and not self.out[job] and not self.again[job]
        assert (job.state is State.DONE) == finished
        if finished:
            self.ended[job] = State.DONE
            assert job.done == job.total
            assert job.share_done == 1.0
            assert sorted(piece.size for piece in self.works[job].answers) == list(range(1, self.works[job].count + 1))

    @precondition(lambda self: any(self.out.values()))
    @rule(data=st.data(), how=st.sampled_from(["answered", "answered", "answered", "lost", "died", "failed"]))
    def a_turn_comes_back(self, data: st.DataObject, how: str) -> None:
        turn = data.draw(st.sampled_from([turn for turns in self.out.values() for turn in turns]))
        job, done, answers = turn.job, turn.job.done, len(self.works[turn.job].answers)
        late = job in self.ended
        told: list[Turn] = []
        self.out[job].remove(turn)
        assert turn.piece is not None
        if how == "answered":
            turn.take(turn.piece.size)
            self.queue.answered(turn, self.now)
            self.blocked.discard(job)
            self.deaths.pop(turn, None)
        elif how == "lost":
            self.queue.lost(turn)
        elif how == "failed":
            told = self.queue.failed(turn, "Too dark.")
        else:
            told = self.queue.died(turn)
            self.deaths[turn] += 1
        if late:
            assert not told
            assert (job.done, len(self.works[job].answers)) == (done, answers)  # what comes late is dropped
        elif how == "failed" or self.deaths[turn] == 2:
            self.end(job, State.FAILED, told)
            assert job.error.endswith(".")
        elif how == "answered":
            assert job.done == done + turn.piece.size
            self.see_if_done(job)
        else:
            assert not told
            self.again[job] += 1

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def nothing_is_lost_and_nothing_ends_twice(self) -> None:
        assert self.queue.active() == self.active()
        for job, state in self.ended.items():
            assert job.state is state
        assert all(not job.state.ended for job in self.active())

    @invariant()
    def it_is_bounded(self) -> None:
        assert len(self.active()) <= MOST
        assert all(number <= PER_VISITOR for number in Counter(job.owner for job in self.active()).values())
        for job in self.active():
            assert len(self.out[job]) <= AT_ONCE
            work = self.works[job]
            assert len(work.cut) - len(work.answers) <= AT_ONCE  # no more are in memory

    @invariant()
    def who_has_nothing_ready_is_passed(self) -> None:
        ready = [job for job in self.active() if self.ready(job)]
        for one in list(self.passed):
            if one not in ready and one not in {job.owner for job in ready}:
                del self.passed[one]
        if self.suspects():
            self.passed.clear()

    def teardown(self) -> None:
        """When nobody comes any more, everything comes to its end."""
        for turns in list(self.out.values()):
            for turn in turns:
                answer(self.queue, turn)
        for _ in range(200):
            if (turn := self.queue.next(self.now)) is not None:
                answer(self.queue, turn)
        assert not self.queue.active()


TestVisits = Visits.TestCase
TestVisits.settings = settings(max_examples=150, stateful_step_count=80, deadline=None)


def test_a_small_picture_waits_for_one_piece_of_each_other_visitor() -> None:
    queue = PieceQueue()
    for owner in ("anna", "anna", "anna", "anna", "ben"):
        queue.submit(Work(100), owner, 0.0)
    turns = [queue.next(0.0) for _ in range(2)]
    small = queue.submit(Work(1), "carla", 0.0)
    order = []
    while not small.state.ended:
        answer(queue, turns.pop(0))
        turns.append(queue.next(0.0))
        order.append(turns[-1].job.owner)
    assert order[:3] == ["anna", "ben", "carla"]
    assert len(order) <= 10  # her piece, and the turn that finds there are no more


def test_who_has_four_jobs_gets_no_more_than_who_has_one() -> None:
    queue = PieceQueue()
    for owner in ("anna", "anna", "ben", "anna", "anna"):
        queue.submit(Work(1000), owner, 0.0)
    served: Counter[str] = Counter()
    jobs: Counter[PieceJob] = Counter()
    for _ in range(80):
        turn = queue.next(0.0)
        served[turn.job.owner] += 1
        jobs[turn.job] += 1
        answer(queue, turn)
    assert served == {"anna": 40, "ben": 40}
    assert sorted(jobs.values()) == [10, 10, 10, 10, 40]


def test_a_piece_that_died_beside_another_is_not_held_responsible() -> None:
    """The worker dies twice of anna's piece; ben's was only waiting there."""
    queue = PieceQueue()
    bad, good = queue.submit(Work(1), "anna", 0.0), queue.submit(Work(1), "ben", 0.0)
    for turn in [queue.next(0.0), queue.next(0.0)]:
        turn.draw()
        queue.died(turn)
    again = queue.next(0.0)
    assert again.job is bad
    assert queue.next(0.0) is None
    queue.died(again)
    assert bad.state is State.FAILED
    assert "died" in bad.error
    while not good.state.ended:
        answer(queue, queue.next(0.0))
    assert good.state is State.DONE


def test_what_needs_an_answer_waits_for_it_and_others_are_served() -> None:
    queue = PieceQueue()
    job = queue.submit(Work(3, dependent=True), "anna", 0.0)
    first = queue.next(0.0)
    first.draw()
    answer(queue, queue.next(0.0))  # there is no second piece yet
    assert queue.next(0.0) is None
    other = queue.submit(Work(1), "berta", 0.0)
    assert queue.next(0.0).job is other
    queue.died(first)  # the first is tried again, and what waits for it still does
    assert queue.next(0.0) is None
    assert job.state is State.RUNNING


def test_what_was_answered_just_before_it_was_asked_for_is_not_waited_for() -> None:
    queue = PieceQueue()
    work = Work(2, dependent=True)
    job = queue.submit(work, "anna", 0.0)
    first, second = queue.next(0.0), queue.next(0.0)
    first.draw()
    too_early = second.draw()
    assert too_early is NoPiece.YET
    first.take(1)
    queue.answered(first, 0.0)
    queue.without(second, too_early)
    answer(queue, queue.next(0.0))
    answer(queue, queue.next(0.0))
    assert job.state is State.DONE
    assert len(work.answers) == 2


def test_who_does_not_look_gives_way_and_is_served_when_nobody_else_is() -> None:
    queue = PieceQueue()
    hidden, looking = queue.submit(Work(4), "anna", 0.0), queue.submit(Work(3), "ben", 0.0)
    order = []
    for now in (1.0, 2.0, *range(30, 60)):
        queue.touch(looking, "ben", now)
        queue.drop_abandoned(now)
        if (turn := queue.next(now)) is not None:
            order.append(turn.job.owner)
            answer(queue, turn, now)
    assert order == ["anna", "ben", "ben", "ben", "ben", "anna", "anna", "anna", "anna"]  # the last finds no more
    assert (hidden.state, looking.state) == (State.DONE, State.DONE)


def test_a_tab_that_may_ask_once_a_minute_keeps_its_work_and_one_that_was_closed_does_not() -> None:
    queue = PieceQueue()
    throttled, closed = queue.submit(Work(9), "anna", 0.0), queue.submit(Work(9), "ben", 0.0)
    for now in range(0, 601, 60):
        queue.touch(throttled, "anna", now)
        queue.drop_abandoned(now + 59.0)
    assert throttled.state is State.QUEUED
    assert closed.state is State.STOPPED


def test_where_there_is_no_room_who_does_not_look_makes_some() -> None:
    queue = PieceQueue(most=2)
    hidden, looking = queue.submit(Work(1), "anna", 0.0), queue.submit(Work(1), "ben", 0.0)
    queue.touch(looking, "ben", 29.0)
    with pytest.raises(NoRoom):
        queue.submit(Work(1), "carla", 30.0)
    queue.drop_abandoned(30.0)  # which the lane does first
    queue.submit(Work(1), "carla", 30.0)
    assert (hidden.state, looking.state) == (State.STOPPED, State.QUEUED)


def test_the_seconds_are_those_from_its_first_piece_to_its_latest_answer() -> None:
    queue = PieceQueue()
    job = queue.submit(Work(3), "anna", 5.0)
    assert (job.seconds, job.share_done) == (0.0, 0.0)
    answer(queue, queue.next(10.0), 12.0)
    assert (job.seconds, job.share_done) == (2.0, 1 / 6)
    answer(queue, queue.next(13.0), 14.5)
    assert (job.seconds, job.share_done) == (4.5, 0.5)


@pytest.mark.parametrize(
    ("owners", "words"), [(["anna"] * 4, "waiting for 4 results"), (list("abcdef"), "6 results are")]
)
def test_one_too_many_is_refused_with_a_sentence(owners: list[str], words: str) -> None:
    queue = PieceQueue(per_visitor=4, most=6)
    for owner in owners:
        queue.submit(Work(1), owner, 0.0)
    with pytest.raises(RefusedJob, match=words + r".*\."):
        queue.submit(Work(1), "anna", 0.0)


def test_nothing_of_an_ended_job_stays() -> None:
    queue = PieceQueue()
    work = Work(3)
    stopped, alive = queue.submit(work, "anna", 0.0), weakref.ref(work)
    turn = queue.next(0.0)
    turn.draw()
    queue.stop(stopped, "anna")
    del work, turn
    gc.collect()
    assert alive() is None
    assert stopped.state is State.STOPPED  # though the page still has the job


def test_visitors_of_one_network_have_their_bound_together() -> None:
    queue = PieceQueue(per_visitor=2, most=9, per_address=3)
    for number in range(3):
        queue.submit(Work(1), f"tab {number}", 0.0, "192.0.2.1")
    with pytest.raises(NoRoom, match="your network"):
        queue.submit(Work(1), "another tab", 0.0, "192.0.2.1")
    queue.submit(Work(1), "ben", 0.0, "192.0.2.2")
    queue.submit(Work(1), "carl", 0.0)

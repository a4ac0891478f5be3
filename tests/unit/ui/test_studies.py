"""A study is computed once for all who look at it, and stopped when the last of them stops it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from clock import Clock

from ae_core.jobs.job import State
from ae_core.jobs.pieces import NoPiece, PieceJob, PieceQueue
from ae_core.tasks.study import Part, Study
from ui.visit import studies
from ui.visit.state import StudiesState
from ui.visit.studies import Found


def answer(name: str) -> dict[str, str]:
    if name == "bad":
        raise ValueError("no such part")
    return {"name": name}


def study(key: str = "k") -> Study:
    return Study(key, [Part(name, f"the {name}", answer, (name,)) for name in ("first", "second")])


class Lab:
    """A queue of pieces whose pieces are computed when the test says so, and visitors who look."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.queue = PieceQueue()
        self.clock = clock
        self.visitors: dict[str, SimpleNamespace] = {}
        self.who = ""

    def submit(self, work: Study) -> PieceJob:
        return self.queue.submit(work, self.who, self.clock())

    def touch_pieces(self, job: PieceJob, owner: str) -> None:
        self.queue.touch(job, owner, self.clock())

    def stop_pieces(self, job: PieceJob, owner: str) -> None:
        self.queue.stop(job, owner)

    def visit(self) -> SimpleNamespace:
        return self.visitors.setdefault(
            self.who,
            SimpleNamespace(
                visitor=self.who,
                studies=StudiesState(),
            ),
        )

    def look(self, who: str, key: str = "k") -> Found:
        self.who = who
        return studies.look(study(key))

    def stop(self, who: str, key: str = "k") -> None:
        self.who = who
        studies.stop(key)

    def compute(self, count: int) -> int:
        """Compute so many pieces, or as many as there are."""
        computed = 0
        while computed < count and (turn := self.queue.next(self.clock())) is not None:
            piece = turn.draw()
            if isinstance(piece, NoPiece):
                self.queue.without(turn, piece)
                continue
            turn.take(piece.function(*piece.arguments))
            self.queue.answered(turn, self.clock())
            computed += 1
        return computed


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    clock = Clock()
    found = Lab(clock)
    monkeypatch.setattr(studies.caches, "manager", lambda: found)
    monkeypatch.setattr(studies, "visit", found.visit)
    monkeypatch.setattr(studies.pieces, "submit", found.submit)
    monkeypatch.setattr(studies.time, "monotonic", clock)
    monkeypatch.setattr(studies, "_going", {})
    monkeypatch.setattr(studies, "_kept", studies.OrderedDict())
    return found


def test_thirty_who_ask_for_the_same_have_it_computed_once(lab: Lab) -> None:
    states = {lab.look(f"student {n}").state for n in range(30)}
    assert states == {State.QUEUED}
    assert lab.compute(1000) == 2
    found = [lab.look(f"student {n}") for n in range(31)]  # and one who comes later
    assert all(one.state is State.DONE and set(one.answers) == {"first", "second"} for one in found)
    assert lab.compute(1000) == 0


def test_what_is_there_is_shown_while_the_rest_is_computed(lab: Lab) -> None:
    lab.look("anna")
    lab.compute(1)
    found = lab.look("anna")
    assert found.state is State.RUNNING
    assert dict(found.answers) == {"first": {"name": "first"}}
    assert found.share == 0.5
    assert found.under_way == "the second"


def test_who_stops_it_stops_it_for_nobody_else(lab: Lab) -> None:
    lab.look("anna")
    lab.look("ben")
    lab.compute(1)
    lab.stop("anna")
    stopped = lab.look("anna")
    assert stopped.state is State.STOPPED
    assert set(stopped.answers) == {"first"}
    assert lab.look("ben").state is State.RUNNING
    lab.stop("ben")
    assert lab.queue.active() == []
    studies.again("k")
    assert lab.look("ben").state is State.QUEUED


def test_who_was_left_alone_with_a_stopped_study_has_it_begun_again(lab: Lab) -> None:
    lab.look("anna")
    lab.look("ben")
    lab.who = "anna"
    lab.queue.stop(lab.queue.active()[0], "anna")  # as "Forget my work" does
    assert lab.look("ben").state is State.QUEUED
    assert lab.queue.active()[0].owner == "ben"


def test_moving_a_knob_gives_up_what_was_asked_for_before(lab: Lab) -> None:
    lab.look("anna", "one")
    lab.clock.now += 10  # type: ignore[attr-defined]
    lab.look("anna", "two")
    assert len(lab.queue.active()) == 1


def test_what_cannot_be_computed_says_so_until_it_is_asked_for_again(lab: Lab) -> None:
    lab.look("anna")
    turn = lab.queue.next(0.0)
    assert turn is not None
    turn.draw()
    lab.queue.failed(turn, "There is no room.")
    assert lab.look("anna").refusal == "There is no room."
    assert lab.look("anna").state is State.FAILED
    lab.who = "anna"
    studies.again("k")
    assert lab.look("anna").state is State.QUEUED


def test_results_are_kept_in_bounded_memory(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "_KEPT_BYTES", 10_000)
    for n in range(8):
        lab.look("anna", f"study {n}")
        lab.compute(10)
        assert lab.look("anna", f"study {n}").state is State.DONE
        lab.clock.now += 10  # type: ignore[attr-defined]
    assert len(studies._kept) < 4

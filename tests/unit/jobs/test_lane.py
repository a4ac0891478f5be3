"""The lane for pieces on a real cluster: it goes on beside training, takes turns, stops, and survives what dies."""

from __future__ import annotations

import gc
import os
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from clusters import one_worker, wait_until
from distributed import Client, Nanny, Scheduler, SpecCluster
from tiny_pieces import Negative, die, die_always, err, hang, invert, refuse, slowly, wait_for, where

from ae_core.config.schema import Config
from ae_core.jobs.cluster import PIECES, Cluster
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import Limits, RefusedJob
from ae_core.jobs.manager import JobManager
from ae_core.jobs.pieces import PieceJob
from ae_core.runs.store import RunStore

SUPPORT = Path(__file__).parents[2] / "support"
BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=4, epochs=2, batch_size=64)
LONG = replace(BRIEF, epochs=1000, batch_size=16)  # most of a minute: no test waits for its end

START = 240.0  # seconds that a cluster or a worker may take to be there, and a run or pieces to end on a busy machine


def finish(manager: JobManager, *jobs: PieceJob) -> PieceJob:
    """The first job, once all have ended, as a visitor who stays sees it."""

    def look() -> bool:
        for job in jobs:
            manager.touch_pieces(job, job.owner)
        return all(job.state.ended for job in jobs)

    wait_until(look, START, "the pieces ended")
    return jobs[0]


def until_training(job: Job) -> Job:
    wait_until(lambda: (job.phase == "training" and job.report is not None) or job.state.ended, START, "it trains")
    assert not job.state.ended, job.message
    return job


def workers(address: str, apart: bool) -> list[int]:
    """The processes of the workers for pieces alone, or of those that train."""
    with Client(address, timeout="20s", set_as_default=False) as client:
        there = client.scheduler_info()["workers"]
        chosen = [one for one, of in there.items() if (PIECES in of["resources"]) == apart]
        return list(client.run(os.getpid, workers=chosen).values()) if chosen else []


def what_is_left(address: str) -> tuple[list[str], list[str]]:
    """What the scheduler knows of pieces, and what the workers hold of them."""

    def at_scheduler(dask_scheduler: Any) -> list[str]:
        return [key for key in map(str, dask_scheduler.tasks) if key.startswith("piece-")]

    def at_worker(dask_worker: Any) -> list[str]:
        return [key for key in map(str, [*dask_worker.data, *dask_worker.state.tasks]) if key.startswith("piece-")]

    with Client(address, timeout="20s", set_as_default=False) as client:
        held = client.run(at_worker).values()
        return client.run_on_scheduler(at_scheduler), [key for keys in held for key in keys]


@pytest.fixture(scope="module")
def path_to_support() -> Iterator[None]:
    """Workers can import what the pieces call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")]))
        yield


@pytest.fixture(scope="module")
def started() -> list[Cluster]:
    """Every cluster the module's manager has started, the one in use last."""
    return []


@pytest.fixture(scope="module")
def manager(
    tmp_path_factory: pytest.TempPathFactory, path_to_support: None, started: list[Cluster]
) -> Iterator[JobManager]:
    """One worker that trains and one for pieces, with one thread each."""
    manager = JobManager(RunStore(tmp_path_factory.mktemp("runs")), Limits(), one_worker(started))
    wait_until(lambda: manager._dispatcher.takes_jobs, START, "the workers are there")
    yield manager
    manager.close()


@pytest.fixture(autouse=True)
def free_workers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test leaves running or waiting is stopped, so that the next finds the workers free."""
    yield
    if "manager" not in request.fixturenames:
        return
    shared: JobManager = request.getfixturevalue("manager")
    for job in shared._lane._queue.active():
        shared.stop_pieces(job, job.owner)
    left = shared._queue.active()
    for training in left:
        for owner in list(training.seen):
            shared.stop(training, owner)
    wait_until(lambda: all(training.state.ended for training in left), START, "training has ended")


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that pieces wait for; it is there at last, so that none waits longer than its test."""
    path = tmp_path / "gate"
    yield path
    path.touch()


def begun(gate: Path) -> list[int]:
    """The processes in which a piece waits for the gate."""
    return [int(path.name.rpartition("-")[2]) for path in gate.parent.glob(f"{gate.name}.begun-*")]


# --- Pieces and training ------------------------------------------------------------------------------------


def test_the_worker_for_pieces_has_imported_nothing_before_the_first(
    manager: JobManager, started: list[Cluster]
) -> None:
    wait_until(lambda: workers(started[-1].address, apart=True), START, "the worker for pieces is there")
    loaded = {
        Path(mapped.path).name
        for pid in workers(started[-1].address, True)
        for mapped in psutil.Process(pid).memory_maps()
    }
    assert loaded
    assert not any("torch" in name for name in loaded)


def test_the_answers_are_put_together(manager: JobManager) -> None:
    work = Negative(7)
    job = manager.submit_pieces(work, "anna")
    assert not job.state.ended
    finish(manager, job)
    assert (job.state, job.error, job.done, job.share_done) == (State.DONE, "", work.total, 1.0)
    assert work.right
    assert job.seconds > 0


def test_pieces_go_on_while_the_only_worker_that_trains_is_busy(manager: JobManager) -> None:
    training = until_training(manager.submit(LONG, "ben"))
    work = Negative(5)
    assert finish(manager, manager.submit_pieces(work, "anna")).state is State.DONE
    assert work.right
    assert training.state is State.RUNNING


def test_training_never_lands_on_the_worker_for_pieces(manager: JobManager, started: list[Cluster]) -> None:
    until_training(manager.submit(replace(LONG, seed=1), "anna"))
    waiting = manager.submit(replace(LONG, seed=2), "ben")
    assert manager._dispatcher.slots == 1
    assert manager._dispatcher.piece_slots == 1
    time.sleep(1.5)  # of several looks at the queue
    assert waiting.state is State.QUEUED
    with Client(started[-1].address, timeout="20s", set_as_default=False) as client:
        at_work = {address: keys for address, keys in client.processing().items() if keys}
        there = client.scheduler_info()["workers"]
    assert [there[address]["resources"] for address in at_work] == [{}]


def test_pieces_go_before_training_and_have_as_many_threads(manager: JobManager, started: list[Cluster]) -> None:
    work = Negative(20, where)
    finish(manager, manager.submit_pieces(work, "anna"))
    pid, niceness, threads = work.answers[0]
    assert {answer[0] for answer in work.answers.values()} == {pid}
    assert [pid] == workers(started[-1].address, apart=True)
    assert threads == 1
    (training,) = workers(started[-1].address, apart=False)
    assert os.getpriority(os.PRIO_PROCESS, 0) <= niceness < psutil.Process(training).nice()


# --- Taking turns -------------------------------------------------------------------------------------------


def test_a_small_job_is_done_while_a_large_one_is_under_way(manager: JobManager) -> None:
    large = manager.submit_pieces(Negative(2000, invert, size=2), "anna")
    wait_until(lambda: large.done, START, "the large one has begun")
    small = finish(manager, manager.submit_pieces(Negative(2), "ben"))
    assert small.state is State.DONE
    assert large.state is State.RUNNING
    assert 0 < large.share_done < 1


def test_no_more_than_two_pieces_are_at_the_workers_and_none_at_the_trainer(
    manager: JobManager, started: list[Cluster], gate: Path
) -> None:
    wait_until(lambda: manager.ready, START, "the worker that trains has nothing to do")
    work = Negative(50, wait_for, str(gate))
    job = manager.submit_pieces(work, "anna")
    wait_until(lambda: len(work._places) == 2 and begun(gate), START, "two are on their way")
    others = manager.submit_pieces(Negative(3), "ben")
    time.sleep(1.0)
    assert len(work._places) == 2
    assert others.state is State.QUEUED
    assert begun(gate) == workers(started[-1].address, apart=True)  # the second waits there for the first
    gate.touch()
    finish(manager, job, others)
    assert work.right


def test_nothing_of_a_picture_stays_at_the_workers(manager: JobManager, started: list[Cluster], gate: Path) -> None:
    work = Negative(6, size=300)
    watched = weakref.ref(work)
    finish(manager, manager.submit_pieces(work, "anna"))
    del work
    wait_until(lambda: gc.collect() >= 0 and watched() is None, 30, "nothing is left here")
    stopped = manager.submit_pieces(Negative(6, wait_for, str(gate)), "anna")
    wait_until(lambda: begun(gate), START, "the first piece is computed")
    manager.stop_pieces(stopped, "anna")
    gate.touch()
    wait_until(lambda: what_is_left(started[-1].address) == ([], []), 30, "nothing is left")


def test_one_too_many_is_refused(manager: JobManager, gate: Path) -> None:
    jobs = [manager.submit_pieces(Negative(1, wait_for, str(gate)), "anna") for _ in range(4)]
    with pytest.raises(RefusedJob, match=r"4 results.*\."):
        manager.submit_pieces(Negative(1), "anna")
    gate.touch()
    finish(manager, *jobs)
    assert finish(manager, manager.submit_pieces(Negative(1), "anna")).state is State.DONE


# --- Stopping -----------------------------------------------------------------------------------------------


def test_stop_takes_effect_at_once_and_late_answers_are_dropped(manager: JobManager, gate: Path) -> None:
    work = Negative(5, wait_for, str(gate))
    job = manager.submit_pieces(work, "anna")
    wait_until(lambda: begun(gate), START, "a piece is computed")
    manager.stop_pieces(job, "ben")  # whose it is not
    assert job.state is State.RUNNING
    manager.stop_pieces(job, "anna")
    assert job.state is State.STOPPED
    gate.touch()
    assert finish(manager, manager.submit_pieces(Negative(3), "anna")).state is State.DONE  # the next in the same lane
    assert (job.state, job.done, work.answers) == (State.STOPPED, 0, {})


def test_the_pieces_of_a_visitor_who_left_are_stopped(
    manager: JobManager, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager._lane._queue, "grace", 1.5)
    left = manager.submit_pieces(Negative(5, wait_for, str(gate)), "anna")
    stays = manager.submit_pieces(Negative(5, wait_for, str(gate)), "ben")

    def look() -> bool:
        manager.touch_pieces(stays, "ben")
        return left.state.ended

    wait_until(look, 30, "the abandoned one was stopped")
    assert left.state is State.STOPPED
    assert not stays.state.ended


# --- When things break --------------------------------------------------------------------------------------


def test_an_error_for_visitors_is_their_sentence(manager: JobManager) -> None:
    job = finish(manager, manager.submit_pieces(Negative(5, refuse), "anna"))
    assert (job.state, job.error) == (State.FAILED, "This tile is too dark. Take a brighter picture.")


def test_any_other_error_is_logged_and_told_without_its_text(
    manager: JobManager, caplog: pytest.LogCaptureFixture
) -> None:
    job = finish(manager, manager.submit_pieces(Negative(5, err), "anna"))
    assert job.state is State.FAILED
    assert job.error == "This failed unexpectedly (ZeroDivisionError). Try it again."
    assert "a secret" in caplog.text


class Unwilling(Negative):
    """Work that cannot be cut, or cannot take an answer."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at = at

    def pieces(self) -> Iterator[Any]:
        yield from super().pieces()
        if self.at == "pieces":
            raise RefusedJob("It cannot be cut. Take another.")

    def take(self, piece: Any, answer: Any) -> None:
        raise TypeError("what is this?")


@pytest.mark.parametrize(("at", "error"), [("pieces", "cannot be cut"), ("take", "unexpectedly .TypeError.")])
def test_work_that_errs_by_itself_fails_and_holds_nobody_up(manager: JobManager, at: str, error: str) -> None:
    job = finish(manager, manager.submit_pieces(Unwilling(at), "anna"))
    assert job.state is State.FAILED
    assert finish(manager, manager.submit_pieces(Negative(3), "ben")).state is State.DONE


def test_a_killed_worker_is_survived(manager: JobManager, tmp_path: Path) -> None:
    deadly = tmp_path / "deadly"
    deadly.touch()
    work, beside = Negative(4, die, str(deadly)), Negative(4)
    job = finish(manager, manager.submit_pieces(work, "anna"), other := manager.submit_pieces(beside, "ben"))
    assert not deadly.exists()  # a worker did die
    assert (job.state, other.state) == (State.DONE, State.DONE)
    assert work.right
    assert beside.right


def test_a_piece_that_hangs_fails_its_job_alone(
    manager: JobManager, started: list[Cluster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "hanging"
    hanging.touch()
    finish(manager, manager.submit_pieces(Negative(1), "anna"))  # a worker that has imported all there is
    monkeypatch.setattr(manager._lane, "_max_seconds", 2.0)
    job = manager.submit_pieces(Negative(3, hang, str(hanging)), "anna")
    wait_until(lambda: begun(hanging), START, "the first piece hangs")
    (pid,) = begun(hanging)
    work = Negative(4)
    beside = manager.submit_pieces(work, "ben")
    finish(manager, job, beside)
    assert job.state is State.FAILED
    assert (
        job.error
        == "A part of this took longer than 2 seconds, and was given up. Try it again, or take a smaller picture."
    )
    assert beside.state is State.DONE, beside.error
    assert work.right
    assert psutil.pid_exists(pid)  # nothing else that was there is lost with it
    wait_until(lambda: what_is_left(started[-1].address) == ([], []), 30, "nothing is left")
    hanging.unlink()
    assert finish(manager, manager.submit_pieces(Negative(3, hang, str(hanging)), "anna")).state is State.DONE


def test_a_piece_that_hangs_holds_nobody_up_when_its_visitor_has_stopped_it(
    manager: JobManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "hanging"
    hanging.touch()
    finish(manager, manager.submit_pieces(Negative(1), "anna"))
    monkeypatch.setattr(manager._lane, "_max_seconds", 2.0)
    job = manager.submit_pieces(Negative(3, hang, str(hanging)), "anna")
    wait_until(lambda: begun(hanging), START, "the first piece hangs")
    manager.stop_pieces(job, "anna")
    beside = finish(manager, manager.submit_pieces(Negative(4), "ben"))
    assert (job.state, beside.state) == (State.STOPPED, State.DONE)


def test_what_takes_its_time_within_the_bound_is_answered(manager: JobManager, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is for each piece by itself: waiting for the others before it does not count."""
    monkeypatch.setattr(manager._lane, "_max_seconds", 4.0)
    works = [Negative(3, slowly) for _ in range(2)]
    jobs = [manager.submit_pieces(work, owner) for work, owner in zip(works, ("anna", "ben"), strict=True)]
    finish(manager, *jobs)
    assert [job.state for job in jobs] == [State.DONE, State.DONE]
    assert all(work.right for work in works)


def test_a_piece_that_kills_two_workers_fails_its_job_alone(manager: JobManager) -> None:
    beside = Negative(4)
    job = finish(
        manager, manager.submit_pieces(Negative(3, die_always), "anna"), other := manager.submit_pieces(beside, "ben")
    )
    assert job.state is State.FAILED
    assert "died" in job.error
    assert other.state is State.DONE
    assert beside.right


def test_a_killed_trainer_is_replaced_by_no_worker_for_pieces(manager: JobManager, started: list[Cluster]) -> None:
    until_training(manager.submit(replace(LONG, seed=3), "anna"))
    following = manager.submit(replace(LONG, seed=4), "ben")
    (pid,) = workers(started[-1].address, apart=False)
    psutil.Process(pid).kill()
    until_training(following)
    with Client(started[-1].address, timeout="20s", set_as_default=False) as client:
        there = client.scheduler_info()["workers"]
        at_work = [address for address, keys in client.processing().items() if keys]
    assert [there[address]["resources"] for address in at_work] == [{}]


def test_pieces_wait_for_a_cluster_that_went_away_and_go_on(
    manager: JobManager, started: list[Cluster], gate: Path
) -> None:
    work = Negative(4, wait_for, str(gate))
    job = manager.submit_pieces(work, "anna")
    wait_until(lambda: begun(gate), START, "a piece is computed")
    process = started[-1].process
    assert process is not None
    process.kill()
    gate.touch()
    finish(manager, job)
    assert job.state is State.DONE, job.error
    assert work.right
    assert len(started) >= 2


# --- Somebody else's cluster --------------------------------------------------------------------------------


@pytest.mark.usefixtures("spawning")
@pytest.mark.parametrize("resources", [{PIECES: 1}, None], ids=["with a worker for pieces", "without"])
def test_on_somebody_elses_cluster_workers_started_for_pieces_take_nothing_else(
    tmp_path: Path, path_to_support: None, resources: dict[str, int] | None
) -> None:
    here: dict[str, Any] = {"host": "127.0.0.1", "dashboard_address": None}
    every = here | {"nthreads": 1, "dashboard": False, "memory_limit": "3GiB"}
    paths = os.pathsep.join([os.environ["PYTHONPATH"], str(SUPPORT.parents[1])])
    options = [
        every | {"env": {"PYTHONPATH": paths}, "resources": of} for of in ([resources, None] if resources else [None])
    ]
    with SpecCluster(
        workers={number: {"cls": Nanny, "options": of} for number, of in enumerate(options)},
        scheduler={"cls": Scheduler, "options": here | {"port": 0, "dashboard_address": "127.0.0.1:0"}},
        silence_logs=40,
    ) as theirs:
        address = theirs.scheduler_address
        manager = JobManager(RunStore(tmp_path), Limits(), lambda: Cluster(address))
        try:
            wait_until(lambda: manager._dispatcher.slots, START, "the workers are there")
            assert manager._dispatcher.slots == 1
            work = Negative(3, where)
            assert finish(manager, manager.submit_pieces(work, "anna")).state is State.DONE
            assert {pid for pid, _, _ in work.answers.values()} == set(workers(address, apart=bool(resources)))
            if resources:
                until_training(manager.submit(replace(LONG, seed=5), "ben"))
                right = Negative(3)
                finish(manager, manager.submit_pieces(right, "anna"))
                assert right.right
        finally:
            manager.close()

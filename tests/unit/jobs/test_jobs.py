"""Jobs: a real local cluster trains, queues, stops, dies and comes back, and every visitor hears how it ended."""

from __future__ import annotations

import errno
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from clusters import one_worker, wait_until
from distributed import Client
from PIL import Image

from ae_core.config.schema import Config
from ae_core.data.own import lent
from ae_core.data.own_patches import PatchPicture
from ae_core.jobs import dispatcher, worker
from ae_core.jobs.cluster import ADDRESS_VARIABLE, Cluster, connect, start_local, threads_each
from ae_core.jobs.dispatcher import Dispatcher, Lost
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import Limits, RefusedJob
from ae_core.jobs.manager import JobManager
from ae_core.runs.fit import fit
from ae_core.runs.store import RunStore
from ae_core.tasks import trainable
from ae_core.tasks.restoration.restoring import offered
from ae_core.training.cost import Pace
from ae_core.training.loop import Progress

BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=4, epochs=2, batch_size=64)  # a fraction of a second
LONG = replace(BRIEF, epochs=1000, batch_size=16)  # most of a minute: no test waits for its end
DIVERGING = replace(
    BRIEF, epochs=10, output_activation="linear", activation="linear", hidden_sizes=(64,) * 8, learning_rate=10.0
)
LARGE_CODES = replace(DIVERGING, epochs=3, hidden_sizes=(64,) * 4)  # finite to its end

TRAIN = 60.0  # seconds that a brief run may take on a busy machine
START = 120.0  # seconds that a cluster or a worker may take to be there and warm


def finish(job: Job, seconds: float = TRAIN) -> Job:
    """The job, once nothing more will happen to it."""
    wait_until(lambda: job.state.ended, seconds, f"the job ended; it is {job.state}, {job.phase}")
    return job


def is_training(job: Job) -> bool:
    return job.phase == "training" and job.report is not None


def until_training(job: Job) -> Job:
    """The job, once a report of its training has come."""
    wait_until(lambda: is_training(job) or job.state.ended, START, "the job trains")
    assert is_training(job), job.message
    return job


def brief(seed: int) -> Config:
    """A run that no other test has had."""
    return replace(BRIEF, seed=seed)


def long(seed: int) -> Config:
    return replace(LONG, seed=seed)


def workers_of(cluster: Cluster) -> dict[str, int]:
    """The process of each worker, by its address."""
    with Client(cluster.address, timeout="20s", set_as_default=False) as client:
        return dict(client.run(os.getpid))


def never() -> Cluster:
    """A cluster that does not start: for what the manager decides by itself."""
    raise RuntimeError("no cluster here")


PATIENT = Limits(seconds=1e6)  # what runs took on a machine that is busy makes the next ones' estimates minutes long


@pytest.fixture(scope="module")
def started() -> list[Cluster]:
    """Every cluster the module's manager has started, the one in use last."""
    return []


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory, started: list[Cluster]) -> Iterator[JobManager]:
    """One worker with one thread, which trains one job at a time."""
    manager = JobManager(RunStore(tmp_path_factory.mktemp("runs")), PATIENT, one_worker(started))
    wait_until(lambda: manager.ready, START, "the workers are warm")
    yield manager
    manager.close()


@pytest.fixture(autouse=True)
def free_slot(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test leaves running or waiting is stopped, so that the next finds the worker free."""
    yield
    if "manager" not in request.fixturenames:
        return
    shared: JobManager = request.getfixturevalue("manager")
    left = shared._queue.active()
    for job in left:
        for owner in list(job.seen):
            shared.stop(job, owner)
    for job in left:
        finish(job)


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[JobManager]:
    """A manager that has no workers and small limits: what is submitted stays in its queue."""
    manager = JobManager(RunStore(tmp_path), Limits(per_visitor=2, queue=3, parameters=100_000), never)
    yield manager
    manager.close()


# --- A run --------------------------------------------------------------------------------------------------


def test_a_job_brings_the_run_that_training_here_would(manager: JobManager) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as many as the worker has: sums are added up in the same order
    try:
        here = fit(brief(1), "cpu")
    finally:
        torch.set_num_threads(threads)
    job = finish(manager.submit(brief(1), "anna"))
    assert job.state is State.DONE, job.message
    assert job.run is not None
    assert job.run.finished
    assert job.run.config == brief(1).canonical()
    assert job.run.metrics == pytest.approx(here.metrics, rel=1e-6, abs=1e-6)


def test_a_finished_run_is_in_the_store(manager: JobManager) -> None:
    job = finish(manager.submit(brief(2), "anna"))
    stored = manager.store.get(brief(2).key)
    assert job.run is not None
    assert stored is not None
    assert stored.metrics == job.run.metrics


def test_a_stored_run_comes_back_at_once(manager: JobManager) -> None:
    first = finish(manager.submit(brief(3), "anna"))
    second = manager.submit(brief(3), "ben")
    assert second.state is State.DONE
    assert second.run is not None
    assert first.run is not None
    assert second.run.metrics == first.run.metrics


def test_again_trains_a_stored_run_anew(manager: JobManager) -> None:
    first = finish(manager.submit(brief(4), "anna"))
    again = manager.submit(brief(4), "anna", again=True)
    assert not again.state.ended
    finish(again)
    assert again.state is State.DONE
    assert again.report  # it was trained, not read
    assert first.run is not None
    assert again.run is not None
    assert again.run.metrics == pytest.approx(first.run.metrics, rel=1e-6, abs=1e-6)


def test_equal_configs_of_two_visitors_are_one_job(manager: JobManager) -> None:
    spelled_otherwise = replace(long(5), beta=7.0)  # beta means nothing without a variational code
    job = manager.submit(long(5), "anna")
    assert manager.submit(spelled_otherwise, "ben") is job
    assert set(job.seen) == {"anna", "ben"}


def test_a_run_on_a_picture_of_ones_own_is_trained_with_it_and_is_nobody_elses(manager: JobManager) -> None:
    small = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    picture = PatchPicture.of(Image.fromarray(small).resize((320, 240), Image.Resampling.BICUBIC))
    config = Config(dataset=picture.name("patches8"), hidden_sizes=(16,), code_size=4, epochs=1, batch_size=256)
    with lent(config.dataset, picture):
        annas, bens = manager.submit(config, "anna"), manager.submit(config, "ben")
    stranger = manager.submit(config, "carla")  # who knows the settings, and does not have the picture
    assert len({annas.id, bens.id, stranger.id}) == 3
    for job in (annas, bens):
        assert finish(job).state is State.DONE, job.message
        assert set(job.seen) <= {"anna"} or set(job.seen) <= {"ben"}
    assert annas.run is not None
    assert bens.run is not None
    assert annas.run.metrics == pytest.approx(bens.run.metrics, rel=1e-6, abs=1e-6)
    assert finish(stranger).state is State.FAILED
    assert "Take the same picture on Photos" in stranger.message
    assert config.key not in manager.store


def test_reports_are_finite_and_never_go_back(manager: JobManager) -> None:
    job = manager.submit(replace(BRIEF, epochs=60, batch_size=32, seed=6), "anna")
    shares: list[float] = []
    reports: list[Progress] = []

    def seen_enough() -> bool:
        report, share = job.report, job.share_done
        if report is not None and (not reports or report is not reports[-1]):
            reports.append(report)
            shares.append(share)
        return job.state.ended

    wait_until(seen_enough, TRAIN, "the job ended")
    assert len(reports) > 5
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for report in reports:
        assert all(math.isfinite(value) for column in report.history.values() for value in column)
        assert {len(column) for column in report.history.values()} == {len(report.history["epoch"])}
        assert all(map(math.isfinite, (report.epoch, report.seconds, report.images_per_second)))
        assert math.isfinite(report.seconds_left) == (report.step > 0)


def test_snapshots_are_twelve_images(manager: JobManager) -> None:
    job = manager.submit(long(7), "anna")
    wait_until(lambda: job.film is not None and len(job.film.epochs) > 2, START, "three frames came")
    film = job.film
    assert film is not None
    frames = len(film.epochs)
    assert film.epochs[0] == 0
    assert bool((film.epochs.diff() > 0).all())
    assert film.images.shape == (frames, 12, 1, 8, 8)
    assert film.images.dtype is torch.uint8
    assert film.points.shape == (frames, 360, 2)
    assert bool(film.points.isfinite().all())


def test_a_run_that_diverges_fails_with_the_sentence_that_says_so(manager: JobManager) -> None:
    job = finish(manager.submit(DIVERGING, "anna"))
    assert job.state is State.FAILED
    assert "Lower the learning rate" in job.message
    assert DIVERGING.key not in manager.store


def test_a_run_with_very_large_codes_is_not_taken_for_a_damaged_file(manager: JobManager) -> None:
    job = finish(manager.submit(LARGE_CODES, "anna"))
    assert job.state is State.DONE, job.message


# --- The queue ----------------------------------------------------------------------------------------------


def test_jobs_on_one_worker_wait_in_their_order(manager: JobManager) -> None:
    jobs = [manager.submit(long(seed), f"visitor {seed}") for seed in (10, 11, 12)]
    until_training(jobs[0])
    assert [manager.position(job) for job in jobs] == [0, 1, 2]
    assert [job.state for job in jobs] == [State.RUNNING, State.QUEUED, State.QUEUED]
    assert manager.running() == 1


def test_the_queue_moves_up_when_a_job_ends(manager: JobManager) -> None:
    jobs = [manager.submit(long(seed), f"visitor {seed}") for seed in (13, 14, 15)]
    until_training(jobs[0])
    manager.stop(jobs[0], "visitor 13")
    until_training(jobs[1])
    assert [manager.position(job) for job in jobs[1:]] == [0, 1]


def test_a_visitor_may_have_so_many_jobs_and_no_more(idle: JobManager) -> None:
    for seed in (1, 2):
        idle.submit(brief(seed), "anna")
    with pytest.raises(RefusedJob, match=r"You have 2 runs .*\."):
        idle.submit(brief(3), "anna")
    assert idle.submit(brief(3), "ben").state is State.QUEUED


def test_a_full_queue_refuses_with_a_sentence(idle: JobManager) -> None:
    for seed, owner in enumerate(("anna", "ben", "carla")):
        idle.submit(brief(seed), owner)
    with pytest.raises(RefusedJob, match=r"3 runs are waiting.*Try again"):
        idle.submit(brief(9), "dora")


def test_one_network_cannot_fill_the_queue_for_all_others(tmp_path: Path) -> None:
    manager = JobManager(RunStore(tmp_path), Limits(per_address=2), never)
    try:
        manager.submit(brief(1), "anna", address="203.0.113.7")
        manager.submit(brief(2), "ben", address="203.0.113.7")
        with pytest.raises(RefusedJob, match="2 runs of your network are waiting"):
            manager.submit(brief(3), "cleo", address="203.0.113.7")
        manager.submit(brief(2), "cleo", address="203.0.113.7")  # what is trained for another all the same
        manager.submit(brief(3), "dora", address="198.51.100.1")
        manager.submit(brief(4), "eve")
    finally:
        manager.close()


def test_a_full_queue_lets_a_visitor_join_a_job_that_is_in_it(idle: JobManager) -> None:
    jobs = [idle.submit(brief(seed), owner) for seed, owner in enumerate(("anna", "ben", "carla"))]
    assert idle.submit(brief(1), "dora") is jobs[1]


def test_a_stopped_job_makes_room_for_its_visitor(idle: JobManager) -> None:
    jobs = [idle.submit(brief(seed), "anna") for seed in (1, 2)]
    idle.stop(jobs[0], "anna")
    assert idle.submit(brief(3), "anna").state is State.QUEUED


@pytest.mark.parametrize(
    ("config", "limits", "named"),
    [
        (replace(BRIEF, hidden_sizes=(4096,)), Limits(parameters=100_000), "parameters"),
        (LONG, Limits(steps=1000), "steps"),
        (BRIEF, Limits(memory=1000), "GB"),
        (LONG, Limits(seconds=1), "seconds"),
    ],
)
def test_a_run_that_is_too_large_is_refused(tmp_path: Path, config: Config, limits: Limits, named: str) -> None:
    manager = JobManager(RunStore(tmp_path), limits, never)
    try:
        with pytest.raises(RefusedJob, match=rf"{named}; the lab |{named}.*; the lab .*Take "):
            manager.submit(config, "anna")
    finally:
        manager.close()


def test_the_manager_says_when_training_cannot_be_had(idle: JobManager) -> None:
    job = idle.submit(brief(1), "anna")
    wait_until(lambda: idle.trouble, 10, "the manager noticed")
    assert idle.trouble.endswith(".")
    assert not idle.ready
    assert job.state is State.QUEUED  # it is trained when the workers come back


def test_a_batch_larger_than_its_visitors_share_of_the_queue_is_trained_to_its_end(manager: JobManager) -> None:
    configs = [brief(seed) for seed in range(60, 65)]
    assert len(configs) > manager.limits.per_visitor
    batch = manager.submit_all([DIVERGING, *configs], "anna")
    wait_until(lambda: batch.ended, 3 * TRAIN, "the batch ended")
    assert [batch.jobs[config.key].state for config in configs] == [State.DONE] * 5
    assert all(config.key in manager.store for config in configs)
    assert batch.jobs[DIVERGING.key].state is State.FAILED  # and the others went on


# --- Stopping -----------------------------------------------------------------------------------------------


def test_a_stopped_job_ends_its_training_within_a_second(manager: JobManager) -> None:
    job = until_training(manager.submit(long(20), "anna"))
    manager.stop(job, "anna")
    wait_until(lambda: job.phase != "training" or job.state.ended, 1.0, "training ended")
    finish(job)
    assert job.state is State.STOPPED


def test_a_stopped_job_keeps_what_it_had_learned_but_not_in_the_store(manager: JobManager) -> None:
    job = until_training(manager.submit(long(21), "anna"))
    manager.stop(job, "anna")
    finish(job)
    assert job.run is not None
    assert not job.run.finished
    assert 0 < job.run.history["epoch"][-1] < LONG.epochs
    assert LONG.key not in manager.store
    assert job.key not in manager.store


def test_a_job_stopped_in_the_queue_never_starts(manager: JobManager) -> None:
    first = until_training(manager.submit(long(22), "anna"))  # Ben, who has had fewer turns, would go before her
    second = manager.submit(long(23), "ben")
    manager.stop(second, "ben")
    assert second.state is State.STOPPED
    assert manager.position(second) == 0
    manager.stop(first, "anna")
    finish(first)
    assert second.started is None


def test_a_job_stopped_before_its_training_began_is_stopped(manager: JobManager) -> None:
    job = manager.submit(long(29), "anna")
    wait_until(lambda: job.state is State.RUNNING, 10, "the worker was given the job")
    manager.stop(job, "anna")
    finish(job)
    assert job.state is State.STOPPED


def test_a_job_goes_on_for_the_visitor_who_stays(manager: JobManager) -> None:
    job = manager.submit(long(24), "anna")
    manager.submit(long(24), "ben")
    until_training(job)
    manager.stop(job, "anna")
    share = job.share_done
    wait_until(lambda: job.share_done > share, 10, "training went on")
    assert job.state is State.RUNNING
    assert set(job.seen) == {"ben"}


def test_a_visitor_who_comes_back_gets_a_new_job_not_the_one_being_stopped(manager: JobManager) -> None:
    job = until_training(manager.submit(long(25), "anna"))
    manager.stop(job, "anna")
    assert manager.submit(long(25), "anna") is not job


def test_a_job_that_nobody_looks_at_is_stopped(manager: JobManager, monkeypatch: pytest.MonkeyPatch) -> None:
    job = until_training(manager.submit(long(26), "anna"))
    monkeypatch.setattr(manager._queue, "grace", 0.2)
    finish(job)
    assert job.state is State.STOPPED


def test_a_job_that_is_looked_at_is_not_stopped(manager: JobManager, monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in ("grace", "patience"):
        monkeypatch.setattr(manager._queue, bound, 3.0)
    watched = until_training(manager.submit(long(27), "anna"))
    abandoned = manager.submit(long(28), "ben")

    def look() -> bool:
        manager.touch(watched, "anna")
        return abandoned.state.ended

    wait_until(look, 30, "the abandoned job was stopped")
    assert not watched.state.ended


# --- When things break --------------------------------------------------------------------------------------


def test_a_run_that_the_full_disk_cannot_keep_is_done_with_a_warning(
    manager: JobManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(key: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(manager.store, "put", full)
    job = finish(manager.submit(brief(30), "anna"))
    assert job.state is State.DONE
    assert job.run is not None
    assert "could not be kept" in job.warning
    assert "No space left" in job.warning


def test_a_killed_worker_fails_its_job_and_the_next_one_runs(manager: JobManager, started: list[Cluster]) -> None:
    job = until_training(manager.submit(long(31), "anna"))
    following = manager.submit(brief(32), "ben")
    for pid in workers_of(started[-1]).values():
        psutil.Process(pid).kill()
    finish(job, START)
    assert job.state is State.FAILED
    assert "worker that trained this run died" in job.message
    finish(following, START)
    assert following.state is State.DONE, following.message


def test_a_killed_cluster_fails_the_running_job_and_is_started_again(
    manager: JobManager, started: list[Cluster]
) -> None:
    job = until_training(manager.submit(long(33), "anna"))
    following = manager.submit(brief(34), "ben")
    lost = started[-1].process
    assert lost is not None
    family = [psutil.Process(lost.pid), *psutil.Process(lost.pid).children(recursive=True)]
    lost.kill()
    finish(job, START)
    assert job.state is State.FAILED
    finish(following, START)
    assert following.state is State.DONE, following.message
    wait_until(lambda: not any(alive(process) for process in family), 30, "its workers are gone too")
    assert "service went away" in job.message


def test_a_cluster_named_by_the_environment_is_used_and_left_alive(
    manager: JobManager, started: list[Cluster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: manager.ready and started[-1].alive, START, "the cluster is there")
    monkeypatch.setenv(ADDRESS_VARIABLE, started[-1].address)
    before = children()
    guest = JobManager(RunStore(tmp_path), PATIENT, connect)
    try:
        job = finish(guest.submit(brief(35), "anna"), START)
        assert job.state is State.DONE, job.message
        assert children() == before  # no second cluster
    finally:
        guest.close()
    assert started[-1].alive
    assert finish(manager.submit(brief(36), "anna")).state is State.DONE


def test_leaving_while_a_run_is_handed_over_is_quiet(
    manager: JobManager, started: list[Cluster], tmp_path: Path
) -> None:
    """A web process that is told to end in mid-training takes nothing with it but its own job."""
    wait_until(lambda: manager.ready and started[-1].alive, START, "the cluster is there")
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from ae_core.config.schema import Config\n"
        "from ae_core.jobs.manager import JobManager\n"
        "from ae_core.runs.store import RunStore\n"
        "job = JobManager(RunStore(Path(sys.argv[1]))).submit(Config.from_json(sys.argv[2]), 'anna')\n"
        "while job.report is None and not job.state.ended: time.sleep(0.001)\n"
    )
    left = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), brief(38).to_json()],
        env={**os.environ, ADDRESS_VARIABLE: started[-1].address},
        capture_output=True,
        text=True,
        timeout=START,
    )
    assert (left.returncode, left.stderr) == (0, "")


class NeverArrives:
    """A result whose client was closed on its way: Dask waits for it without end unless told otherwise."""

    def result(self, timeout: float | None = None) -> bytes:
        assert timeout is not None
        raise TimeoutError


def test_a_result_that_never_arrives_holds_nothing_up() -> None:
    assert isinstance(dispatcher._outcome(Job(trainable(BRIEF)), NeverArrives()), Lost)
    told: list[Pace | None] = []
    Dispatcher(never, print, print, told.append)._warmed(NeverArrives())
    assert told == [None]


def two_workers(clusters: list[Cluster]) -> Callable[[], Cluster]:
    """How to start a cluster of two workers that train, on two cores; it is added to ``clusters``."""

    def connect() -> Cluster:
        clusters.append(start_local(workers=2, cores=2))
        return clusters[-1]

    return connect


def asked_of_trainers(cluster: Cluster, question: Callable[[], int]) -> list[int]:
    """What each worker that trains answers."""
    with Client(cluster.address, timeout="20s", set_as_default=False) as client:
        workers = client.scheduler_info(n_workers=-1)["workers"]
        training = [address for address, about in workers.items() if not about["resources"]]
        return list(client.run(question, workers=training).values())


def threads_of(cluster: Cluster) -> set[int]:
    """How many threads the workers that train give to what they compute."""

    def now() -> int:
        from ae_core.jobs import worker

        return worker._threads

    return set(asked_of_trainers(cluster, now))


def test_two_runs_share_the_cores_that_one_alone_has_and_closing_ends_all_processes(tmp_path: Path) -> None:
    before = children()
    clusters: list[Cluster] = []
    manager = JobManager(RunStore(tmp_path), PATIENT, two_workers(clusters))
    try:
        first = until_training(manager.submit(long(37), "anna"))
        wait_until(lambda: threads_of(clusters[-1]) == {2}, 15, "the first run has both cores")
        second = until_training(manager.submit(long(38), "ben"))
        wait_until(lambda: threads_of(clusters[-1]) == {1}, 15, "each has one of them")
        manager.stop(second, "ben")
        wait_until(lambda: threads_of(clusters[-1]) == {2}, 15, "the first has both again")
        assert first.state is State.RUNNING
        family = [process for process in children() if process not in before]
        assert len(family) >= 4  # the cluster, its workers, and the one for pieces
    finally:
        manager.close()
    wait_until(lambda: not any(alive(process) for process in family), 15, "every process is gone")


def test_every_worker_loads_what_its_first_run_needs_before_that_comes(tmp_path: Path) -> None:
    def measured() -> int:
        """How often a worker has measured PCA, after it was asked for what a run by the lab's defaults asks for."""
        from ae_core.config.variants import VARIANTS
        from ae_core.data.datasets import default_dataset
        from ae_core.runs import fit

        config = VARIANTS["dense"].config(default_dataset())
        if fit.pca_metrics.cache_info().currsize:
            fit.pca_metrics(config.dataset, config.code_size, config.canonical().classes)
        return fit.pca_metrics.cache_info().misses

    clusters: list[Cluster] = []
    manager = JobManager(RunStore(tmp_path), PATIENT, two_workers(clusters))
    try:
        wait_until(lambda: manager.ready, 60, "the first worker is warm")
        wait_until(lambda: asked_of_trainers(clusters[-1], measured) == [1, 1], 60, "both have measured PCA, once")
    finally:
        manager.close()


def test_the_worker_for_pieces_loads_the_networks_for_photographs_ahead(tmp_path: Path) -> None:
    def loaded() -> int:
        import sys

        network = getattr(sys.modules.get("ae_core.tasks.restoration.weights"), "network", None)  # None while imported
        return 0 if network is None else network.cache_info().currsize

    def in_worker_for_pieces() -> list[int]:
        with Client(clusters[-1].address, timeout="20s", set_as_default=False) as client:
            workers = client.scheduler_info(n_workers=-1)["workers"]
            apart = [address for address, about in workers.items() if about["resources"]]
            return list(client.run(loaded, workers=apart).values())

    clusters: list[Cluster] = []
    manager = JobManager(RunStore(tmp_path), PATIENT, two_workers(clusters))
    try:
        wait_until(lambda: manager.ready, 60, "the first worker is warm")
        wait_until(lambda: in_worker_for_pieces() == [len(offered()) + 1], 60, "it has loaded them")
        assert asked_of_trainers(clusters[-1], loaded) == [0, 0]
    finally:
        manager.close()


@pytest.mark.parametrize(
    ("cores", "running", "threads"), [(2, 1, 2), (2, 2, 1), (2, 3, 1), (16, 1, 4), (8, 3, 2), (4, 0, 4)]
)
def test_runs_never_have_more_threads_than_there_are_cores(cores: int, running: int, threads: int) -> None:
    assert threads_each(cores, running) == threads


def test_a_run_under_way_follows_what_its_worker_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_threads", 0)
    usual = torch.get_num_threads()
    try:
        worker.take_threads(1 if usual > 1 else 2)
        assert torch.get_num_threads() == usual  # whoever tells it is another thread
        worker._follow_threads()
        assert torch.get_num_threads() == worker._threads
    finally:
        torch.set_num_threads(usual)


def test_a_manager_closed_while_its_cluster_starts_ends_that_too(
    manager: JobManager, started: list[Cluster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: manager.ready and started[-1].alive, START, "there is a cluster to connect to")
    starting, go_on = threading.Event(), threading.Event()
    late = Closing(started[-1].address)

    def start_slowly() -> Cluster:
        starting.set()
        go_on.wait(30)
        return late

    closing = JobManager(RunStore(tmp_path), Limits(), start_slowly)
    thread = closing._thread
    monkeypatch.setattr(thread, "join", lambda timeout: None)  # the five seconds that closing waits are over
    assert starting.wait(10)
    closing.close()
    go_on.set()
    wait_until(lambda: not thread.is_alive(), 40, "the manager's thread ended")
    assert late.closed


class Closing(Cluster):
    """A cluster that remembers whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


def children() -> set[psutil.Process]:
    """The processes that this one started, and theirs."""
    return set(psutil.Process().children(recursive=True))


def alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that ended and whose parent has not asked yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_worker_does_without_pandas_and_takes_it_from_nobody() -> None:
    script = (
        "import sys; from ae_core.jobs.worker import prepare; prepare()\n"
        "from ae_core.runs.fit import pca_metrics; pca_metrics('digits', 2)\n"
        "assert 'pandas' not in sys.modules\n"
        "import pandas; assert pandas.DataFrame"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)

"""A task that the lab knows nothing of goes through all of it: limits, queue, worker, reports, store, link and estimate."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import tiny_regression

from ae_core import tasks
from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.jobs.cluster import start_local
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import Limits, RefusedJob
from ae_core.jobs.manager import JobManager
from ae_core.runs import checkpoint
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.tasks import UnknownTask
from ae_core.training.cost import Pace


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The made-up task's class, found as one of any installed package is: by its entry point."""
    with pytest.MonkeyPatch.context() as patch:
        paths = tiny_regression.install(tmp_path_factory.mktemp("site"))
        for path in paths:
            patch.syspath_prepend(path)
        patch.setenv("PYTHONPATH", os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]))  # for the workers
        yield tasks.find("tiny_regression")


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory, regression: Any) -> Iterator[JobManager]:
    """One worker with one thread."""
    store = RunStore(tmp_path_factory.mktemp("runs"))
    manager = JobManager(store, Limits(steps=1_000_000), lambda: start_local(workers=1, cores=1))
    yield manager
    manager.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ended(job: Job) -> Job:
    until(lambda: job.state.ended)
    return job


# --- Through the lab ----------------------------------------------------------------------------------------


def test_it_is_trained_watched_and_kept(manager: JobManager, regression: Any) -> None:
    settings = regression(slope=3.0, pause=0.05, epochs=40)
    until(lambda: manager.ready)  # after this the pace is what runs correct
    before = settings.cost(manager.pace).seconds
    job = manager.submit(settings, "anna")
    assert manager.submit(regression(slope=3.0, pause=0.05, epochs=40), "ben") is job
    seen = []
    until(lambda: seen.append((job.phase, job.share_done)) or job.state.ended)
    assert job.state is State.DONE, job.message
    phases = [phase for phase, _ in seen]
    assert [phase for phase in ("loading", "training") if phase in phases] == ["loading", "training"]
    assert [share for _, share in seen] == sorted(share for _, share in seen)
    assert len({share for _, share in seen}) > 10
    assert job.baseline == pytest.approx(3.06, abs=0.01)
    assert job.run.slope == pytest.approx(3.0, abs=1e-2)
    assert manager.store.get(settings.key, settings.from_bytes) == job.run
    assert manager.submit(settings, "carla").run == job.run  # at once
    assert settings.cost(manager.pace).seconds != before  # what it took is what the next is expected to take


def test_it_is_stopped_and_what_it_had_learned_is_not_filed(manager: JobManager, regression: Any) -> None:
    job = manager.submit(regression(pause=0.01, epochs=10_000), "anna")
    until(lambda: job.share_done > 0 or job.state.ended)
    manager.stop(job, "anna")
    assert ended(job).state is State.STOPPED
    assert not job.run.finished
    assert job.key not in manager.store


def test_its_own_sentence_says_why_it_cannot_be_trained(manager: JobManager, regression: Any) -> None:
    job = ended(manager.submit(regression(learning_rate=1e6, epochs=1000), "anna"))
    assert (job.state, job.message) == (State.FAILED, "The slope ran away. Lower the learning rate and train again.")


def test_a_batch_of_it_and_of_autoencoders_is_trained(manager: JobManager, regression: Any) -> None:
    brief = Config(dataset="digits", hidden_sizes=(8,), code_size=2, epochs=1)
    batch = manager.submit_all([regression(slope=5.0), brief, regression(slope=6.0)], "anna")
    until(lambda: batch.ended)
    lines = [batch.jobs[regression(slope=slope).key].run for slope in (5.0, 6.0)]
    assert [line.slope for line in lines] == pytest.approx([5.0, 6.0], abs=0.05)
    assert isinstance(batch.jobs[brief.key].run, Run)


# --- By itself ----------------------------------------------------------------------------------------------


def test_what_is_too_much_of_it_is_refused_in_its_own_words(regression: Any) -> None:
    Limits().check(regression(), Pace())
    with pytest.raises(RefusedJob, match=r"would take 300,000 steps; .* a line needs no more than twenty"):
        Limits().check(regression(epochs=300_000), Pace())
    with pytest.raises(RefusedJob, match=r"about 1,000 seconds; .* Take fewer epochs"):
        Limits().check(regression(epochs=10, pause=100.0), Pace())


def test_an_estimate_learns_from_runs_of_its_kind_alone(regression: Any) -> None:
    cost = regression(pause=0.1).cost(Pace())
    slower = Pace().corrected(cost.group, cost.seconds, 2 * cost.seconds)
    assert cost.seconds < regression(pause=0.1).cost(slower).seconds < 2 * cost.seconds
    assert regression.kind not in VARIANTS


def test_it_survives_its_journeys(regression: Any) -> None:
    settings = regression(slope=-1.5, epochs=7)
    assert regression.from_json(settings.to_json()) == settings
    assert settings.key != replace(settings, epochs=8).key != Config().key
    link = tasks.to_query(regression(epochs=7))
    assert tasks.from_query(link) == (regression(epochs=7), [])
    assert tasks.from_query(link | {"epochs": "many"})[1] == ["The nearest valid number of epochs is 20."]


def test_a_link_to_an_autoencoder_is_what_it_always_was() -> None:
    config = Config(dataset="digits", code_size=7)
    assert tasks.to_query(config) == config.to_query()
    assert tasks.from_query(config.to_query()) == Config.from_query(config.to_query())


def test_a_file_says_what_kind_it_is_of(regression: Any, tiny_run: Run, tiny_bytes: bytes) -> None:
    line = regression(epochs=5).train(lambda event: None, lambda: False)
    data = regression.to_bytes(line)
    assert tasks.read(data) == line
    assert tasks.read(tiny_bytes).config == tiny_run.config
    with pytest.raises(checkpoint.CheckpointError, match="of another kind"):
        checkpoint.from_bytes(data)
    with pytest.raises(checkpoint.CheckpointError, match="of another kind"):
        regression.from_bytes(tiny_bytes)


@pytest.mark.parametrize("kind", ["", "nonsense", "trainable", "../autoencoder", "autoencoder.fit", "os", "é" * 100])
def test_what_is_no_task_is_said_in_a_sentence(kind: str) -> None:
    with pytest.raises(UnknownTask, match="it has no task of that name"):
        tasks.find(kind)

"""Sweeps and batches: which runs they are, and how the queue takes several of one visitor without holding up others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ae_core import sweeps
from ae_core.config import Config, spec
from ae_core.estimate import Pace
from ae_core.jobs import batch as batch_module
from ae_core.jobs import manager as manager_module
from ae_core.jobs.cluster import Cluster
from ae_core.jobs.limits import Limits, RefusedJob
from ae_core.jobs.manager import Job, JobManager, State
from ae_core.jobs.store import RunStore
from ae_core.sweeps import AXES, MOST_POINTS, SweepError
from ae_core.variants import VARIANTS
from ae_core.zoo import LADDER

BASE = Config(dataset="digits", hidden=(16,), code_size=4, epochs=2, batch_size=64)
KINDS = {"noise_strength": "denoising", "beta": "vae", "sparsity_weight": "sparse", "active": "k-sparse"}

# --- Which runs a sweep has ---------------------------------------------------------------------------------


def test_a_sweep_changes_one_setting_and_nothing_else() -> None:
    sweep = sweeps.of(BASE, "code_size", [8, 1, 2, 2])
    assert [point.value for point in sweep.points] == [1, 2, 8]
    assert [point.config for point in sweep.points] == [replace(BASE, code_size=size).canonical() for size in (1, 2, 8)]
    assert sweep.also_differs == ()
    assert sweep.left_out == ()


@pytest.mark.parametrize(("field", "kind"), KINDS.items())
def test_a_kind_offers_the_setting_that_makes_it(field: str, kind: str) -> None:
    base = VARIANTS[kind].config("digits")
    assert field in sweeps.fields_of(base)
    sweep = sweeps.of(base, field, sweeps.valid(base, field, AXES[field].start))
    assert len(sweep.points) > 3
    assert len({point.config.key for point in sweep.points}) == len(sweep.points)
    assert [getattr(point.config, field) for point in sweep.points] == [point.value for point in sweep.points]


def test_a_sweep_follows_disentanglement_where_the_factors_are_known() -> None:
    vaes = {name: sweeps.of(VARIANTS["vae"].config(name), "beta", [1.0, 4.0]) for name in ("digits", "shapes")}
    assert {name: sweep.measures for name, sweep in vaes.items()} == {"digits": ("mse",), "shapes": ("mse", "mig")}


def test_settings_that_mean_nothing_for_a_run_are_not_offered() -> None:
    assert sweeps.fields_of(BASE) == ("code_size",)
    with pytest.raises(SweepError, match=r"beta makes no difference.*Choose"):
        sweeps.of(BASE, "beta", [1.0])
    with pytest.raises(SweepError, match="no difference"):
        sweeps.of(BASE, "seed", [1.0])
    assert "code_size" not in sweeps.fields_of(
        Config(dataset="mnist", architecture="denoiser", hidden=(), code_size=2048)
    )


@pytest.mark.parametrize(("field", "axis"), AXES.items())
def test_the_values_on_offer_are_in_the_range_of_their_setting(field: str, axis: sweeps.Axis) -> None:
    assert all(spec(field).problem(field, value) is None for value in axis.values)
    assert set(axis.start) <= set(axis.values)
    assert len(axis.start) <= MOST_POINTS


def test_a_value_that_does_not_go_with_the_others_is_left_out_and_said() -> None:
    top_k = VARIANTS["k-sparse"].config("digits", code_size=64, active=25)
    sweep = sweeps.of(top_k, "code_size", [16, 32, 64])
    assert [point.value for point in sweep.points] == [32, 64]
    (sentence,) = sweep.left_out
    assert sentence.startswith("Code size 16 is left out. Of a code of 16 at most 16 units can fire")
    assert sweeps.valid(top_k, "code_size", [16, 32, 64]) == (32, 64)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([], "Choose at least one value"),
        (range(1, 20), "at most 12 runs; 19"),
        ([0.5], "must be a whole number"),
        ([0], "size 0 is left out"),
    ],
)
def test_what_is_no_sweep_is_refused_with_a_sentence(values: list[float], sentence: str) -> None:
    with pytest.raises(SweepError, match=sentence):
        sweeps.of(BASE, "code_size", values)


def test_a_noise_sweep_is_judged_by_what_is_repaired() -> None:
    noisy = sweeps.of(replace(BASE, noise="gaussian", noise_strength=0.5), "noise_strength", [0.25, 0.5])
    assert noisy.error == "denoised_mse"
    assert noisy.title(noisy.points[0]) == "noise strength 0.25"
    assert sweeps.of(BASE, "code_size", [2]).error == "mse"


def test_the_time_is_that_of_the_runs_that_are_missing() -> None:
    sweep, pace = sweeps.of(BASE, "code_size", [1, 2, 4]), Pace()
    keys = {sweep.points[0].config.key}
    assert sweep.without(keys) == [point.config for point in sweep.points[1:]]
    assert sweep.seconds(pace) == pytest.approx(sum(pace.seconds(point.config) for point in sweep.points))
    assert 0 < sweep.seconds(pace, keys) < sweep.seconds(pace)


def test_the_shipped_ladder_says_what_differs_besides_the_size() -> None:
    ladder = sweeps.ladder("digits")
    assert ladder is not None
    assert tuple(point.value for point in ladder.points) == LADDER
    assert "hidden" in ladder.also_differs
    assert "code_size" not in ladder.also_differs
    assert sweeps.ladder("kmnist") is None


@pytest.mark.parametrize("field", AXES)
def test_a_link_brings_the_values_back(field: str) -> None:
    assert sweeps.from_text(field, sweeps.to_text(AXES[field].values[:MOST_POINTS])) == (
        AXES[field].values[:MOST_POINTS],
        True,
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("4_x_2", (2, 4)),
        ("0_99999", (1, 2048)),
        ("nan_inf", (2048,)),
        ("2.4", (2,)),
        ("_".join(map(str, range(1, 100))), tuple(range(1, 13))),
    ],
)
def test_what_a_link_asks_for_is_moved_into_range(text: str, values: tuple[int, ...]) -> None:
    assert sweeps.from_text("code_size", text) == (values, False)


# --- Batches in the queue -----------------------------------------------------------------------------------


def never() -> Cluster:
    raise RuntimeError("no cluster here")


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobManager]:
    """A manager without workers whose batches are fed by the test alone; jobs are moved on by hand."""
    monkeypatch.setattr(JobManager, "_serve", lambda self: None)
    manager = JobManager(RunStore(tmp_path), Limits(), never)
    yield manager
    manager.close()


def configs(count: int) -> list[Config]:
    return [point.config for point in sweeps.of(BASE, "code_size", range(1, count + 1)).points]


def end(job: Job, state: State = State.DONE, message: str = "") -> None:
    job.state, job.message = state, message


def test_a_batch_larger_than_a_visitor_may_have_jobs_is_taken(queue: JobManager) -> None:
    batch = queue.submit_all(configs(7), "anna")
    finished = 0
    while not batch.ended:
        queue._feed_batches()
        active = batch.active()
        assert 0 < len(active) <= batch_module.AT_ONCE < queue.limits.per_visitor
        end(active[0])
        finished += 1
        assert batch.share_done == pytest.approx(finished / 7)
    assert list(batch.jobs) == [config.key for config in configs(7)]
    queue._feed_batches()
    assert queue._batches == []


def test_others_do_not_wait_for_the_whole_batch(queue: JobManager) -> None:
    batch = queue.submit_all(configs(7), "anna")
    queue._feed_batches()
    ben = queue.submit(replace(BASE, seed=5), "ben")
    end(batch.active()[0])
    queue._feed_batches()
    assert queue.position(ben) == batch_module.AT_ONCE  # before what the batch handed in after him
    assert len(batch.jobs) == batch_module.AT_ONCE + 1


def test_a_visitor_with_a_batch_may_train_one_run_more(queue: JobManager) -> None:
    batch = queue.submit_all(configs(7), "anna")
    queue._feed_batches()
    own = [queue.submit(replace(BASE, seed=5), "anna")]
    with pytest.raises(RefusedJob):
        queue.submit(replace(BASE, seed=6), "anna")
    end(batch.active()[0])
    own.append(queue.submit(replace(BASE, seed=6), "anna"))
    queue._feed_batches()  # no room: it waits, and is not refused
    assert len(batch.active()) == 1
    assert not batch.refused
    end(own[0])
    queue._feed_batches()
    assert len(batch.active()) == 2


def test_a_run_that_fails_does_not_stop_the_others(queue: JobManager) -> None:
    batch = queue.submit_all(configs(3), "anna")
    queue._feed_batches()
    end(batch.active()[0], State.FAILED, "It diverged. Lower the learning rate.")
    queue._feed_batches()
    for job in batch.active():
        end(job)
    assert [job.state for job in batch.jobs.values()] == [State.FAILED, State.DONE, State.DONE]
    assert batch.ended
    assert batch.share_done == 1.0


def test_stopping_keeps_what_is_finished_and_begins_nothing_more(queue: JobManager) -> None:
    batch = queue.submit_all(configs(5), "anna")
    queue._feed_batches()
    end(batch.active()[0])
    batch.stop()
    queue._feed_batches()
    assert [job.state for job in batch.jobs.values()] == [State.DONE, State.STOPPED]
    assert batch.ended


def test_a_batch_whose_visitor_has_left_begins_nothing_more(queue: JobManager, monkeypatch: pytest.MonkeyPatch) -> None:
    here, gone = queue.submit_all(configs(3), "anna"), queue.submit_all(configs(3), "ben")
    queue._feed_batches()
    assert here.active() == gone.active()  # equal Configs of two visitors are one job
    now = time.monotonic() + manager_module._GRACE + 1
    monkeypatch.setattr(time, "monotonic", lambda: now)
    here.touch()
    queue._drop_abandoned()
    queue._feed_batches()
    assert gone.stopped
    assert gone.active() == here.active()
    assert all(set(job.seen) == {"anna"} for job in here.active())


def test_too_long_a_batch_is_refused_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobManager, "_serve", lambda self: None)
    one = Pace().seconds(configs(1)[0])
    manager = JobManager(RunStore(tmp_path), Limits(seconds=3 * one), never)
    try:
        assert manager.submit_all(configs(2), "anna")
        with pytest.raises(RefusedJob, match=r"These 7 runs would take.*Take fewer values"):
            manager.submit_all(configs(7), "anna")
        with pytest.raises(RefusedJob, match="This run would take"):
            manager.submit_all([replace(BASE, epochs=500)], "anna")
    finally:
        manager.close()


def test_a_run_refused_on_its_turn_is_said_and_the_rest_goes_on(queue: JobManager) -> None:
    batch = queue.submit_all(configs(3), "anna")
    submit: Callable[..., Job] = queue.submit

    def picky(config: Config, owner: str) -> Job:
        if config.code_size == 1:
            raise RefusedJob("This run would take about 700 seconds.")
        return submit(config, owner)

    queue.submit = picky  # type: ignore[method-assign]
    queue._feed_batches()
    assert list(batch.refused.values()) == ["This run would take about 700 seconds."]
    assert len(batch.active()) == 2

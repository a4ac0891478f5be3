"""Sweeps and batches: which runs they are, and how the queue takes several of one visitor without holding up others."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ae_core.config.schema import Config, spec
from ae_core.config.variants import VARIANTS
from ae_core.jobs.batch import AT_ONCE
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import Limits, RefusedJob
from ae_core.jobs.queue import Queue
from ae_core.runs import sweeps
from ae_core.runs.sweeps import AXES, MOST_POINTS, SweepError
from ae_core.runs.zoo import CODE_SIZES
from ae_core.tasks import trainable
from ae_core.tasks.trainable import Trainable
from ae_core.training.cost import Pace

BASE = Config(dataset="digits", hidden_sizes=(16,), code_size=4, epochs=2, batch_size=64)
KINDS = {"corruption_strength": "denoising", "beta": "vae", "sparsity_weight": "sparse", "k": "k-sparse"}

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
        Config(dataset="mnist", architecture="denoiser", hidden_sizes=(), code_size=2048)
    )


@pytest.mark.parametrize(("field", "axis"), AXES.items())
def test_the_values_on_offer_are_in_the_range_of_their_setting(field: str, axis: sweeps.Axis) -> None:
    assert all(spec(field).problem(value) is None for value in axis.values)
    assert set(axis.start) <= set(axis.values)
    assert len(axis.start) <= MOST_POINTS


def test_a_value_that_does_not_go_with_the_others_is_left_out_and_said() -> None:
    top_k = VARIANTS["k-sparse"].config("digits", code_size=64, k=25)
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
    noisy = sweeps.of(replace(BASE, corruption="gaussian", corruption_strength=0.5), "corruption_strength", [0.25, 0.5])
    assert noisy.error == "denoised_mse"
    assert noisy.title(noisy.points[0]) == "noise strength 0.25"
    assert sweeps.of(BASE, "code_size", [2]).error == "mse"


def test_the_time_is_that_of_the_runs_that_are_missing() -> None:
    sweep, pace = sweeps.of(BASE, "code_size", [1, 2, 4]), Pace()
    keys = {sweep.points[0].config.key}
    assert sweep.without(keys) == [point.config for point in sweep.points[1:]]
    assert sweep.seconds(pace) == pytest.approx(sum(pace.seconds(point.config) for point in sweep.points))
    assert 0 < sweep.seconds(pace, keys) < sweep.seconds(pace)


def test_the_shipped_sweep_says_what_differs_besides_the_size() -> None:
    sweep = sweeps.code_size_sweep("digits")
    assert sweep is not None
    assert tuple(point.value for point in sweep.points) == CODE_SIZES
    assert "hidden_sizes" in sweep.also_differs
    assert "code_size" not in sweep.also_differs
    assert sweeps.code_size_sweep("kmnist") is None


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


def configs(count: int) -> list[Config]:
    return [point.config for point in sweeps.of(BASE, "code_size", range(1, count + 1)).points]


def works(count: int) -> list[Trainable]:
    return [trainable(config) for config in configs(count)]


def another(seed: int) -> Trainable:
    return trainable(replace(BASE, seed=seed))


def feed(queue: Queue, now: float = 0.0) -> None:
    queue.feed(now, lambda work: None)


def end(queue: Queue, job: Job, error: str = "") -> None:
    """Bring a job that waits to its end, as if its turn had come."""
    job.state = State.RUNNING
    if error:
        queue.failed(job, error, 0.0)
    else:
        queue.done(job, SimpleNamespace(finished=True), 0.0)  # type: ignore[arg-type]


def test_a_batch_larger_than_a_visitor_may_have_jobs_is_taken() -> None:
    queue = Queue()
    batch = queue.submit_all(works(7), "anna", 0.0)
    ended = 0
    while not batch.ended:
        feed(queue)
        active = batch.active()
        assert 0 < len(active) <= AT_ONCE < queue.per_visitor
        end(queue, active[0])
        ended += 1
        assert batch.share_done == pytest.approx(ended / 7)
    assert list(batch.jobs) == [config.key for config in configs(7)]
    assert queue.batches() == []


def test_others_do_not_wait_for_the_whole_batch() -> None:
    queue = Queue()
    batch = queue.submit_all(works(7), "anna", 0.0)
    feed(queue)
    ben = queue.submit(another(5), "ben", 0.0)
    assert queue.start(1, 0.0) == [batch.active()[0]]
    assert queue.position(ben) == 1  # before all but the first


def test_a_visitor_with_a_batch_may_train_one_run_more() -> None:
    queue = Queue()
    batch = queue.submit_all(works(7), "anna", 0.0)
    feed(queue)
    own = [queue.submit(another(5), "anna", 0.0)]
    with pytest.raises(RefusedJob):
        queue.submit(another(6), "anna", 0.0)
    end(queue, batch.active()[0])
    own.append(queue.submit(another(6), "anna", 0.0))
    feed(queue)  # no room: it waits, and is not refused
    assert len(batch.active()) == 1
    assert not batch.refused
    end(queue, own[0])
    feed(queue)
    assert len(batch.active()) == 2


def test_a_run_that_fails_does_not_stop_the_others() -> None:
    queue = Queue()
    batch = queue.submit_all(works(3), "anna", 0.0)
    feed(queue)
    end(queue, batch.active()[0], "It diverged. Lower the learning rate.")
    feed(queue)
    for job in batch.active():
        end(queue, job)
    assert [job.state for job in batch.jobs.values()] == [State.FAILED, State.DONE, State.DONE]
    assert batch.ended
    assert batch.share_done == 1.0


def test_stopping_keeps_what_is_finished_and_begins_nothing_more() -> None:
    queue = Queue()
    batch = queue.submit_all(works(5), "anna", 0.0)
    feed(queue)
    end(queue, batch.active()[0])
    queue.stop_all(batch, 0.0)
    feed(queue)
    assert [job.state for job in batch.jobs.values()] == [State.DONE, State.STOPPED]
    assert batch.ended


def test_a_batch_whose_visitor_has_left_begins_nothing_more() -> None:
    queue = Queue(grace=60.0)
    here, gone = queue.submit_all(works(3), "anna", 0.0), queue.submit_all(works(3), "ben", 0.0)
    feed(queue)
    assert here.active() == gone.active()  # equal Configs of two visitors are one job
    queue.touch_all(here, 100.0)
    queue.drop_abandoned(100.0)
    feed(queue, 100.0)
    assert gone.stopped
    assert gone.active() == here.active()
    assert all(set(job.seen) == {"anna"} for job in here.active())


def test_a_run_refused_on_its_turn_is_said_and_the_rest_goes_on() -> None:
    queue = Queue()
    batch = queue.submit_all(works(3), "anna", 0.0)

    def picky(work: Trainable) -> None:
        if work.config.code_size == 1:
            raise RefusedJob("This run would take about 700 seconds.")

    queue.feed(0.0, picky)
    assert list(batch.refused.values()) == ["This run would take about 700 seconds."]
    assert len(batch.active()) == 2


def test_a_run_that_was_trained_meanwhile_is_not_trained_again() -> None:
    queue = Queue()
    batch = queue.submit_all(works(3), "anna", 0.0)
    run = SimpleNamespace(finished=True)
    queue.feed(0.0, lambda work: run if work.config.code_size == 1 else None)
    assert batch.jobs[configs(1)[0].key].run is run
    assert [job.config.code_size for job in queue.active()] == [2, 3]


def test_too_long_a_batch_is_refused_as_a_whole() -> None:
    limits = Limits(seconds=3 * Pace().seconds(configs(1)[0]))
    limits.check_all(configs(2), Pace())
    with pytest.raises(RefusedJob, match=r"These 7 runs would take.*Take fewer values"):
        limits.check_all(configs(7), Pace())
    with pytest.raises(RefusedJob, match="This run would take"):
        limits.check_all([replace(BASE, epochs=500)], Pace())

"""Estimates: the arithmetic is counted exactly, and more work never takes less time or memory."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS, variant_of
from ae_core.data.datasets import INFO
from ae_core.models.autoencoder import build, count_parameters
from ae_core.training import cost
from ae_core.training.cost import Pace, calibrate, flops_per_image, memory_bytes
from ae_core.training.loop import total_steps
from ae_core.training.objectives import objective

PACE = Pace()
BASE = Config(dataset="digits", hidden_sizes=(32,), code_size=8, epochs=4, batch_size=32)


# --- Arithmetic ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variational", [False, True])
@pytest.mark.parametrize("hidden_sizes", [(), (128,), (512, 256)])
@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_the_arithmetic_of_a_dense_network_is_counted_exactly(
    dataset: str, hidden_sizes: tuple[int, ...], variational: bool
) -> None:
    pixels = math.prod(INFO[dataset].shape)
    encoder = [pixels, *hidden_sizes, 20 if variational else 10]
    decoder = [10, *reversed(hidden_sizes), pixels]
    products = [a * b for widths in (encoder, decoder) for a, b in itertools.pairwise(widths)]
    # A multiplication and an addition for each weight: forward, for the weight's gradient and for the input's.
    # The images need no gradient, so the first layer does without the third.
    expected = 2 * (3 * sum(products) - products[0])
    assert (
        flops_per_image(Config(dataset=dataset, hidden_sizes=hidden_sizes, code_size=10, variational=variational))
        == expected
    )


def test_the_arithmetic_of_a_convolution_is_counted_per_output_pixel() -> None:
    config = Config(dataset="digits", architecture="conv", hidden_sizes=(4,), code_size=3)
    filters, grid = 4 * 9 * 4 * 4, 4 * 4 * 4  # 4 filters of 3 x 3 at 4 x 4 places
    expected = 2 * (3 * (filters + 3 * grid + 3 * grid + filters) - filters)
    assert flops_per_image(config) == expected


@pytest.mark.parametrize(
    "config",
    [
        Config(dataset="digits", hidden_sizes=(40, 20), code_size=5),
        Config(dataset="mnist", architecture="conv", hidden_sizes=(8, 16), code_size=10),
        Config(dataset="mnist", architecture="conv", hidden_sizes=(4, 6, 8), code_size=3, variational=True, loss="bce"),
        Config(architecture="conv", hidden_sizes=(4, 6), code_size=3, downsampling="pool", upsampling="nearest"),
        Config(dataset="digits", architecture="conv48", hidden_sizes=(), code_size=9),
        Config(architecture="denoiser", hidden_sizes=(), code_size=2048),
    ],
    ids=["dense", "convolutional", "deep, variational", "pooling", "tutorial 48", "tutorial denoiser"],
)
def test_the_arithmetic_is_what_pytorch_counts(config: Config) -> None:
    model = build(config, INFO[config.dataset].shape)
    images = torch.rand(1, *INFO[config.dataset].shape)
    with FlopCounterMode(display=False) as counter:
        objective(config, model, model(images), images)["loss"].backward()
    assert flops_per_image(config) == counter.get_total_flops()


@pytest.mark.parametrize("changes", [{"batch_size": 512}, {"learning_rate": 0.1}, {"epochs": 9}, {"activation": "elu"}])
def test_arithmetic_per_image_does_not_depend_on_how_long_or_in_what_batches(changes: dict[str, object]) -> None:
    assert flops_per_image(replace(BASE, **changes)) == flops_per_image(BASE)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [3, 8])  # 8 is also what a row has
def test_the_arithmetic_of_a_recurrent_network_is_four_gates_a_row(size: int) -> None:
    config = Config(dataset="digits", architecture="lstm", hidden_sizes=(6,), code_size=size)
    reads, writes = 8 * 4 * 6 * (8 + 6), 8 * 4 * 6 * (size + 6)
    code, state, rows = 2 * 6 * size, size * 2 * 6, 8 * 6 * 8
    assert flops_per_image(config) == 2 * (3 * (reads + code + state + writes + rows) - reads)


# --- Time ---------------------------------------------------------------------------------------------------


def test_the_time_of_a_run_is_its_steps_times_the_time_of_one() -> None:
    assert PACE.seconds(BASE) == pytest.approx(total_steps(BASE, 1437) * PACE.step_seconds(BASE))


def test_a_step_takes_its_overhead_its_arithmetic_and_its_weights() -> None:
    pace = Pace(overhead=1.0, dense=1e-6, conv=0.0, parameter=1e-3)
    expected = 1 + 1e-6 * flops_per_image(BASE) * 32 + 1e-3 * count_parameters(BASE, (1, 8, 8))
    assert pace.step_seconds(BASE) == pytest.approx(expected)


def test_convolutions_have_a_rate_of_their_own() -> None:
    conv = replace(BASE, architecture="conv", hidden_sizes=(8,))
    faster = replace(PACE, conv=PACE.conv / 2)
    assert faster.step_seconds(conv) < PACE.step_seconds(conv)
    assert faster.step_seconds(BASE) == PACE.step_seconds(BASE)


@pytest.mark.parametrize(
    "configs",
    [
        [replace(BASE, epochs=epochs) for epochs in (1, 2, 10, 1000)],
        [replace(BASE, hidden_sizes=(width,)) for width in (1, 16, 256, 4096)],
        [replace(BASE, hidden_sizes=(64,) * layers) for layers in range(9)],
        [replace(BASE, code_size=size) for size in (1, 32, 1024)],
        [replace(BASE, architecture="conv", hidden_sizes=(width,)) for width in (1, 16, 256)],
        [replace(BASE, dataset=name) for name in ("digits", "mnist")],
    ],
    ids=["epochs", "width", "layers", "code", "channels", "images"],
)
def test_more_of_anything_takes_longer(configs: list[Config]) -> None:
    seconds = [PACE.seconds(config) for config in configs]
    assert all(less < more for less, more in itertools.pairwise(seconds))


def corrected(pace: Pace, config: Config, seconds: float) -> Pace:
    """The pace after a run of ``config`` took ``seconds``."""
    return pace.corrected(variant_of(config).name, pace.seconds(config), seconds)


def test_a_run_that_took_twice_as_long_moves_the_estimate_up_and_never_past_what_was_seen() -> None:
    before = PACE.seconds(BASE)
    once = corrected(PACE, BASE, 2 * before)
    assert before < once.seconds(BASE) < 2 * before
    for _ in range(30):
        once = corrected(once, BASE, 2 * before)
    assert once.seconds(BASE) == pytest.approx(2 * before, rel=1e-3)


def test_a_run_that_took_as_long_as_estimated_changes_nothing() -> None:
    assert corrected(PACE, BASE, PACE.seconds(BASE)).seconds(BASE) == pytest.approx(PACE.seconds(BASE))


def test_a_slow_run_makes_the_next_of_another_kind_expected_slower_but_less_so_than_its_own() -> None:
    conv = replace(BASE, architecture="conv", hidden_sizes=(8,))
    slowly = corrected(PACE, conv, 1.5 * PACE.seconds(conv))
    assert 1 < slowly.seconds(BASE) / PACE.seconds(BASE) < slowly.seconds(conv) / PACE.seconds(conv) < 1.5


def test_a_kind_misjudged_by_far_hardly_moves_the_others() -> None:
    conv = replace(BASE, architecture="conv", hidden_sizes=(8,))
    assert corrected(PACE, conv, 100 * PACE.seconds(conv)).seconds(BASE) < 1.4 * PACE.seconds(BASE)


def test_a_loaded_machine_is_found_out_by_runs_of_any_kind() -> None:
    """Everything takes half as long again: after six runs of different kinds a seventh is expected to."""
    kinds = [
        replace(BASE, corruption="masking", corruption_strength=0.5),
        replace(BASE, architecture="conv", hidden_sizes=(8,)),
    ]
    kinds += [replace(BASE, variational=True), replace(BASE, sparsity="l1"), replace(BASE, hidden_sizes=())]
    kinds += [replace(BASE, sparsity="top_k", k=3)]
    pace = PACE
    for config in kinds:
        pace = corrected(pace, config, 1.5 * PACE.seconds(config))
    assert pace.seconds(BASE) == pytest.approx(1.5 * PACE.seconds(BASE), rel=0.1)


def test_pretraining_takes_its_time() -> None:
    config = replace(BASE, activation="sigmoid", pretraining="rbm")
    longer = [replace(config, pretraining_epochs=epochs) for epochs in (1, 5, 20)]
    seconds = [PACE.seconds(replace(config, pretraining="none")), *map(PACE.seconds, longer)]
    assert seconds == sorted(set(seconds))


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_one_absurd_run_does_not_make_the_estimate_absurd(seconds: float) -> None:
    estimate = PACE
    for _ in range(100):
        estimate = corrected(estimate, BASE, seconds)
    assert 0.03 < estimate.seconds(BASE) / PACE.seconds(BASE) < 31


def test_a_measured_machine_has_a_positive_pace_that_survives_its_journey() -> None:
    pace = calibrate()
    rates = (pace.overhead, pace.dense, pace.conv, pace.parameter, *pace.kinds.values())
    assert all(value > 0 and math.isfinite(value) for value in rates)
    assert set(pace.kinds) == set(VARIANTS)
    assert Pace(**pace.to_dict()) == pace
    assert pace.overhead < 0.5  # seconds a step


def test_before_the_machine_is_measured_every_kind_is_expected_to_take_seconds() -> None:
    """The defaults are made for some ten seconds on two cores; a visitor may press before a worker has warmed up."""
    for name, variant in VARIANTS.items():
        assert 1 < Pace().seconds(variant.config("mnist")) < 15, name
    assert Pace().seconds(VARIANTS["lstm"].config("mnist")) > 6


def test_a_machine_busy_with_other_things_is_not_taken_for_a_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock finds the worker to have waited a second; runs must not be refused for that."""
    at_rest = calibrate()
    waited, clock = itertools.count(), time.perf_counter
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + next(waited))
    busy = calibrate()
    config = Config(dataset="digits", epochs=200)
    assert busy.seconds(config) < 20 * at_rest.seconds(config)  # by the wall's clock it would be a thousand times


def test_threads_that_wait_for_each_other_beside_a_neighbour_are_not_taken_for_work() -> None:
    """Threads spin while they wait, so that their processor time says as much as the wall's clock; one never waits."""
    threads = torch.get_num_threads()

    def work() -> None:
        until = time.process_time() + (0.001 if torch.get_num_threads() == 1 else 0.1)
        while time.process_time() < until:
            pass

    try:
        torch.set_num_threads(2)
        assert 0.001 <= cost._work_seconds(work, 5) < 0.02
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


# --- Memory -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "configs",
    [
        [replace(BASE, batch_size=size) for size in (8, 64, 4096)],
        [replace(BASE, architecture="conv", hidden_sizes=(8, 8), batch_size=size) for size in (8, 64, 4096)],
        [replace(BASE, hidden_sizes=(width,)) for width in (1, 64, 4096)],
        [replace(BASE, dataset=name) for name in ("digits", "mnist")],
    ],
    ids=["batch", "convolutional batch", "width", "images"],
)
def test_more_of_anything_needs_more_memory(configs: list[Config]) -> None:
    needed = [memory_bytes(config) for config in configs]
    assert all(less < more for less, more in itertools.pairwise(needed))


def test_memory_covers_the_images_and_four_numbers_a_weight() -> None:
    config = Config(dataset="mnist", hidden_sizes=(512,))
    images, weights = 70_000 * 784, 4 * 4 * count_parameters(config, (1, 28, 28))
    assert images + weights < memory_bytes(config) < 2 * (images + weights)

"""Training: the same numbers for the same Config, numbers worth having, and an end when one is asked for."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import INFO, Images
from ae_core.errors import LabError
from ae_core.evaluation.metrics import denoising_metrics, squared_error, variational_metrics
from ae_core.models.autoencoder import Autoencoder
from ae_core.runs.fit import images_of, pca_of
from ae_core.runs.run import Run
from ae_core.training import loop as training_loop
from ae_core.training import step
from ae_core.training.film import film_indices
from ae_core.training.loop import (
    Diverged,
    Progress,
    Trained,
    choose_device,
    plane_of,
    run_to_end,
    total_steps,
    train,
)

BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=4, epochs=2, batch_size=64)
ENDLESS = replace(BRIEF, epochs=1000, batch_size=8)

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")


def run_to_the_end(
    config: Config,
    should_stop: Callable[[], bool] = lambda: False,
    device: str = "cpu",
    look: Callable[[Progress], None] = lambda progress: None,
    images: Images | None = None,
) -> Trained:
    """Train ``config`` on digits, or on ``images`` for both splits."""
    splits = (images, images) if images else images_of(config.dataset)
    return run_to_end(train(config, *splits, device, should_stop), look)


def same_weights(first: Autoencoder, second: Autoencoder) -> bool:
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.fixture(scope="module")
def brief() -> Trained:
    return run_to_the_end(BRIEF)


# --- The same Config, the same numbers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"architecture": "conv", "hidden_sizes": (4, 8), "epochs": 1},
        {"variational": True, "loss": "bce"},
        {"corruption": "gaussian", "corruption_strength": 0.5, "corruption_min": 0.1},
        {"shift": 1},
    ],
    ids=["dense", "conv", "variational", "denoising", "shifted"],
)
def test_the_same_config_gives_the_same_weights_to_the_last_bit(changes: dict[str, object]) -> None:
    config = replace(BRIEF, **changes)  # type: ignore[arg-type]
    first, second = run_to_the_end(config), run_to_the_end(config)
    assert same_weights(first.model, second.model)
    assert first.history == second.history
    assert torch.equal(first.film.images, second.film.images)
    assert torch.equal(first.film.points, second.film.points)


def test_another_seed_gives_other_weights(brief: Trained) -> None:
    assert not same_weights(brief.model, run_to_the_end(replace(BRIEF, seed=1)).model)


def test_a_setting_that_is_not_used_does_not_change_the_weights(brief: Trained) -> None:
    unused = replace(BRIEF, corruption_strength=0.5)
    assert unused.key == BRIEF.key
    assert same_weights(brief.model, run_to_the_end(unused).model)


def test_reporting_and_asking_more_often_change_nothing(brief: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_loop, "_REPORT_EVERY", -1.0)
    monkeypatch.setattr(training_loop, "_ASK_EVERY", -1.0)
    reports: list[Progress] = []
    often = run_to_the_end(BRIEF, look=reports.append)
    assert len(reports) > total_steps(BRIEF, 1437)
    assert same_weights(brief.model, often.model)
    assert brief.history == often.history


def test_how_often_held_out_images_are_looked_at_does_not_change_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(BRIEF, variational=True, corruption="gaussian", corruption_strength=0.5)
    often = run_to_the_end(config)
    monkeypatch.setattr(training_loop, "HISTORY_POINTS", 5)
    seldom = run_to_the_end(config)
    assert len(seldom.history["epoch"]) < len(often.history["epoch"])
    assert same_weights(often.model, seldom.model)


def test_training_touches_no_global_random_state() -> None:
    def states() -> tuple[list[int], str, object]:
        return torch.random.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()  # noqa: NPY002

    before = states()
    run_to_the_end(
        replace(
            BRIEF, epochs=1, variational=True, corruption="salt_pepper", corruption_strength=0.3, corruption_min=0.1
        )
    )
    assert states() == before


def test_the_images_given_are_left_as_they_were() -> None:
    images, held_out = images_of("digits")
    before = images.images.clone(), held_out.images.clone()
    run_to_the_end(replace(BRIEF, corruption="gaussian", corruption_strength=0.5, epochs=1))
    assert torch.equal(images.images, before[0])
    assert torch.equal(held_out.images, before[1])


@needs_cuda
def test_the_same_config_gives_the_same_weights_on_a_gpu() -> None:
    first, second = (run_to_the_end(BRIEF, device="cuda") for _ in range(2))
    assert same_weights(first.model, second.model)
    assert first.model.device.type == "cpu"


@needs_cuda
def test_a_gpu_learns_as_much_as_the_cpu(brief: Trained) -> None:
    images = images_of("digits")[1].images
    on_gpu = run_to_the_end(BRIEF, device="cuda").model
    assert squared_error(on_gpu, images) == pytest.approx(squared_error(brief.model, images), rel=0.2)


# --- Numbers worth having -----------------------------------------------------------------------------------


def test_the_loss_falls_and_ends_far_below_the_mean_images() -> None:
    trained = run_to_the_end(replace(BRIEF, hidden_sizes=(64,), code_size=8, epochs=15, learning_rate=1e-2))
    images = images_of("digits")[1].images
    mean_image = float((images / 255 - pca_of("digits").mean_image).square().mean())
    held_out = trained.history["held_out_loss"]
    assert held_out[0] > mean_image
    assert held_out[-1] < 0.4 * mean_image
    assert trained.history["train_loss"][-1] < trained.history["train_loss"][1]


def test_two_numbers_of_a_bent_code_hold_more_than_two_of_pcas() -> None:
    config = VARIANTS["dense"].config("digits", code_size=2, epochs=25)
    images = images_of("digits")[1].images
    error = squared_error(run_to_the_end(config).model, images)
    assert error < 0.85 * squared_error(pca_of("digits").truncated(2), images)


def test_a_convolutional_autoencoder_learns_too() -> None:
    config = VARIANTS["conv"].config("digits", hidden_sizes=(8, 16), epochs=6)
    images = images_of("digits")[1].images
    mean_image = float((images / 255 - pca_of("digits").mean_image).square().mean())
    assert squared_error(run_to_the_end(config).model, images) < 0.6 * mean_image


def test_a_linear_autoencoder_finds_the_error_and_the_subspace_of_pca() -> None:
    config = VARIANTS["linear"].config("digits", code_size=4, epochs=300, batch_size=128, learning_rate=3e-2)
    model = run_to_the_end(config).model
    pca = pca_of("digits").truncated(4)
    images = images_of("digits")
    for part in images:
        assert squared_error(model, part.images) == pytest.approx(squared_error(pca, part.images), rel=1e-3)
    assert squared_error(model, images[0].images) >= squared_error(pca, images[0].images)  # none is below it
    columns = model.decoder[0].weight.detach().double().numpy()
    angles = np.degrees(subspace_angles(columns, pca.components.T.double().numpy()))
    assert angles.max() < 2


def test_a_denoising_autoencoder_brings_images_nearer_to_the_clean_ones() -> None:
    config = replace(BRIEF, hidden_sizes=(64,), code_size=16, epochs=15, learning_rate=1e-2)
    config = replace(config, corruption="gaussian", corruption_strength=0.6)
    model = run_to_the_end(config).model
    found = denoising_metrics(config, model, pca_of("digits").truncated(16), images_of("digits")[1].images)
    assert found["denoised_mse"] < 0.5 * found["noisy_mse"]
    assert found["denoised_mse"] < found["pca_denoised_mse"]
    assert found["denoised_mse"] < found["median_denoised_mse"]


def test_a_variational_autoencoder_uses_its_code_at_a_small_beta_and_gives_it_up_at_a_huge_one() -> None:
    config = replace(BRIEF, variational=True, loss="bce", epochs=10, learning_rate=1e-2)
    little, much = (run_to_the_end(replace(config, beta=beta)).history["held_out_kl"][-1] for beta in (0.1, 100.0))
    assert little > 3
    assert much < 0.1


def test_training_more_finds_a_smaller_error() -> None:
    images = images_of("digits")[1].images
    errors = [squared_error(run_to_the_end(replace(BRIEF, epochs=epochs)).model, images) for epochs in (1, 4, 16)]
    assert errors == sorted(errors, reverse=True)


# --- Steps --------------------------------------------------------------------------------------------------


def test_a_run_takes_the_full_batches_of_every_epoch() -> None:
    assert BRIEF.steps_per_epoch(1437) == 22
    assert total_steps(BRIEF, 1437) == 44


def test_a_batch_larger_than_the_data_set_is_the_data_set() -> None:
    config = replace(BRIEF, batch_size=4096, epochs=3)
    assert total_steps(config, 1437) == 3
    trained = run_to_the_end(config)
    assert trained.finished
    assert trained.history["epoch"] == [0, 1, 2, 3]


def test_an_epoch_shows_no_image_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.Tensor] = []

    def spy(images: torch.Tensor) -> torch.Tensor:
        seen.append(images)
        return images.float() / 255

    monkeypatch.setattr(step, "to_float", spy)
    numbered = torch.arange(100, dtype=torch.uint8).view(100, 1, 1, 1).expand(100, 1, 8, 8).contiguous()
    images = Images(numbered, torch.arange(100) % 10)
    run_to_the_end(replace(BRIEF, batch_size=10, epochs=3), images=images)
    batches = torch.cat([batch[:, 0, 0, 0] for batch in seen])
    epochs = batches.view(3, 100)
    assert all(epoch.sort().values.tolist() == list(range(100)) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])


# --- The history --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({}, {"reconstruction", "loss"}),
        ({"corruption": "masking", "corruption_strength": 0.3}, {"reconstruction", "loss"}),
        ({"variational": True}, {"reconstruction", "kl", "loss"}),
    ],
    ids=["plain", "denoising", "variational"],
)
def test_the_history_has_every_part_of_the_loss_in_columns_of_one_length(
    changes: dict[str, object], parts: set[str]
) -> None:
    history = run_to_the_end(replace(BRIEF, **changes)).history  # type: ignore[arg-type]
    assert set(history) == {"epoch"} | {f"{where}_{part}" for where in ("train", "held_out") for part in parts}
    assert len({len(column) for column in history.values()}) == 1
    assert all(math.isfinite(value) for column in history.values() for value in column)


def test_the_history_runs_from_the_start_to_the_last_epoch(brief: Trained) -> None:
    epochs = brief.history["epoch"]
    assert epochs[0] == 0
    assert epochs[-1] == BRIEF.epochs
    assert all(earlier < later for earlier, later in itertools.pairwise(epochs))


@pytest.mark.parametrize("epochs", [5, 20])
def test_a_history_has_some_sixty_rows_however_long_the_run_and_each_frame_is_of_one(epochs: int) -> None:
    trained = run_to_the_end(replace(BRIEF, epochs=epochs))
    assert 50 <= len(trained.history["epoch"]) <= 60
    rows = torch.tensor(trained.history["epoch"])
    assert torch.isin(trained.film.epochs, rows).all()
    assert len(trained.film.epochs) >= 28


def test_the_last_row_is_the_loss_of_the_model_that_is_kept(brief: Trained) -> None:
    found = squared_error(brief.model, images_of("digits")[1].images)
    assert brief.history["held_out_loss"][-1] == pytest.approx(found, rel=1e-5)


def test_the_curve_of_a_denoising_run_is_about_damaged_images_made_clean() -> None:
    config = replace(BRIEF, corruption="gaussian", corruption_strength=0.6, epochs=6, learning_rate=1e-2)
    trained = run_to_the_end(config)
    images = images_of("digits")[1].images
    found = denoising_metrics(config, trained.model, pca_of("digits").truncated(4), images)
    assert trained.history["held_out_loss"][-1] == pytest.approx(found["denoised_mse"], rel=1e-5)
    assert found["denoised_mse"] > 1.05 * squared_error(trained.model, images)


def test_the_curve_of_a_variational_run_is_about_drawn_codes() -> None:
    config = replace(BRIEF, variational=True, loss="bce")
    trained = run_to_the_end(config)
    found = variational_metrics(config, trained.model, images_of("digits")[1].images)
    last = {name: trained.history[f"held_out_{name}"][-1] for name in found}
    assert last == pytest.approx(found, rel=1e-5)
    assert trained.history["held_out_loss"] != run_to_the_end(replace(config, seed=1)).history["held_out_loss"]


# --- The film -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [2, 20])
def test_a_film_has_twenty_to_forty_frames(epochs: int) -> None:
    film = run_to_the_end(replace(BRIEF, epochs=epochs)).film
    assert 20 <= len(film.epochs) <= 40


def test_a_film_shows_twelve_images_and_the_map_of_all_held_out_ones_up_to_500(brief: Trained) -> None:
    frames = len(brief.film.epochs)
    assert brief.film.images.shape == (frames, 12, 1, 8, 8)
    assert brief.film.images.dtype == torch.uint8
    assert brief.film.points.shape == (frames, INFO["digits"].test_count, 2)
    assert brief.film.points.dtype == torch.float32


def test_no_more_than_500_points_are_filmed() -> None:
    train_images = images_of("digits")[0]
    images = Images(train_images.images[:700], train_images.labels[:700])
    assert run_to_the_end(replace(BRIEF, epochs=1), images=images).film.points.shape[1:] == (500, 2)


def test_a_film_begins_untrained_and_ends_with_the_model_that_is_kept(brief: Trained) -> None:
    assert brief.film.epochs[0] == 0
    assert brief.film.epochs[-1] == BRIEF.epochs
    held_out = images_of("digits")[1]
    shown = held_out.images[film_indices(held_out.labels)] / 255
    last = (brief.model.decode(brief.model.encode(shown)) * 255).round()
    assert (brief.film.images[-1].float() - last).abs().max() <= 1


def test_the_snapshots_reported_on_the_way_are_the_frames_of_the_film() -> None:
    reports: list[Progress] = []
    film = run_to_the_end(BRIEF, look=reports.append).film
    snapshots = [(r.epoch, r.snapshot) for r in reports if r.snapshot is not None]
    assert torch.tensor([epoch for epoch, _ in snapshots]).equal(film.epochs)
    assert torch.stack([snapshot for _, snapshot in snapshots]).equal(film.images)


def test_the_twelve_images_show_every_class() -> None:
    labels = images_of("digits")[1].labels
    chosen = film_indices(labels)
    assert len(set(chosen.tolist())) == 12
    assert sorted(labels[chosen].tolist()) == sorted([*range(10), 0, 1])
    assert chosen[0] == (labels == 0).nonzero()[0]  # the first of its class


def test_a_code_of_two_numbers_is_its_own_map() -> None:
    trained = run_to_the_end(replace(BRIEF, code_size=2, epochs=1))
    codes = trained.model.encode(images_of("digits")[1].images / 255)
    assert (trained.film.points[-1] - codes).abs().max() < 1e-3 * codes.abs().max()  # 16 bits


def test_a_code_of_one_number_is_drawn_on_a_line() -> None:
    film = run_to_the_end(replace(BRIEF, code_size=1, epochs=1)).film
    assert film.points[..., 0].std() > 0
    assert film.points[..., 1].abs().max() == 0


def test_a_larger_code_is_shown_on_its_principal_plane() -> None:
    generator = torch.Generator().manual_seed(0)
    flat = torch.randn(100, 2, generator=generator) * torch.tensor([3.0, 1.0])
    basis = torch.linalg.qr(torch.randn(6, 6, generator=generator)).Q[:2]
    codes = flat @ basis + 5
    centre, axes = plane_of(codes)
    shown = (codes - centre) @ axes
    torch.testing.assert_close(torch.pdist(shown), torch.pdist(flat), atol=1e-4, rtol=0)  # no distance is lost


# --- Progress -----------------------------------------------------------------------------------------------


def test_reports_count_up_to_the_last_step() -> None:
    reports: list[Progress] = []
    run_to_the_end(BRIEF, look=reports.append)
    steps = [report.step for report in reports]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, total_steps(BRIEF, 1437))
    assert all(report.steps == steps[-1] and report.epoch == report.step / 22 for report in reports)
    assert math.isnan(reports[0].seconds_left)  # nothing is known yet
    assert reports[-1].seconds_left == 0
    assert reports[-1].images_per_second == pytest.approx(BRIEF.batch_size * 44 / reports[-1].seconds)


def test_seconds_are_those_of_training_and_not_of_whoever_reads_the_reports() -> None:
    started = time.perf_counter()
    trained = run_to_the_end(replace(BRIEF, epochs=1), look=lambda report: time.sleep(0.05))
    assert time.perf_counter() - started - trained.seconds > 0.05 * len(trained.history["epoch"])


# --- An end when one is asked for ---------------------------------------------------------------------------


def test_a_stopped_run_ends_at_the_next_look_at_the_button_and_keeps_what_it_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_loop, "_ASK_EVERY", -1.0)  # at every step
    asked = 0

    def at_the_hundredth() -> bool:
        nonlocal asked
        asked += 1
        return asked > 100

    trained = run_to_the_end(ENDLESS, at_the_hundredth)
    moment = 100 / ENDLESS.steps_per_epoch(1437)
    assert not trained.finished
    assert trained.history["epoch"][-1] == pytest.approx(moment)
    assert float(trained.film.epochs[-1]) == pytest.approx(moment)
    found = squared_error(trained.model, images_of("digits")[1].images)
    assert trained.history["held_out_loss"][-1] == pytest.approx(found, rel=1e-5)


def test_the_button_is_looked_at_about_ten_times_a_second() -> None:
    times: list[float] = []

    def tenth_time() -> bool:
        times.append(time.perf_counter())
        return len(times) == 10

    run_to_the_end(ENDLESS, tenth_time)
    assert 0.05 < np.median(np.diff(times)) < 0.4


def test_a_stopped_run_has_no_moment_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_loop, "_ASK_EVERY", -1.0)
    trained = run_to_the_end(ENDLESS, lambda: True)  # before the first step, which the history has already
    assert trained.history["epoch"] == [0]
    assert trained.film.epochs.tolist() == [0]


def test_a_finished_run_says_so_and_is_ready_to_use(brief: Trained) -> None:
    assert brief.finished
    assert not brief.model.training


def test_a_run_that_diverges_says_what_to_do() -> None:
    config = replace(
        BRIEF, learning_rate=10.0, output_activation="linear", activation="linear", hidden_sizes=(64,) * 8, epochs=10
    )
    with pytest.raises(Diverged, match=r"by epoch 0.* Lower the learning rate \(it was 10\) and train again\.$"):
        run_to_the_end(config)


# --- Devices ------------------------------------------------------------------------------------------------


def test_a_gpu_beyond_the_last_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("cuda:1").index == 1
    with pytest.raises(LabError, match="no device “cuda:2”"):
        choose_device("cuda:2")


def test_a_device_that_is_not_here_is_refused_with_those_that_are() -> None:
    with pytest.raises(LabError, match=r"This machine has no device “tpu”; it has .*cpu"):
        choose_device("tpu")


def test_the_best_device_is_chosen_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_device("cpu").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto").type == "cpu"


def test_a_device_that_cannot_be_read_is_refused_by_a_sentence() -> None:
    with pytest.raises(LabError):
        choose_device("cpu:banana")


# --- fit ----------------------------------------------------------------------------------------------------


def test_a_run_knows_its_config_its_baseline_and_its_map(tiny_run: Run) -> None:
    count = INFO["digits"].test_count
    assert tiny_run.config == tiny_run.config.canonical()
    assert tiny_run.finished
    assert tiny_run.seconds > 0
    assert tiny_run.device.startswith("cpu")
    assert tiny_run.pca.code_size == 3
    assert tiny_run.latent_map.codes.shape == (count, 3)
    assert tiny_run.latent_map.pca.shape == (count, 2)
    assert torch.equal(tiny_run.latent_map.labels.long(), images_of("digits")[1].labels)
    assert tiny_run.compression_factor == pytest.approx(64 / 3)
    assert tiny_run.metrics["mse"] == squared_error(tiny_run.model, images_of("digits")[1].images)

"""Anomalies: the scores against their formulas, the sets of images, the measures, and the shell command."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.covariance import EmpiricalCovariance

from ae_core.cli import main
from ae_core.config.schema import Config
from ae_core.data.datasets import load
from ae_core.data.items import to_float
from ae_core.models.autoencoder import build
from ae_core.models.codec import reconstruct
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit
from ae_core.runs.run import Run
from ae_core.tasks.anomalies import paths
from ae_core.tasks.anomalies.images import OTHERS, fitted_of, sets_of, strange_choices, usual_choice
from ae_core.tasks.anomalies.measures import Confusion, Scores, ranking, threshold_at
from ae_core.tasks.anomalies.methods import METHODS, bound, errors, methods_of
from ae_core.tasks.anomalies.study import study, study_of_one
from ae_core.training.objectives import objective

THREES = Config(dataset="digits", classes=(3,), hidden_sizes=(32,), code_size=4, epochs=150, batch_size=16, loss="bce")


@pytest.fixture(scope="module")
def threes() -> Run:
    """A run on the threes of digits alone."""
    return fit(THREES, "cpu")


@pytest.fixture
def images() -> torch.Tensor:
    return to_float(load("digits", "test").images[:40])


def test_what_is_scored_at_once_is_what_a_worker_says(threes: Run, images: torch.Tensor) -> None:
    quick = [name for name in methods_of(threes.config) if METHODS[name].at_once]
    assert quick == ["error", "sap"]
    for name in quick:
        without = METHODS[name].fit(threes, torch.empty(0))(images)
        assert torch.equal(without, METHODS[name].fit(threes, fitted_of(threes.config))(images))


# --- Along the layers ---------------------------------------------------------------------------------------


def test_the_layers_are_those_of_the_encoder_after_their_activations(images: torch.Tensor) -> None:
    model = build(Config(dataset="digits", hidden_sizes=(16, 8), code_size=3, activation="relu"), (1, 8, 8)).eval()
    with torch.inference_mode():
        first, second, code = paths.layers(model, images)
    weights = [layer for layer in model.encoder if isinstance(layer, torch.nn.Linear)]
    by_hand = (images.flatten(1) @ weights[0].weight.T + weights[0].bias).relu()
    assert torch.allclose(first, by_hand, atol=1e-5)
    assert second.shape == (40, 8)
    assert torch.allclose(code, model.encode(images), atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "widths"),
    [
        ({"architecture": "conv", "hidden_sizes": (4, 8)}, [64, 32, 3]),
        ({"architecture": "lstm", "hidden_sizes": (8,)}, [3]),
        ({"hidden_sizes": (), "sparsity": "top_k", "k": 2}, [3]),
        ({"hidden_sizes": (16,), "variational": True}, [16, 3]),
        ({"architecture": "conv", "hidden_sizes": (4,), "downsampling": "pool"}, [64, 3]),
    ],
)
def test_every_kind_has_layers(settings: dict[str, object], widths: list[int], images: torch.Tensor) -> None:
    model = build(Config(dataset="digits", code_size=3, **settings), (1, 8, 8)).eval()  # type: ignore[arg-type]
    with torch.inference_mode():
        assert [layer.shape[1] for layer in paths.layers(model, images)] == widths
    assert paths.differences(model, images).shape == (40, sum(widths))


def test_wide_layers_of_channels_are_averaged_over_squares() -> None:
    model = build(Config(dataset="shapes", architecture="conv", hidden_sizes=(16,), code_size=3), (3, 32, 32)).eval()
    with torch.inference_mode():
        first, _ = paths.layers(model, torch.rand(2, 3, 32, 32))
    assert first.shape[1] == paths.WIDEST  # 16 channels of 16 x 16, then 8 x 8


def test_the_error_along_the_layers_is_nothing_where_the_reconstruction_is_the_image(images: torch.Tensor) -> None:
    model = build(Config(dataset="digits", hidden_sizes=(16,), code_size=3), (1, 8, 8)).eval()
    drawn = reconstruct(model, images)
    with torch.inference_mode():
        same = [
            seen - again for seen, again in zip(paths.layers(model, drawn), paths.layers(model, drawn), strict=True)
        ]
    assert float(paths.simple(torch.cat(same, 1)).abs().max()) == 0
    parts = [layer_error(model, images, drawn, layer) for layer in range(2)]
    assert torch.allclose(paths.simple(paths.differences(model, images)), sum(parts, torch.zeros(40)), rtol=1e-4)


def layer_error(model: torch.nn.Module, images: torch.Tensor, drawn: torch.Tensor, layer: int) -> torch.Tensor:
    with torch.inference_mode():
        seen, again = (list(paths.layers(model, given))[layer] for given in (images, drawn))  # type: ignore[arg-type]
    return (seen - again).square().sum(1)


def test_whitening_is_the_mahalanobis_distance() -> None:
    draws = np.random.default_rng(0)
    normal = draws.normal(size=(500, 6)) @ draws.normal(size=(6, 6)) + 3
    other = draws.normal(size=(20, 6)) * 4
    whitening = paths.Whitening.fit(torch.from_numpy(normal).float())
    found = whitening.normalised(torch.from_numpy(other).float()).numpy()
    known = EmpiricalCovariance().fit(normal).mahalanobis(other) * 499 / 500  # it divides by N, we by N - 1
    assert found == pytest.approx(known, rel=1e-3)
    assert float(whitening.normalised(torch.from_numpy(normal).float()).mean()) == pytest.approx(6, rel=0.01)


def test_whitening_leaves_out_what_never_varies() -> None:
    normal = torch.randn(100, 5, generator=torch.Generator().manual_seed(0))
    normal[:, 4] = 0.5
    score = paths.Whitening.fit(normal).normalised(normal)
    assert bool(score.isfinite().all())
    assert float(score.mean()) == pytest.approx(4 * 99 / 100, rel=1e-4)


# --- The methods --------------------------------------------------------------------------------------------


def test_the_error_of_an_image_is_its_part_of_the_runs_error(tiny_run: Run) -> None:
    images = to_float(load("digits", "test").images)
    assert float(errors(tiny_run.model, images).mean()) == pytest.approx(tiny_run.metrics["mse"], rel=1e-5)


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_the_bound_is_what_training_minimises(loss: str, images: torch.Tensor) -> None:
    config = Config(dataset="digits", hidden_sizes=(16,), code_size=3, variational=True, loss=loss)
    model = build(config, (1, 8, 8)).eval()
    with torch.inference_mode():
        drawn = [
            float(objective(config, model, model(images, torch.Generator().manual_seed(seed)), images)["loss"])
            for seed in range(200)
        ]
    assert float(bound(model, loss, images).mean()) == pytest.approx(np.mean(drawn), rel=0.02)
    alone = torch.cat([bound(model, loss, image[None]) for image in images])
    assert torch.allclose(alone, bound(model, loss, images), rtol=1e-4)  # whatever stands beside it


def test_the_distance_to_the_mean_is_the_spread_of_normal_images(threes: Run) -> None:
    fitted = fitted_of(THREES)
    score = METHODS["mean"].fit(threes, fitted)(to_float(fitted))
    assert float(score.mean()) == pytest.approx(
        float(to_float(fitted).flatten(1).var(0, correction=0).mean()), rel=1e-4
    )


def test_each_method_tells_threes_from_other_digits(threes: Run) -> None:
    answers = study(threes, "threes", OTHERS).done_here()
    assert set(answers) == set(methods_of(THREES)) == set(METHODS) - {"bound"}
    for name, answer in answers.items():
        assert answer["auroc"] > 0.85, name
        assert (len(answer["normal"]), len(answer["strange"])) == (37, 323), name
        assert answer["held_back"].dtype == np.float32
        if METHODS[name].logarithmic:
            assert min(answer["normal"].min(), answer["strange"].min()) > 0, name


def test_a_visitors_own_image_scores_as_it_does_among_others(threes: Run) -> None:
    among = study(threes, "threes", OTHERS).done_here()
    image = to_float(load("digits", "test").of_classes((3,)).images[5:6])
    for name, answer in study_of_one(threes, "threes", image).done_here().items():
        assert answer["score"] == pytest.approx(float(among[name]["normal"][5]), rel=1e-3, abs=1e-6), name


# --- The images ---------------------------------------------------------------------------------------------


def test_held_back_images_are_no_others() -> None:
    sets = sets_of(THREES, OTHERS)
    rows = {image.numpy().tobytes() for image in fitted_of(THREES)}
    assert not rows & {image.numpy().tobytes() for image in sets.held_back}
    assert len(fitted_of(THREES)) + len(sets.held_back) == len(load("digits", "train").of_classes((3,)).labels)
    assert set(sets.normal.labels.tolist()) == {3}
    assert set(sets.strange.labels.tolist()) == set(range(10)) - {3}


def test_strange_images_of_another_data_set_take_the_runs_shape() -> None:
    config = Config(dataset="digits")
    assert OTHERS not in strange_choices(config)
    assert "digits" not in strange_choices(config)
    assert usual_choice(config) in strange_choices(config)
    assert usual_choice(THREES) == OTHERS
    sets = sets_of(config, "shapes")
    assert sets.strange.images.shape == (2000, 1, 8, 8)
    assert len(sets.normal.images) == 360


def f32(values: list[float]) -> Scores:
    return np.array(values, np.float32)


# --- The measures -------------------------------------------------------------------------------------------


def test_the_ranking_of_known_scores() -> None:
    normal, strange = f32([1, 2, 3, 4]), f32([2.5, 5])
    assert ranking(normal, strange)["auroc"] == pytest.approx(6 / 8)
    assert ranking(normal, strange)["average_precision"] == pytest.approx((1 + 2 / 4) / 2)
    assert ranking(normal, normal)["auroc"] == 0.5


def test_a_threshold_lets_its_share_of_held_back_images_through() -> None:
    held_back = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    assert float((held_back <= threshold_at(held_back, 0.95)).mean()) == pytest.approx(0.95, abs=0.002)
    assert threshold_at(f32([3, 1, 2]), 0.5) == 2


def test_the_confusion_at_a_threshold() -> None:
    found = Confusion.at(f32([1, 2, 3]), f32([2, 3, 4, 5]), 2.5)
    assert (found.false_alarms, found.caught) == (1, 3)
    assert found.false_alarm_rate == pytest.approx(1 / 3)
    assert (found.recall, found.precision) == (0.75, 0.75)
    assert Confusion.at(f32([1]), f32([2]), 9).precision == 1


# --- The shell ----------------------------------------------------------------------------------------------


def test_the_command_says_what_the_study_found(threes: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "threes.safetensors"
    checkpoint.save(threes, path)
    assert main(["anomalies", str(path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    answers = study(threes, "threes", OTHERS).done_here()
    assert said["strange"] == OTHERS
    for name, figures in said["methods"].items():
        assert figures["auroc"] == pytest.approx(answers[name]["auroc"], abs=1e-6)
        assert math.isfinite(figures["threshold"])
        assert 0 <= figures["false_alarm_rate"] <= 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--strange", "nothing"], "What is strange must be one of others, "),
        (["--quantile", "1.5"], "The quantile must lie between 0 and 1"),
    ],
)
def test_what_the_command_cannot_do_it_refuses_by_a_sentence(
    options: list[str], sentence: str, threes: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "threes.safetensors"
    checkpoint.save(replace(threes, film=None), path)
    assert main(["anomalies", str(path), *options]) == 1
    assert sentence in capsys.readouterr().err

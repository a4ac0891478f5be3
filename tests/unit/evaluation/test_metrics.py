"""Metrics: each against its closed form, or against the library that defines it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn import manifold
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.corruption import corrupt
from ae_core.data.datasets import INFO, Images
from ae_core.data.items import to_float
from ae_core.evaluation import metrics
from ae_core.evaluation.metrics import (
    denoising_metrics,
    encode_all,
    evaluate,
    evaluate_baselines,
    has_ssim,
    knn_accuracy,
    metric_names,
    psnr,
    squared_error,
    ssim,
    trustworthiness,
    variational_metrics,
)
from ae_core.models.autoencoder import build
from ae_core.models.pca import PCACodec
from ae_core.runs.fit import images_of, measure, pca_of

PLAIN = {"mse", "sse", "psnr", "ssim", "knn_accuracy", "trustworthiness"}
VARIATIONAL = {"loss", "reconstruction", "kl"}
DENOISING = {"noisy_mse", "denoised_mse", "pca_denoised_mse", "median_denoised_mse"}
BASELINES = {f"pca_{name}" for name in PLAIN} | {"mean_image_mse"}

CONFIG = Config(dataset="digits", hidden_sizes=(8,), code_size=3)


def few(images: Images, count: int) -> Images:
    return Images(images.images[:count], images.labels[:count])


@pytest.fixture(scope="module")
def small() -> tuple[Images, Images]:
    """300 training and 100 held-out digits."""
    train, test = images_of("digits")
    return few(train, 300), few(test, 100)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


class Shifted:
    """A Codec whose reconstructions are off by a tenth everywhere."""

    code_size = 64

    def encode(self, images: Tensor) -> Tensor:
        return images.flatten(1)

    def decode(self, codes: Tensor) -> Tensor:
        return codes.unflatten(1, (1, 8, 8)) + 0.1


# --- Squared error, PSNR and SSIM ---------------------------------------------------------------------------


def test_bytes_become_floats_from_0_to_1() -> None:
    assert to_float(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist() == pytest.approx([0.0, 0.2, 1.0])


def test_an_error_of_a_tenth_everywhere_is_a_squared_error_of_a_hundredth(small: tuple[Images, Images]) -> None:
    assert squared_error(Shifted(), small[1].images) == pytest.approx(0.01, rel=1e-5)


def test_the_summed_error_is_the_mean_times_the_pixels(small: tuple[Images, Images]) -> None:
    found = evaluate(CONFIG, build(CONFIG, (1, 8, 8)), pca_of("digits"), *small)
    assert found["sse"] == pytest.approx(64 * found["mse"])


def test_the_squared_error_is_over_every_image_and_pixel(small: tuple[Images, Images]) -> None:
    model = build(CONFIG, (1, 8, 8))
    images = to_float(small[1].images)
    rebuilt = model.decode(model.encode(images))
    by_hand = np.mean((rebuilt.double().numpy() - images.double().numpy()) ** 2)
    assert squared_error(model, small[1].images) == pytest.approx(by_hand, rel=1e-5)


def test_psnr_of_an_error_of_a_tenth_is_20_decibels() -> None:
    images = uniform(4, 1, 8, 8)
    assert psnr(images + 0.1, images).tolist() == pytest.approx([20.0] * 4, rel=1e-5)


def test_psnr_of_each_image_is_scikit_images() -> None:
    images, others = uniform(4, 3, 9, 7), uniform(4, 3, 9, 7, seed=1)
    theirs = [peak_signal_noise_ratio(a.numpy(), b.numpy(), data_range=1) for a, b in zip(images, others, strict=True)]
    assert psnr(others, images).tolist() == pytest.approx(theirs, rel=1e-4)


def test_psnr_of_an_image_with_itself_is_infinite() -> None:
    images = uniform(2, 1, 8, 8)
    assert psnr(images, images).tolist() == [math.inf, math.inf]


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 27, 33)])
def test_ssim_of_an_image_with_itself_is_one(shape: tuple[int, int, int]) -> None:
    images = uniform(3, *shape)
    assert ssim(images, images).tolist() == pytest.approx([1.0] * 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_is_scikit_images_with_the_window_of_the_paper(channels: int) -> None:
    images, others = uniform(3, channels, 28, 28), uniform(3, channels, 28, 28, seed=1)
    theirs = [
        structural_similarity(
            a.numpy(),
            b.numpy(),
            data_range=1,
            channel_axis=0,
            gaussian_weights=True,
            sigma=1.5,
            win_size=11,
            use_sample_covariance=False,
        )
        for a, b in zip(images, others, strict=True)
    ]
    assert ssim(images, others).tolist() == pytest.approx(theirs, abs=1e-6)


def test_ssim_falls_as_noise_grows() -> None:
    images = to_float(images_of("digits")[1].images[:50])
    generator = torch.Generator().manual_seed(0)
    means = [float(ssim(corrupt(images, "gaussian", s, generator), images).mean()) for s in (0.05, 0.2, 0.5)]
    assert means == sorted(means, reverse=True)
    assert means[0] - means[-1] > 0.2


# --- Codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimensions", [2, 30])  # one way of searching for few numbers, another for many
def test_neighbours_in_separate_clusters_are_all_right(dimensions: int) -> None:
    labels = torch.arange(10).repeat(20)
    centres = 100 * torch.randn(10, dimensions, generator=torch.Generator().manual_seed(0))
    codes = centres[labels] + uniform(200, dimensions)
    assert knn_accuracy(codes[:100], labels[:100], codes[100:], labels[100:]) == 1.0


def test_neighbours_in_noise_are_right_by_chance() -> None:
    codes, labels = uniform(4000, 3), torch.randint(0, 10, (4000,), generator=torch.Generator().manual_seed(1))
    accuracy = knn_accuracy(codes[:2000], labels[:2000], codes[2000:], labels[2000:])
    assert accuracy == pytest.approx(0.1, abs=4 * math.sqrt(0.1 * 0.9 / 2000))


def test_five_neighbours_vote() -> None:
    train, labels = torch.tensor([[0.0], [0.1], [0.2], [0.3], [0.4], [9.0]]), torch.tensor([1, 1, 0, 0, 0, 1])
    assert knn_accuracy(train, labels, torch.zeros(1, 1), torch.tensor([0])) == 1.0  # the nearest alone says 1


def test_trustworthiness_is_scikit_learns() -> None:
    images = to_float(images_of("digits")[1].images)
    codes = pca_of("digits").truncated(2).encode(images)
    theirs = manifold.trustworthiness(images.flatten(1).numpy(), codes.numpy(), n_neighbors=5)
    assert trustworthiness(images, codes) == pytest.approx(theirs)


def test_trustworthiness_is_one_for_the_images_themselves_and_a_half_for_noise() -> None:
    images = to_float(images_of("digits")[1].images)
    assert trustworthiness(images, images.flatten(1)) == 1.0
    assert trustworthiness(images, uniform(len(images), 2)) == pytest.approx(0.5, abs=0.05)


# --- evaluate -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, set()),
        ({"variational": True, "loss": "bce"}, VARIATIONAL),
        ({"corruption": "gaussian", "corruption_strength": 0.3}, DENOISING),
        ({"variational": True, "corruption": "blur", "corruption_strength": 0.3}, VARIATIONAL | DENOISING),
    ],
    ids=["plain", "variational", "denoising", "both"],
)
def test_evaluate_gives_the_documented_metrics_as_finite_numbers(
    small: tuple[Images, Images], changes: dict[str, object], more: set[str]
) -> None:
    config = replace(CONFIG, **changes)  # type: ignore[arg-type]
    found = evaluate(config, build(config, (1, 8, 8)), pca_of("digits").truncated(3), *small)
    assert set(found) == PLAIN | more
    assert all(type(value) is float and math.isfinite(value) for value in found.values())


def test_the_baselines_are_the_same_metrics_of_pca_and_the_mean_image(small: tuple[Images, Images]) -> None:
    pca = pca_of("digits").truncated(3)
    found = evaluate_baselines(pca, *small)
    assert set(found) == BASELINES
    assert found["pca_mse"] == squared_error(pca, small[1].images)
    mean_error = (to_float(small[1].images) - pca.mean_image).square().mean()
    assert found["mean_image_mse"] == pytest.approx(float(mean_error), rel=1e-5)
    assert found["pca_mse"] < found["mean_image_mse"]


def test_measuring_puts_the_model_and_its_baselines_together() -> None:
    train, test = images_of("digits")
    model = build(CONFIG, (1, 8, 8))
    found = measure(CONFIG, model, train, test)
    assert set(found) == PLAIN | BASELINES
    assert found["mse"] == squared_error(model, test.images)
    assert found["pca_mse"] == squared_error(pca_of("digits").truncated(CONFIG.code_size), test.images)


def test_a_perfect_codec_scores_perfectly(small: tuple[Images, Images]) -> None:
    found = evaluate_baselines(pca_of("digits"), *small)  # every component
    assert found["pca_mse"] < 1e-10
    assert found["pca_psnr"] > 100
    assert found["pca_ssim"] == pytest.approx(1, abs=1e-5)
    assert found["pca_trustworthiness"] == pytest.approx(1, abs=1e-5)


def test_the_variational_parts_add_up(small: tuple[Images, Images]) -> None:
    config = replace(CONFIG, variational=True, beta=3.0, loss="bce")
    found = variational_metrics(config, build(config, (1, 8, 8)), small[1].images)
    assert found["loss"] == pytest.approx(found["reconstruction"] + 3 * found["kl"], rel=1e-5)


def test_denoising_figures_compare_with_the_clean_images() -> None:
    train, test = images_of("digits")
    config = replace(CONFIG, corruption="masking", corruption_strength=1.0)  # nothing is left of the images
    mean = train.images.float().mean(0) / 255
    codec = PCACodec(mean.flatten(), torch.zeros(3, 64), (1, 8, 8))
    found = denoising_metrics(config, build(config, (1, 8, 8)), codec, test.images)
    clean = to_float(test.images)
    assert found["noisy_mse"] == pytest.approx(float(clean.square().mean()))
    assert found["median_denoised_mse"] == pytest.approx(found["noisy_mse"])
    assert found["pca_denoised_mse"] == pytest.approx(float((clean - mean).square().mean()), rel=1e-5)


def test_evaluating_twice_gives_the_same_numbers(small: tuple[Images, Images]) -> None:
    config = replace(CONFIG, variational=True, corruption="gaussian", corruption_strength=0.3)
    model, pca = build(config, (1, 8, 8)), pca_of("digits").truncated(3)
    assert evaluate(config, model, pca, *small) == evaluate(config, model, pca, *small)


@pytest.mark.parametrize("chunk", [7, 64])
def test_the_size_of_the_chunks_does_not_matter(
    small: tuple[Images, Images], monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    model, pca = build(CONFIG, (1, 8, 8)), pca_of("digits").truncated(3)
    whole = evaluate(CONFIG, model, pca, *small) | evaluate_baselines(pca, *small)
    codes = encode_all(model, small[1].images)
    monkeypatch.setattr(metrics, "_CHUNK", chunk)
    torch.testing.assert_close(encode_all(model, small[1].images), codes)
    parts = evaluate(CONFIG, model, pca, *small) | evaluate_baselines(pca, *small)
    assert parts == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize("name", INFO)
def test_what_has_a_height_and_a_width_has_a_structural_similarity(name: str) -> None:
    info = INFO[name]
    assert has_ssim(info.shape) == (info.kind == "image")
    assert ("ssim" in metric_names(VARIANTS["dense"].config(name))) == has_ssim((3, *info.shape))

"""Baselines: PCA as scikit-learn computes it, the median filter as SciPy does, and the numbers that docs/benchmarks.md quotes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage import filters
from sklearn.decomposition import PCA
from torch import Tensor

from ae_core.data.datasets import Images
from ae_core.data.items import to_float
from ae_core.evaluation.baselines import median_filter
from ae_core.evaluation.metrics import squared_error
from ae_core.models.codec import reconstruct
from ae_core.models.pca import PCACodec
from ae_core.runs.fit import images_of, pca_of


@pytest.fixture(scope="module")
def digits() -> tuple[Images, Images]:
    return images_of("digits")


@pytest.fixture(scope="module")
def pca(digits: tuple[Images, Images]) -> PCACodec:
    return PCACodec.fit(digits[0].images)


def flat(images: Tensor) -> np.ndarray:
    return to_float(images).flatten(1).double().numpy()


def error(codec: PCACodec, images: Tensor) -> float:
    return float((reconstruct(codec, images) - images).square().mean())


# --- PCA ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 5, 30])
def test_codes_and_reconstructions_are_scikit_learns(digits: tuple[Images, Images], size: int) -> None:
    train, test = digits
    theirs = PCA(size, svd_solver="full").fit(flat(train.images))
    ours = PCACodec.fit(train.images, size)
    codes = theirs.transform(flat(test.images))
    mine = ours.encode(to_float(test.images)).numpy()
    signs = np.sign((codes * mine).sum(0))  # a component and its opposite are the same
    np.testing.assert_allclose(mine * signs, codes, atol=1e-3)  # components of like variance mix a little in 32 bits
    decoded = ours.decode(ours.encode(to_float(test.images))).flatten(1)
    np.testing.assert_allclose(decoded.numpy(), theirs.inverse_transform(codes), atol=1e-4)


def test_components_are_orthonormal(pca: PCACodec) -> None:
    torch.testing.assert_close(pca.components @ pca.components.T, torch.eye(64), atol=1e-5, rtol=0)


def test_components_come_with_the_most_variance_first(digits: tuple[Images, Images], pca: PCACodec) -> None:
    variances = pca.encode(to_float(digits[0].images)).var(0)
    assert (variances[:-1] >= variances[1:] - 1e-6).all()
    assert variances[0] > 5 * variances[10]


def test_every_component_together_lose_nothing(digits: tuple[Images, Images], pca: PCACodec) -> None:
    assert pca.code_size == 64
    assert error(pca, to_float(digits[1].images)) < 1e-10


def test_a_smaller_code_is_a_prefix_of_a_larger_one(digits: tuple[Images, Images], pca: PCACodec) -> None:
    images = to_float(digits[1].images)
    torch.testing.assert_close(pca.truncated(7).encode(images), pca.encode(images)[:, :7])
    assert pca.truncated(7).code_size == 7


def test_fitting_fewer_components_is_the_same_as_leaving_some_out(digits: tuple[Images, Images], pca: PCACodec) -> None:
    images = to_float(digits[1].images)
    few = PCACodec.fit(digits[0].images, 7)
    torch.testing.assert_close(reconstruct(few, images), reconstruct(pca.truncated(7), images), atol=1e-5, rtol=0)


def test_no_more_components_are_taken_than_there_are(digits: tuple[Images, Images], pca: PCACodec) -> None:
    assert pca.truncated(1000).code_size == 64
    assert PCACodec.fit(digits[0].images, 1000).code_size == 64
    assert PCACodec.fit(digits[0].images[:10]).code_size == 10


def test_another_component_never_makes_the_training_error_larger(digits: tuple[Images, Images], pca: PCACodec) -> None:
    errors = [squared_error(pca.truncated(size), digits[0].images) for size in range(1, 65)]
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(errors))


def test_the_training_error_is_the_variance_that_was_left_out(digits: tuple[Images, Images], pca: PCACodec) -> None:
    variances = np.linalg.eigvalsh(np.cov(flat(digits[0].images), rowvar=False, bias=True))[::-1]
    for size in (1, 8, 32):
        left_out = variances[size:].sum() / 64
        assert squared_error(pca.truncated(size), digits[0].images) == pytest.approx(left_out, rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_projection_of_its_size_has_a_smaller_training_error(
    digits: tuple[Images, Images], pca: PCACodec, seed: int
) -> None:
    images = to_float(digits[0].images)
    generator = torch.Generator().manual_seed(seed)
    best = pca.truncated(8)
    for step in (1.0, 0.1, 0.01):  # far away, near and very near
        directions = best.components + step * torch.randn(8, 64, generator=generator)
        other = PCACodec(pca.mean, torch.linalg.qr(directions.T).Q.T, pca.shape)
        assert error(best, images) < error(other, images)


def test_the_mean_image_is_the_best_code_of_no_numbers(digits: tuple[Images, Images], pca: PCACodec) -> None:
    images = to_float(digits[0].images)
    assert pca.mean_image.shape == (1, 8, 8)
    torch.testing.assert_close(pca.mean_image, images.mean(0), atol=1e-5, rtol=0)
    torch.testing.assert_close(pca.decode(torch.zeros(1, 64))[0], pca.mean_image)


def test_images_in_colour_keep_their_shape() -> None:
    images = torch.randint(0, 256, (40, 3, 6, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    codec = PCACodec.fit(images, 4)
    assert codec.encode(to_float(images)).shape == (40, 4)
    assert reconstruct(codec, to_float(images)).shape == (40, 3, 6, 5)


@pytest.mark.needs_mnist
def test_pca_with_30_components_has_the_known_error_on_mnist() -> None:
    assert squared_error(pca_of("mnist").truncated(30), images_of("mnist")[1].images) == pytest.approx(
        0.01769, abs=2e-5
    )


# --- The median filter --------------------------------------------------------------------------------------


def test_a_median_filter_removes_a_single_bright_pixel_altogether() -> None:
    impulse = torch.zeros(1, 1, 9, 9)
    impulse[0, 0, 4, 4] = 1
    assert median_filter(impulse).max() == 0


def test_a_median_filter_keeps_a_straight_edge() -> None:
    edge = torch.zeros(1, 1, 9, 9)
    edge[..., 4:] = 1
    assert torch.equal(median_filter(edge), edge)


@pytest.mark.parametrize("size", [3, 5])
def test_the_median_filter_is_scipys_and_scikit_images_one_image_and_channel_at_a_time(size: int) -> None:
    images = torch.rand(3, 2, 9, 11, generator=torch.Generator().manual_seed(0))
    filtered = median_filter(images, size)
    for image, result in zip(images.flatten(0, 1).numpy(), filtered.flatten(0, 1).numpy(), strict=True):
        np.testing.assert_array_equal(result, ndimage.median_filter(image, size, mode="nearest"))
        np.testing.assert_array_equal(result, filters.median(image, np.ones((size, size)), mode="nearest"))

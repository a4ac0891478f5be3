"""Corruption: each kind of corruption against what its description promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from ae_core.data.corruption import BLOCK_GREY, CORRUPTIONS, corrupt, draw_strengths

KINDS = [kind for kind in CORRUPTIONS if kind != "none"]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_images(n: int = 16, c: int = 1, h: int = 28, w: int = 28) -> Tensor:
    """Uniform in [0, 1], and hardly ever exactly 0, 1 or the block's grey."""
    return torch.rand(n, c, h, w, generator=seeded(7))


# --- What holds for every kind ------------------------------------------------------------------------------


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_no_strength_leaves_the_images_as_they_were(corruption: str) -> None:
    images = random_images()
    assert torch.equal(corrupt(images, corruption, 0.0, seeded()), images)


def test_no_noise_leaves_the_images_as_they_were_at_any_strength() -> None:
    images = random_images()
    assert torch.equal(corrupt(images, "none", 1.0, seeded()), images)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 27, 33), (3, 32, 32)])
@pytest.mark.parametrize("strength", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("corruption", KINDS)
def test_corruptiond_pixels_stay_between_0_and_1(corruption: str, strength: float, shape: tuple[int, int, int]) -> None:
    images = random_images(8, *shape)
    corrupted = corrupt(images, corruption, strength, seeded())
    assert corrupted.shape == images.shape
    assert corrupted.dtype == torch.float32
    assert corrupted.min() >= 0
    assert corrupted.max() <= 1


@pytest.mark.parametrize("strength", [0.2, 1.0])
@pytest.mark.parametrize("corruption", KINDS)
def test_every_image_is_corruptiond(corruption: str, strength: float) -> None:
    images = random_images()
    changed = (corrupt(images, corruption, strength, seeded()) - images).flatten(1).abs().amax(1)
    assert changed.min() > 0.05


@pytest.mark.parametrize("corruption", KINDS)
def test_the_given_images_are_not_written_to(corruption: str) -> None:
    images = random_images()
    corrupt(images, corruption, 0.5, seeded())
    assert torch.equal(images, random_images())


@pytest.mark.parametrize("corruption", KINDS)
def test_the_same_generator_state_gives_the_same_corruption(corruption: str) -> None:
    first, second = (corrupt(random_images(), corruption, 0.5, seeded(3)) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("corruption", [kind for kind in KINDS if kind != "blur"])  # blur draws nothing
def test_another_seed_gives_other_corruption(corruption: str) -> None:
    first, second = (corrupt(random_images(), corruption, 0.5, seeded(seed)) for seed in (3, 4))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("corruption", KINDS)
def test_every_image_may_have_its_own_strength(corruption: str) -> None:
    images = random_images(3)
    strengths = torch.tensor([0.0, 0.4, 0.9])
    together = corrupt(images, corruption, strengths, seeded())
    for index, strength in enumerate(strengths.tolist()):
        alone = corrupt(images, corruption, strength, seeded())
        torch.testing.assert_close(together[index], alone[index])


@pytest.mark.parametrize("corruption", [kind for kind in KINDS if kind != "blur"])
def test_images_of_one_batch_are_corruptiond_in_different_places(corruption: str) -> None:
    first, second = corrupt(torch.full((2, 1, 28, 28), 0.3), corruption, 0.5, seeded())
    assert not torch.equal(first, second)


def test_an_unknown_noise_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown corruption 'rain'"):
        corrupt(random_images(), "rain", 0.5, seeded())


# --- Gaussian -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strength", [0.02, 0.1])
def test_gaussian_noise_has_the_standard_deviation_it_is_told(strength: float) -> None:
    grey = torch.full((50, 1, 28, 28), 0.5)  # five standard deviations from either end: nothing is clipped
    added = corrupt(grey, "gaussian", strength, seeded()) - grey
    count = added.numel()
    assert abs(added.mean()) < 4 * strength / math.sqrt(count)
    assert added.std() == pytest.approx(strength, rel=4 / math.sqrt(2 * count))


def test_strong_gaussian_noise_is_clipped_as_the_normal_distribution_says() -> None:
    black = torch.zeros(50, 1, 28, 28)
    corrupted = corrupt(black, "gaussian", 0.5, seeded())
    count = corrupted.numel()
    assert (corrupted == 0).float().mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(count))
    above = 0.5 * math.erfc(2 / math.sqrt(2))  # more than two standard deviations up
    assert (corrupted == 1).float().mean() == pytest.approx(above, abs=4 * math.sqrt(above / count))


# --- Salt and pepper, masking -------------------------------------------------------------------------------


@pytest.mark.parametrize("strength", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("corruption", ["salt_pepper", "masking"])
def test_the_strength_is_the_share_of_pixels_lost(corruption: str, strength: float) -> None:
    images = random_images(100)
    lost = (corrupt(images, corruption, strength, seeded()) != images).float()
    assert lost.mean() == pytest.approx(strength, abs=4 * math.sqrt(strength * (1 - strength) / lost.numel()))


def test_half_of_the_pixels_lost_to_salt_and_pepper_are_salt() -> None:
    images = random_images(100)
    corrupted = corrupt(images, "salt_pepper", 0.4, seeded())
    lost = corrupted[corrupted != images]
    assert set(lost.unique().tolist()) == {0.0, 1.0}
    assert lost.mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(len(lost)))


def test_masked_pixels_are_black() -> None:
    images = random_images()
    corrupted = corrupt(images, "masking", 0.4, seeded())
    assert corrupted[corrupted != images].unique().tolist() == [0.0]


def test_at_full_strength_no_pixel_is_left() -> None:
    images = random_images()
    assert corrupt(images, "masking", 1.0, seeded()).max() == 0
    assert set(corrupt(images, "salt_pepper", 1.0, seeded()).unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("corruption", ["salt_pepper", "masking", "block"])
def test_a_lost_pixel_is_lost_in_all_its_colours(corruption: str) -> None:
    images = random_images(8, 3, 32, 32)
    lost = corrupt(images, corruption, 0.3, seeded()) != images
    assert lost.any()
    assert torch.equal(lost.any(1), lost.all(1))


# --- Block --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 20, 60), (3, 32, 32)])
@pytest.mark.parametrize("strength", [0.04, 0.25, 0.5, 1.0])
def test_a_block_is_one_grey_rectangle_of_the_share_it_is_told(strength: float, shape: tuple[int, int, int]) -> None:
    images = random_images(12, *shape)
    corrupted = corrupt(images, "block", strength, seeded())
    height, width = (round(math.sqrt(strength) * side) for side in shape[1:])
    for before, after in zip(images, corrupted, strict=True):
        rows, columns = torch.where((before != after)[0])
        assert len(rows) == height * width
        assert rows.max() - rows.min() + 1 == height  # with the count above: a full rectangle
        assert columns.max() - columns.min() + 1 == width
        assert (after[:, rows, columns] == BLOCK_GREY).all()


def test_the_area_of_a_block_is_the_strength_but_for_whole_pixels() -> None:
    corrupted = corrupt(torch.zeros(1, 1, 200, 200), "block", 0.3, seeded())
    assert (corrupted == BLOCK_GREY).float().mean() == pytest.approx(0.3, abs=0.5 * 2 * math.sqrt(0.3) / 200)


def test_a_block_may_lie_anywhere_up_to_every_border() -> None:
    corrupted = corrupt(torch.zeros(2000, 1, 8, 8), "block", 0.25, seeded())
    corners = (corrupted[:, 0] == BLOCK_GREY).flatten(1).float().argmax(1)
    places = torch.bincount(corners, minlength=64).view(8, 8)[:5, :5]  # a square of 4 has 5 x 5 places
    assert places.sum() == 2000
    assert places.min() > 40  # 80 on average
    assert places.max() < 120


# --- Blur ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strength", [0.1, 0.5, 1.0])
def test_blurring_a_plain_image_leaves_it_plain(strength: float) -> None:
    plain = torch.full((2, 3, 27, 33), 0.7)
    torch.testing.assert_close(corrupt(plain, "blur", strength, seeded()), plain)


@pytest.mark.parametrize("shape", [(40, 40), (30, 60)])
@pytest.mark.parametrize("strength", [0.1, 0.2])
def test_blur_is_scipys_gaussian_filter_away_from_the_borders(strength: float, shape: tuple[int, int]) -> None:
    image = random_images(1, 1, *shape)
    sigmas = [strength * side / 7 for side in shape]
    theirs = ndimage.gaussian_filter(image[0, 0].double().numpy(), sigmas, truncate=8)
    ours = corrupt(image, "blur", strength, seeded())[0, 0].numpy()
    margin = [math.ceil(5 * sigma) for sigma in sigmas]
    inside = np.s_[margin[0] : -margin[0], margin[1] : -margin[1]]
    assert ours[inside].size > 100
    np.testing.assert_allclose(ours[inside], theirs[inside], atol=1e-5)


def test_blurring_one_channel_does_not_touch_the_others() -> None:
    image = torch.zeros(1, 3, 16, 16)
    image[0, 1, 8, 8] = 1
    blurred = corrupt(image, "blur", 0.5, seeded())
    assert blurred[0, 1].sum() > 0.5
    assert blurred[0, [0, 2]].max() == 0


# --- Strengths ----------------------------------------------------------------------------------------------


def test_strengths_are_uniform_between_their_bounds() -> None:
    strengths = draw_strengths(10_000, 0.2, 0.6, seeded(), "cpu")
    assert isinstance(strengths, Tensor)
    assert 0.2 <= strengths.min() < 0.201
    assert 0.599 < strengths.max() <= 0.6
    assert strengths.mean() == pytest.approx(0.4, abs=4 * 0.4 / math.sqrt(12 * 10_000))


def test_equal_bounds_give_that_strength_and_draw_nothing() -> None:
    generator = seeded()
    before = generator.get_state()
    assert draw_strengths(5, 0.3, 0.3, generator, "cpu") == 0.3
    assert torch.equal(generator.get_state(), before)


# --- Warp ---------------------------------------------------------------------------------------------------


def test_a_warp_is_the_affine_map_that_its_numbers_say(monkeypatch: pytest.MonkeyPatch) -> None:
    turn, slant, width, height, right, down = drawn = torch.tensor([0.5, -0.3, 0.4, -0.2, 0.6, -0.5])
    monkeypatch.setattr("torch.randn", lambda *shape, **_: drawn.expand(*shape))
    image = torch.from_numpy(ndimage.gaussian_filter(np.random.default_rng(0).random((28, 28)), 2).astype(np.float32))
    warped = corrupt(image[None, None], "warp", 0.5, seeded())[0, 0]
    turn, slant, right, down = 0.3 * turn, 0.3 * slant, 0.1 * right, 0.1 * down
    across = [(0.2 * width).exp() * turn.cos(), slant - turn.sin(), right]  # x and y from the centre, in half sides
    along = [turn.sin(), (0.2 * height).exp() * turn.cos(), down]
    matrix = np.array([[along[1], along[0]], [across[1], across[0]]])  # scipy counts rows first, in pixels
    offset = 13.5 + 14 * np.array([along[2], across[2]]) - matrix @ [13.5, 13.5]
    expected = ndimage.affine_transform(image.numpy(), matrix, offset, order=1, cval=0.0)
    inside = (slice(8, 20), slice(8, 20))
    np.testing.assert_allclose(warped.numpy()[inside], expected[inside], atol=1e-5)


def test_a_warp_moves_the_ink_as_widely_as_it_is_told() -> None:
    dot = torch.zeros(4000, 1, 29, 29)
    dot[:, :, 13:16, 13:16] = 1.0
    warped = corrupt(dot, "warp", 0.5, seeded())[:, 0]
    place = torch.arange(29.0) - 14
    moved = (warped.sum(1) * place).sum(1) / warped.sum((1, 2))
    assert moved.mean().abs() < 0.1
    assert 0.9 < moved.std() / (0.5 * 0.2 * 14.5) < 1.15  # a stretch moves it a little farther

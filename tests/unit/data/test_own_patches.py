"""Patches of a picture of somebody's own: how they are cut, what is refused, and that nobody is given another's."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from ae_core.config.schema import Config, ConfigError
from ae_core.config.variants import VARIANTS
from ae_core.data import datasets, own, own_patches
from ae_core.data.datasets import INFO, DatasetMissing
from ae_core.data.own_patches import KINDS, TEST_COUNT, TRAIN_COUNT, PatchPicture, UnsuitedPicture
from ae_core.runs.fit import fit, forget_images, images_of
from ae_core.tasks import trainable


def photograph(seed: int = 0, width: int = 320, height: int = 240) -> Image.Image:
    """A picture with detail everywhere, of which no two places are alike."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


PICTURE = PatchPicture.of(photograph())


@pytest.mark.parametrize("kind", KINDS)
def test_its_patches_are_like_those_of_the_lab(kind: str) -> None:
    name = PICTURE.name(kind)
    with own.lent(name, PICTURE):
        train, held_out = datasets.load(name, "train"), datasets.load(name, "test")
    assert train.images.shape == (TRAIN_COUNT, *INFO[kind].shape)
    assert held_out.images.shape == (TEST_COUNT, *INFO[kind].shape)
    assert train.images.dtype == torch.uint8
    assert INFO[name].class_names == INFO[kind].class_names
    assert int(train.labels.max()) < len(INFO[name].class_names)


@pytest.mark.parametrize(("width", "height"), [(320, 240), (240, 320), (256, 256)])
def test_no_pixel_is_both_learned_from_and_held_out(width: int, height: int) -> None:
    # each pixel's colour says where it is
    places = np.arange(width * height, dtype=np.uint32).reshape(height, width)
    pixels = np.stack([places >> 16, places >> 8 & 255, places & 255], 2).astype(np.uint8)
    learned, held_out = (
        {tuple(pixel) for pixel in np.asarray(part).reshape(-1, 3).tolist()}
        for part in own_patches.parts(Image.fromarray(pixels))
    )
    assert not learned & held_out
    assert len(learned) + len(held_out) == width * height
    assert len(held_out) == pytest.approx(width * height / 4, rel=0.02)


def test_colour_patches_are_squares_of_their_part_of_the_picture() -> None:
    name = PICTURE.name("patches8_colour")
    with own.lent(name, PICTURE):
        held_out = datasets.load(name, "test").images[:20]
    pixels = PICTURE.pixels.transpose(2, 0, 1)
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (8, 8), axis=(1, 2))
    last = windows[:, :, 240:]  # of 320 pixels, three quarters are learned from
    for patch in held_out.numpy():
        assert (last == patch[:, None, None]).all((0, 3, 4)).any()


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (901, 602), (320, 240)])
def test_a_picture_is_kept_at_a_bounded_size(width: int, height: int) -> None:
    picture = PatchPicture.of(Image.new("RGB", (width, height)))
    assert picture.pixels.shape[0] * picture.pixels.shape[1] <= own_patches.MOST_PIXELS
    assert picture.image.width / picture.image.height == pytest.approx(width / height, rel=0.02)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (300, 300), "grey"),
        Image.new("L", (1, 1)),
        photograph(width=60, height=60),
        Image.new("RGB", (3000, 2), "red"),
    ],
    ids=["flat", "one pixel", "small", "a line"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_with_too_few_places_is_refused(image: Image.Image, kind: str) -> None:
    with pytest.raises(UnsuitedPicture, match="are needed: it is too small, or too much of it is even"):
        PatchPicture.of(image).name(kind)


def test_the_name_says_which_picture_it_is_and_nothing_else() -> None:
    again = PatchPicture.from_file(PICTURE.name("patches16"), PICTURE.as_file())
    assert again.name("patches16") == PICTURE.name("patches16")
    changed = PICTURE.pixels.copy()
    changed[5, 5, 0] ^= 1
    assert PatchPicture(Image.fromarray(changed)).name("patches16") != PICTURE.name("patches16")
    turned = PatchPicture(Image.fromarray(PICTURE.pixels.reshape(320, 240, 3)))  # the same bytes
    assert turned.name("patches16") != PICTURE.name("patches16")
    with pytest.raises(ValueError, match="another picture"):
        PatchPicture.from_file(PICTURE.name("patches16"), PatchPicture(Image.fromarray(changed)).as_file())
    assert own_patches.kind_in(PICTURE.name("patches8_colour")) == "patches8_colour"


@pytest.mark.parametrize(
    "name",
    ["own-patches16", "own-patches16-", "own-mnist-" + "a" * 24, "own-patches16-" + "A" * 24, "own-patches16-..", ""],
)
def test_other_names_are_no_such_data_set(name: str) -> None:
    assert not own.is_own(name)
    assert name not in INFO
    with pytest.raises(ConfigError):
        Config(dataset=name)
    with pytest.raises(ValueError, match="own picture"):
        own_patches.digest_in(name)


def test_a_config_and_its_link_carry_the_name_and_no_list_has_it() -> None:
    name = PICTURE.name("patches16")
    config = VARIANTS["k-sparse"].config(name)
    assert Config.from_query(config.to_query()) == (config.canonical(), [])
    assert Config.from_json(config.to_json()) == config
    assert name not in list(INFO)
    assert config.key != VARIANTS["k-sparse"].config(PatchPicture.of(photograph(1)).name("patches16")).key


def test_the_picture_is_there_for_whom_it_is_lent_to_and_for_nobody_else() -> None:
    name, other = PICTURE.name("patches8"), PatchPicture.of(photograph(1)).name("patches8")
    seen = {}
    with own.lent(name, PICTURE):
        assert datasets.on_disk(name)
        assert name in datasets.available()
        assert not datasets.on_disk(other)
        assert not datasets.on_disk(PICTURE.name("patches16"))  # which nobody asked for
        thread = threading.Thread(target=lambda: seen.update(own.held()))
        thread.start()
        thread.join()
    assert not seen
    assert not datasets.on_disk(name)
    assert name not in datasets.available()
    with pytest.raises(DatasetMissing, match="Take the same picture on Photos"):
        datasets.load(name, "train")


def test_a_worker_keeps_nothing_of_a_picture_it_was_sent() -> None:
    name = PICTURE.name("patches8")
    config = VARIANTS["linear"].config(name, epochs=1, code_size=4)
    with own.lent(name, PICTURE):
        asked = trainable(config)
    assert asked.private
    assert trainable(VARIANTS["linear"].config("digits")).enclosed is None
    sent = type(asked).from_json(asked.to_json()).with_enclosed(asked.enclosed)
    run = sent.train(lambda event: None, lambda: False)
    assert run.finished
    assert images_of.cache_info().currsize == 0
    with pytest.raises(DatasetMissing):  # the settings alone are not enough
        type(asked).from_json(asked.to_json()).train(lambda event: None, lambda: False)


def test_the_same_picture_gives_the_same_run() -> None:
    name = PICTURE.name("patches8")
    config = VARIANTS["linear"].config(name, epochs=1, code_size=4)
    found = []
    for picture in (PICTURE, PatchPicture.of(Image.open(io.BytesIO(PICTURE.as_file())))):
        with own.lent(name, picture):
            found.append(fit(config, "cpu").metrics)
        forget_images()
    assert found[0] == found[1]

from __future__ import annotations

import gzip
import hashlib
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ae_core.config.schema import spec
from ae_core.data import datasets
from ae_core.data.datasets import INFO, DatasetDamaged, DatasetMissing
from ae_core.data.patches import PHOTOGRAPHS, directions, photograph, whiten
from ae_core.data.shapes import draw_shapes
from ae_core.data.torchvision_compat import import_torchvision
from ae_core.paths import data_dir

TRAIN, TEST = 12, 5
PATCHES = ["patches16", "patches8", "patches16_colour", "patches8_colour"]

needs_mnist = pytest.mark.skipif(not datasets.on_disk("mnist"), reason="MNIST is not in AE_DATA_DIR")


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an MNIST of 12 training and 5 test images, the data folder for this test."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    monkeypatch.setitem(INFO, "mnist", replace(INFO["mnist"], train_count=TRAIN, test_count=TEST))
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for split, count in (("train", TRAIN), ("t10k", TEST)):
        pixels = rng.integers(0, 256, (count, 28, 28), np.uint8).tobytes()
        labels = rng.integers(0, 10, count, np.uint8).tobytes()
        (folder / f"{split}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, count, 28, 28) + pixels)
        (folder / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, count) + labels)
    return folder


def compress(path: Path) -> Path:
    """Replace a file by its .gz."""
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return packed


# --- What there is ------------------------------------------------------------------------------------------


def test_every_dataset_of_a_config_is_described() -> None:
    assert tuple(INFO) == spec("dataset").choices
    assert all(info.name == name for name, info in INFO.items())


@pytest.mark.parametrize(
    ("name", "published"), [("digits", 0), ("mnist", 11594722), ("fashion", 30878645), ("kmnist", 21240888)]
)
def test_the_size_of_a_download_is_the_published_one(name: str, published: int) -> None:
    assert INFO[name].download_bytes == published


@pytest.mark.parametrize("name", ["fashion", "kmnist"])
def test_classes_are_in_torchvisions_order(name: str) -> None:
    theirs = getattr(import_torchvision().datasets, INFO[name].folder).classes
    ours = [label.split()[-1] if name == "kmnist" else label for label in INFO[name].class_names]
    assert ours == theirs


def test_mnist_is_the_default_where_it_is_at_hand(raw: Path) -> None:
    assert datasets.default_dataset() == "mnist"


def test_digits_are_the_default_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    assert datasets.default_dataset() == "digits"


def test_available_are_the_datasets_on_disk(raw: Path) -> None:
    bundled = ["documentation", "heartbeats", "cancer", "payments"]
    assert datasets.available() == ["digits", "shapes", *PATCHES, "mnist", *bundled]


@pytest.mark.parametrize("packed", [False, True])
def test_a_cut_off_file_is_not_on_disk(raw: Path, packed: bool) -> None:
    path = raw / "t10k-labels-idx1-ubyte"
    path = compress(path) if packed else path
    path.write_bytes(path.read_bytes()[:-1])
    assert not datasets.on_disk("mnist")


# --- Digits -------------------------------------------------------------------------------------------------


def test_digits_need_no_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "absent"))
    assert datasets.on_disk("digits")
    assert len(datasets.load("digits", "train").labels) == 1437


def test_digits_use_the_whole_range_of_grey() -> None:
    images = datasets.load("digits", "train").images
    assert images.dtype == torch.uint8
    assert images.shape == (1437, 1, 8, 8)
    assert sorted(images.unique().tolist()) == [round(level * 255 / 16) for level in range(17)]


def test_the_splits_of_digits_are_disjoint_and_complete() -> None:
    from sklearn.datasets import load_digits

    def bag(images: torch.Tensor) -> list[bytes]:  # no two digits of the 1797 are equal
        return [image.numpy().tobytes() for image in images]

    train, test = (bag(datasets.load("digits", split).images) for split in ("train", "test"))
    whole = np.rint(load_digits().images * (255 / 16)).astype(np.uint8)
    assert sorted(train + test) == sorted(image.tobytes() for image in whole)
    assert not set(train) & set(test)


def test_the_splits_of_digits_are_stratified() -> None:
    train, test = (datasets.load("digits", split).labels.bincount() for split in ("train", "test"))
    assert ((test / (train + test) - 360 / 1797).abs() < 0.005).all()


def test_the_split_of_digits_never_changes() -> None:
    # Shipped runs were trained on one half and are measured on the other: a new split would leak.
    test = datasets.load("digits", "test")
    content = test.images.numpy().tobytes() + test.labels.numpy().astype("<i8").tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "a2fc2790f951761e"


# --- Shapes -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shapes() -> tuple[datasets.Images, datasets.Images]:
    return datasets.load("shapes", "train"), datasets.load("shapes", "test")


def test_shapes_are_colour_images_of_known_factors(shapes: tuple[datasets.Images, datasets.Images]) -> None:
    info = INFO["shapes"]
    for split, count in zip(shapes, (info.train_count, info.test_count), strict=True):
        assert split.images.shape == (count, 3, 32, 32)
        assert split.images.dtype == torch.uint8
        assert split.factors is not None
        assert split.factors.shape == (count, len(info.factors))
        assert torch.equal(split.labels, split.factors[:, 0].long())
        assert split.labels.unique().tolist() == list(range(len(info.class_names)))


def test_the_splits_of_shapes_share_no_image(shapes: tuple[datasets.Images, datasets.Images]) -> None:
    drawn = [{image.tobytes() for image in split.images.numpy()} for split in shapes]
    assert [len(images) for images in drawn] == [8000, 2000]
    assert not drawn[0] & drawn[1]


def test_shapes_are_the_same_on_every_machine(shapes: tuple[datasets.Images, datasets.Images]) -> None:
    content = shapes[1].images.numpy().tobytes() + shapes[1].labels.numpy().astype("<i8").tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "3557a612ee1cccec"


@pytest.mark.parametrize("kind", range(5), ids=INFO["shapes"].class_names)
def test_a_shape_is_where_and_what_its_factors_say(kind: int) -> None:
    red_left_small, blue_down_large = draw_shapes(
        np.array([[kind, 0.0, 5.0, -5.0, 0.0, 0.0], [kind, 240.0, 8.0, 0.0, 5.0, 0.0]])
    ).astype(float)
    place = np.arange(32) - 15.5
    for image, channel, (right, down) in ((red_left_small, 0, (-5, 0)), (blue_down_large, 2, (0, 5))):
        ink = image.sum(axis=0)
        assert image[channel].max() == 255
        assert image[:, ink > 0].argmax(axis=0).tolist() == [channel] * int((ink > 0).sum())
        assert (ink.sum(0) @ place) / ink.sum() == pytest.approx(right, abs=0.5)
        assert (ink.sum(1) @ place) / ink.sum() == pytest.approx(down, abs=0.5)
        assert ink[[0, -1]].max() == ink[:, [0, -1]].max() == 0
    small, large = (image[channel].sum() for image, channel in ((red_left_small, 0), (blue_down_large, 2)))
    assert large / small == pytest.approx((8 / 5) ** 2, rel=0.05)  # areas


def test_a_turned_shape_is_turned_clockwise() -> None:
    triangle = [1, 60.0, 8.0, 0.0, 0.0]  # its tip in the upper half
    images = draw_shapes(np.array([[*triangle, 0.0], [*triangle, 30.0]])).astype(float)
    tips = [np.flatnonzero(image.sum(axis=0)[:8].sum(axis=0)).mean() for image in images]
    assert tips[0] == pytest.approx(15.5, abs=0.1)
    assert tips[1] > 17


# --- Patches ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PATCHES)
@pytest.mark.parametrize("split", ["train", "test"])
def test_patches_are_as_many_and_as_large_as_they_are_described(name: str, split: datasets.Split) -> None:
    info, found = INFO[name], datasets.load(name, split)
    assert found.images.shape == (info.train_count if split == "train" else info.test_count, *info.shape)
    assert found.images.dtype == torch.uint8
    assert found.labels.unique().tolist() == list(range(len(info.class_names)))
    assert found.labels.bincount().min() > 0.05 * len(found.labels)
    assert len({image.tobytes() for image in found.images.numpy()}) > 0.999 * len(found.images)  # no place twice


@pytest.mark.parametrize("name", PATCHES)
def test_no_held_out_patch_is_of_a_photograph_of_training(name: str) -> None:
    assert not {*PHOTOGRAPHS["train"]} & {*PHOTOGRAPHS["test"]}
    train, test = (
        {image.tobytes() for image in datasets.load(name, split).images.numpy()} for split in ("train", "test")
    )
    assert not train & test


# JPEG is decoded to the same bytes by every libjpeg-turbo, which is what Pillow's wheels hold
@pytest.mark.parametrize(("name", "content"), [
    ("patches16", "4cee6d35495f7ef1"), ("patches8", "7ce4616d9a93c236"), ("patches16_colour", "238e2856e0e366b0"), ("patches8_colour", "360254bc66fcb2c2"),
])  # fmt: skip
def test_patches_are_the_same_on_every_machine(name: str, content: str) -> None:
    test = datasets.load(name, "test")
    found = test.images.numpy().tobytes() + test.labels.numpy().astype("<i8").tobytes()
    assert hashlib.sha256(found).hexdigest()[:16] == content


def test_patches_are_read_without_the_packages_that_hold_the_photographs() -> None:
    program = "import sys; from ae_core.data.datasets import load; load('patches8', 'test'); print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "PIL" in found
    assert not {"skimage", "sklearn", "scipy"} & {*found}


def test_photographs_are_the_packages_own_at_half_their_size() -> None:
    from skimage import data

    whole = data.coffee().astype(float)
    means = whole.reshape(200, 2, 300, 2, 3).mean((1, 3))
    assert np.abs(np.asarray(photograph("skimage", "data/coffee.png")) - means).max() <= 0.5


def test_the_classes_of_patches_are_the_directions_of_their_edges() -> None:
    down, across = np.mgrid[:16, :16] - 7.5
    degrees = np.array([0, 15, 45, 60, 90, 105, 135, 150, 170])  # of edges, anticlockwise
    turns = np.deg2rad(degrees)[:, None, None]
    gratings = np.sin(0.9 * (across * np.sin(turns) + down * np.cos(turns)))
    assert directions(gratings).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 0]
    assert [INFO["patches16"].class_names[label] for label in (0, 1, 2, 3)] == ["level", "rising", "upright", "falling"]
    rings = np.cos(np.hypot(across, down))
    assert directions(np.stack([rings, np.random.RandomState(0).random_sample((16, 16))])).tolist() == [4, 4]


def test_whitened_photographs_have_all_frequencies_about_equally_strong() -> None:
    grey = np.asarray(photograph("skimage", "data/coffee.png").convert("L")) / 255
    white = whiten(grey)
    assert abs(white.mean()) < 1e-9
    assert white.std() == pytest.approx(1)
    frequency = np.hypot(np.fft.fftfreq(200)[:, None], np.fft.fftfreq(300))

    def power(picture: np.ndarray, low: float, high: float) -> float:
        spectrum = np.abs(np.fft.fft2((picture - picture.mean()) * np.outer(np.hanning(200), np.hanning(300)))) ** 2
        return float(spectrum[(frequency >= low) & (frequency < high)].mean())

    coarse, fine = (0.02, 0.05), (0.2, 0.25)

    assert power(grey, *coarse) > 200 * power(grey, *fine)
    assert 0.1 < power(white, *coarse) / power(white, *fine) < 10


def test_grey_patches_lie_around_a_middle_grey_and_none_is_flat() -> None:
    images = datasets.load("patches16", "train").images.float() / 255
    assert float(images.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(images.flatten(1).std(1).min()) > 0.04


# --- IDX files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["train", "test"])
def test_idx_files_are_read_as_torchvision_reads_them(raw: Path, split: datasets.Split) -> None:
    theirs = import_torchvision().datasets.MNIST(raw.parent.parent, train=split == "train")
    ours = datasets.load("mnist", split)
    assert torch.equal(ours.images[:, 0], theirs.data)
    assert torch.equal(ours.labels, theirs.targets)
    assert (ours.images.dtype, ours.labels.dtype) == (torch.uint8, torch.int64)


@needs_mnist
def test_mnist_is_read_as_torchvision_reads_it() -> None:
    theirs = import_torchvision().datasets.MNIST(data_dir(), train=False)
    ours = datasets.load("mnist", "test")
    assert torch.equal(ours.images[:, 0], theirs.data)
    assert torch.equal(ours.labels, theirs.targets)


@needs_mnist
@pytest.mark.parametrize("split", ["train", "test"])
def test_mnist_has_the_shape_that_its_description_gives(split: datasets.Split) -> None:
    info, mnist = INFO["mnist"], datasets.load("mnist", split)
    count = info.train_count if split == "train" else info.test_count
    assert mnist.images.shape == (count, *info.shape)
    assert mnist.labels.unique().tolist() == list(range(len(info.class_names)))


def test_compressed_files_will_do(raw: Path) -> None:
    expected = datasets.load("mnist", "test")
    for path in list(raw.iterdir()):
        compress(path)
    assert datasets.on_disk("mnist")
    assert torch.equal(datasets.load("mnist", "test").images, expected.images)


def test_the_other_split_is_not_touched(raw: Path) -> None:
    for path in raw.glob("train-*"):
        path.unlink()
    assert len(datasets.load("mnist", "test").labels) == TEST


def test_the_images_may_be_written_to(raw: Path) -> None:
    images = datasets.load("mnist", "test").images
    images.zero_()
    assert datasets.load("mnist", "test").images.any()


def test_a_missing_dataset_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    with pytest.raises(DatasetMissing, match=r"KMNIST is not .*in the app or with.*datasets --download kmnist`\."):
        datasets.load("kmnist", "test")


def test_a_dataset_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(
        DatasetMissing, match=r"'cifar'; choose one of digits, shapes, patches16, .*mnist, fashion, kmnist"
    ):
        datasets.load("cifar", "test")


def test_a_split_that_does_not_exist_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="'train' or 'test', not 'valid'"):
        datasets.load("digits", "valid")  # type: ignore[arg-type]


def damage_length(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def damage_header(path: Path) -> None:
    path.write_bytes(b"GIF8" + path.read_bytes()[4:])


def damage_classes(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"\x0a")


def damage_packed(path: Path) -> None:
    packed = compress(path)
    content = bytearray(packed.read_bytes())
    content[-6] ^= 1  # the checksum
    packed.write_bytes(content)


def damage_packed_length(path: Path) -> None:
    damage_length(compress(path))


@pytest.mark.parametrize(
    ("damage", "how"),
    [
        (damage_length, "it does not hold the 13 bytes it should"),
        (damage_header, "it does not begin as such a file must"),
        (damage_classes, "it holds a class above 9"),
        (damage_packed, "it cannot be read"),
        (damage_packed_length, "it does not unpack to the 13 bytes it should"),
    ],
)
def test_a_damaged_file_is_named_with_its_remedy(raw: Path, damage, how: str) -> None:
    damage(raw / "t10k-labels-idx1-ubyte")
    with pytest.raises(DatasetDamaged, match=rf"t10k-labels.* damaged: {how}.*datasets --download mnist`\."):
        datasets.load("mnist", "test")


def test_a_text_about_images_is_one_about_what_a_data_set_has() -> None:
    text = "An image, an image, two images; Images of 784 pixels, the error a pixel."
    assert datasets.INFO["digits"].spoken(text) == text
    assert (
        datasets.INFO["heartbeats"].spoken(text)
        == "A beat, a beat, two beats; Beats of 784 numbers, the error a number."
    )

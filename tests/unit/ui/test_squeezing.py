"""Home: images through every shipped code size, what of it the browser is sent, and what the page makes of a choice."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from apptest_helpers import address, assert_opens, open_lab, press, remembered, script_of, visit, warnings
from PIL import Image
from torch import Tensor

from ae_core.data import datasets
from ae_core.data.items import to_bytes, to_float
from ae_core.models.codec import reconstruct
from ae_core.runs import zoo
from ui.components.shared import MOST_BYTES
from ui.home import squeezing
from ui.visit import caches


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with only digits on it."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    open_lab(tmp_path / "runs", monkeypatch)


@pytest.fixture(scope="module")
def images() -> Tensor:
    return to_float(datasets.load("digits", "test").images[:3])


@pytest.fixture(scope="module")
def sweep(images: Tensor) -> squeezing.CodeSizeSweep:
    return squeezing.through_code_sizes("digits", images)


def tiles(sheet: str, columns: int, size: int) -> np.ndarray:
    """The pixels of a sheet, (rows, columns, size, size)."""
    png = Image.open(io.BytesIO(base64.b64decode(sheet.split(",", 1)[1])))
    pixels = np.asarray(png)
    return pixels.reshape(-1, size, columns, size).swapaxes(1, 2)


# --- The data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nth", [0, 3, 6])
def test_each_size_is_its_own_shipped_run(sweep: squeezing.CodeSizeSweep, images: Tensor, nth: int) -> None:
    run = zoo.load(f"digits-code-{zoo.CODE_SIZES[nth]}")
    torch.testing.assert_close(sweep.codes[nth], run.model.encode(images))
    torch.testing.assert_close(sweep.decoded[nth], reconstruct(run.model, images))
    torch.testing.assert_close(sweep.linear[nth], reconstruct(run.pca_at_code_size, images))
    assert sweep.held_out[:, nth].tolist() == pytest.approx([run.metrics["mse"], run.metrics["pca_mse"]])


def test_errors_are_mean_squares_of_each_image(sweep: squeezing.CodeSizeSweep, images: Tensor) -> None:
    by_hand = ((sweep.linear[2, 1] - images[1]) ** 2).mean()
    assert sweep.errors.shape == (2, 7, 3)
    assert sweep.errors[1, 2, 1].item() == pytest.approx(by_hand.item())


def test_the_sheet_has_a_row_of_originals_and_two_for_each_size(sweep: squeezing.CodeSizeSweep, images: Tensor) -> None:
    rows = tiles(squeezing.figure(sweep, ["a", "b", "c"])["sheet"], 3, 8)
    assert rows.shape == (15, 3, 8, 8)
    np.testing.assert_array_equal(rows[0], to_bytes(images)[:, 0])
    for nth in range(7):
        np.testing.assert_array_equal(rows[1 + 2 * nth], to_bytes(sweep.decoded[nth])[:, 0])
        np.testing.assert_array_equal(rows[2 + 2 * nth], to_bytes(sweep.linear[nth])[:, 0])


def test_codes_are_packed_size_after_size_and_image_after_image(sweep: squeezing.CodeSizeSweep) -> None:
    sent = json.loads(squeezing.figure(sweep, ["a", "b", "c"])["json"])
    codes = np.frombuffer(base64.b64decode(sent["codes"]), np.float32)
    start = 3 * (1 + 2 + 4) + 1 * 8  # three images of the sizes before 8, and the first image's own eight
    np.testing.assert_array_equal(codes[start : start + 8], sweep.codes[3][1].numpy())
    assert len(codes) == 3 * sum(zoo.CODE_SIZES)


@pytest.mark.skipif(not zoo.ZOO["mnist-code-64"].path.is_file(), reason="the MNIST sweep is not shipped yet")
def test_what_is_sent_is_small() -> None:
    noise = torch.rand(11, 1, 28, 28, generator=torch.Generator().manual_seed(0))  # what a PNG can do least about
    sent = squeezing.figure(squeezing.through_code_sizes("mnist", noise), ["name"] * 11)
    assert sum(map(len, sent.values())) < MOST_BYTES / 2


def test_a_visitors_own_image_comes_before_the_held_out_ones(lab: None) -> None:
    own = torch.zeros(1, 1, 8, 8)
    own[0, 0, :, 3] = 1
    sent = squeezing.held_out_figure("digits", 20, own)
    assert json.loads(sent["json"])["names"][:2] == ["yours", "held out, no. 20"]
    rows = tiles(sent["sheet"], 11, 8)
    np.testing.assert_array_equal(rows[0, 0], own[0, 0] * 255)
    np.testing.assert_array_equal(rows[0, 1], caches.held_out("digits").images[20, 0])


def test_the_code_is_drawn_smaller_for_fewer_numbers_and_as_tall_as_the_image_for_as_many_as_pixels() -> None:
    heights = [squeezing.code_height(784, size) for size in zoo.CODE_SIZES]
    assert heights == sorted(set(heights))
    assert heights[0] == pytest.approx(0.12)
    assert squeezing.code_height(64, 64) == 1


@pytest.mark.parametrize(
    ("size", "error", "pca_error", "said"),
    [
        (8, 0.01, 0.023, "2.3 times smaller than PCA's"),
        (1, 0.01, 0.02, "at 1 number is"),
        (32, 0.02, 0.01, "PCA's mean error at 32 numbers is the smaller one"),
        (64, 0.02, 0.0, "PCA loses nothing"),
    ],
)
def test_the_verdict_names_the_better(size: int, error: float, pca_error: float, said: str) -> None:
    assert said in squeezing.verdict(64, size, error, pca_error)


@pytest.mark.parametrize(("image", "first"), [(0, 0), (9, 0), (10, 10), (27, 20), (354, 345)])
def test_ten_images_are_shown_at_once(image: int, first: int) -> None:
    assert squeezing.strip_start(image, 355) == first
    assert first <= image < first + squeezing.AT_ONCE


# --- The page -----------------------------------------------------------------------------------------------


def view(**link: str) -> tuple[str, str, str]:
    """The size, image and data set in the address that Home writes after it was opened by a link."""
    at = visit(**link)
    assert_opens(at, "home")
    return address(at)["size"], address(at)["image"], address(at)["images"]


def test_home_opens_on_sixteen_numbers(lab: None) -> None:
    assert view() == ("16", "0", "digits")


def test_a_link_brings_back_size_and_image(lab: None) -> None:
    assert view(size="2", image="27") == ("2", "27", "digits")


def test_the_address_names_the_run_of_the_size(lab: None) -> None:
    at = visit()
    remembered(at).home.size = 4
    at.run()
    assert address(at)["size"] == address(at)["code_size"] == "4"
    assert not warnings(at)


@pytest.mark.parametrize(("image", "then"), [("27", "30"), ("355", "0")])
def test_ten_other_images(lab: None, image: str, then: str) -> None:
    at = press(visit(image=image, size="2"), "Ten other images")
    assert_opens(at, "home")
    assert address(at)["image"] == then
    assert address(at)["size"] == "2"


def test_the_choice_is_there_after_a_walk(lab: None) -> None:
    at = visit(image="27", size="2")
    at.switch_page(script_of("reconstruct")).run().run()
    at.switch_page(script_of("home")).run()
    assert (address(at)["size"], address(at)["image"]) == ("2", "27")

"""The drawing pad: what it sends becomes an image like the dataset's, and anything else a sentence."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ae_core.data.datasets import INFO
from ae_core.data.upload import UploadRejected
from ui.components.draw_pad import COLOURS, FINER, drawing, payload


def ink(side: int, *, at: tuple[float, float] = (0.2, 0.2), long: float = 0.3, fill: str = "white") -> str:
    """A pad with a vertical stroke on it, its upper end and its length as shares of the side."""
    size = side * FINER
    image = Image.new("RGB", (size, size))
    x, y = at[0] * size, at[1] * size
    ImageDraw.Draw(image).line([(x, y), (x, y + long * size)], fill=fill, width=size // 12)
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("name", ["digits", "mnist", "fashion"])
def test_a_drawing_becomes_an_image_of_the_dataset(name: str) -> None:
    info = INFO[name]
    image = drawing(ink(info.shape[1]), info)
    assert image is not None
    assert image.shape == (1, *info.shape)
    assert 0 <= image.min() < image.max() <= 1


def test_a_small_drawing_in_a_corner_is_centred_and_scaled_as_mnist_was() -> None:
    image = drawing(ink(28, at=(0.15, 0.1), long=0.3), INFO["mnist"])
    assert image is not None
    pixels = image[0, 0].numpy()
    rows, columns = np.nonzero(pixels > 0.3)
    assert 18 <= np.ptp(rows) + 1 <= 21  # MNIST's digits fill a box of 20
    weights = pixels / pixels.sum()
    centre = [(weights.sum(axis) * np.arange(28)).sum() for axis in (1, 0)]
    assert centre == pytest.approx([13.5, 13.5], abs=1)
    assert columns.min() > 5


@pytest.mark.parametrize(("name", "colour"), COLOURS.items())
def test_a_drawing_in_colour_keeps_it_where_the_images_have_colours(name: str, colour: str) -> None:
    image = drawing(ink(32, fill=colour), INFO["shapes"])
    assert image is not None
    assert image.shape == (1, 3, 32, 32)
    strongest = image[0, :, image[0].sum(0) == image[0].sum(0).max()][:, 0]
    assert (strongest * 255).round().int().tolist() == [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    assert json.loads(payload(INFO["mnist"])["json"])["colours"] == [["White", "#ffffff"]]  # the models know no other


def test_an_empty_pad_is_no_image() -> None:
    assert drawing(None, INFO["mnist"]) is None
    assert drawing(_black(), INFO["mnist"]) is None


def _black() -> str:
    file = io.BytesIO()
    Image.new("RGB", (112, 112)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize(
    "state",
    [7, "ink", "data:image/png;base64,%%%", "data:image/png;base64,aGVsbG8=", "data:image/png;base64," + "A" * 300_000],
)
def test_what_no_pad_sends_is_refused_with_a_sentence(state: object) -> None:
    with pytest.raises(UploadRejected):
        drawing(state, INFO["mnist"])


@pytest.mark.parametrize(
    "sent",
    [
        "data:image/png;base64,ünïcödé",
        "data:image/png;base64,\U0001f600" * 3,
        "data:image/png;base64,====",
        "data:image/png;base64,AAAA",
    ],
)
def test_letters_that_are_no_drawing_are_refused_by_a_sentence(sent: str) -> None:
    with pytest.raises(UploadRejected):
        drawing(sent, INFO["digits"])


def test_a_picture_far_larger_than_any_pad_is_refused_before_it_is_decoded() -> None:
    file = io.BytesIO()
    Image.new("1", (6000, 6000)).save(file, "PNG")
    sent = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    with pytest.raises(UploadRejected, match="more than the 1 million"):
        drawing(sent, INFO["digits"])

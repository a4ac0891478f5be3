"""The Denoise page's mixer: every strength at once, and what a visitor paints."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from apptest_helpers import address, assert_opens, errors, open_lab, remembered, sent, turn_to, visit
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch import Tensor

from ae_core.data import datasets
from ae_core.data.corruption import CORRUPTIONS, corrupt
from ae_core.data.items import to_bytes, to_float
from ae_core.evaluation.baselines import median_filter
from ae_core.evaluation.metrics import psnr, ssim
from ae_core.models.codec import reconstruct
from ae_core.runs import zoo
from ui.components.noise_mixer import STRENGTHS, Answer, Painting, PaintingRejected, Strip, mixer_data
from ui.components.shared import MOST_BYTES
from ui.denoise.repairs import corrupted, repairs

SHIPPED = "digits-denoising"


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with only digits on it."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    open_lab(tmp_path / "runs", monkeypatch)


def held_out(index: int) -> Tensor:
    return to_float(datasets.load("digits", "test").images[index : index + 1])


def painted(mask: np.ndarray, value: np.ndarray) -> str:
    """What the browser sends for a painting."""
    return base64.b64encode(np.concatenate([mask.ravel(), value.ravel()]).astype(np.uint8).tobytes()).decode()


def hole() -> str:
    """The upper half of a digit painted black."""
    mask = np.zeros((8, 8))
    mask[:4] = 1
    return painted(mask, np.zeros((8, 8)))


def tiles(sheet: str, width: int = 8) -> np.ndarray:
    """The pictures of a sheet, uint8 (N, H, W)."""
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet.split(",")[1]))))
    return pixels.reshape(pixels.shape[0], -1, width).transpose(1, 0, 2)


def numbers(packed: str) -> Tensor:
    """PSNR and SSIM of four pictures at each strength, (4, S, 2)."""
    return torch.frombuffer(bytearray(base64.b64decode(packed)), dtype=torch.float32).view(4, -1, 2)


def mixer(at: AppTest) -> dict[str, Any]:
    data = sent(at, "noise_mixer")
    return json.loads(data["json"]) | {"strip": data["strip"], "answer_sheet": data["answer"]}


# --- Every strength -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("corruption", [name for name in CORRUPTIONS if name != "none"])
def test_the_damage_of_a_draw_grows_with_the_strength(corruption: str) -> None:
    clean = held_out(7)
    harm = (corrupted(clean, corruption, 3) - clean).abs()
    assert not harm[0].any()
    if (
        corruption == "blur"
    ):  # a pixel beside a stroke may first gain and then lose light; all of them together only lose
        harm = harm.square().sum((1, 2, 3))
    elif corruption == "warp":  # once it has left its place, a stroke that goes on may come upon another's
        harm = harm[:6].square().sum((1, 2, 3))
    assert (harm.diff(dim=0) >= -1e-6).all()
    assert harm[-1].sum() > harm[1].sum()


@pytest.mark.parametrize("corruption", [name for name in CORRUPTIONS if name != "none"])
def test_another_draw_is_other_damage_but_for_a_blur(corruption: str) -> None:
    clean = held_out(7)
    same = torch.equal(corrupted(clean, corruption, 0, (0.3,)), corrupted(clean, corruption, 1, (0.3,)))
    assert same == (corruption == "blur")


def test_the_strip_is_the_pictures_and_scores_of_each_strength() -> None:
    at = visit("denoise", image="5", noise_kind="masking", draw="3", strength="0.25")
    data, run, clean = mixer(at), zoo.load(SHIPPED), held_out(5)
    assert data["step"] == 5
    noisy = corrupt(clean, "masking", 0.25, torch.Generator().manual_seed(3))
    with torch.inference_mode():
        expected = [
            noisy,
            reconstruct(run.model, noisy).clamp(0, 1),
            reconstruct(run.pca_at_code_size, noisy).clamp(0, 1),
            median_filter(noisy),
        ]
    sheet, scores = tiles(data["strip"]), numbers(data["scores"])
    assert len(sheet) == 1 + 4 * len(STRENGTHS)
    assert np.array_equal(sheet[0], to_bytes(clean)[0, 0].numpy())
    for row, image in enumerate(expected):
        shown = sheet[1 + row * len(STRENGTHS) + 5].astype(int)
        assert abs(shown - to_bytes(image)[0, 0].numpy().astype(int)).max() <= 1  # a batch rounds otherwise than one
        found = [float(psnr(image, clean)), float(ssim(image, clean))]
        assert scores[row, 5].tolist() == pytest.approx(found, abs=1e-3)


def test_only_a_noise_that_the_model_learned_is_marked_as_learned() -> None:
    config = zoo.ZOO[SHIPPED].config
    assert mixer(visit("denoise"))["learned"] == [config.corruption_min, config.corruption_strength]
    assert mixer(visit("denoise", noise_kind="block"))["learned"] is None


def test_all_that_is_sent_is_small_even_for_noise() -> None:
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand(1, 1, 28, 28, generator=generator)
    pictures = torch.rand(4, len(STRENGTHS), 1, 28, 28, generator=generator)
    scores = torch.zeros(4, len(STRENGTHS))
    painting = painted(np.ones((28, 28)), np.full((28, 28), 255))
    answer = Answer.of(painting, 0, pictures[:, :1], scores[:, :1], scores[:, :1])
    strip = Strip.of(clean, pictures, scores, scores)
    data = mixer_data(
        (1, 28, 28), strip, strength=1.0, measure="share", learned=(0, 1), painting=painting, answer=answer
    )
    assert sum(map(len, data.values())) <= MOST_BYTES


def test_a_strength_between_two_steps_is_moved_to_the_nearer() -> None:
    at = visit("denoise", strength="0.333")
    assert mixer(at)["step"] == 7
    assert address(at)["strength"] == "0.35"


def test_a_friend_sees_the_same_pictures_and_numbers() -> None:
    sender = visit("denoise")
    sender.number_input(key="denoise_draw").set_value(4)
    remembered(sender).denoise.strength = 0.7
    sender.run()
    receiver = visit("denoise", **address(sender))
    assert mixer(receiver) == mixer(sender)
    assert mixer(receiver)["step"] == 14


def test_the_strength_is_kept_from_page_to_page() -> None:
    at = visit("denoise", strength="0.15")
    assert mixer(turn_to(turn_to(at, "generate"), "denoise"))["step"] == 3


# --- Painting -----------------------------------------------------------------------------------------------


def test_a_painting_hides_only_what_it_covers() -> None:
    value = np.arange(64).reshape(8, 8) * 4
    mask = np.eye(8)
    image = held_out(0)
    over = Painting.from_text(painted(mask, value), (1, 8, 8)).over(image)
    covered = torch.from_numpy(mask).bool()
    assert torch.equal(over[0, 0][~covered], image[0, 0][~covered])
    assert torch.allclose(over[0, 0][covered], torch.from_numpy(value).float()[covered] / 255)


BAD = {
    "no text": 7,
    "no painting": "",
    "no base64": "*" * len(hole()),
    "not ASCII": "é" * len(hole()),
    "another size": painted(np.ones((28, 28)), np.zeros((28, 28))),
    "too long": hole() * 1000,
    "a mask that is none": painted(np.full((8, 8), 2), np.zeros((8, 8))),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_painting_is_refused_with_a_sentence(text: object) -> None:
    with pytest.raises(PaintingRejected, match=r"8 × 8 pixels\. Clear it"):
        Painting.from_text(text, (1, 8, 8))


def test_a_painting_is_repaired_and_scored() -> None:
    at = visit("denoise", image="5", strength="0")
    remembered(at).paintings[1, 8, 8] = hole()
    at.run()
    assert_opens(at, "denoise")
    data, clean = mixer(at), held_out(5)
    noisy = clean.clone()
    noisy[..., :4, :] = 0
    pictures, decibels, likeness = repairs(zoo.load(SHIPPED), noisy, clean)
    assert data["answer"]["painting"] == data["painting"] == hole()
    assert data["answer"]["step"] == 0
    assert np.array_equal(tiles(data["answer_sheet"]), to_bytes(pictures[1:, 0, 0]).numpy())
    assert torch.allclose(numbers(data["answer"]["scores"])[:, 0], torch.cat([decibels, likeness], 1))


def test_a_painting_stays_when_the_image_the_noise_and_the_page_change() -> None:
    at = visit("denoise", image="5")
    remembered(at).paintings[1, 8, 8] = hole()
    at.number_input(key="denoise_image_digits").set_value(6)
    at.selectbox(key="denoise_noise").set_value("block").run()
    before = mixer(at)
    assert before["answer"]["painting"] == hole()
    assert mixer(turn_to(turn_to(at, "generate"), "denoise"))["answer"] == before["answer"]


def test_a_forged_painting_is_told_and_dropped() -> None:
    at = visit("denoise")
    remembered(at).paintings[1, 8, 8] = "forged"
    at.run()
    assert not at.exception
    assert "Clear it and paint again." in errors(at)
    assert mixer(at)["painting"] == ""
    assert_opens(at.run(), "denoise")

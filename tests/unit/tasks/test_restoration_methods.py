"""What stands beside the networks: damage, strokes of a brush, classical methods, and the pieces of the work."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.metrics import structural_similarity

from ae_core.evaluation.metrics import psnr
from ae_core.tasks.piecewise import done_here
from ae_core.tasks.restoration import classical, damage, restoring, work
from ae_core.tasks.restoration.classical import METHODS, Given, noise_of
from ae_core.tasks.restoration.damage import DAMAGES, damaged
from ae_core.tasks.restoration.pixels import Pixels
from ae_core.tasks.restoration.restoring import TASKS, NothingToRepair
from ae_core.tasks.restoration.strokes import StrokesRejected, mask_of
from ae_core.tasks.restoration.tiles import SIDE
from ae_core.tasks.restoration.work import GIVEN, NETWORK, Box, Methods, Whole, box_around

SHIPPED = ["denoise", "jpeg", "double"]


def photo(side: int = 96) -> Pixels:
    return np.ascontiguousarray(data.astronaut()[30 : 30 + side, 150 : 150 + side])


def decibels(a: Pixels, b: Pixels) -> float:
    error = np.square(a.astype(float) - b).mean()
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


# --- Damage -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_damage_is_of_the_right_size_is_repeated_by_its_seed_and_grows(task: str, channels: int) -> None:
    clean = photo()[..., :channels]
    for kind, about in DAMAGES[task].items():
        first = damaged(task, kind, clean, about.usual, 3)
        assert np.array_equal(first.pixels, damaged(task, kind, clean, about.usual, 3).pixels)
        assert first.pixels.dtype == np.uint8
        assert (first.mask is not None) == (task == "fill")
        if task == "double":
            assert first.pixels.shape == (48, 48, channels)
        elif task == "colour":
            assert first.pixels.shape == (96, 96, 1)
        else:
            assert first.pixels.shape == clean.shape
            if kind == "text":
                continue  # larger letters are fewer
            least, most = (damaged(task, kind, clean, strength, 3).pixels for strength in (about.lowest, about.highest))
            brighter = kind in ("jpeg", "shot")  # the higher their number, the better the picture
            assert (decibels(most, clean) > decibels(least, clean)) == brighter


def test_gaussian_noise_has_its_standard_deviation() -> None:
    grey = np.full((200, 200, 1), 128, np.uint8)
    assert damaged("denoise", "gaussian", grey, 20, 0).pixels.std() == pytest.approx(20, rel=0.03)
    assert damaged("denoise", "shot", grey, 50, 0).pixels.std() == pytest.approx(
        255 * (128 / 255 / 50) ** 0.5, rel=0.03
    )
    assert (damaged("denoise", "speckles", grey, 30, 0).pixels != 128).mean() == pytest.approx(0.3, abs=0.02)


def test_a_strength_beyond_its_range_is_moved_into_it() -> None:
    about = DAMAGES["jpeg"]["jpeg"]
    assert np.array_equal(
        damaged("jpeg", "jpeg", photo(), -5, 0).pixels, damaged("jpeg", "jpeg", photo(), about.lowest, 0).pixels
    )


def test_holes_are_where_their_mask_says() -> None:
    for kind, about in DAMAGES["fill"].items():
        found = damaged("fill", kind, photo(), about.usual, 1)
        assert found.mask is not None
        assert 0.005 < found.mask.mean() < 0.6
        assert np.array_equal(found.pixels[~found.mask], photo()[~found.mask])


# --- The brush ----------------------------------------------------------------------------------------------


def test_a_brush_of_one_pixel_paints_one_pixel() -> None:
    mask = mask_of("[[0, 1, 5.5, 3.2]]", 10, 12)
    assert mask.shape == (10, 12)
    assert np.argwhere(mask).tolist() == [[3, 5]]


def test_a_stroke_is_as_wide_as_its_brush_and_as_round() -> None:
    mask = mask_of("[[0, 9, 10.5, 20.5, 50.5, 20.5]]", 40, 60)
    assert mask[:, 30].sum() == 9
    assert np.flatnonzero(mask[:, 30]).tolist() == list(range(16, 25))
    assert np.flatnonzero(mask.any(0))[[0, -1]].tolist() == [6, 54]
    assert not mask[16, 6]


def test_the_eraser_takes_away_what_was_painted_before_it() -> None:
    strokes = "[[0, 7, 10, 10, 30, 10], [1, 7, 20, 0, 20, 20], [0, 3, 20, 10]]"
    mask = mask_of(strokes, 20, 40)
    assert not mask[10, 17]
    assert mask[9, 19]
    assert mask[10, 12]


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[[0, 1]]", "[[0, 1, 2, 3, 4]]", "[[0, 0, 1, 1]]", '[["a", 1, 1, 1]]', "[[0, 1, NaN, 1]]", "[[0, 1, 1e9, 1]]", "[1]",
     "[" * 100_000, "[[0, 1, null, 1]]", "[[0, 90000, 1, 1]]", "[" + "[0,1,1,1]," * 6000 + "[0,1,1,1]]", "x" * 1_000_001],
)  # fmt: skip
def test_what_no_brush_sends_is_rejected(text: str) -> None:
    with pytest.raises(StrokesRejected, match="paint again"):
        mask_of(text, 10, 10)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1), st.integers(1, 40), st.lists(st.floats(-50, 90, width=16), min_size=2, max_size=8)
        ),
        max_size=4,
    )
)
def test_any_strokes_make_a_mask(strokes: list[tuple[int, int, list[float]]]) -> None:
    text = json.dumps([[erases, thick, *places[: len(places) // 2 * 2]] for erases, thick, places in strokes])
    assert mask_of(text, 31, 47).shape == (31, 47)


# --- Classical methods --------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
def test_every_classical_method_for_noise_cleans_some(channels: int) -> None:
    clean = photo(128)[..., :channels]
    noisy = damaged("denoise", "gaussian", clean, 25, 0).pixels
    sigma = noise_of(noisy)
    assert sigma * 255 == pytest.approx(25, abs=3)
    for name in METHODS["denoise"]:
        result = classical.repaired("denoise", name, noisy, Given(sigma))
        assert decibels(result, clean) > decibels(noisy, clean) + 3, name


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 5), (16, 16)])
def test_every_method_takes_every_size(channels: int, shape: tuple[int, int]) -> None:
    pixels = photo()[: shape[0], : shape[1], :channels]
    mask = np.zeros(shape, bool)
    mask[0, 0] = shape != (1, 1)
    for task in TASKS:
        if task == "colour":
            continue  # its network is held against a mean that comes with it
        for name in METHODS[task]:
            result = classical.repaired(task, name, pixels, Given(0.1, mask))
            times = work.times_of(task)
            assert result.shape == (shape[0] * times, shape[1] * times, channels)


def test_biharmonic_filling_leaves_what_is_known() -> None:
    clean = photo(64)
    found = damaged("fill", "pixels", clean, 30, 0)
    result = classical.repaired("fill", "biharmonic", found.pixels, Given(mask=found.mask))
    assert found.mask is not None
    assert np.array_equal(result[~found.mask], clean[~found.mask])
    assert decibels(result, clean) > 28


# --- The work, in pieces ------------------------------------------------------------------------------------


def done(some: Methods | Whole) -> None:
    assert sum(piece.size for piece in done_here(some)) == some.total


@given(st.integers(1, 4000), st.integers(1, 4000), st.floats(-100, 5000), st.floats(-100, 5000))
def test_the_part_that_is_compared_is_in_the_picture_and_bounded(height: int, width: int, x: float, y: float) -> None:
    box = box_around(height, width, x, y)
    assert box.top >= 0
    assert box.top + box.height <= height
    assert box.left >= 0
    assert box.left + box.width <= width
    assert box.height * box.width <= work.WHOLE
    row, column = min(max(0, y), height - 1), min(max(0, x), width - 1)
    assert box.top <= row < box.top + box.height
    assert box.left <= column < box.left + box.width
    if height * width <= work.WHOLE:
        assert box == Box(0, 0, height, width)
    else:
        assert box.height * box.width >= min(work.PART**2 - work.PART, height * width) / 2


@pytest.mark.parametrize("task", SHIPPED)
def test_every_method_answers_and_is_scored_as_others_score_it(task: str) -> None:
    clean = photo(64)
    kind = next(iter(DAMAGES[task]))
    found = damaged(task, kind, clean, DAMAGES[task][kind].usual, 0)
    height, width = found.pixels.shape[:2]
    methods = Methods(task, found.pixels, box_around(height, width, 0, 0), found.mask, clean)
    done(methods)
    assert set(methods.answers) == {GIVEN, NETWORK, *METHODS[task]}
    for name, answer in methods.answers.items():
        assert answer.pixels.shape == clean.shape
        assert answer.psnr[-1] == pytest.approx(decibels(answer.pixels, clean), abs=0.01), name
        theirs = structural_similarity(
            answer.pixels, clean, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert answer.ssim[-1] == pytest.approx(theirs, abs=0.01)
    network = methods.answers[NETWORK]
    assert len(network.psnr) == len(work.STRENGTHS)
    assert network.psnr[0] == pytest.approx(methods.answers[GIVEN].psnr[0], abs=0.01)  # nothing of the repair is taken
    assert network.psnr[-1] > network.psnr[0]


def test_a_part_of_a_large_picture_is_repaired_as_the_whole_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "WHOLE", 100)
    monkeypatch.setattr(work, "PART", 48)
    pixels = damaged("denoise", "gaussian", photo(200), 25, 0).pixels
    methods = Methods("denoise", pixels, box_around(200, 200, 100, 90))
    assert (methods.box.height, methods.box.width) == (48, 48)
    done(methods)
    whole = Whole("denoise", pixels)
    done(whole)
    assert np.abs(methods.answers[NETWORK].pixels.astype(int) - methods.box.of(whole.result)).max() <= 1
    assert methods.answers[NETWORK].psnr == ()  # there is nothing to compare with


def test_only_tiles_with_holes_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.zeros((2 * SIDE + 76, SIDE + 88), bool)
    mask[SIDE + 188 : SIDE + 208, 30:40] = True
    whole = Whole("fill", np.zeros((*mask.shape, 3), np.uint8), mask)
    _, *filled = done_here(whole)
    assert [piece.place.rows.start for piece in filled] == [SIDE]
    assert whole.total == work.pixels_to_do(*mask.shape, mask) == SIDE * SIDE
    assert work.pixels_to_do(*mask.shape, None) == mask.size
    with pytest.raises(NothingToRepair):
        Whole("fill", np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), bool))


def test_what_is_not_repaired_has_the_result_s_size() -> None:
    assert work.unrepaired("double", np.array([[[1], [2]]], np.uint8))[..., 0].tolist() == [[1, 1, 2, 2]] * 2
    assert work.unrepaired("colour", np.array([[[7]]], np.uint8)).tolist() == [[[7, 7, 7]]]
    assert np.array_equal(work.unrepaired("denoise", photo(8)), photo(8))


def test_scores_are_those_of_the_lab() -> None:
    import torch

    a, b = photo(32), photo(32)[::-1].copy()
    tensors = [torch.from_numpy(x).permute(2, 0, 1)[None].float() / 255 for x in (a, b)]
    assert work.as_given("jpeg", a, b).psnr[0] == pytest.approx(float(psnr(*tensors)))
    assert damage.DAMAGES.keys() == METHODS.keys() == set(restoring.TASKS)

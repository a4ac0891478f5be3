"""Search: indices find what scikit-learn finds, bits keep neighbours near, and figures are what a count by hand gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from ae_core.cli import main
from ae_core.data.datasets import load
from ae_core.data.items import to_float
from ae_core.errors import LabError
from ae_core.evaluation.metrics import encode_all
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ae_core.tasks import study_file
from ae_core.tasks.search import opening
from ae_core.tasks.search.index import BitIndex, FlatIndex, Hashing, milliseconds, right_share
from ae_core.tasks.search.spaces import BITS, SPACES, vectors_of
from ae_core.tasks.search.study import (
    AT_ONCE,
    COUNT,
    asked,
    asked_own,
    measure,
    measured,
    near_held_out,
    near_own,
    verdict,
)
from ae_core.tasks.study import file_of


@pytest.fixture(scope="module")
def cloud() -> torch.Tensor:
    return torch.randn(700, 40, generator=torch.Generator().manual_seed(0))


def test_a_flat_index_finds_what_scikit_learn_finds(cloud: torch.Tensor) -> None:
    apart, found = NearestNeighbors(n_neighbors=7, algorithm="brute").fit(cloud[:600]).kneighbors(cloud[600:])
    ours, distances = FlatIndex(cloud[:600]).search(cloud[600:], 7)
    np.testing.assert_array_equal(ours, found)
    np.testing.assert_allclose(distances, apart, rtol=1e-4)


@pytest.mark.parametrize("size", [3, 32, 40])
def test_bits_are_counted_as_hamming_distance_and_ties_come_in_order(cloud: torch.Tensor, size: int) -> None:
    index = BitIndex.of(cloud[:600, :size], BITS)
    sides = (cloud[:, :size] @ index.hashing.planes > index.hashing.offsets).numpy()
    differing = (sides[600:, None] != sides[None, :600]).sum(2)
    found, apart = index.search(cloud[600:, :size], 5)
    np.testing.assert_array_equal(found, np.argsort(differing, axis=1, kind="stable")[:, :5])
    np.testing.assert_array_equal(apart, np.sort(differing, axis=1)[:, :5])
    assert index.bytes_each == 4


def test_as_many_numbers_as_bits_are_turned_and_keep_their_lengths(cloud: torch.Tensor) -> None:
    planes = Hashing.fit(cloud[:, :BITS], BITS).planes
    torch.testing.assert_close(planes.T @ planes, torch.eye(BITS), atol=1e-4, rtol=0)


def test_the_turn_brings_codes_nearer_to_the_corners_than_none(cloud: torch.Tensor) -> None:
    codes = cloud[:, :BITS] * torch.linspace(3, 0.3, BITS)

    def far(hashing: Hashing) -> float:
        turned = codes @ hashing.planes - hashing.offsets
        return float((turned - turned.sign()).square().sum())

    assert far(Hashing.fit(codes, BITS)) < 0.9 * far(Hashing.fit(codes, BITS, steps=0))


@pytest.mark.parametrize("numbers", [1, 2, 5])
def test_each_of_few_numbers_is_cut_into_equal_shares(cloud: torch.Tensor, numbers: int) -> None:
    codes = cloud[:, :numbers]
    hashing = Hashing.fit(codes, BITS)
    above = (codes @ hashing.planes > hashing.offsets).float().mean(0)
    for number in range(numbers):
        mine = above[hashing.planes[number] == 1].sort().values
        shares = torch.arange(1, len(mine) + 1) / (len(mine) + 1)
        torch.testing.assert_close(mine, shares, atol=0.01, rtol=0)


def test_bits_of_a_single_number_differ_more_the_farther_apart_two_are() -> None:
    line = torch.linspace(0, 1, 330)[:, None]
    found, apart = BitIndex.of(line, BITS).search(line[:1], 330)
    assert apart[0, 0] == 0
    assert apart[0, -1] == BITS
    assert found[0, -1] > 300


def test_the_share_of_the_right_class_is_a_count() -> None:
    shares = right_share(torch.tensor([[0, 1], [2, 2]]), torch.tensor([5, 6, 7]), torch.tensor([5, 1]))
    assert shares.tolist() == [0.5, 0.0]


def test_an_index_is_timed(cloud: torch.Tensor) -> None:
    assert 0 < milliseconds(FlatIndex(cloud), cloud, 3) < 1000


@pytest.mark.parametrize("space", SPACES)
def test_held_out_images_are_searched_for_among_training_images(tiny_run: Run, space: str) -> None:
    answer = near_held_out(file_of(tiny_run), space, 30)
    train, held_out = load("digits", "train"), load("digits", "test")
    assert answer["found"].shape == answer["apart"].shape == (AT_ONCE, COUNT)
    assert (np.diff(answer["apart"], axis=1) >= 0).all()
    np.testing.assert_array_equal(answer["classes"], train.labels.numpy()[answer["found"]])
    own = near_own(file_of(tiny_run), space, to_float(held_out.images[30:31]).numpy())
    np.testing.assert_array_equal(own["found"][0], answer["found"][0])


def test_a_training_image_is_its_own_nearest(tiny_run: Run) -> None:
    image = to_float(load("digits", "train").images[123:124]).numpy()
    for space in ("codes", "pixels", "pca"):
        answer = near_own(file_of(tiny_run), space, image)
        assert answer["found"][0, 0] == 123
        assert answer["apart"][0, 0] < 1e-2


def test_the_measures_are_of_the_named_number_of_questions(tiny_run: Run) -> None:
    figures = measure(file_of(tiny_run), "codes", 50)
    codes = encode_all(tiny_run.model, load("digits", "train").images)
    asked_for = vectors_of("codes", tiny_run, to_float(load("digits", "test").images[:50]))
    oracle = NearestNeighbors(n_neighbors=COUNT, algorithm="brute").fit(codes).kneighbors(asked_for)[1]
    right = load("digits", "train").labels[oracle] == load("digits", "test").labels[:50, None]
    assert figures["precision"] == pytest.approx(float(right.float().mean()), abs=2e-3)
    assert (figures["questions"], figures["images"], figures["bytes_each"]) == (50, 1437, 12)


def test_a_picture_of_another_size_is_refused(tiny_run: Run) -> None:
    with pytest.raises(LabError, match="size"):
        near_own(file_of(tiny_run), "codes", np.zeros((1, 1, 28, 28), np.float32))


def test_studies_of_other_images_have_other_keys(tiny_run: Run) -> None:
    image = np.zeros((1, 1, 8, 8), np.float32)
    keys = {
        asked(tiny_run, "a", 0).key,
        asked(tiny_run, "a", 30).key,
        asked(tiny_run, "b", 0).key,
        measured(tiny_run, "a").key,
        asked_own(tiny_run, "a", image).key,
        asked_own(tiny_run, "a", image + 1).key,
    }
    assert len(keys) == 6


def figures_of(code: float, pixels: float, pca: float) -> dict[str, dict[str, Any]]:
    return {
        name: {"precision": share, "error": 0.002, "bytes_each": 4}
        for name, share in (("codes", code), ("pixels", pixels), ("pca", pca), ("bits", 0.5))
    }


def test_the_page_says_which_way_wins_and_when_none_does() -> None:
    assert "The code finds the most" in verdict(figures_of(0.95, 0.92, 0.93), 32, 784)
    loses = verdict(figures_of(0.90, 0.95, 0.93), 32, 784)
    assert "All pixels find the most of the right class, 0.020 more than PCA" in loses
    assert "does not beat PCA of 32" in loses
    assert "is below all 784 pixels (0.950) at 1/24 of the memory" in loses
    assert "about as much" in verdict(figures_of(0.950, 0.951, 0.90), 32, 784)
    assert "within .01" in verdict(figures_of(0.950, 0.951, 0.90), 32, 784)
    assert "All pixels and the code find equally much" in verdict(figures_of(0.950, 0.9501, 0.90), 32, 784)


@pytest.mark.parametrize("name", ["digits-code-32", pytest.param("mnist-code-32", marks=pytest.mark.needs_mnist)])
def test_what_the_page_opens_on_is_what_a_worker_computes(name: str) -> None:
    run = zoo.load(name)
    shipped = study_file.shipped(asked(run, run.config.key, 0).key)
    assert shipped is not None
    answer = near_held_out(file_of(run), "codes", 0)
    assert (shipped["codes"]["found"] == answer["found"]).mean() > 0.99  # ties may fall otherwise elsewhere
    assert name in opening.RUNS
    figures = study_file.shipped(measured(run, run.config.key).key)
    assert figures is not None
    assert set(figures) == set(SPACES)


def test_the_shell_finds_neighbours_of_a_picture(
    tiny_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "three.png"
    Image.fromarray(load("digits", "train").images[5, 0].numpy()).save(picture)
    assert main(["search", str(tiny_file), str(picture), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert set(found) == {"input", *SPACES}
    assert found["pixels"]["images"][0] == 5
    assert len(found["codes"]["classes"]) == len(found["codes"]["distances"]) == COUNT
    assert main(["search", str(tiny_file), str(picture)]) == 0
    assert "by Pixels:" in capsys.readouterr().out


def test_the_shell_says_what_is_wrong_in_a_sentence(tiny_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", str(tiny_file), "nowhere.png", "--json"]) == 1
    assert main(["search", "no-such-run", "nowhere.png"]) == 1
    assert "error:" in capsys.readouterr().err

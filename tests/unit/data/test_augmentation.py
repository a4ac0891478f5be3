"""Shifted training images: each a true shift of its own, all shifts equally often, and a remedy for memorising."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ae_core.config.schema import Config
from ae_core.data.augmentation import shifted
from ae_core.data.datasets import load
from ae_core.evaluation.metrics import squared_error
from ae_core.training.loop import run_to_end, train


@pytest.mark.parametrize("most", [1, 2, 4])
@pytest.mark.parametrize("channels", [1, 3])
def test_each_image_is_moved_by_a_whole_number_of_pixels(most: int, channels: int) -> None:
    generator = torch.Generator().manual_seed(0)
    height, width, count = 9, 7, 300
    images = torch.zeros(count, channels, height, width)
    images[:, :, 4, 3] = torch.arange(1.0, channels + 1)
    places = []
    for before, after in zip(images, shifted(images, most, generator), strict=True):
        at = after[0].nonzero()
        if len(at):  # else it left the frame
            row, column = at[0].tolist()
            places.append((row - 4, column - 3))
            assert torch.equal(after[:, row, column], before[:, 4, 3])
            assert after.count_nonzero() == channels
    rows, columns = zip(*places, strict=True)
    assert (min(rows), max(rows)) == (-most, most)
    assert (min(columns), max(columns)) == (-min(most, 3), min(most, 3))
    assert len(set(places)) > 0.8 * (2 * most + 1) * (2 * min(most, 3) + 1)  # a draw of its own for each


def test_the_same_generator_moves_alike_and_the_originals_stay() -> None:
    images = torch.rand(20, 1, 8, 8)
    kept = images.clone()
    first, second = (shifted(images, 2, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(images, kept)


def test_what_is_seen_shifted_is_learned_shifted() -> None:
    plain = Config(dataset="digits", hidden_sizes=(64,), code_size=16, epochs=15, batch_size=32, learning_rate=5e-3)
    images, held_out = load("digits", "train"), load("digits", "test")
    moved = (shifted(held_out.images.float(), 1, torch.Generator().manual_seed(1))).to(torch.uint8)
    errors = [
        squared_error(run_to_end(train(config, images, held_out)).model, moved)
        for config in (plain, replace(plain, shift=1))
    ]
    assert errors[1] < 0.8 * errors[0]

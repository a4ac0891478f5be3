"""A series is drawn as a line, with what a model makes of it laid over it; and a drawn line becomes a series."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ae_core.data.datasets import INFO
from ui.components.draw_pad import as_series
from ui.figures.items import draw
from ui.figures.lines import HEIGHT, as_lines

HEARTBEATS = INFO["heartbeats"]


def test_a_line_lies_at_its_numbers_heights() -> None:
    picture = as_lines(torch.tensor([0.0, 0.5, 1.0]).repeat_interleave(20).view(1, 1, 60, 1))[0, 0]
    rows = picture.argmax(0)
    assert rows[5] > HEIGHT - 6
    assert abs(int(rows[30]) - HEIGHT // 2) <= 1
    assert rows[55] < 6
    assert float(picture.sum(0)[5]) == pytest.approx(1.6, abs=0.01)  # its thickness, wherever it lies between pixels


def test_a_steep_line_has_no_gaps() -> None:
    picture = as_lines(torch.tensor([0.0, 1.0] * 10).view(1, 1, 20, 1))[0, 0]
    assert bool((picture.amax(1)[4:-4] > 0.5).all())


def test_bytes_and_floats_are_drawn_alike() -> None:
    series = torch.randint(0, 256, (3, 1, 50, 1), dtype=torch.uint8)
    assert torch.equal(as_lines(series), as_lines(series.float() / 255))


def test_what_is_laid_over_is_blue_on_white_with_the_error_between() -> None:
    original, made = torch.full((1, 1, 40, 1), 0.2), torch.full((1, 1, 40, 1), 0.8)
    red, green, blue = as_lines(made, original)[0, :, :, 20]
    line, below = int((blue - red).argmax()), int(torch.minimum(red, blue).argmax())
    assert line < below  # the higher number stands higher
    between = (line + below) // 2
    assert red[between] > blue[between] > 0  # shaded
    assert green[below] > 0.9
    assert not float(red[2])  # above both nothing


def test_fewer_items_than_what_they_were_made_of_are_drawn_over_the_first() -> None:
    items = torch.rand(3, 1, 140, 1)
    assert draw(items[:2], HEARTBEATS, items).shape == (2, 3, HEIGHT, 140)


def test_a_drawn_line_comes_back_as_its_numbers() -> None:
    wanted = 0.5 + 0.3 * np.sin(np.arange(140) / 20)
    ink = np.zeros((84 * 2, 280), np.uint8)
    for column in range(280):
        row = round((1 - wanted[column // 2]) * 84 * 2)
        ink[max(0, row - 2) : row + 2, column] = 255
    found = as_series(ink, 140).flatten().numpy()
    assert np.abs(found - wanted).max() < 0.02


def test_gaps_are_bridged_and_ends_held() -> None:
    ink = np.zeros((84, 140), np.uint8)
    ink[20, 40:50] = ink[60, 90:100] = 255
    found = as_series(ink, 140).flatten()
    assert float(found[0]) == pytest.approx(float(found[45]))
    assert float(found[139]) == pytest.approx(float(found[95]))
    assert bool((found[50:90].diff() < 0).all())  # straight from the one to the other

"""A row of a table is drawn as bars from the middle, with what a model makes of it marked on them."""

from __future__ import annotations

import pytest
import torch

from ui.figures.bars import HEIGHT, as_bars, bar_width


def test_a_bar_begins_in_the_middle_and_goes_where_its_number_is() -> None:
    picture = as_bars(torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3))[0, 0]
    width = bar_width(3)
    low, mean, high = (picture[:, column * width] > 0.5 for column in range(3))
    assert low[HEIGHT // 2 + 1 : -4].all()
    assert not low[: HEIGHT // 2].any()
    assert not mean.any()
    assert high[4 : HEIGHT // 2 - 1].all()
    assert not high[HEIGHT // 2 :].any()


def test_bars_are_apart_where_there_is_room() -> None:
    picture = as_bars(torch.ones(1, 1, 1, 10))[0, 0]
    assert picture[10].tolist()[: bar_width(10)][-1] == 0
    assert float(as_bars(torch.ones(1, 1, 1, 400))[0, 0, 10].min()) > 0.5  # of one pixel each


@pytest.mark.parametrize("columns", [1, 15, 30, 200, 400])
def test_a_picture_is_not_wider_than_its_columns_need(columns: int) -> None:
    assert as_bars(torch.zeros(2, 1, 1, columns)).shape == (2, 1, HEIGHT, columns * bar_width(columns))
    assert columns * bar_width(columns) <= max(150, columns)


def test_bytes_and_floats_are_drawn_alike() -> None:
    rows = torch.randint(0, 256, (3, 1, 1, 20), dtype=torch.uint8)
    assert torch.equal(as_bars(rows), as_bars(rows.float() / 255))


def test_what_is_laid_over_is_blue_with_red_as_far_as_it_is_wrong() -> None:
    red, green, blue = as_bars(torch.full((1, 1, 1, 1), 0.9), torch.full((1, 1, 1, 1), 0.6))[0, :, :, 0]
    mark = int((blue - red).argmax())
    wrong = torch.nonzero(red - blue > 0.3).flatten()
    assert mark < int(wrong.min())  # the higher number stands higher
    assert int(wrong.max()) < HEIGHT // 2
    assert red[HEIGHT // 2 - 3] == green[HEIGHT // 2 - 3] == blue[HEIGHT // 2 - 3] > 0  # the bar itself
    assert not float(red[0])


def test_a_right_answer_has_no_red() -> None:
    rows = torch.rand(1, 1, 1, 12)
    red, _, blue = as_bars(rows, rows)[0]
    assert bool((red - blue < 0.01).all())

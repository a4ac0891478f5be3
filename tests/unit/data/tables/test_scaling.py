"""Columns become bytes by what the rows for training say, and what was not cut off comes back."""

from __future__ import annotations

import numpy as np
import pytest

from ae_core.data.tables.scaling import Scaling, one_hot

RANDOM = np.random.RandomState(3)
ROWS = np.column_stack(
    [RANDOM.normal(50, 7, 500), RANDOM.lognormal(3, 1, 500), RANDOM.normal(-2, 1e-3, 500), RANDOM.randint(0, 2, 500)]
)


@pytest.fixture(scope="module")
def scaling() -> Scaling:
    return Scaling.fit(ROWS, logged=(1,), flags=(3,))


def test_the_mean_lies_at_a_half_and_the_limits_at_the_ends(scaling: Scaling) -> None:
    mean, deviation = ROWS[:, 0].mean(), ROWS[:, 0].std()
    rows = np.tile(ROWS[0], (5, 1))
    rows[:, 0] = mean + deviation * np.array([0, -4, 4, -99, 99])
    items = scaling.transform(rows)
    assert (items.shape, items.dtype) == ((5, 1, 1, 4), np.uint8)
    assert items[0, 0, 0, 0] in (127, 128)
    assert items[1:, 0, 0, 0].tolist() == [0, 255, 0, 255]


def test_columns_are_standardised_each_by_itself(scaling: Scaling) -> None:
    shares = scaling.transform(ROWS).reshape(-1, 4) / 255
    assert shares[:, :3].mean(0) == pytest.approx([0.5] * 3, abs=0.002)
    assert shares[:, :3].std(0) == pytest.approx([1 / 8] * 3, rel=0.02)
    assert np.array_equal(shares[:, 3], ROWS[:, 3])


def test_a_logarithm_makes_room_for_a_long_tail() -> None:
    tail = ROWS[:, 1:2]
    cut = [int((Scaling.fit(tail, logged=logged).transform(tail) == 255).sum()) for logged in ((), (0,))]
    assert cut[0] >= 3
    assert cut[1] == 0


def test_what_was_not_cut_off_comes_back_within_a_byte(scaling: Scaling) -> None:
    items = scaling.transform(ROWS)
    whole = ((items > 0) & (items < 255)).reshape(-1, 4)[:, :3].all(1)
    assert whole.sum() > 480
    back = scaling.inverse_transform(items)
    step = 8 / 255 * ROWS[:, (0, 2)].std(0)
    assert (np.abs(back - ROWS)[whole][:, (0, 2)] <= 0.51 * step).all()
    step_of_log = 8 / 255 * np.log1p(ROWS[:, 1]).std()
    assert (np.abs(np.log1p(back[whole, 1]) - np.log1p(ROWS[whole, 1])) <= 0.51 * step_of_log).all()
    assert np.array_equal(back[:, 3], ROWS[:, 3])
    assert np.array_equal(scaling.transform(back), items)


def test_reconstructions_between_0_and_1_become_units_as_bytes_do(scaling: Scaling) -> None:
    items = scaling.transform(ROWS)
    assert scaling.inverse_transform(items / 255) == pytest.approx(scaling.inverse_transform(items))
    assert np.isfinite(scaling.inverse_transform(np.array([0.0, 1.0, 0.3, 0.2]).reshape(1, 1, 1, 4))).all()


def test_negative_numbers_have_a_logarithm_too() -> None:
    rows = np.array([[-1000.0], [-10.0], [0.0], [10.0], [1000.0]])
    items = Scaling.fit(rows, logged=(0,)).transform(rows)[:, 0, 0, 0].astype(int)
    assert (np.diff(items) > 0).all()
    assert items + items[::-1] == pytest.approx(255, abs=1)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3e8])
def test_a_constant_column_lies_at_a_half(value: float) -> None:
    rows = np.full((30, 1), value)
    scaling = Scaling.fit(rows)
    assert {*scaling.transform(rows).ravel()} <= {127, 128}
    assert scaling.inverse_transform(scaling.transform(rows)) == pytest.approx(rows, abs=0.02)


def test_other_rows_have_no_say() -> None:
    scaling = Scaling.fit(ROWS[:400], logged=(1,), flags=(3,))
    assert scaling.means[0] == pytest.approx(ROWS[:400, 0].mean(), rel=1e-12)
    assert scaling.means[0] != pytest.approx(ROWS[:, 0].mean(), rel=1e-6)
    assert scaling.means[1] == pytest.approx(np.log1p(ROWS[:400, 1]).mean(), rel=1e-12)
    before = scaling.transform(ROWS[:400])
    scaling.transform(1e6 * ROWS)
    assert np.array_equal(scaling.transform(ROWS[:400]), before)


def test_categories_become_columns_of_0_and_1() -> None:
    assert one_hot(["red", "blue", "red", "grey"], ["red", "blue"]).tolist() == [[1, 0], [0, 1], [1, 0], [0, 0]]

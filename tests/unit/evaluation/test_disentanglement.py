"""Which number of a code follows which factor: known truths, and scikit-learn's mutual information."""

from __future__ import annotations

import math

import pytest
import torch
from sklearn.metrics import mutual_info_score
from torch import Tensor

from ae_core.evaluation.disentanglement import BINS, mutual_information, mutual_information_gap

COUNT = 20_000


@pytest.fixture(scope="module")
def factors() -> Tensor:
    """Two uniform factors and a kind of three values, all independent."""
    generator = torch.Generator().manual_seed(0)
    numbers = torch.rand(COUNT, 2, generator=generator)
    return torch.cat([numbers, torch.randint(3, (COUNT, 1), generator=generator).float()], dim=1)


def gap(codes: Tensor, factors: Tensor) -> float:
    return mutual_information_gap(mutual_information(codes, factors))


def test_a_number_for_each_factor_has_the_whole_gap_whatever_its_order_scale_and_sign(factors: Tensor) -> None:
    codes = factors[:, [2, 0, 1]] * torch.tensor([0.1, -30.0, 4.0]) + 7
    shares = mutual_information(codes, factors)
    expected = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    torch.testing.assert_close(shares, expected, atol=0.01, rtol=0)
    assert mutual_information_gap(shares) == pytest.approx(gap(factors, factors), abs=1e-3)
    assert mutual_information_gap(shares) > 0.99


def test_a_factor_that_two_numbers_follow_alike_has_no_gap(factors: Tensor) -> None:
    assert gap(torch.cat([factors, factors], dim=1), factors) == pytest.approx(0, abs=1e-6)
    angle = math.pi / 4
    turned = factors[:, :2] @ torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    assert gap(turned, factors[:, :2]) < 0.02


def test_a_code_that_knows_nothing_of_the_factors_has_no_gap(factors: Tensor) -> None:
    codes = torch.randn(COUNT, 5, generator=torch.Generator().manual_seed(1))
    shares = mutual_information(codes, factors)
    assert shares.shape == (5, 3)
    assert float(shares.max()) < 0.01
    assert mutual_information_gap(shares) < 0.01


def test_it_is_scikit_learns_mutual_information_over_the_entropy(factors: Tensor) -> None:
    codes = torch.stack([factors[:, 0] ** 3 + factors[:, 1], factors[:, 2] + 0.5 * factors[:, 0]], dim=1)
    shares = mutual_information(codes, factors)

    def binned(values: Tensor) -> list[int]:
        edges = torch.linspace(float(values.min()), float(values.max()), BINS + 1)[1:-1]
        return torch.bucketize(values.contiguous(), edges, right=True).tolist()

    for d in range(2):
        for f in range(3):
            number, factor = binned(codes[:, d]), binned(factors[:, f])
            expected = mutual_info_score(number, factor) / mutual_info_score(factor, factor)
            assert float(shares[d, f]) == pytest.approx(expected, abs=2e-4)


def test_a_code_of_one_number_is_compared_with_none(factors: Tensor) -> None:
    assert gap(factors[:, :1], factors[:, :1]) == pytest.approx(1, abs=1e-3)


def test_what_never_changes_tells_and_is_told_nothing() -> None:
    still, moving = torch.full((100, 1), 0.5), torch.arange(100.0)[:, None]
    assert mutual_information(still, moving).item() == 0
    assert mutual_information(moving, still).item() == 0

"""What counts as an edge: made-up features of known place and direction, PCA's waves, and the shipped run's features."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from ae_core.data.items import to_float
from ae_core.evaluation.features import Features, drawn_alone, measure_features
from ae_core.models.pca import PCACodec
from ae_core.runs import zoo
from ae_core.runs.fit import images_of, pca_of

DEGREES = torch.arange(0, 180, 15)


def edges(degrees: Tensor, width: float = 2.0, side: int = 16) -> Tensor:
    """Gabor functions (N, 1, side, side) whose edges run in the given directions, anticlockwise from level."""
    place = torch.arange(side) - (side - 1) / 2
    down, across = place[:, None], place[None]
    turn = torch.deg2rad(degrees.float())[:, None, None]
    off = across * turn.sin() + down * turn.cos()
    spot = torch.exp(-(across**2 + down**2) / (2 * width**2))
    return (spot * torch.sin(2 * math.pi * off / 6))[:, None]


def test_a_gabor_function_is_localised_and_oriented_along_its_edge() -> None:
    found = measure_features(edges(DEGREES))
    assert bool(found.edges.all())
    apart = (found.angle - DEGREES + 90).remainder(180) - 90
    assert float(apart.abs().max()) <= 4
    assert found.directions.sum() == len(DEGREES)
    assert found.directions.count_nonzero() == 8


def test_a_wave_is_oriented_but_not_localised() -> None:
    found = measure_features(edges(DEGREES, width=100))
    assert bool(found.oriented.all())
    assert not found.localised.any()
    assert not found.edges.any()
    assert found.directions.tolist() == [0] * 8


def test_a_spot_is_localised_but_not_oriented() -> None:
    spot = torch.zeros(1, 1, 16, 16)
    place = torch.arange(16) - 7.5
    spot[0, 0] = torch.exp(-(place[:, None] ** 2 + place[None] ** 2) / (2 * 1.5**2))
    found = measure_features(spot)
    assert bool(found.localised.all())
    assert not found.oriented.any()


def test_noise_is_neither() -> None:
    found = measure_features(torch.randn(100, 1, 16, 16, generator=torch.Generator().manual_seed(0)))
    assert not found.localised.any()
    assert not found.oriented.any()


def test_strength_sign_and_colour_do_not_matter() -> None:
    grey = edges(DEGREES)
    plain = measure_features(grey)
    tinted = measure_features(grey * torch.tensor([-0.3, 0.0, 2.0])[:, None, None])
    torch.testing.assert_close(tinted.extent, plain.extent)
    torch.testing.assert_close(tinted.orientation, plain.orientation)
    torch.testing.assert_close(tinted.angle, plain.angle, atol=2, rtol=0)  # neighbouring directions may be as good


def test_nothing_is_no_feature() -> None:
    found = measure_features(torch.zeros(2, 1, 8, 8))
    assert found.extent.tolist() == [1, 1]
    assert found.orientation.tolist() == [0, 0]
    assert found.directions.tolist() == [0] * 8


def test_a_code_whose_units_are_silent_draws_nothing() -> None:
    silent = PCACodec(torch.full((4,), 0.5), torch.zeros(3, 4), (1, 2, 2))
    assert torch.equal(drawn_alone(silent, torch.rand(5, 1, 2, 2)), torch.zeros(1, 1, 2, 2))


def test_a_unit_of_pca_draws_its_component() -> None:
    components = torch.eye(4)[[2, 0]]
    pca = PCACodec(torch.full((4,), 0.5), components, (1, 2, 2))
    images = torch.tensor([[0.5, 0.5, 0.9, 0.5], [0.5, 0.5, 0.7, 0.5], [0.8, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]])
    drawn = drawn_alone(pca, images.view(4, 1, 2, 2)).flatten(1)
    torch.testing.assert_close(
        drawn, torch.tensor([[0, 0, 0.3, 0], [0.3, 0, 0, 0]])
    )  # the mean of those where it fires


# --- What a sparse code of photographs finds ----------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Features:
    """The features of the shipped run's units, those that fire for a held-out image."""
    run = zoo.load("patches16-k-sparse")
    return measure_features(drawn_alone(run.model, to_float(images_of("patches16")[1].images)))


@pytest.fixture(scope="module")
def waves() -> Features:
    """PCA's components of the same patches, all 256."""
    return measure_features(pca_of("patches16").components.unflatten(1, (1, 16, 16)))


def test_the_shipped_sparse_code_of_photographs_is_of_edges_where_pca_is_of_waves(
    shipped: Features, waves: Features
) -> None:
    assert len(shipped.extent) >= 100
    assert shipped.edges.float().mean() >= 0.5
    assert waves.edges.float().mean() <= 0.02
    assert shipped.localised.float().mean() >= waves.localised.float().mean() + 0.5
    assert shipped.extent.median() < 0.6 * waves.extent.median()
    assert shipped.orientation.median() > waves.orientation.median() + 0.1


def test_its_edges_run_in_many_directions(shipped: Features) -> None:
    assert shipped.directions.count_nonzero() == 8
    assert shipped.directions.max() < 0.4 * shipped.directions.sum()

"""The latent explorer and the sliders: planes that lift and project back, holes, and what is sent to the browser."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch

from ae_core.data.datasets import INFO
from ae_core.runs import zoo
from ui.components import code_sliders, latent_explorer, shared
from ui.components.shared.sheets import sheet
from ui.figures import planes
from ui.figures.items import words_of
from ui.figures.planes import GRID, emptiness, frame, numbers_of, places
from ui.figures.projection import lift, plane_through, project, put, ways

DRAWS = torch.Generator().manual_seed(0)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16])
def test_a_place_on_a_plane_is_where_its_code_is_projected_to(size: int) -> None:
    codes = torch.randn(200, size, generator=DRAWS) * torch.arange(1, size + 1)
    some = torch.randn(20, 2, generator=DRAWS)
    for way in ways(size):
        plane = plane_through(codes, way)
        there = put(lift(some, plane), plane)
        torch.testing.assert_close(there[:, : min(size, 2)], some[:, : min(size, 2)], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", [2, 3, 16])
def test_a_plane_s_points_are_put_where_it_shows_them(size: int) -> None:
    codes = torch.randn(100, size, generator=DRAWS)
    for way in ways(size):
        plane = plane_through(codes, way)
        torch.testing.assert_close(project(codes, plane, way)[0], put(codes, plane))


def test_the_grid_begins_in_the_upper_left_corner() -> None:
    grid = places((-1.0, 2.0), 4.0, 3)
    assert grid[0].tolist() == [-1.0, 6.0]
    assert grid[1].tolist() == [1.0, 6.0]
    assert grid[-1].tolist() == [3.0, 2.0]


def test_a_few_far_points_do_not_stretch_the_frame() -> None:
    points = torch.randn(1000, 2, generator=DRAWS)
    (x, y), span = frame(torch.cat([points, torch.tensor([[1e4, 1e4]])]))
    assert span < 10
    inside = (points > torch.tensor([x, y])) & (points < torch.tensor([x, y]) + span)
    assert inside.all(1).float().mean() > 0.9


def test_holes_are_where_no_code_is_near() -> None:
    angle = torch.linspace(0, 2 * torch.pi, 500)
    ring = torch.stack([angle.cos(), angle.sin()], 1)
    middle, beside = emptiness(torch.tensor([[0.0, 0.0], [1.0, 0.001]]), ring).tolist()
    assert middle > 1
    assert beside < 1
    assert (emptiness(ring, ring) == 0).all()


def test_the_sliders_are_of_the_numbers_that_vary_most() -> None:
    codes = torch.randn(400, 50, generator=DRAWS) * torch.arange(50)
    numbers = numbers_of(codes)
    assert len(numbers) == planes.SLIDERS
    assert {number.index for number in numbers[:5]} <= set(range(40, 50))
    assert 0 not in {number.index for number in numbers}
    assert all(number.low < number.high for number in numbers_of(torch.zeros(10, 4)))


def runs(*endings: str) -> list[str]:
    """Shipped runs, of any dataset, whose names end so."""
    return [entry.name for entry in zoo.present() if entry.name.endswith(endings)]


@pytest.mark.parametrize("name", runs("-code-2", "mnist-code-32", "fashion-vae-16"))
def test_the_explorer_and_the_sliders_are_within_what_a_component_may_be_sent(name: str) -> None:
    run = zoo.load(name)
    codes, info = run.latent_map.codes, INFO[run.config.dataset]
    here = planes.scene.__wrapped__(name, ways(codes.shape[1])[0], run)  # not from a cache of another test
    points = planes._points_sheet.__wrapped__(name, run)
    plane = latent_explorer.Plane(here.title, "", here.points, here.low, here.span)
    two = run.pca.truncated(2)
    data = latent_explorer.payload(
        (plane, plane),
        run.latent_map.labels,
        info.class_names,
        points,
        planes.COLUMNS,
        here.decoded,
        here.far,
        (two.mean, two.components),
        planes._side(info),
        info.kind,
        words_of(info),
        "points",
        [],
    )
    assert here.far.shape == (GRID, GRID)
    assert sum(map(len, data.values())) <= shared.MOST_BYTES
    code = tuple(codes[0].tolist())
    numbers, strips = planes._strips.__wrapped__(name, code, run)
    sent = code_sliders.payload(
        codes[0], numbers, planes.PREVIEWS, strips, planes._side(info), info.kind, words_of(info)
    )
    assert sum(map(len, sent.values())) <= shared.MOST_BYTES


def test_a_sheet_too_large_for_a_png_is_sent_as_webp() -> None:
    noise = torch.randint(0, 255, (40, 1, 28, 28), dtype=torch.uint8, generator=DRAWS)
    assert sheet(noise, 8, 100_000).startswith("data:image/png")
    small = sheet(noise, 8, 10_000)
    assert small.startswith("data:image/webp")
    assert len(small) < len(sheet(noise, 8, 100_000))


@pytest.mark.parametrize(
    "text",
    [None, 3, "", "x", "[1]", "[[1]]", "[[1,2,3]]", '[["a","b"]]', "[[1,2],[3,4],[5,6]]", "[[1e99,0]]", "9" * 300],
)
def test_pins_that_nobody_set_are_none(text: object) -> None:
    assert latent_explorer.pinned(text) is None


def test_pins_come_back_as_they_were_sent() -> None:
    pins = [[1.5, -2.0], [0.0, 3.25]]
    assert latent_explorer.pinned(planes.pins_text(pins)) == pins
    assert latent_explorer.pinned("[[NaN,0]]") is None
    assert planes.pins_text([]) is None


@pytest.mark.parametrize("text", [None, 7, "", "[]", "[1,2]", "[1,2,3,4]", "[1,2,NaN]", "[[1,2,3]]", '["a","b","c"]'])
def test_a_code_that_is_none_is_not_taken(text: object) -> None:
    assert code_sliders.chosen({"code": text}, 3) is None
    assert code_sliders.chosen(SimpleNamespace(), 3) is None


def test_a_code_comes_back_as_it_was_sent() -> None:
    code = code_sliders.chosen({"code": json.dumps([1.0, -2.5, 0.25])}, 3)
    assert code is not None
    assert code.tolist() == [1.0, -2.5, 0.25]

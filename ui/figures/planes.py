"""A run's latent plane and PCA's plane in the latent explorer, and sliders for codes of more than two numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from ae_core.data.datasets import INFO, DatasetInfo, on_disk
from ae_core.runs.run import Run
from ui.components.code_sliders import Number, chosen, code_sliders
from ui.components.code_sliders import payload as slider_payload
from ui.components.latent_explorer import Plane, exact_path, latent_explorer, payload, you_are_here
from ui.components.shared.sheets import as_bytes, sheet
from ui.figures.items import draw, picture_size, words_of
from ui.figures.projection import lift, plane_through, project, put
from ui.visit import caches, widget_values

GRID = 24  # decoded places a side; the browser blends between them
FRAMES = 31  # decoded between two pins
COLUMNS = 40  # images to a row of the points' sheet
_SHEET, _GRID = 240_000, 280_000  # characters at most: together with the points below a component's 600 KB
_STRIPS = 500_000
_WIDEST = 200  # pixels of an item on a sheet: of COLUMNS beside each other a browser can still draw
_MIDDLE = 0.96  # of the codes lie in the frame; a few far out would press all others together
_NEIGHBOURS = 0.99  # this share of codes has a neighbour nearer than the distance that counts as typical


def frame(points: Tensor) -> tuple[tuple[float, float], float]:
    """Return the square, as its lower left corner and its side, that frames most of the points (N, 2).

    It frames 96 of 100 points along each axis: a few far out would press all others together.
    """
    edges = torch.quantile(points, torch.tensor([(1 - _MIDDLE) / 2, (1 + _MIDDLE) / 2]), dim=0)
    middle, span = edges.mean(0), float((edges[1] - edges[0]).max().clamp_min(1e-6)) * 1.08
    return (float(middle[0]) - span / 2, float(middle[1]) - span / 2), span


def places(low: tuple[float, float], span: float, count: int) -> Tensor:
    """Return the places of a grid over a square, row by row from its upper left corner.

    Args:
        low: the square's lower left corner.
        span: its side.
        count: places along each side.

    Returns:
        Points (count * count, 2).
    """
    across = torch.linspace(low[0], low[0] + span, count)
    down = torch.linspace(low[1] + span, low[1], count)
    return torch.stack([across.repeat(count), down.repeat_interleave(count)], dim=1)


def emptiness(where: Tensor, codes: Tensor) -> Tensor:
    """Return how far each place (N, D) is from the nearest code, as (N,): above 1 it lies in a hole.

    In units of twice the distance within which 99 of 100 codes have a neighbour: beyond 1 is a hole.
    """
    exact = "donot_use_mm_for_euclid_dist"  # the quick way is wrong by more than small distances are long
    between = torch.cdist(codes, codes, compute_mode=exact).fill_diagonal_(torch.inf).min(1).values
    typical = torch.quantile(between, _NEIGHBOURS).clamp_min(1e-9)
    return torch.cdist(where, codes, compute_mode=exact).min(1).values / (2 * typical)


def _sent(items: Tensor, info: DatasetInfo) -> Tensor:
    """Return what a component is sent of items: pictures of images, and of others their numbers, which it draws itself."""
    if info.kind == "image":
        return draw(items, info)
    width, height = _side(info)
    return as_bytes(items).view(-1, 1, height, width)


def _side(info: DatasetInfo) -> tuple[int, int]:
    """Return the width and height of what :func:`_sent` gives."""
    if info.kind == "image":
        return picture_size(info)
    _, height, width = info.shape
    # a sheet of many is no wider than a browser can draw: long rows are folded
    folds = next(
        fold for fold in range(1, width + 1) if (width % fold == 0 and width // fold <= _WIDEST) or fold == width
    )
    return width // folds, height * folds


@st.cache_data(show_spinner=False, max_entries=16)
def _points_sheet(source: str, _run: Run) -> str:
    """Return the sheet of the images that the points stand for: held-out ones or, without these, decoded ones.

    ``source`` names them for the cache: the data set, or the run that decodes them.
    """
    name, codes = _run.config.dataset, _run.latent_map.codes
    items = caches.held_out(name).images[: len(codes)] if on_disk(name) else _run.model.decode(codes)
    return sheet(_sent(items, INFO[name]), COLUMNS, _SHEET)


@dataclass(frozen=True)
class Scene:
    """A run's latent plane: all its points (M, 2), the part that is shown, and its decoded grid (see GRID)."""

    title: str
    plane: tuple[Tensor, Tensor]  # see ui.figures.projection
    points: Tensor
    low: tuple[float, float]
    span: float
    decoded: str  # GRID by GRID images as one picture
    far: Tensor  # (GRID, GRID), see emptiness()


@st.cache_data(show_spinner=False, max_entries=16)
def scene(entry_id: str, way: str, _run: Run) -> Scene:
    """Return a run's latent plane, decoded on a grid.

    Args:
        entry_id: the run's on the shelf, by which the result is cached.
        way: how codes become a plane, see :func:`ui.figures.projection.ways`.
        _run: the run.
    """
    codes = _run.latent_map.codes
    plane = plane_through(codes, way)
    points, title = project(codes, plane, way)
    low, span = frame(points)
    there = lift(places(low, span, GRID), plane)
    decoded = sheet(_sent(_run.model.decode(there), INFO[_run.config.dataset]), GRID, _GRID)
    return Scene(title, plane, points, low, span, decoded, emptiness(there, codes).view(GRID, GRID))


def explore(key: str, entry_id: str, run: Run, way: str, backdrop: str, pins: list[list[float]]) -> list[list[float]]:
    """Show a run's latent plane and PCA's side by side, to move over.

    Args:
        key: the explorer's, by which :func:`mark_own` and ``show_count`` find it.
        entry_id: the run's on the shelf.
        run: whose planes are shown.
        way: how codes become a plane, see :func:`ui.figures.projection.ways`.
        backdrop: "points" or "tiles".
        pins: those of the link.

    Returns:
        The visitor's pins, up to two places (x, y).
    """
    info, m, size, known = INFO[run.config.dataset], run.metrics, run.config.code_size, run.latent_map
    here = scene(entry_id, way, run)
    components = f"With {size} component{'' if size == 1 else 's'}: " if size != 2 else ""
    two = run.pca.truncated(2)
    planes = (
        Plane(
            here.title,
            f"5-NN accuracy {m['knn_accuracy']:.1%}, reconstruction error {m['mse']:.4f}",
            here.points,
            here.low,
            here.span,
        ),
        Plane(
            f"PCA: the {info.items}' first two principal components",
            f"{components}5-NN accuracy {m['pca_knn_accuracy']:.1%}, reconstruction error {m['pca_mse']:.4f}",
            known.pca,
            *frame(known.pca),
        ),
    )
    data = payload(
        planes,
        known.labels,
        info.class_names,
        _points_sheet(run.config.dataset if on_disk(run.config.dataset) else entry_id, run),
        COLUMNS,
        here.decoded,
        here.far,
        (two.mean, two.components),
        _side(info),
        info.kind,
        words_of(info),
        backdrop,
        pins,
        info.called,
    )
    places_now = latent_explorer(key, data)
    now = pins if places_now is None else places_now
    if len(now) == 2:
        ends = lift(torch.tensor(now), here.plane)
        share = torch.linspace(0, 1, FRAMES)[:, None]
        frames = _sent(run.model.decode(ends[0] * (1 - share) + ends[1] * share), info)
        exact_path(key, now, sheet(frames, FRAMES, _SHEET), FRAMES)
    return now


def mark_own(key: str, entry_id: str, run: Run, way: str, image: Tensor | None) -> None:
    """Mark the visitor's own image on both planes of an explorer.

    Args:
        key: the explorer's.
        entry_id: the run's on the shelf.
        run: whose planes are shown.
        way: how codes become a plane.
        image: (1, C, H, W) in [0, 1]; None takes the mark away.
    """
    if image is None:
        you_are_here(key, None)
        return
    point = put(run.model.encode(image), scene(entry_id, way, run).plane)[0]
    pca_point = run.pca.truncated(2).encode(image)[0]
    you_are_here(key, (point.tolist(), pca_point.tolist()))


SLIDERS = 32  # at most; of longer codes the numbers that vary most
PREVIEWS = 9  # images along each


def numbers_of(codes: Tensor) -> list[Number]:
    """Return the numbers of codes (M, D) that vary most, the most first, each with a range for its slider.

    The range holds 98 of 100 codes.
    """
    order = codes.std(0).argsort(descending=True)[:SLIDERS]
    low, high = torch.quantile(codes, torch.tensor([0.01, 0.99]), dim=0)
    least = 1e-3 * codes.std().clamp_min(1e-6)  # a number that never changes still needs a slider's two ends
    return [
        Number(int(index), float(low[index]), float(torch.maximum(high[index], low[index] + least))) for index in order
    ]


@st.cache_data(show_spinner=False, max_entries=64)
def _strips(entry_id: str, code: tuple[float, ...], _run: Run) -> tuple[list[Number], str]:
    """Return the sliders of a run's code, and a sheet of the images decoded along each.

    Args:
        entry_id: the run's on the shelf, by which the result is cached.
        code: where the sliders stand, D numbers.
        _run: the run.
    """
    numbers = numbers_of(_run.latent_map.codes)
    codes = torch.tensor(code).repeat(len(numbers), PREVIEWS, 1)
    for row, number in zip(codes, numbers, strict=True):
        row[:, number.index] = torch.linspace(number.low, number.high, PREVIEWS)
    images = _run.model.decode(codes.view(-1, len(code)))
    return numbers, sheet(_sent(images, INFO[_run.config.dataset]), PREVIEWS, _STRIPS)


def sliders(entry_id: str, run: Run) -> Tensor:
    """Show one slider for each number of the code, and return the code (D,) that they rest at."""
    key = widget_values.code_sliders(entry_id)
    resting = chosen(widget_values.read(key), run.config.code_size)
    code = run.latent_map.codes[0] if resting is None else resting  # that of the first held-out image
    numbers, strips = _strips(entry_id, tuple(code.tolist()), run)
    info = INFO[run.config.dataset]
    code_sliders(key, slider_payload(code, numbers, PREVIEWS, strips, _side(info), info.kind, words_of(info)))
    if len(numbers) < run.config.code_size:
        st.caption(f"The {len(numbers)} of its {run.config.code_size} numbers that vary most, the most varying first.")
    return code


def pins_text(pins: list[list[float]] | None) -> str | None:
    """Return pins as the text that a link carries; None where there are none."""
    return json.dumps(pins, separators=(",", ":")) if pins else None

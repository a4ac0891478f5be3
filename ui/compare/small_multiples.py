"""A sweep's runs as small multiples, each of which opens its run, and the curve of their errors."""

from __future__ import annotations

import html
from dataclasses import dataclass

import streamlit as st

from ae_core.config import variants
from ae_core.config.schema import Config, spec
from ae_core.data.datasets import INFO, on_disk
from ae_core.evaluation.metrics import SAMPLE
from ae_core.models.codec import reconstruct
from ae_core.runs.run import Run
from ae_core.runs.sweeps import Point, Sweep
from ui.figures import charts
from ui.figures.film import film_inputs
from ui.figures.items import in_a_tile, picture_size
from ui.figures.pictures import smooth, sprite
from ui.figures.tables import caption_html
from ui.shell import navigation
from ui.visit import batch, shelf

_PAGES = {"corruption_strength": "denoise", "beta": "generate"}  # where such a run is opened; others on Reconstruct

_CSS = """<style>
.st-key-sweep_controls { min-height: 3.5rem; justify-content: center; }
@media (max-width: 640px) { .st-key-sweep_controls { min-height: 7rem; } }
.st-key-sweep_verdict { min-height: 6.6rem; }
.st-key-sweep_grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .8rem; }
[class*=st-key-point_] .tile, .st-key-originals .tile { min-height: 2.5rem; }
.tile { line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile b { font-size: 1.15rem; } .tile span { display: block; font-size: .875rem; }
.tile i { font-style: normal; white-space: nowrap; }
.tile .ae { color: var(--ae); } .tile .pca { color: var(--pca); }
.tile-picture { width: 100%; overflow: hidden; border-radius: .3rem; }
.tile-picture img { width: 100%; display: block; image-rendering: pixelated; }
.tile-picture img.smooth { image-rendering: auto; }
.tile-picture img + img { margin-top: 2%; }
.tile-picture p { height: 100%; margin: 0; display: grid; place-items: center; text-align: center; font-size: .875rem;
  line-height: 1.3; overflow: auto; padding: .2rem .6rem; border: 1px dashed color-mix(in srgb, currentColor 35%, transparent);
  border-radius: .3rem; }
</style>"""


@dataclass(frozen=True)
class Tile:
    """What the small multiple of a finished run shows: its errors, its note and its pictures (data: URLs).

    ``gaps`` are the mutual information gaps of the autoencoder and of PCA, where the factors of the images are known.
    """

    error: float
    pca_error: float
    note: str
    pictures: tuple[str, ...]
    gaps: tuple[float, float] | None = None


def show(sweep: Sweep, known: dict[str, shelf.Entry]) -> None:
    """Show a sweep: the grid of small multiples, and the curve of the errors.

    A run that is not in ``known``, by its Config's key, is shown as missing.
    """
    st.html(_CSS)
    tiles = {key: _tile(found.id, sweep.error, found) for key, found in known.items()}
    with st.container(key="sweep"):
        left, right = st.columns([3, 2], gap="large")
    with left:
        _grid(sweep, tiles)
    with right:
        _curve(sweep, tiles)


def title_of(sweep: Sweep, point: Point) -> str:
    """Return the title on the shelf of a run of a sweep."""
    title = variants.title_of(point.config)
    return title if sweep.field == "code_size" else f"{title}, {sweep.title(point)}"


@st.cache_data(show_spinner=False, max_entries=200)
def _tile(id: str, error: str, _entry: shelf.Entry) -> Tile:
    """Return errors, note and pictures of a run; with noise the noisy images stand above the restored ones.

    Args:
        id: the entry's, by which the result is cached.
        error: the metric that is shown, a key of the run's metrics.
        _entry: the run's on the shelf.
    """
    run = shelf.run_of(_entry)
    pictures: tuple[str, ...] = ()
    if on_disk(run.config.dataset):
        info = INFO[run.config.dataset]
        clean, corrupted = (images[: in_a_tile(info)] for images in film_inputs(run.config))
        damaged = (sprite(corrupted, info),) if run.config.corruption != "none" else ()
        pictures = (*damaged, sprite(reconstruct(run.model, corrupted), info, over=clean))
    gaps = (run.metrics["mig"], run.metrics["pca_mig"]) if "mig" in run.metrics else None
    return Tile(run.metrics[error], run.metrics[f"pca_{error}"], _note(run), pictures, gaps)


def _note(run: Run) -> str:
    """Return the second measure of a run: KL, units that fire, or the error of the noisy images; empty without one.

    It is what a swept setting trades for the error.
    """
    m = run.metrics
    if run.config.variational:
        return f"KL {m['kl']:.1f} nats"
    if run.config.sparsity != "none":
        return f"{m['active_share'] * run.config.code_size:.1f} of {run.config.code_size} units fire"
    return f"before: {m['noisy_mse']:.4f}" if run.config.corruption != "none" else ""


def _grid(sweep: Sweep, tiles: dict[str, Tile]) -> None:
    """Draw the originals and a small multiple for each run of the sweep.

    Each run has its place from the start, so that nothing moves when one is finished.
    """
    config = sweep.points[0].config
    rows = 2 if config.corruption != "none" else 1
    noted = config.variational or config.sparsity != "none" or config.corruption != "none"
    with st.container(key="sweep_grid"):
        with st.container(border=True, key="originals"):
            info = INFO[config.dataset]
            clean = (sprite(film_inputs(config)[0][: in_a_tile(info)], info),) if on_disk(config.dataset) else ()
            third = f"<span>{'undamaged' if rows == 2 else '&nbsp;'}</span>" if noted else ""
            note = f"<span>held out, never trained on</span>{third}"
            st.html(f'<div class="tile"><b>Originals</b>{note}</div>')
            absent = INFO[config.dataset].spoken("Their images are not on this machine")
            st.html(_picture_html(config, rows, clean, "Originals", absent))
        for point in sweep.points:
            with st.container(border=True, key=f"point_{point.config.key}"):
                _small_multiple(sweep, point, tiles.get(point.config.key), rows, noted)


def _small_multiple(sweep: Sweep, point: Point, tile: Tile | None, rows: int, noted: bool) -> None:
    page = _PAGES.get(sweep.field, "reconstruct")
    title = sweep.title(point).capitalize()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if tile is None:
            st.html(_head_html(title, "", "", "", noted))
        else:
            st.html(_head_html(title, f"error {tile.error:.4f}", f"PCA {tile.pca_error:.4f}", tile.note, noted))
        if st.button(
            "Open",
            key=f"open_{point.config.key}",
            disabled=tile is None,
            on_click=_put_on_screen,
            args=(sweep, point),
            help=f"Put this run on screen, on the {page.capitalize()} page.",
        ):
            st.switch_page(navigation.PAGES[page].script)
    absent = INFO[point.config.dataset].spoken("no picture: the images are not on this machine")
    what = absent if tile is not None else batch.state_of(point.config)
    st.html(_picture_html(point.config, rows, tile.pictures if tile else (), title, what))


def _put_on_screen(sweep: Sweep, point: Point) -> None:
    entry = shelf.known(point.config)
    if entry is None:  # removed from the server's disk a moment ago
        return
    shelf.add(shelf.Entry(entry.id, title_of(sweep, point), entry.config))
    shelf.choose(entry)


def _head_html(title: str, error: str, pca: str, note: str, noted: bool) -> str:
    """Return a small multiple's title and numbers as HTML, as tall before its run is there as after.

    Args:
        title: the value of the swept setting, in words.
        error: the autoencoder's error, in words; empty without a run.
        pca: PCA's error, in words.
        note: the second measure.
        noted: whether the sweep's runs have one, and so a line for it.
    """
    third = f"<span>{html.escape(note) or '&nbsp;'}</span>" if noted else ""
    return (
        f'<div class="tile"><b>{html.escape(title)}</b><span><i class="ae">{html.escape(error) or "&nbsp;"}</i> '
        f'<i class="pca">{html.escape(pca)}</i></span>{third}</div>'
    )


def _picture_html(config: Config, rows: int, pictures: tuple[str, ...], title: str, instead: str) -> str:
    """Return a small multiple's rows of images as HTML, in a box of their size.

    Args:
        config: says how large an image is.
        rows: of images that the box has room for.
        pictures: a row each, as data: URLs; none without a run.
        title: what the images are of, for screen readers.
        instead: the words that stand in the box without pictures.
    """
    info = INFO[config.dataset]
    shown, (width, height) = in_a_tile(info), picture_size(info)
    gap = max(1, width // 14)
    across, down = shown * (width + gap) - gap, rows * (height + gap) - gap
    names = [f"damaged {info.items}", f"restored {info.items}"] if len(pictures) == 2 else [info.items]
    inside = "".join(
        f'<img class="{smooth(info)}" src="{picture}" alt="{html.escape(title)}: {shown} {name}">'
        for picture, name in zip(pictures, names, strict=False)
    )
    return f'<div class="tile-picture" style="aspect-ratio:{across}/{down}">{inside or f"<p>{html.escape(instead)}</p>"}</div>'


def _curve(sweep: Sweep, tiles: dict[str, Tile]) -> None:
    here = [tiles.get(point.config.key) for point in sweep.points]
    denoised = sweep.error == "denoised_mse"
    st.plotly_chart(
        charts.sweep(
            [point.value for point in sweep.points],
            [tile.error if tile else None for tile in here],
            [tile.pca_error if tile else None for tile in here],
            spec(sweep.field).name_within,
            "squared error after denoising" if denoised else "held-out squared error",
        ),
        key="sweep_curve",
        config=charts.BARE,
        width="stretch",
    )
    with st.container(key="sweep_verdict"):
        st.html(caption_html(_verdict(sweep, here, denoised)))
    if "mig" in sweep.measures:
        _gap_curve(sweep, [tile.gaps if tile else None for tile in here])


def _gap_curve(sweep: Sweep, gaps: list[tuple[float, float] | None]) -> None:
    """Draw over the swept setting how nearly each factor of the images has a number of the code to itself."""
    st.plotly_chart(
        charts.sweep(
            [point.value for point in sweep.points],
            [pair[0] if pair else None for pair in gaps],
            [pair[1] if pair else None for pair in gaps],
            spec(sweep.field).name_within,
            "mutual information gap (MIG)",
            height=280,
            log=False,
        ),
        key="sweep_gap_curve",
        config=charts.BARE,
        width="stretch",
    )
    st.html(
        caption_html(
            "How nearly each factor of the images has a number of the code to itself: more is better, 1 at most (Chen et al. "
            "2018, eq. 6). The Latent map of a run shows which number follows which factor."
        )
    )


def _verdict(sweep: Sweep, here: list[Tile | None], denoised: bool) -> str:
    """Say at how many values the autoencoder is below PCA, and where its error is smallest.

    Args:
        sweep: the sweep.
        here: what there is of each of its points; None where the run is missing.
        denoised: whether the error is that of denoised images.
    """
    info = INFO[sweep.points[0].config.dataset]
    count = info.test_count
    images = (
        f"{min(SAMPLE, count):,} held-out images at each run's own noise" if denoised else f"{count:,} held-out images"
    )
    basis = (
        info.spoken(f"Mean squared error a pixel over {images}; ")
        + "PCA has as many components as the code has numbers."
    )
    found = [(tile.error, tile.pca_error, point) for tile, point in zip(here, sweep.points, strict=True) if tile]
    if len(found) < 2:
        return basis
    beaten = sum(error < pca for error, pca, _ in found)
    best = min(found, key=lambda one: one[0])[2]
    # the less was done to the images the easier they are to repair: of that the smallest error says nothing
    smallest = "" if denoised else f" The smallest error is at {sweep.title(best)}."
    return f"{beaten or 'None'} of {len(found)} runs {'is' if beaten == 1 else 'are'} below PCA.{smallest} {basis}"

"""The views of the Generate page: samples from random codes, the latent space to explore, and interpolations."""

from __future__ import annotations

import html
import math
from contextlib import suppress

import streamlit as st
import torch

from ae_core.data.datasets import INFO, on_disk
from ae_core.data.items import to_float
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ui.figures import planes
from ui.figures.items import in_a_sheet
from ui.figures.pictures import Row, smooth, sprite, strip_html
from ui.figures.projection import ways
from ui.figures.tables import caption_html
from ui.visit import caches, link, widget_values

STEPS = 11  # images of an interpolation


def _partner(run: Run) -> tuple[str, Run] | None:
    """Return title and run of the shipped run to compare samples with; None where there is none.

    It is a plain autoencoder beside a variational one, or the other way round, with a code of the same size.
    """
    config = run.config
    size = config.code_size
    kind = "code" if config.variational else "vae"
    for name in (f"{config.dataset}-{kind}-{size}", f"{config.dataset}-{kind}-{16 if size > 4 else 2}"):
        if name in zoo.ZOO and zoo.ZOO[name].path.is_file() and zoo.ZOO[name].config.code_size == size:
            with suppress(caches.RunLost):
                return zoo.ZOO[name].title, caches.shipped_run(name)
    return None


def _draw_again() -> None:
    drawn = widget_values.read(widget_values.SAMPLE_DRAW, 0)
    widget_values.write(widget_values.SAMPLE_DRAW, (drawn + 1) % 10_000)


@st.fragment
def samples(title: str, run: Run) -> None:
    """Show what this run's decoder, and one of the other kind, make of the same random codes.

    A variational run is compared with a plain one, and the other way round.
    """
    size = run.config.code_size
    with st.container(key="random_codes"):
        left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    with left:
        temperature = link.slider(
            "Temperature",
            0.0,
            2.0,
            1.0,
            name="temperature",
            key="temperature",
            step=0.1,
            help="Scales the random codes: 1 is the cloud it was trained towards, less is more typical, more is stranger.",
        )
    with middle:
        draw = link.number_input(
            "Draw", 0, 9999, 0, name="draw", key=widget_values.SAMPLE_DRAW, help="The same number draws the same codes."
        )
    with right:
        if not link.holds("draw"):
            st.button("Draw again", on_click=_draw_again, width="stretch", icon=":material/casino:")
    count = math.prod(in_a_sheet(INFO[run.config.dataset]))
    codes = torch.randn(count, size, generator=torch.Generator().manual_seed(draw)) * temperature
    other = _partner(run)
    grids = _grid(title, run, codes)
    if other is not None:
        grids += _grid(*other, codes)
        words = (
            f"The same {len(codes)} random codes went through both decoders. The variational one was trained towards this "
            "cloud; the plain one put its codes wherever it liked. Look for what is broken or mixed: the more numbers a "
            "code has, the more of the cloud a plain autoencoder has never used."
        )
    else:
        words = "No shipped run of the other sort has a code of this size to compare with."
    st.html(f'<div class="pair">{grids}</div>{caption_html(words)}')
    link.publish(run.config, show="Samples", temperature=temperature, draw=draw)


def _grid(title: str, of: Run, codes: torch.Tensor) -> str:
    kind, info = "variational" if of.config.variational else "plain", INFO[of.config.dataset]
    picture = sprite(of.model.decode(codes), info, in_a_sheet(info)[0])
    return (
        f"<figure><figcaption><b>{html.escape(title)}</b> ({kind})</figcaption>"
        f'<img class="px{smooth(info)}" src="{picture}" alt="{len(codes)} samples"></figure>'
    )


@st.fragment
def explore_codes(entry_id: str, run: Run) -> None:
    """Show the latent plane to move over; for codes of more than two numbers, a slider for each."""
    size = run.config.code_size
    pins = None
    if size > 2:
        planes.sliders(entry_id, run)
        words = (
            "Each slider is one number of the code, with what is decoded along it. Drag, and the large picture follows; when "
            "you let go, all strips are decoded anew around the new place."
        )
    else:
        pins = planes.explore("explorer_tiles", entry_id, run, ways(size)[0], "tiles", link.pins())
        words = (
            "The plane, decoded on a grid: move over it and see every place in between. Hatched: far from every code. "
            + ("" if run.config.variational else "A plain autoencoder leaves such holes; compare the 2-D VAE.")
        )
    st.html(caption_html(words))
    link.publish(run.config, show="Explore", pins=planes.pins_text(pins))


@st.fragment
def interpolation(run: Run) -> None:
    """Show images decoded along the straight line between the codes of two held-out images.

    Beneath stand the two images mixed pixel by pixel.
    """
    config, info = run.config, INFO[run.config.dataset]
    at_hand = on_disk(config.dataset)
    most = (info.test_count if at_hand else len(run.latent_map.codes)) - 1
    left, right = st.columns(2)
    with left:
        first = link.number_input(
            info.spoken("From held-out image"), 0, most, 0, name="from", key=f"from_{config.dataset}"
        )
    with right:
        second = link.number_input(info.spoken("To held-out image"), 0, most, 1, name="to", key=f"to_{config.dataset}")
    if at_hand:
        ends = to_float(caches.held_out(config.dataset).images[[first, second]])
        codes = run.model.encode(ends)
    else:
        codes = run.latent_map.codes[[first, second]]
        ends = run.model.decode(codes)
    share = torch.linspace(0, 1, STEPS)[:, None]
    path = run.model.decode(codes[0] * (1 - share) + codes[1] * share)
    mixed = ends[:1] * (1 - share[..., None, None]) + ends[1:] * share[..., None, None]
    rows = [
        Row("Between codes", path, small="decoded", actor="ae"),
        Row(info.spoken("Between pixels"), mixed, small="mixed", actor=""),
    ]
    st.html(strip_html(rows, info))
    st.caption(
        info.spoken(
            "Above, a straight line from one code to the other, decoded at eleven places: one image turns into the other. "
            "Below, the two images themselves mixed pixel by pixel: one fades out while the other fades in."
            + ("" if at_hand else " The images are not on this machine, so the ends are decoded from codes of the map.")
        )
    )
    link.publish(config, show="Interpolation", **{"from": first, "to": second})

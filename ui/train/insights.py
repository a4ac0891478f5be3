"""Sections of the Train page for some kinds of autoencoder: KL by dimension, sparse units, contraction, pretraining."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO, DatasetInfo, on_disk
from ae_core.data.items import to_float
from ae_core.evaluation.features import LOCALISED, ORIENTED, Features, drawn_alone, measure_features
from ae_core.evaluation.metrics import JACOBIANS, firing, jacobian_norm
from ae_core.models.codec import Codec
from ae_core.runs.run import Run
from ae_core.training.objectives import contraction_is_exact, kl_by_dimension
from ui.figures import charts
from ui.figures.items import signed
from ui.figures.pictures import Panel, bars, panels_html, smooth, sprite
from ui.figures.tables import caption_html, facts_html, table_html
from ui.visit import caches, jobs, shelf
from ui.visit.caches import RunLost
from ui.visit.state import visit

SAMPLE = 500  # held-out images that the statistics here are of
_UNITS = 60  # drawn at most
_LARGE, _FEW = 5, 20  # items that are drawn large stand so many to a row, and are so many at most
_USED = 0.01  # nats: a number of a variational code that carries less is as good as unused


def show(run: Run) -> None:
    """Show the sections that ``run``'s kind of autoencoder has: KL, sparse units, contraction, pretraining."""
    if run.config.variational:
        _bound(run)
    if not on_disk(run.config.dataset):
        return
    if run.config.variational:
        _dimensions(run)
    if run.config.sparsity != "none":
        _units(run)
    if run.config.contraction:
        _nudges(run)
    if run.config.pretraining == "rbm":
        _machines(run)


def _bound(run: Run) -> None:
    m, info = run.metrics, INFO[run.config.dataset]
    st.caption(
        f"Negative evidence lower bound on the held-out {info.items}: **{m['loss']:.1f}** nats {info.spoken('an image')} = "
        f"reconstruction {m['reconstruction']:.1f} + {run.config.beta:g} × KL {m['kl']:.1f}."
    )


def _dimensions(run: Run) -> None:
    """Show the KL divergence of each number of a variational code, nats, and how many of them are used."""
    with torch.inference_mode():
        mean, log_variance = run.model.posterior(_images(run))
        each = kl_by_dimension(mean, log_variance).sort(descending=True).values
    used = int((each > _USED).sum())
    st.subheader("Which numbers of the code are used")
    st.plotly_chart(
        charts.bars(each.tolist(), "numbers of the code, most used first", "KL, nats"),
        key="dimensions",
        config=charts.BARE,
        width="stretch",
    )
    st.caption(
        f"{used} of {len(each)} numbers carry more than {_USED:g} nats; the others were left to the prior, and the decoder "
        f"has learned not to listen to them. Together {each.sum():.1f} nats, a mean over {len(mean)} held-out "
        f"{INFO[run.config.dataset].items}."
    )


@st.fragment
def _units(run: Run) -> None:
    """Show which units of a sparse code fire for an image, and what each unit adds to the reconstruction."""
    config, model, info = run.config, run.model, INFO[run.config.dataset]
    st.subheader("Which units fire, and what they draw")
    images = _images(run)
    index = st.number_input(
        info.spoken("Held-out image"),
        0,
        len(images) - 1,
        0,
        key=f"unit_image_{config.dataset}",
        persist_state="session",
        help=info.spoken("Its number among the held-out images."),
    )
    codes = model.encode(images)
    image = images[index : index + 1]
    code = model.encode(image)[0]
    fires = firing(torch.cat([codes, code[None]]))[-1]
    strongest = code.abs().mul(fires).argsort(descending=True)[: min(12, max(1, int(fires.sum())))]
    without = code.repeat(len(strongest), 1)
    without[torch.arange(len(strongest)), strongest] = 0
    whole = model.decode(code[None])
    share = model.decode(without)
    drawn = signed(whole - share, info)
    st.html(
        facts_html(
            [
                (f"{int(fires.sum())} of {config.code_size}", info.spoken("units fire for this image"), "ae"),
                (
                    f"{run.metrics['active_share'] * config.code_size:.1f}",
                    info.spoken("fire for an image on average"),
                    "",
                ),
                (f"{run.metrics['dead_share']:.1%}", info.spoken("of the units fire for no image"), ""),
            ]
        )
        + panels_html(
            [
                Panel(info.spoken("Image"), image[0], "held out"),
                Panel("Reconstruction", whole[0], f"from {int(fires.sum())} units", "ae"),
            ],
            info,
            "small",
        )
        + f'<div class="code-line" role="img" aria-label="The code as bars">{bars(code)}</div>'
        + caption_html("The code: one bar a unit.")
        + f'<img class="px{smooth(info)}" src="{sprite(drawn, info, 12 if info.kind == "image" else _LARGE)}" alt="What its strongest units draw">'
        + caption_html(
            f"What each of its strongest units {_adds(info)}: the reconstruction with the unit minus the one without."
        )
    )
    _alone(run)


def _alone(run: Run) -> None:
    """Show what each unit of a sparse code draws alone, beside PCA's components, and how many of either are edges."""
    info = INFO[run.config.dataset]
    drawn, edges = _features(run.config.key, run)
    waves = run.pca_at_code_size.components.unflatten(1, info.shape)
    is_image = info.kind == "image"
    across, most = (15, _UNITS) if is_image else (_LARGE, _FEW)
    st.html(
        f'<img class="px{smooth(info)}" src="{sprite(signed(drawn[:most], info, each=True), info, across)}" alt="What units draw alone">'
        + caption_html(
            f"What units draw alone, {'bright or dark, ' if is_image else ''}each at its full contrast: the "
            f"{min(most, len(drawn))} that fire most often."
        )
        + f'<img class="px{smooth(info)}" src="{sprite(signed(waves[:most], info, each=True), info, across)}" alt="PCA\'s components">'
        + caption_html(f"PCA's components: the first {min(most, len(waves))}.")
    )
    if is_image:  # an edge has two directions to run in
        _edges(edges, measure_features(waves))


def _edges(edges: Features, theirs: Features) -> None:
    """Show how many features of an autoencoder and of PCA are edges."""
    st.html(
        table_html(
            [("Of the features", ""), ("Autoencoder", "ae"), ("PCA, same size", "pca")],
            [
                ["are localised", _of(edges.localised), _of(theirs.localised)],
                ["are oriented", _of(edges.oriented), _of(theirs.oriented)],
                ["are both: edges", _of(edges.edges), _of(theirs.edges)],
            ],
        )
    )
    ways = int((edges.directions > 0).sum())
    st.caption(
        f"Localised: half of a feature's energy, the squares of its pixels, lies within {LOCALISED:.0%} of them. Oriented: "
        f"{ORIENTED:.0%} of the energy of its spectrum lies within 22.5° of one direction. Features of the autoencoder are those "
        "of units that fire" + (f"; its edges run in {ways} of 8 directions." if edges.edges.any() else ".")
    )


def _adds(info: DatasetInfo) -> str:
    """Say what the pictures of units' shares show of a data set's items."""
    if info.kind == "text":  # see signed
        return "adds to the words of this document; what it takes from them is not drawn"
    ways = ("bright", "dark") if info.kind == "image" else ("up", "down")
    return info.spoken(f"adds to this image ({ways[0]}) or takes from it ({ways[1]})")


def _of(those: Tensor) -> str:
    return f"{int(those.sum())} of {len(those)}"


@st.cache_data(show_spinner=False, max_entries=32)
def _features(key: str, _run: Run) -> tuple[Tensor, Features]:
    """Return what units draw alone, and the measure of it; cached by ``key``, the run's Config's."""
    drawn = drawn_alone(_run.model, _images(_run))
    return drawn[:_UNITS].clone(), measure_features(drawn)


def _nudges(run: Run) -> None:
    """Show how far the code moves when an item changes a little: by noise, or by a shift where numbers have neighbours."""
    st.subheader("How far a nudge moves the code")
    twin = _twin(run, "Train the same network without the penalty", contraction=0.0)
    images = _images(run)
    kinds = {
        "noise of 0.05": images + 0.05 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0)),
        "noise of 0.1": images + 0.1 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0)),
    } | _shifted(images, INFO[run.config.dataset])
    codecs: dict[tuple[str, str], Codec] = {
        ("Autoencoder", "ae"): run.model,
        ("PCA, same size", "pca"): run.pca_at_code_size,
    }
    if twin is not None:
        codecs["Without the penalty", ""] = twin.model
    moved = [_moved(codec, images, kinds.values()) for codec in codecs.values()]
    rows = [[kind, *(f"{share:.1%}" for share in shares)] for kind, *shares in zip(kinds, *moved, strict=True)]
    st.html(table_html([("Nudge", ""), *codecs], rows))
    how = "exact" if contraction_is_exact(run.config) else "in training estimated by random projections, here exact"
    st.caption(
        f"In shares of the distance between the codes of two {INFO[run.config.dataset].items}, means over {len(images)} held-out ones. The squared "
        f"Frobenius norm of the encoder's Jacobian is **{run.metrics['contraction']:.3g}** ({how})"
        + (f"; without the penalty it is **{_norm_without(twin.config.key, twin):.3g}**." if twin else ".")
    )


def _shifted(images: Tensor, info: DatasetInfo) -> dict[str, Tensor]:
    """Return items (N, C, H, W) moved by one number, by the way in words; none where numbers have no neighbours."""
    if info.kind == "image":
        return {
            "a pixel to the right": torch.roll(images, 1, dims=3),
            "a pixel down": torch.roll(images, 1, dims=2),
        }
    return {"a number later": torch.roll(images, 1, dims=2)} if info.has_neighbours else {}


def _machines(run: Run) -> None:
    """Compare the held-out loss of a pretrained run with that of the same network without pretraining."""
    st.subheader("With and without pretraining")
    twin = _twin(run, "Train the same network without pretraining", pretraining="none")
    if twin is None:
        return
    st.plotly_chart(
        charts.two_losses([("pretrained", run.history), ("from random weights", twin.history)]),
        key="with_and_without",
        config=charts.BARE,
        width="stretch",
    )
    st.caption(
        f"The same fine-tuning ends at a held-out squared error of **{run.metrics['mse']:.4f}** with pretraining and "
        f"**{twin.metrics['mse']:.4f}** without."
    )


def _twin(run: Run, offer: str, **changes: Any) -> Run | None:
    """Return the known run that differs from ``run`` in ``changes`` alone; else show a button that trains it.

    Args:
        run: the run on screen.
        offer: the button's words.
        changes: settings, by the field of Config.

    Returns:
        The run; None while there is none.
    """
    config = replace(run.config, **changes).canonical()
    entry = shelf.known(config)
    if entry is not None:
        with suppress(RunLost):
            return shelf.run_of(entry)
    st.button(
        offer,
        on_click=_train,
        args=(config, entry is not None),
        key=f"twin_{config.key}",
        disabled=jobs.active_job() is not None,
        help="When it is done, choose this run again in the sidebar to see the two beside each other.",
    )
    return None


def _train(config: Config, again: bool) -> None:
    visit().job.error = jobs.start(config, again=again)


def _moved(codec: Codec, images: Tensor, nudged: Iterable[Tensor]) -> list[float]:
    """Return how far each small change of the images moves their codes.

    Args:
        codec: encodes the images.
        images: (N, C, H, W) in [0, 1].
        nudged: the same images, changed; one tensor for each way.

    Returns:
        The mean distance that codes move, in shares of the mean distance between the codes of two images.
    """
    codes = codec.encode(images)
    spread = _distances(codes, codes.roll(1, 0))
    return [float(_distances(codec.encode(others), codes) / spread) for others in nudged]


@st.cache_data(show_spinner=False, max_entries=32)
def _norm_without(key: str, _twin_run: Run) -> float:
    """Return the squared Frobenius norm of the encoder's Jacobian, for a run whose metrics do not have it.

    It takes a moment, and is cached by ``key``, the run's Config's.
    """
    return jacobian_norm(_twin_run.model, _images(_twin_run)[:JACOBIANS])


def _distances(codes: Tensor, others: Tensor) -> Tensor:
    return (codes - others).norm(dim=1).mean()


def _images(run: Run) -> Tensor:
    return to_float(caches.held_out_of(run.config).images[:SAMPLE])

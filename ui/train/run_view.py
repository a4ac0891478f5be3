"""A run on the Train page: while it waits, while it trains, and when it is done."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.config.variants import title_of
from ae_core.data.datasets import INFO, on_disk
from ae_core.jobs.job import Job
from ae_core.models.autoencoder import count_parameters
from ae_core.models.codec import reconstruct
from ae_core.models.pca import PCACodec
from ae_core.runs.run import Run
from ae_core.text import as_written
from ae_core.training.film import History
from ui.figures import charts, film
from ui.figures.film import film_inputs
from ui.figures.pictures import Row, strip_html
from ui.figures.style import projecting, theme
from ui.figures.tables import facts_html
from ui.train import insights
from ui.visit import caches, jobs
from ui.visit.state import visit


def queued(job: Job, position: int) -> None:
    """Show a job that waits for a worker: its place in the queue, and a button that leaves it."""
    manager = caches.manager()
    st.subheader(title_of(job.config))
    if manager.trouble:
        st.warning(as_written(manager.trouble))
    elif not manager.ready and not manager.running():
        st.progress(0.0, "The training service is starting; this takes some seconds after the server did")
    else:
        st.progress(0.0, f"Number {position} in the queue; {jobs.starts_in(job)}")
    st.button("Leave the queue", on_click=jobs.stop)


def running(job: Job) -> None:
    """Show a job that trains: progress, losses now, curve, and its film so far."""
    st.subheader(f"Training: {title_of(job.config)}")
    report = job.report
    stopping = visit().visitor not in job.seen
    bar, button = _slot()
    with button:
        st.button("Stop", on_click=jobs.stop, disabled=stopping, icon=":material/stop:")
    with bar:
        if stopping:
            st.progress(job.share_done, "Stopping; what it learned so far is kept")
        elif job.phase == "measuring":
            st.progress(1.0, INFO[job.config.dataset].spoken("Trained; measuring it on all held-out images"))
        elif report is None:
            warm = caches.manager().ready
            loading = INFO[job.config.dataset].spoken("Loading the images")
            st.progress(0.0, loading if warm else "The workers are warming up, which happens once a server start")
        else:
            left = report.seconds_left
            st.progress(job.share_done, f"{left:.0f} seconds left" if left == left else "Starting")
    info = INFO[job.config.dataset]
    if report is None:
        return
    history = report.history
    if not history["epoch"]:
        if report.pretraining:
            pretraining(job.config, report.pretraining, running=True)
        return
    facts = [
        (f"{history['held_out_loss'][-1]:.4g}", "held-out loss now", "ae"),
        (f"{history['train_loss'][-1]:.4g}", "training loss now", ""),
        (f"{report.epoch:.1f} of {job.config.epochs}", "epochs", ""),
        (f"{info.pixels / job.config.code_size:.3g}×", "compression", ""),
        (f"{count_parameters(job.config, info.shape):,}", "parameters", ""),
        (f"{report.images_per_second:,.0f}", f"{info.items} a second", ""),
    ]
    st.html(facts_html(facts))
    _curves(job.config, history, job.baseline)
    film.show_live(job)
    if report.pretraining:
        pretraining(job.config, report.pretraining)


def _curves(config: Config, history: History, baseline: float | None) -> None:
    """Show training and held-out loss over epochs, beside PCA's error where it is known."""
    curves = hash(tuple(map(tuple, history.values())))
    chart = _losses(config.key, (theme(), projecting()), curves, baseline, _history=history, _config=config)
    st.plotly_chart(chart, key="losses", config=charts.BARE, width="stretch")


@st.cache_resource(show_spinner=False, max_entries=32)
def _losses(
    key: str, looks: tuple[str, bool], curves: int, baseline: float | None, *, _history: History, _config: Config
) -> go.Figure:
    """Return the chart of a run, made once for all who look at it, of whom there may be a class."""
    return charts.losses(_history, _config, baseline)


def pretraining(config: Config, errors: Sequence[Sequence[float]], running: bool = False) -> None:
    """Show the squared error of each Boltzmann machine of a pretrained network, one curve a layer.

    Args:
        config: of the network.
        errors: of each machine that has begun, from the pixels up, one at each evaluation.
        running: whether the last of them is still learning.
    """
    count, info = len(config.hidden_sizes) + 1, INFO[config.dataset]
    widths = [info.pixels, *config.hidden_sizes, config.code_size]
    index = len(errors) - 1
    st.caption(
        f"Boltzmann machine {len(errors)} of {count} learns to model the {widths[index]} units below it with "
        f"{widths[index + 1]} of its own."
        if running
        else f"Before fine-tuning, {count} Boltzmann machines learned one after the other, each from the units of the one "
        "below: squared error of what a machine dreams after a single step."
    )
    st.plotly_chart(charts.machines(errors, widths), key="machines", config=charts.BARE, width="stretch")


def _slot() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return two places in the row under the title: for a progress bar and for a button.

    The row is there in every state, so that nothing moves when the state changes.
    """
    row = st.container(horizontal=True, vertical_alignment="center", key="training_slot")
    return row.container(), row.container(width="content")


def finished(run: Run, title: str) -> None:
    """Show a finished run: metrics beside PCA's, loss curve, film, images, and what its kind adds."""
    st.subheader(title)
    m = run.metrics
    bar, _ = _slot()
    epoch = run.history["epoch"][-1]
    with bar:
        st.progress(
            min(1.0, epoch / run.config.epochs),
            (f"Finished after {epoch:.3g}" if run.finished else f"Stopped after {epoch:.2f} of {run.config.epochs}")
            + f" epochs: {run.seconds:.1f} s on {as_written(run.device)}",
        )
    if m["mse"] >= m["mean_image_mse"]:
        st.warning(
            f"This run learned nothing of use: its held-out error of {m['mse']:.4f} is no better than answering everything "
            f"with the mean {INFO[run.config.dataset].item} ({m['mean_image_mse']:.4f}). Often the learning rate is too high, the penalty too strong, or "
            "all units of a layer are dead. Change one of them and train again.",
            icon=":material/trending_flat:",
        )
    st.html(
        facts_html(
            [
                (f"{m['mse']:.4f}", "held-out MSE", "ae"),
                (f"{m['pca_mse']:.4f}", "PCA's, same code size", "pca"),
                (f"{m['knn_accuracy']:.1%}", f"5-NN accuracy (PCA {m['pca_knn_accuracy']:.0%})", ""),
                (f"{run.compression_factor:.3g}×", "compression", ""),
                (f"{run.parameters:,}", "parameters", ""),
                *([(f"{m['ssim']:.3f}", f"SSIM (PCA {m['pca_ssim']:.3f})", "")] if "ssim" in m else []),
            ]
        )
    )
    _curves(run.config, run.history, m["pca_mse"])
    film.show(run)
    if on_disk(run.config.dataset):
        inputs = film_inputs(run.config)[1]
        st.html(
            strip_html(
                _rows(run.config, reconstruct(run.model, inputs), run.pca_at_code_size), INFO[run.config.dataset]
            )
        )
    if run.config.corruption != "none":
        st.caption(
            f"Squared error to the clean {INFO[run.config.dataset].item} at full noise: noisy {m['noisy_mse']:.4f}, "
            f"**denoised {m['denoised_mse']:.4f}**, PCA {m['pca_denoised_mse']:.4f}"
            + (f", median filter {m['median_denoised_mse']:.4f}." if "median_denoised_mse" in m else ".")
        )
    if run.pretraining:
        pretraining(run.config, run.pretraining)
    insights.show(run)


def _rows(config: Config, outputs: Tensor, pca: PCACodec) -> list[Row]:
    clean, corrupted = film_inputs(config)
    rows = [Row("Original", clean, small="held out")]
    if config.corruption != "none":
        rows.append(Row("Input", corrupted, small="damaged"))
    rows.append(Row("Autoencoder", outputs, small=f"code of {config.code_size}", actor="ae", over=clean))
    rows.append(Row("PCA", reconstruct(pca, corrupted), small="same size", actor="pca", over=clean))
    return rows

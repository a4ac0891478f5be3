"""The run on screen beside any other: what differs in their settings, and what came of it."""

from __future__ import annotations

import streamlit as st

from ae_core.codec import reconstruct
from ae_core.datasets import on_disk
from ae_core.run import Run
from ui import charts, shelf
from ui.pictures import Row, strip_html
from ui.tables import table_html
from ui.training_view import film_inputs

_NONE = "nothing"


def offer(run: Run, title: str) -> None:
    """A picker of the other runs on the shelf, and the comparison with the one that is picked."""
    others = {entry.id: entry for entry in shelf.entries() if entry.config.key != run.config.key}
    if not others:
        return
    st.subheader("Compare with another run")
    picked = st.selectbox(
        "Compare with",
        [_NONE, *others],
        format_func=lambda one: others[one].title if one in others else "choose a run",
        key="compare_with",
        label_visibility="collapsed",
    )
    if picked in others:
        _beside(run, title, shelf.run_of(others[picked]), others[picked].title)


def _beside(run: Run, title: str, other: Run, other_title: str) -> None:
    different = other.config.describe_difference(run.config)
    st.write(f"From **{other_title}** to **{title}**: {different or 'nothing but the training differs'}.")
    rows = [
        ["Held-out squared error", f"{run.metrics['mse']:.5f}", f"{other.metrics['mse']:.5f}"],
        ["PCA's at the same code size", f"{run.metrics['pca_mse']:.5f}", f"{other.metrics['pca_mse']:.5f}"],
        ["SSIM", f"{run.metrics['ssim']:.3f}", f"{other.metrics['ssim']:.3f}"],
        ["5-NN accuracy of the codes", f"{run.metrics['knn_accuracy']:.1%}", f"{other.metrics['knn_accuracy']:.1%}"],
        ["Code", f"{run.config.code_size}", f"{other.config.code_size}"],
        ["Parameters", f"{run.parameters:,}", f"{other.parameters:,}"],
        ["Seconds of training", f"{run.seconds:.1f}", f"{other.seconds:.1f}"],
    ]
    st.html(table_html([("", ""), ("This run", "ae"), ("The other", "")], rows))
    if _unit(run) == _unit(other):
        st.plotly_chart(
            charts.two_losses([("this run", run.history), ("the other", other.history)]),
            key="compared_losses",
            config=charts.BARE,
            width="stretch",
        )
    else:
        st.caption("Their losses are in different units, so their curves are not drawn over one another.")
    if run.config.dataset != other.config.dataset:
        st.caption("They learned from different images, so their reconstructions are not comparable.")
    elif on_disk(run.config.dataset):
        clean = film_inputs(run.config)[0]
        strips = [Row("Original", clean, small="held out")]
        for name, one, actor in (("This run", run, "ae"), ("The other", other, "")):
            inputs = film_inputs(one.config)[1]
            strips.append(
                Row(name, reconstruct(one.model, inputs), small=f"code of {one.config.code_size}", actor=actor)
            )
        st.html(strip_html(strips))


def _unit(run: Run) -> tuple[object, ...]:
    config = run.config
    return config.loss, config.variational, config.dataset

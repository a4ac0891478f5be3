"""The sidebar: the run on screen, its downloads, the upload of checkpoints, and the progress of training."""

from __future__ import annotations

import streamlit as st

from ae_core.errors import LabError
from ae_core.runs import checkpoint
from ae_core.text import as_written
from ui.figures import style
from ui.shell import forgetting, share
from ui.shell.navigation import PAGES
from ui.visit import batch, jobs, shelf, widget_values
from ui.visit.state import visit
from ui.visit.widget_values import WidgetKey
from ui.widgets.expander import expander


def draw(page: str) -> None:
    """Show the sidebar: the choice of the run on screen, its downloads, the upload of a checkpoint, and progress."""
    batch.collect()
    with st.sidebar:
        if not PAGES[page].shows_run:
            share.button(page)
            _elsewhere(page)
            return
        runs = shelf.entries()
        if not runs:
            return
        titles = {entry.id: entry.title for entry in runs}
        if visit().chosen not in titles:
            visit().chosen = None
        widget_values.write(widget_values.SHELF, shelf.current_entry(page).id)
        st.selectbox(
            "Run on screen" if page else "Run on the other pages",
            list(titles),
            format_func=titles.__getitem__,
            key=widget_values.SHELF,
            on_change=_picked,
            help="The runs of this visit come first, then the ones that come with the lab. Type to search.",
        )
        share.button(page)
        if page:
            _card(shelf.current_entry(page))
            _upload()
        _elsewhere(page)


def _elsewhere(page: str) -> None:
    """Show what goes on on other pages, and the switch for a projector."""
    if page != "train" and jobs.active_job() is not None:  # that page shows it itself
        jobs.follow()
    batch.elsewhere(page)
    style.projector_switch()
    forgetting.button()


def _picked() -> None:
    visit().chosen = widget_values.read(widget_values.SHELF)


def _card(entry: shelf.Entry) -> None:
    try:
        run = shelf.run_of(entry)
    except LabError:
        return  # the page says so
    st.caption(
        f"Held-out MSE **{run.metrics['mse']:.4f}** (PCA {run.metrics['pca_mse']:.4f})  \n"
        f"{run.parameters:,} parameters, trained {run.seconds:.1f} s on {as_written(run.device)}"
    )


@st.fragment
def _upload() -> None:
    place = expander("Upload a checkpoint", key="upload", icon=":material/upload:")
    if place is None:
        return
    # a fresh one after each file: after a restart of the server the browser would go on naming a file that nobody has
    key = widget_values.checkpoint(visit().shelf.uploads)
    place.file_uploader(
        "Checkpoint file",
        key=key,
        on_change=_uploaded,
        args=(key,),
        help="A file that was downloaded here. It is checked, and nothing in it is ever executed.",
    )
    if message := visit().shelf.upload_refusal:
        place.error(as_written(message))


def _uploaded(key: WidgetKey) -> None:
    file = widget_values.read(key)
    visit().shelf.uploads += 1
    visit().shelf.upload_refusal = ""
    if file is None:
        return
    try:
        shelf.keep(checkpoint.from_bytes(file.getvalue()))
    except LabError as error:
        visit().shelf.upload_refusal = str(error)
        return
    st.rerun()  # of the whole page: another run is on screen

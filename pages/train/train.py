"""Train: pick a kind, set it, watch it learn."""

import streamlit as st

from ae_core.config.variants import VARIANTS
from ae_core.jobs.job import State
from ui.compare import comparison
from ui.components.scroll_to import scroll_to
from ui.settings import controls
from ui.train import run_view
from ui.train.panel import panel
from ui.visit import caches, jobs, presence, shelf
from ui.visit.state import visit

st.title("Train an autoencoder")
entry = shelf.current_entry("train")
run = shelf.run_of(entry)
if visit().settings.draft is None:
    controls.set_draft(VARIANTS["dense"].config(run.config.dataset))
with st.container(key="picture_and_panel"):
    picture, settings = st.columns([5, 3], gap="large")
below = st.empty()


def state_now() -> State | None:
    """Return the state of the visitor's job; None for no job."""
    job = jobs.active_job()
    return None if job is None else job.state


@st.fragment(run_every=presence.seconds_between_looks(jobs.active_job()))
def live(before: State | None) -> None:
    """Show the run on screen or, while one trains, its progress; the whole page is redrawn when that starts or ends.

    Args:
        before: the state of the visitor's job when the page was drawn; None for no job.
    """
    if jobs.collect() or state_now() is not before:
        st.rerun()
    job = jobs.active_job()
    if job is None:
        run_view.finished(run, entry.title)
        comparison.offer(run, entry.title)
    elif job.state is State.QUEUED:
        run_view.queued(job, caches.manager().position(job))
    else:
        run_view.running(job)


with picture, st.container(key="picture"):
    job = jobs.active_job()
    live(state_now())
    if job is not None:
        scroll_to("picture", occasion=job.id)
with settings, st.container(gap="xsmall"):
    panel(run, below)

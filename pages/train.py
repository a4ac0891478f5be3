"""Train: pick a kind, set it, watch it learn."""

import streamlit as st

from ae_core.jobs.job import State
from ae_core.variants import VARIANTS
from ui import comparison, controls, resources, shelf, training, training_view
from ui.components.scroll_to import scroll_to
from ui.training_panel import panel

st.title("Train an autoencoder")
entry = shelf.current_entry("train")
run = shelf.run_of(entry)
if st.session_state.get("draft") is None:
    controls.set_draft(VARIANTS["dense"].config(run.config.dataset))
picture, settings = st.columns([5, 3], gap="large")
below = st.empty()


@st.fragment(run_every=0.5 if training.active_job() else None)
def live(had_job: bool) -> None:
    if training.collect() or (had_job and training.active_job() is None):  # ended, or left by its button
        st.rerun()
    job = training.active_job()
    if job is None:
        training_view.finished(run, entry.title)
        comparison.offer(run, entry.title)
    elif job.state is State.QUEUED:
        training_view.queued(job, resources.manager().position(job))
    else:
        training_view.running(job)


with picture, st.container(key="picture"):
    job = training.active_job()
    live(job is not None)
    if job is not None:
        scroll_to("picture", occasion=job.id)
with settings, st.container(gap="xsmall"):
    panel(run, below)

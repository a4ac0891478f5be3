"""Training the run that a link names and this server does not have, so that the page can show it."""

from __future__ import annotations

import streamlit as st

from ae_core.config.schema import Config
from ae_core.config.variants import title_of
from ae_core.data.datasets import absence, on_disk
from ae_core.text import as_written
from ui.visit import caches, jobs, link, shelf
from ui.visit.state import visit

_UNASKED = 60.0  # seconds of training that a link may start by being opened


def for_link(page: str) -> None:
    """Train a link's unknown run and show its progress instead of the page, or offer to train it where that is long."""
    state = visit().link
    config = state.wanted
    if config is None or not page:  # Home shows the shipped code sizes, whatever the run
        return
    if page == "train" and not state.view.get("trained"):
        state.wanted = None  # a link to settings, not to a result
        return
    if not on_disk(config.dataset):
        state.wanted = None
        st.warning(
            f"This link shows a run that cannot be trained here. {absence(config.dataset)} "
            "Here is a run that comes with the lab instead."
        )
        return
    job = jobs.active_job()
    if job is None or job.key != config.key:
        entry = shelf.known(config)
        if entry is not None:
            state.wanted = None
            jobs.start(config)
            st.rerun()
        seconds = caches.manager().pace.seconds(config)
        if seconds <= _UNASKED and not state.wanted_started:
            state.wanted_started = True
            if refusal := jobs.start(config):
                state.wanted = None
                st.error(as_written(refusal))
                return
        else:
            _offer(config, seconds)
            return
    if page == "train":
        state.wanted = None
        return
    link.show_notes()  # which come at the end of a page, and this one has none
    st.subheader("Training the run that this link shows")
    st.write(f"{title_of(config)}. It is not on this server yet; the same seed gives the same numbers.")
    _progress()
    if st.button("Show a run that is ready instead"):
        state.wanted = None
        jobs.stop()
        st.rerun()
    st.stop()


def _offer(config: Config, seconds: float) -> None:
    with st.container(border=True):
        st.write(
            f"This link shows a run that is not on this server: {title_of(config)}. "
            f"Training it here takes about {seconds:,.0f} seconds."
        )
        if st.button("Train it", type="primary"):
            visit().link.wanted_started = False
            if refusal := jobs.start(config):
                visit().link.wanted = None
                visit().job.error = refusal
            st.rerun()


@st.fragment(run_every=0.5)
def _progress() -> None:
    if jobs.collect() or jobs.active_job() is None:
        visit().link.wanted = None
        st.rerun()
    jobs.show_progress()

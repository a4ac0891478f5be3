"""The visitor's batch of runs: put in the queue, watched on every page, and put on the shelf as they are finished."""

from __future__ import annotations

import streamlit as st

from ae_core.config.schema import Config
from ae_core.jobs.batch import Batch
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import RefusedJob
from ae_core.text import as_written
from ui.visit import caches, network, shelf, widget_values
from ui.visit.state import visit


def active() -> Batch | None:
    """Return this visitor's batch while it is trained, else None."""
    found = visit().batch.current
    return found if found is not None and not found.ended else None


def train(configs: list[Config], titles: dict[str, str]) -> None:
    """Train ``configs`` as a batch; ``titles`` are what the shelf will call them, by the Config's key."""
    state = visit().batch
    state.refusal = ""
    try:
        state.current = caches.manager().submit_all(configs, visit().visitor, network.address())
    except RefusedJob as refusal:
        state.refusal = str(refusal)
        return
    state.titles = titles
    state.left = {config.key for config in configs}


def show_refusal() -> None:
    """Say once why the batch that was asked for last is not trained."""
    state = visit().batch
    if state.refusal:
        st.error(as_written(state.refusal), icon=":material/error:")
        state.refusal = ""


def stop() -> None:
    """Stop this visitor's batch; what is finished is kept."""
    if (found := active()) is not None:
        caches.manager().stop_all(found)


def collect() -> None:
    """Put the batch's finished runs on the shelf, without a change of the run on screen."""
    state = visit().batch
    if state.unseen:  # it was under way when the visitor's belongings went to the disk
        configs, state.unseen = list(state.unseen), ()
        train(configs, state.titles)
    found = state.current
    if found is None:
        return
    caches.manager().touch_all(found)
    for config in found.configs:
        job = found.jobs.get(config.key)
        if config.key in state.left and job is not None and job.work.private and job.run and job.run.finished:
            shelf.keep_private(job.run)
        if config.key in state.left and (entry := shelf.known(config)) is not None:
            state.left.discard(config.key)
            shelf.add(shelf.Entry(entry.id, state.titles[config.key], config))


def progress(found: Batch) -> None:
    """Show one progress bar for a whole batch."""
    count = len(found.configs)
    done = count - len(visit().batch.left)
    if not caches.manager().ready:
        words = "The training service is starting; this takes some seconds after the server did"
    elif found.stopped:
        words = f"Stopping; {done} of {count} runs are finished and kept"
    else:
        words = f"{done} of {count} runs trained"
        waits = [job for job in found.active() if job.state is State.QUEUED]
        if waits and len(waits) == len(found.active()):
            words += f"; the next is number {caches.manager().position(waits[0])} in the queue"
    st.progress(found.share_done, words)


def elsewhere(page: str) -> None:
    """Show the batch's progress bar in the sidebar, on the pages that do not show it themselves."""
    shown = page == "compare" and widget_values.read(widget_values.COMPARE_VIEW, "sweep") == "sweep"
    if shown or active() is None:
        return

    @st.fragment(run_every=1.0)
    def follow() -> None:
        collect()
        if (found := active()) is None:
            st.rerun()
        progress(found)

    follow()


def state_of(config: Config) -> str:
    """Return the state of a run of a batch that is not there yet, in words."""
    found = visit().batch.current
    if found is None or config.key not in {one.key for one in found.configs}:
        return "not trained yet"
    if config.key in found.refused:
        return found.refused[config.key]
    job: Job | None = found.jobs.get(config.key)
    if job is None:
        return "stopped before it began" if found.stopped else "waits for the runs before it"
    if job.state is State.RUNNING:
        return f"training, {job.share_done:.0%}" if job.report else "loading the images"
    if job.state is State.QUEUED:
        return f"number {caches.manager().position(job)} in the queue"
    if job.state is State.STOPPED:
        return "stopped before its end"
    return job.message or job.warning or "no longer kept on the server"

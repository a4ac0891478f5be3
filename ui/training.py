"""This visitor's training job: started, stopped, and collected when it has ended."""

from __future__ import annotations

import streamlit as st

from ae_core.config import Config
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import RefusedJob
from ui import resources, shelf


def start(config: Config, *, again: bool = False) -> str:
    """Train ``config``, or show it when it is known and not to be trained ``again``.

    Returns a sentence when that was refused, else "".
    """
    entry = None if again else shelf.known(config)
    if entry is not None:
        shelf.add(entry)
        shelf.choose(entry)
        return ""
    job = active_job()
    if job is not None:  # pressing Train again replaces what this visitor has under way
        resources.manager().stop(job, st.session_state.visitor)
    try:
        st.session_state.job = resources.manager().submit(config, st.session_state.visitor, again=again)
    except RefusedJob as refusal:
        return str(refusal)
    return ""


def stop() -> None:
    """Stop this visitor's job; what it learned so far is kept."""
    job = active_job()
    if job is None:
        return
    shared = len(job.seen) > 1
    resources.manager().stop(job, st.session_state.visitor)
    if shared or job.state is State.STOPPED:
        st.session_state.job = None
        if shared:
            st.session_state.job_note = "You left a run that others are waiting for; it goes on without you."


def active_job() -> Job | None:
    """This visitor's job while it is queued or running (or stopping)."""
    job: Job | None = st.session_state.get("job")
    return job if job is not None and not job.state.ended else None


def collect() -> bool:
    """Take what an ended job left behind; True when the page should be drawn anew for it."""
    job: Job | None = st.session_state.get("job")
    if job is None:
        return False
    resources.manager().touch(job, st.session_state.visitor)
    if not job.state.ended:
        return False
    st.session_state.job = None
    if job.state is State.FAILED:
        st.session_state.job_error = job.message
        return True
    run = job.run or resources.stored_run(job.key)
    if run is not None:
        shelf.keep(run, job)
    if job.warning:
        st.session_state.job_note = job.warning
    return True


def show_progress() -> None:
    """One bar for this visitor's job, where a page has no more room for it."""
    job = active_job()
    if job is None:
        return
    position = resources.manager().position(job)
    words = f"Training: number {position} in the queue" if position else f"Training, {job.share_done:.0%}"
    st.progress(job.share_done, words)


def show_messages() -> None:
    """What became of a job, when that needs saying; once."""
    if error := st.session_state.pop("job_error", ""):
        st.error(error, icon=":material/error:")
    if note := st.session_state.pop("job_note", ""):
        st.info(note)

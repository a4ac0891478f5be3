"""The visitor's training job: started, stopped, and collected when it has ended."""

from __future__ import annotations

import streamlit as st

from ae_core.config.schema import Config
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import RefusedJob
from ae_core.jobs.snapshot import DRAINING
from ae_core.tasks import trainable
from ae_core.tasks.trainable import Trainable
from ae_core.text import as_written, readable
from ui.visit import caches, network, presence, shelf
from ui.visit.state import JobState, Unseen, visit

_STOPPED = "You were away, so your run was stopped. What it had learned by then is on the shelf."
_WAITS_AGAIN = "You were away, so your run lost its place in the line. It waits again."
_RESTARTED = "The lab was restarted; your run waits again."


def start(config: Config, *, again: bool = False) -> str:
    """Train ``config``, or show it when it is known and not to be trained ``again``.

    Returns a sentence when that was refused, else "".
    """
    if not again and _show_known(config):
        return ""
    if caches.manager().draining:
        return DRAINING  # before what is under way is given up for it
    job = active_job()
    if job is not None:  # pressing Train again replaces what this visitor has under way
        caches.manager().stop(job, visit().visitor)
    try:
        visit().job.current = caches.manager().submit(config, visit().visitor, again=again, address=network.address())
    except RefusedJob as refusal:
        return str(refusal)
    return ""


def _show_known(config: Config) -> bool:
    """Put a run that is known on the shelf and on screen; return whether there is one."""
    entry = shelf.known(config)
    if entry is not None:
        shelf.add(entry)
        shelf.choose(entry)
    return entry is not None


def stop() -> None:
    """Stop this visitor's job; what it learned so far is kept."""
    job = active_job()
    if job is None:
        return
    shared = len(job.seen) > 1
    caches.manager().stop(job, visit().visitor)
    if shared or job.state is State.STOPPED:
        visit().job.current = None
        if shared:
            visit().job.note = "You left a run that others are waiting for; it goes on without you."


def active_job() -> Job | None:
    """Return this visitor's job while it is queued, running or stopping, else None."""
    job = visit().job.current
    return job if job is not None and not job.state.ended else None


def collect() -> bool:
    """Take the result of a job that has ended; return whether the page should be drawn anew for it."""
    presence.note()
    with visit().known.belongings.lock:  # of two tabs one takes it
        return _collect(visit().job)


def _collect(state: JobState) -> bool:
    if state.unseen is not None:
        unseen, state.unseen = state.unseen, None
        _take_up(state, unseen)
        return True
    job = state.current
    if job is None:
        return False
    caches.manager().touch(job, visit().visitor)
    if not job.state.ended:
        return False
    state.current = None
    if job.abandoned:
        return _come_back(state, job)
    if job.state is State.FAILED:
        state.error = job.message
        return True
    run = job.run or caches.stored_run(job.key)
    if run is not None:
        shelf.keep(run, job)
    if job.warning:
        state.note = job.warning
    return True


def _take_up(state: JobState, unseen: Unseen) -> None:
    """Go on with what the visitor had under way when their belongings went to the disk: see :mod:`ui.visit.keeping`."""
    if _show_known(unseen.config):
        return
    if unseen.run is not None:
        ended = State.DONE if unseen.run.finished else State.STOPPED
        shelf.keep(unseen.run, Job(trainable(unseen.config), state=ended, run=unseen.run))
        if not unseen.run.finished:
            state.note = _STOPPED
    else:
        _wait_again(state, unseen.config, _RESTARTED if unseen.restarted else _WAITS_AGAIN)


def _come_back(state: JobState, job: Job) -> bool:
    """See to a job that was stopped while its visitor was away; return whether the page should be drawn anew."""
    if job.run is not None:
        shelf.keep(job.run, job)
        state.note = _STOPPED
        return True
    _wait_again(state, job.work, _WAITS_AGAIN, again=True)
    return True


def _wait_again(state: JobState, work: Config | Trainable, note: str, *, again: bool = False) -> None:
    """Have a run wait again that the visitor had asked for, and say so; or say why it cannot.

    Args:
        state: the visitor's.
        work: what is to be trained.
        note: what is said.
        again: whether to train it even if it was trained before.
    """
    try:
        state.current = caches.manager().submit(work, visit().visitor, again=again, address=network.address())
        state.note = note
    except RefusedJob as refusal:
        state.error = str(refusal)


def starts_in(job: Job) -> str:
    """Return in words when a job that waits will start, as it is foretold now."""
    seconds = caches.manager().seconds_until_start(job)
    if seconds is None:
        return f"{caches.manager().running()} training now"
    return f"it starts in about {readable(seconds)}"


def show_progress() -> None:
    """Show this visitor's job as one progress bar, without curves or film."""
    job = active_job()
    if job is None:
        return
    position = caches.manager().position(job)
    words = (
        f"Training: number {position} in the queue; {starts_in(job)}" if position else f"Training, {job.share_done:.0%}"
    )
    st.progress(job.share_done, words)


@st.fragment(run_every=1.0)
def follow() -> None:
    """Show this visitor's progress bar every second anew, and redraw the page when the job has ended."""
    if collect() or active_job() is None:
        st.rerun()
    show_progress()


def show_messages() -> None:
    """Show once what became of a job, where that needs saying."""
    state = visit().job
    if state.error:
        st.error(as_written(state.error), icon=":material/error:")
    if state.note:
        st.info(as_written(state.note))
    state.error = state.note = ""

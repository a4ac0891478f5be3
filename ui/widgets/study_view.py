"""A study on a page: what there is of it, drawn anew as its parts are answered, with progress and Stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ae_core.jobs.job import State
from ae_core.tasks.study import Answer, Study
from ae_core.text import as_written
from ui.visit import studies
from ui.visit.studies import Found

_EVERY = 0.5  # seconds between two looks


def show_study(study: Study, draw: Callable[[Mapping[str, Answer]], None]) -> None:
    """Show a study, and have it computed where nobody has yet.

    Args:
        study: of the run on screen.
        draw: draws what there is of it: called with the answers so far by the parts' names, none at first.
    """
    found = studies.look(study)
    under_way = found.state in (State.QUEUED, State.RUNNING)

    @st.fragment(run_every=_EVERY if under_way else None)
    def shown() -> None:
        now = studies.look(study)
        if under_way and now.state.ended:
            st.rerun()  # what stands beside it may say more now, and nothing has to be drawn every half second
        _progress(study.key, now)
        draw(now.answers)

    shown()


def _progress(key: str, found: Found) -> None:
    if found.state is State.DONE:
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"study_{key[:8]}"):
        if found.state in (State.QUEUED, State.RUNNING):
            words = f"Computing {found.under_way}" if found.state is State.RUNNING else "Waiting for its turn"
            st.progress(found.share, f"{words}: {found.share:.0%} is done")
            st.button("Stop", key=f"stop_{key[:8]}", on_click=studies.stop, args=(key,), icon=":material/stop:")
            return
        if found.refusal:
            st.error(as_written(found.refusal), icon=":material/error:")
        else:
            st.caption("This was stopped before it was finished.", width="content")
        st.button("Compute it", key=f"again_{key[:8]}", on_click=studies.again, args=(key,), icon=":material/refresh:")

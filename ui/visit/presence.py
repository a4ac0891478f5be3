"""Whether a visitor's tabs are open, as their connections tell: a tab that is closed is noticed at once."""

from __future__ import annotations

import uuid

import streamlit as st

from ae_core.jobs.job import Job, State
from ui.components.kept_token import kept_token
from ui.visit import keeping, widget_values
from ui.visit.register import Known, token_in
from ui.visit.state import REGISTER, Belongings, remember, visit

_QUICKEST, _SLOWEST = 0.5, 3.0  # seconds between two looks at a run that trains
_WHILE_WAITING = 2  # times as long
_TABS = 15  # that may all look as often as that: each look takes the server some milliseconds


class _Tab:
    """A connection of a visitor's tab, until it is closed or lost."""

    def __init__(self, known: Known[Belongings]) -> None:
        self._known, self._name = known, uuid.uuid4().hex
        REGISTER.enter(known, self._name)

    def close(self) -> None:
        REGISTER.leave(self._known, self._name)


@st.cache_resource(scope="session", show_spinner=False, on_release=_Tab.close)
def _tab(visitor: str, _known: Known[Belongings]) -> _Tab:
    return _Tab(_known)


def note() -> None:
    """Note that this visit's tab is open. Streamlit lets it go when its connection ends, until it comes back."""
    keeping.start()  # before anything of the visitor's is asked for
    _tab(visit().visitor, visit().known)


def seconds_between_looks(job: Job | None) -> float | None:
    """Return how often a job's page is to be drawn anew: less often, the more tabs are open, and while it waits.

    Args:
        job: the visitor's, that waits or runs; None for none, so that there is nothing to look at.
    """
    if job is None:
        return None
    tabs, _, _ = REGISTER.present()
    waiting = _WHILE_WAITING if job.state is State.QUEUED and tabs > _TABS else 1
    return min(_SLOWEST, waiting * max(_QUICKEST, _QUICKEST * tabs / _TABS))


def ask_for_token() -> None:
    """Have a browser that sent no cookie keep the visitor's token itself, if it can."""
    if visit().token and not visit().known.comes_back:
        kept_token(widget_values.TOKEN, visit().token, _known_by_token)


def _known_by_token() -> None:
    answer = widget_values.read(widget_values.TOKEN)
    token = token_in(answer.get("token")) if answer else None
    if token is not None:
        remember(token)

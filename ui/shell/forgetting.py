"""The button by which visitors have the lab forget what is theirs."""

from __future__ import annotations

import streamlit as st

from ui.visit import batch, jobs, pieces
from ui.visit.register import KEEP
from ui.visit.state import forget


def button() -> None:
    """Offer to forget all that the visitor has here."""
    if st.button(
        "Forget my work",
        key="forget_my_work",
        type="tertiary",
        icon=":material/delete_sweep:",
        help=f"Your runs, drawings and pictures are known again in your other tabs, after a reload and after a restart of the lab, until {KEEP / 3600:.0f} hours "
        "after you left or until this browser is closed. On a computer that others use after you, have them forgotten.",
    ):
        _confirm()


@st.dialog("Forget my work")
def _confirm() -> None:
    st.write(
        "Your training and your repairs are stopped, and your drawings, pictures and uploaded runs are forgotten, in all your tabs. Runs that were "
        "trained to their end stay on this server under their settings, which say nothing of you."
    )
    if st.button("Forget it all", key="forget_it_all", type="primary", on_click=_forget):
        st.rerun()


def _forget() -> None:
    jobs.stop()
    batch.stop()
    pieces.stop()
    forget()

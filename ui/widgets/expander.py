"""Expanders whose content is made only once somebody opens them.

A browser draws all that a page holds anew, several times, with every control that moves, what is folded away included.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def expander(title: str, key: str, icon: str | None = None) -> DeltaGenerator | None:
    """Show an expander, and return the place to fill when it is open, else None.

    To be called in a fragment, which opening it redraws.

    Args:
        title: its title.
        key: of the widget.
        icon: beside the title.
    """
    place = st.expander(title, key=key, on_change="rerun", icon=icon)
    return place if place.open else None


@st.fragment
def reading(title: str, text: str) -> None:
    """Show an expander with a text to read, in Markdown."""
    if place := expander(title, key=f"reading_{title}"):
        place.markdown(text)

"""What stands folded until somebody opens it, and is only then made.

A browser draws all that a page holds anew, several times, with every control that moves, what is folded away included.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def expander(title: str, key: str, icon: str | None = None) -> DeltaGenerator | None:
    """An expander: the place to fill when it is open, else None. To be called in a fragment, which opening it redraws."""
    place = st.expander(title, key=key, on_change="rerun", icon=icon)
    return place if place.open else None


@st.fragment
def reading(title: str, text: str) -> None:
    """A text to read, in Markdown, under a page's pictures."""
    if place := expander(title, key=f"reading_{title}"):
        place.markdown(text)

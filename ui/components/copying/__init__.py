"""Copy buttons over plain http: there a browser gives a page no clipboard, and Streamlit's buttons would do nothing."""

from __future__ import annotations

from ui.components.shared import component

_component = component(__file__)


def let_copy() -> None:
    """Have the page's copy buttons copy by a selection where the browser gives the page no clipboard."""
    _component(key="copying", height=1)

"""The query in the browser's address bar, set without a new entry in its history and without a redraw.

``st.query_params`` would add an entry for every step of a slider, so that Back leads nowhere for a long while, and has
the whole page drawn again, which doubles the time until a changed control is on screen.
"""

from __future__ import annotations

from urllib.parse import urlencode

from ui.components.shared import component

_component = component(__file__)


def address_bar(query: dict[str, str]) -> None:
    """Set the query of the address of the page on screen."""
    _component(key="address_bar", data={"query": urlencode(query)}, height=1)

"""Writes the query of the address bar without a new entry in the browser's history and without a redraw.

``st.query_params`` would add an entry for every step of a slider, so that Back leads nowhere for a long while, and has
the whole page drawn again, which doubles the time until a changed control is on screen.
"""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

_JS = """
export default function ({ data }) {
  const address = new URL(window.location.href);
  const wanted = new URLSearchParams(data.query);
  for (const [name, value] of address.searchParams)      // how the page is embedded is not ours to change
    if (name === 'embed' || name === 'embed_options') wanted.append(name, value);
  address.search = wanted.toString();
  if (address.href !== window.location.href) window.history.replaceState(window.history.state, '', address);
}
"""

_component = st.components.v2.component("address_bar", js=_JS)


def address_bar(query: dict[str, str]) -> None:
    """Have the address of the page on screen end in ``?query``."""
    _component(key="address_bar", data={"query": urlencode(query)}, height=1)

"""Brings a part of the page into sight, once, when something has begun there that its visitor is waiting for.

On a phone the picture is two screens above the button that starts it.
"""

from __future__ import annotations

import streamlit as st

_JS = """
export default function ({ parentElement, data }) {
  if (parentElement.__done === data.occasion) return;
  parentElement.__done = data.occasion;
  const place = document.querySelector(`.st-key-${data.place}`);
  if (!place) return;
  const { top } = place.getBoundingClientRect();
  if (top < 0 || top > window.innerHeight / 2) place.scrollIntoView({ block: 'start' });
}
"""

_component = st.components.v2.component("scroll_to", js=_JS)


def scroll_to(place: str, occasion: str) -> None:
    """Scroll to the container with the key ``place``, unless it is in sight or was scrolled to on this ``occasion``."""
    _component(key=f"scroll_to_{place}", data={"place": place, "occasion": occasion}, height=1)

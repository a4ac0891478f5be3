"""Scrolling to a part of the page, once, when something has begun there that the visitor is waiting for.

On a phone the picture is two screens above the button that starts it.
"""

from __future__ import annotations

from ui.components.shared import component

_component = component(__file__)


def scroll_to(place: str, occasion: str) -> None:
    """Scroll to the container with the key ``place``, unless it is in sight or was scrolled to on this ``occasion``."""
    _component(key=f"scroll_to_{place}", data={"place": place, "occasion": occasion}, height=1)

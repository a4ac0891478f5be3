"""Tells a component that is on the page already something new, so that the rest of it is not sent again."""

from __future__ import annotations

import json

from ui.components.shared import component

_component = component(__file__)


def tell(to: str, name: str, value: object) -> None:
    """Tell a component something, for as long as this is on the page.

    Args:
        to: the key that the component was mounted with; no other one hears it.
        name: what it is about; the component says which names it knows.
        value: anything that JSON can hold.
    """
    _component(key=f"tell_{to}_{name}", data={"to": to, "name": name, "value": json.dumps(value)}, height=1)

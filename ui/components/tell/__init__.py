"""Messages to a component that is on the page already, so that the rest of its data is not sent again."""

from __future__ import annotations

import json

from ui.components.shared import component

_component = component(__file__)


def tell(to: str, name: str, value: object) -> None:
    """Send a message to a mounted component; it is in effect as long as each run of the page repeats this call.

    Args:
        to: the key that the component was mounted with; no other one hears it.
        name: what it is about; the component says which names it knows.
        value: anything that JSON can hold.
    """
    _component(key=f"tell_{to}_{name}", data={"to": to, "name": name, "value": json.dumps(value)}, height=1)

"""The visitor's token in the browser's own storage, where it takes no cookie, as in a frame on another site's page.

A browser keeps the storage of such a frame apart for each site that frames it, and refuses it where the frame may not have
any. Unlike a token in the address it is not passed on with a link.
"""

from __future__ import annotations

from collections.abc import Callable

from ui.components.shared import component

_component = component(__file__)


def kept_token(key: str, offered: str, on_token: Callable[[], None]) -> None:
    """Ask the browser for the token that it keeps; where it keeps none it takes the one that is offered.

    Args:
        key: of the component.
        offered: a token made for this visit.
        on_token: called when it has answered; finds it as ``token`` in ``st.session_state[key]``, unchecked.
    """
    _component(key=key, data={"offered": offered}, on_token_change=on_token, height=1)

"""The camera, or what is needed for it where a browser would not give it to the page."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from ae_core.text import as_written
from ui.visit.widget_values import WidgetKey

REFUSED = (
    "Your browser gives the camera only to pages opened by https, and this one was opened by http. Open the lab by an https "
    "address, or choose Upload: on a phone or a tablet that can take a photograph, too."
)


def camera_is_given(url: str) -> bool:
    """Return whether browsers give the camera to a page at ``url``, the address in their bar; empty is unknown.

    They do to what came encrypted, and to what came from the computer itself.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def camera(label: str, key: WidgetKey, on_change: Callable[..., Any], args: tuple[Any, ...] = ()) -> None:
    """Show the camera, or say what is needed where the browser would not give it.

    Args:
        label: of the camera.
        key: of the widget.
        on_change: called when a photograph was taken, which is then found under ``key``.
        args: what ``on_change`` is given.
    """
    if camera_is_given(st.context.url or ""):
        st.camera_input(label, key=key, on_change=on_change, args=args)
    else:
        st.info(as_written(REFUSED), icon=":material/no_photography:")

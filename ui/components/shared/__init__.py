"""What the browser-side components share: one look, and the few functions that all of them need.

A component is a picture that follows the pointer without a trip to the server. Python sends, once, strings: one JSON
text and sprite sheets as data: URLs (for a list or a dict Streamlit imports pandas, 50 MB). The rules for their
JavaScript:

- The default export is called again with every change of the data or the theme, on the same elements: handlers are
  assigned (``element.onclick =``), never added, and what should outlive a redraw is kept on the root element.
- A handler draws at once. Nothing waits for a timer, a promise or the server, so a picture is never a frame late.
- Every control is a button, a range or a focusable canvas with a name for screen readers, and arrow keys do what the
  pointer does.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

MOST_BYTES = 600_000  # of data that a component is sent

_HERE = Path(__file__).parent
CSS = (_HERE / "base.css").read_text("utf-8")
JS = (_HERE / "base.js").read_text("utf-8")


def component(script: str) -> Any:
    """Register the component that lies beside a Python file; to be called once, at import, as ``component(__file__)``.

    Its folder holds ``component.js`` and, where there is something to see, ``component.html`` and ``component.css``;
    those are given the shared rules and functions. Returns the function that mounts it.
    """
    folder = Path(script).parent
    js = (folder / "component.js").read_text("utf-8")
    if not (folder / "component.html").exists():
        return st.components.v2.component(folder.name, js=js)
    html, css = ((folder / f"component.{kind}").read_text("utf-8") for kind in ("html", "css"))
    return st.components.v2.component(folder.name, html=html, css=CSS + css, js=JS + js)


def packed(numbers: np.ndarray) -> str:
    """Numbers as base64 for ``bytes()`` or ``floats()`` in the browser; a tenth of what decimals take."""
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()

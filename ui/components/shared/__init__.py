"""The code and styles that all browser-side components share, and the rules for their JavaScript.

A component is a picture that follows the pointer without a trip to the server. Python sends, once, strings: one JSON
text and sprite sheets as data: URLs (for a list or a dict Streamlit imports pandas, 50 MB). The rules for their
JavaScript:

- The default export is called again with every change of the data or the theme, on the same elements: handlers are
  assigned (``element.onclick =``), never added, and what should outlive a redraw is kept on the root element.
- A handler draws at once. Nothing waits for a timer, a promise or the server, so a picture is never a frame late.
- Every control is a button, a range or a focusable canvas with a name for screen readers, and arrow keys do what the
  pointer does.
- What can be computed without a page (places, ticks, hits) is exported by a file that draws nothing, and tested in
  ``tests/js``.
- One component speaks to another by its key alone (``talk.js``); there is no event that all would hear.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

MOST_BYTES = 600_000  # of data that a component is sent

CSS = Path(__file__).with_name("base.css").read_text("utf-8")

_IMPORT = re.compile(r"^import \{[^}]*\} from '(\.[^']*)';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def component(script: str) -> Any:
    """Register the component that lies beside a Python file, and return the function that mounts it.

    To be called once, at import, as ``component(__file__)``. The folder holds ``component.js`` and, where there is
    something to see, ``component.html`` and ``component.css``, which comes after the shared rules: ``base.css``, and
    those that lie beside a shared script which it imports.
    """
    folder = Path(script).parent
    js = joined(folder / "component.js")
    shared = [file.with_suffix(".css") for file in _together(folder / "component.js") if file.name != "base.js"]
    rules = CSS + "".join(path.read_text("utf-8") for path in shared[:-1] if path.exists())
    if not (folder / "component.html").exists():
        return st.components.v2.component(folder.name, js=js)
    html, css = ((folder / f"component.{kind}").read_text("utf-8") for kind in ("html", "css"))
    return st.components.v2.component(folder.name, html=html, css=rules + css, js=js)


def joined(script: Path) -> str:
    """Join a script and the files beside it that it imports into one script without imports.

    Streamlit runs a component from a ``blob:`` address, where ``import ... from '../shared/base.js'`` leads nowhere, and
    there is no bundler, as that would be a build step. So each imported file is put before the one that imports it,
    once, without its ``import`` and ``export`` words: the files stay modules of their own for the linter and for
    ``node --test``. They then share one scope: a name that two of them declare is a syntax error, which a test finds.
    """
    return "".join(_together(script).values())


def _together(script: Path) -> dict[Path, str]:
    """Return a script and all files that it imports, itself last, without the words that import and export."""
    texts: dict[Path, str] = {}

    def add(file: Path) -> None:
        text = file.read_text("utf-8")
        for path in _IMPORT.findall(text):
            if (imported := (file.parent / path).resolve()) not in texts:
                add(imported)
        texts[file] = _EXPORT.sub("", _IMPORT.sub("", text))

    add(script.resolve())
    return texts


def packed(numbers: np.ndarray) -> str:
    """Return numbers as base64 for ``bytes()`` or ``floats()`` in the browser; a tenth of what decimals take."""
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()

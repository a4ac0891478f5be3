"""The offer of a run on documents, where the one on screen has learned something else or its documents are not here."""

from __future__ import annotations

import streamlit as st

from ae_core.data.datasets import INFO, on_disk
from ae_core.data.words.collections import BUNDLED_TEXT
from ae_core.tasks.documents.opening import KIND, run_to_open
from ae_core.text import as_written
from ui.visit import link, shelf


def nothing_to_read(entry: shelf.Entry) -> bool:
    """Return whether a run has nothing to do with documents that are here; then that is said, and another one offered."""
    info = INFO.get(entry.config.dataset)
    if info is not None and info.kind == KIND and on_disk(info.name):
        return False
    if info is None or info.kind != KIND:
        items = "images" if info is None else info.items
        why = f"This run has learned {items}, and here it is words that are counted: choose a run on documents."
    else:
        why = f"The documents of {info.title} are not on this machine; the Train page can fetch them."
    offered = run_to_open()
    if offered is None or not on_disk(offered.config.dataset):
        why += f" Train one on the Train page, with the data set {INFO[BUNDLED_TEXT].title}."
        offered = None
    st.info(as_written(why))
    if offered is not None and entry.id != f"zoo:{offered.name}":
        st.button(f"Open {offered.title}", on_click=shelf.choose_shipped, args=(offered.name,))
    link.publish(entry.config)
    return True

"""The offer of another run, on pages that can do nothing with the one on screen."""

from __future__ import annotations

import streamlit as st

from ae_core.data.datasets import BUNDLED
from ae_core.runs import zoo
from ae_core.text import as_written
from ui.visit import link, shelf


def offer_other_run(entry: shelf.Entry, why: str, ending: str) -> None:
    """Say why nothing can be done with a run, and offer a shipped one whose images are on every machine.

    Args:
        entry: the run on screen.
        why: in a sentence.
        ending: of the name of the run that is offered, after that of its data set.
    """
    st.info(as_written(why))
    if (shipped := zoo.suiting(BUNDLED, ending)) is not None:
        st.button(f"Open {shipped.title}", on_click=shelf.choose_shipped, args=(shipped.name,))
    link.publish(entry.config)

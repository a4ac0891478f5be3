"""The offer of another run, on pages that can do nothing with the one on screen."""

from __future__ import annotations

import streamlit as st

from ae_core.data.datasets import BUNDLED, INFO, absence, on_disk
from ae_core.runs import zoo
from ae_core.text import as_written
from ui.visit import link, shelf


def nothing_to_do(entry: shelf.Entry, without: str, ending: str) -> bool:
    """Offer another run where a page can do nothing with one, as its images are not here.

    Args:
        entry: the run on screen.
        without: what cannot be done without the images, in a sentence.
        ending: of the name of the run that is offered, after that of its data set.

    Returns:
        Whether there is nothing to do, and that was said.
    """
    dataset = entry.config.dataset
    if on_disk(dataset):
        return False
    offer_other_run(entry, f"{absence(dataset)} {without}", ending)
    return True


def offer_other_run(entry: shelf.Entry, why: str, ending: str) -> None:
    """Say why nothing can be done with a run, and offer a shipped one whose images are on every machine.

    Args:
        entry: the run on screen.
        why: in a sentence.
        ending: of the name of the run that is offered, after that of its data set.
    """
    st.info(as_written(why))
    kind = INFO[entry.config.dataset].kind
    images = BUNDLED if kind == "image" or not on_disk(entry.config.dataset) else entry.config.dataset
    if (shipped := zoo.suiting(images, ending)) is not None:
        st.button(f"Open {shipped.title}", on_click=shelf.choose_shipped, args=(shipped.name,))
    link.publish(entry.config)

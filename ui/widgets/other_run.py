"""The offer of another run, on pages that can do nothing with the one on screen."""

from __future__ import annotations

import streamlit as st

from ae_core.data import own_patches
from ae_core.data.datasets import BUNDLED, INFO, absence, on_disk
from ae_core.runs import zoo
from ae_core.text import as_written
from ui.visit import link, shelf


def nothing_to_do(entry: shelf.Entry, where: str, without: str, ending: str) -> bool:
    """Offer another run where a page can do nothing with one: its images are a visitor's own, or not on this machine.

    Args:
        entry: the run on screen.
        where: what is done elsewhere, to go on after "are kept for your visit alone, and": "clusters are found where they
            are not".
        without: what cannot be done without the images, in a sentence.
        ending: of the name of the run that is offered, after that of its data set.

    Returns:
        Whether there is nothing to do, and that was said.
    """
    dataset = entry.config.dataset
    if own_patches.is_own(dataset):
        why = f"The patches of your own picture are kept for your visit alone, and {where}: choose a run on another data set."
    elif not on_disk(dataset):
        why = f"{absence(dataset)} {without}"
    else:
        return False
    offer_other_run(entry, why, ending)
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

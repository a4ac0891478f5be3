"""Patches of the picture on Photos as a data set of the visitor's, with which Train opens."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.own_patches import KINDS, TEST_COUNT, TRAIN_COUNT, PatchPicture, UnsuitedPicture
from ae_core.data.upload.photo import Photo
from ae_core.data.upload.photo_files import on_white
from ae_core.runs import zoo
from ae_core.text import as_written
from ui.settings import controls
from ui.shell.navigation import PAGES
from ui.visit import own_sets
from ui.widgets.expander import expander

_COLOURS = {"grey": "Grey, whitened", "colour": "In colour"}


@st.fragment
def offer(photo: Photo) -> None:
    """Offer to cut patches of a picture, and to come to Train with them."""
    place = expander("Train on patches of this picture", key="photos_patches")
    if place is None:
        return
    with place:
        st.caption(
            f"{TRAIN_COUNT + TEST_COUNT:,} small squares of it become a data set of yours: {TRAIN_COUNT:,} from its first three "
            f"quarters to learn from, {TEST_COUNT} from the last quarter held out. An autoencoder learns in seconds what such "
            "squares are made of, with PCA beside it. They are kept for you alone, as the runs on them "
            "are; nobody else is shown either, and a link carries neither."
        )
        side = st.segmented_control(
            "Pixels of a patch",
            [16, 8],
            default=16,
            format_func=lambda side: f"{side} × {side}",
            required=True,
            key="photos_patch_side",
            persist_state="session",
            wrap=True,
            help="In larger ones there is more to find, and more to learn.",
        )
        colour = st.segmented_control(
            "Their colours",
            list(_COLOURS),
            default="grey",
            format_func=_COLOURS.__getitem__,
            required=True,
            key="photos_patch_colour",
            persist_state="session",
            wrap=True,
            help="Whitening makes fine detail count as much as light and shade (Olshausen & Field, 1996): a sparse code of such "
            "patches finds edges.",
        )
        if st.button("Cut them and go to Train", key="photos_cut_patches", icon=":material/grid_on:"):
            try:
                name = _cut(photo, f"patches{side}" + "_colour" * (colour == "colour"))
            except UnsuitedPicture as error:
                st.error(as_written(error), icon=":material/broken_image:")
                return
            if controls.draft().dataset != name:  # else a link's settings wait for this picture
                controls.set_draft(_start(name, colour == "grey"))
            st.switch_page(PAGES["train"].script)


def _cut(photo: Photo, kind: str) -> str:
    """Make patches of a picture a data set of the visit, and return its name; what is transparent is white.

    Args:
        photo: the picture.
        kind: the data set of the lab that they are like.

    Raises:
        UnsuitedPicture: there are too few places for them.
    """
    picture = PatchPicture.of(on_white(photo))
    name = picture.name(kind)
    own_sets.keep(name, picture)
    return name


def _start(name: str, grey: bool) -> Config:
    """Return the settings with which Train opens on such a data set: a sparse code, whose units can be looked at.

    Args:
        name: of the data set.
        grey: whether its patches are whitened.
    """
    if not grey:
        return VARIANTS["k-sparse"].config(name)
    # the shipped run that finds edges in grey patches, in as many steps
    like = next(entry.config for entry in zoo.ZOO.values() if entry.config.dataset in KINDS)
    return replace(like, dataset=name, epochs=round(like.epochs * like.train_count / TRAIN_COUNT))

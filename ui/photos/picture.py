"""Which picture the page Photos repairs: a sample, an upload or a photograph taken here."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ae_core.data.own_patches import PatchPicture
from ae_core.data.upload import FORMATS_IN_WORDS, UploadRejected
from ae_core.data.upload.photo import PHOTO_BYTES, PHOTO_PIXELS, Photo, open_photo
from ae_core.tasks.restoration.asked import sample_name
from ae_core.tasks.restoration.files import white_in
from ae_core.tasks.restoration.samples import SAMPLES, TERMS
from ae_core.text import as_written
from ui.visit import link, own_sets, photograph, widget_values
from ui.visit.state import visit
from ui.widgets.camera import camera

SOURCES = ("sample", "upload", "camera")
_REMOVED = "The picture is forgotten at once, and patches that were cut for training with it; runs on them stay."
_KEPT = (
    "It is kept on this server for you alone, in no link, for two hours after you have left, so that a reload "
    "finds it; on the disk without the place and the time that its file tells. “Remove” and “Forget my work” forget it at once."
)


@st.cache_resource(show_spinner=False, max_entries=len(SAMPLES))
def _sample(name: str) -> Photo:
    return open_photo(SAMPLES[name].read())


def chosen(opening: str, view_of: dict[str, object]) -> tuple[str, Photo] | None:
    """Ask for a picture, and return its name and the picture; None while there is none.

    Args:
        opening: the sample that the page opens with.
        view_of: what a link carries of the page; which picture it is is added. One of the visitor's own is in no link.
    """
    left, right = st.columns([3, 4])
    with left:
        source = link.segments(
            "Picture", SOURCES, SOURCES[0], name="picture", key=widget_values.PHOTO_SOURCE, format_func=str.capitalize
        )
    view_of["picture"] = source
    if source != "sample":
        return _own(source, right)
    with right:
        name = link.selectbox(
            "Which one",
            list(SAMPLES),
            opening,
            name="photo",
            key="photos_sample",
            format_func=lambda name: SAMPLES[name].title,
        )
    view_of["photo"] = name
    sample = SAMPLES[name]
    licence = f"[{sample.licence}]({terms})" if (terms := TERMS.get(sample.licence)) else sample.licence
    st.caption(f"Photograph by {sample.credit} ([source]({sample.source})), {licence}.")
    return sample_name(name), _sample(name)


def _own(source: str, place: DeltaGenerator) -> tuple[str, Photo] | None:
    state = visit().photo
    key = widget_values.photo_file(source, state.offered)
    with place:
        if source == "upload":
            st.file_uploader(
                f"A picture: {FORMATS_IN_WORDS}, up to {PHOTO_BYTES // 2**20} MB and {PHOTO_PIXELS // 10**6} megapixels",
                key=key,
                on_change=_take,
                args=(key,),
                help="It stays at its full size. Whatever cannot be taken is told why.",
            )
        elif state.photo is None:
            camera("Take a photograph", key, _take, (key,))
    if state.refused:
        st.error(as_written(state.refused), icon=":material/broken_image:")
    if state.photo is None:
        return None
    height, width = state.photo.pixels.shape[:2]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"**{as_written(state.name)}**, {width} × {height} pixels. {_KEPT}", width="stretch")
        st.button("Remove", key="photos_remove", on_click=_forget, icon=":material/delete:", help=_REMOVED)
    for note in state.photo.notes:
        st.caption(as_written(note))
    return f"own:{state.taken}", state.photo


def take(name: str, data: bytes) -> None:
    """Take a file as the visitor's own photograph, in place of the one before, or note why it cannot be.

    Who brings a first one wants it repaired, and not damaged: that is what the page turns to. Afterwards the choice is theirs.

    Args:
        name: of the file.
        data: its content.
    """
    state = visit().photo
    state.offered += 1
    if photograph.take(state, name, data):
        state.taken += 1
        if state.taken == 1 and not _way_is_told():
            widget_values.write(widget_values.PHOTO_WAY, "mine")


def _way_is_told() -> bool:
    """Return whether a lesson, or a link to the visitor's own picture, says whether that is damaged."""
    told = visit().link.view
    return link.holds("way") or ("way" in told and told.get("picture", SOURCES[0]) != SOURCES[0])


def switch_to_mine() -> None:
    """Have the page open on the visitor's own photograph, to be repaired as it is."""
    widget_values.write(widget_values.PHOTO_SOURCE, "upload")
    widget_values.write(widget_values.PHOTO_TASK, "denoise")
    widget_values.write(widget_values.PHOTO_WAY, "mine")


def _take(key: widget_values.WidgetKey) -> None:
    if (file := widget_values.read_file(key)) is not None:
        take(*file)


def _forget() -> None:
    own_sets.forget(PatchPicture)
    photograph.forget(visit().photo)
    visit().photo.offered += 1


def mask_for(photo: Photo) -> np.ndarray | None:
    """Ask for a mask of what is to be filled, and return it, bool (H, W); None while there is none.

    Args:
        photo: the picture that it is for.
    """
    state = visit().photo
    key = widget_values.photo_mask(state.masks)
    st.file_uploader(
        f"Or upload a mask, instead of painting with the brush: {FORMATS_IN_WORDS}",
        key=key,
        on_change=_take_mask,
        args=(key,),
        help="A picture of the same size in pixels, white where it is to be filled and black elsewhere.",
    )
    if state.mask_refused:
        st.error(as_written(state.mask_refused), icon=":material/broken_image:")
    if state.mask is None:
        return None
    height, width = photo.pixels.shape[:2]
    if state.mask.shape != (height, width):
        st.error(
            f"The mask has {state.mask.shape[1]} × {state.mask.shape[0]} pixels and the picture {width} × {height}: "
            "give one of the picture's size.",
            icon=":material/broken_image:",
        )
        return None
    if not state.mask.any() or state.mask.all():
        st.error(
            f"The mask is {'black' if not state.mask.any() else 'white'} all over: make it white where the picture is to be "
            "filled, and black where it is to stay.",
            icon=":material/broken_image:",
        )
        return None
    st.button("Remove the mask", key="photos_remove_mask", on_click=_forget_mask, icon=":material/delete:")
    return state.mask


def _take_mask(key: widget_values.WidgetKey) -> None:
    state, file = visit().photo, widget_values.read_file(key)
    state.masks += 1
    state.mask_refused = ""
    if file is None:
        return
    try:
        state.mask = white_in(open_photo(file[1]))
    except UploadRejected as error:
        state.mask_refused = str(error)


def _forget_mask() -> None:
    visit().photo.mask = None
    visit().photo.masks += 1

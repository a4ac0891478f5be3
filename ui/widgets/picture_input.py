"""A picture of the visitor's own: drawn, uploaded or photographed, and prepared for a model step by step."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from ae_core.data.datasets import DatasetInfo
from ae_core.data.upload import FORMATS_IN_WORDS, MAX_BYTES, Polarity, UploadRejected, prepare
from ae_core.text import as_written
from ui.components.draw_pad import draw_pad
from ui.visit import widget_values
from ui.visit.own_pictures import OwnPicture
from ui.visit.state import visit
from ui.widgets.camera import camera

OWN = ("Draw", "Upload", "Camera")  # where a picture of the visitor's own can come from
_LINES = ("Draw",)  # and a series of the visitor's own
ASKED = {
    "Draw": "Draw something on the pad, and it appears here",
    "Upload": "Upload a picture, and it appears here",
    "Camera": "Take a photograph, and it appears here",
}
IN_NO_LINK = "It is kept for you alone, and is in no link."


def own_sources(info: DatasetInfo) -> tuple[str, ...]:
    """Return where an item of the visitor's own can come from, some of ``OWN``."""
    return {"image": OWN, "series": _LINES}.get(info.kind, ())


def own_picture(info: DatasetInfo, source: str, *, to_clean: bool = False) -> Tensor | None:
    """Ask for a picture, and show how it is prepared.

    Args:
        info: the data set whose models are to see it.
        source: one of ``OWN``.
        to_clean: whether its noise is what a model is to remove; then a picture with fine noise may keep it.

    Returns:
        The latest picture of this visit from that source, (1, C, H, W) in [0, 1]; None while there is none.
    """
    if source == "Draw":
        return drawing_pad(f"pad_{info.shape[2]}", info)
    own = visit().own
    _take_in(source, info)
    if refusal := own.refused.get(source):
        st.error(as_written(refusal), icon=":material/broken_image:")
    polarities: list[Polarity] = ["as is", "invert"] if info.colour else ["auto", "as is", "invert"]
    polarity = st.segmented_control(
        "Light and dark",
        polarities,
        default=polarities[0],
        required=True,
        key="colour_polarity" if info.colour else "polarity",
        persist_state="session",
        wrap=True,
        help="Inverted, each colour becomes its opposite, and a light ground a dark one."
        if info.colour
        else "The models know bright strokes on a dark ground. Left to itself, a picture on a light ground is inverted.",
    )
    picture = own.pictures.get(source)
    if picture is None:
        return None
    keep_noise = to_clean and picture.noisy and info.shape[0] == 1 and _keeps_noise(info)
    try:
        prepared = prepare(
            picture.image,
            info.shape,
            polarity=polarity,
            centre=info.ink_fill is not None,
            fill=info.ink_fill or 1.0,
            keep_noise=keep_noise,
        )
    except UploadRejected as error:
        st.error(as_written(error), icon=":material/broken_image:")
        return None
    with st.expander("How it was prepared, step by step", expanded=True), st.container(key="prepared"):
        for step in prepared.steps:
            with st.container(gap="xsmall"):
                st.image(step.pixels, width="stretch", output_format="PNG")
                st.caption(f"**{step.title}.** {step.note}")
    return torch.from_numpy(prepared.pixels)[None]


def drawing_pad(key: str, info: DatasetInfo) -> Tensor | None:
    """Show a pad with this visit's drawing on it, and return the drawing.

    It is an item of the data set, (1, C, H, W) in [0, 1]; None while the pad is empty.
    """
    own, pad, line = visit().own, widget_values.pad(key), info.kind == "series"
    if widget_values.read(pad) is None:
        # the pad comes onto the page: it begins with the drawing, and is not sent it again
        own.pads[key] = own.line if line else own.drawing

    def take() -> None:
        own.take_drawing(widget_values.read(pad).get("ink"), line=line)

    return draw_pad(pad, info, own.pads.get(key, ""), take)


def _take_in(source: str, info: DatasetInfo) -> None:
    """Show the widget that takes a picture from ``source``, and the name of the picture that it took last.

    A file is handed over at once and the widget begins anew: what lies in a widget is lost with the page, and after a
    restart of the server the browser would go on naming a file that nobody has.
    """
    own = visit().own
    key = widget_values.own_file(source, own.turns.get(source, 0))

    def taken() -> None:
        file = widget_values.read_file(key)
        own.turns[source] = own.turns.get(source, 0) + 1
        if file is not None:
            own.take(source, *file)

    picture = own.pictures.get(source)
    if source == "Upload":
        st.file_uploader(
            f"A picture: {FORMATS_IN_WORDS}, up to {MAX_BYTES // 2**20} MB",
            key=key,
            on_change=taken,
            help="Whatever cannot be taken is told why. On a phone this can also open the camera.",
        )
    elif picture is None:
        camera(
            "Photograph one thing on a dark ground" if info.colour else "Photograph a thick dark stroke on plain paper",
            key,
            taken,
        )
    if picture is not None:
        _kept(source, picture)


def _kept(source: str, picture: OwnPicture) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"**{as_written(picture.name)}** {IN_NO_LINK}", width="stretch")
        st.button(
            "Remove" if source == "Upload" else "Take another",
            key=f"forget_{source}",
            on_click=visit().own.forget,
            args=(source,),
            icon=":material/delete:" if source == "Upload" else ":material/photo_camera:",
        )


def _keeps_noise(info: DatasetInfo) -> bool:
    side = info.shape[1]
    choice = st.segmented_control(
        "Its fine noise",
        ["Keep", "Average away"],
        default="Keep",
        required=True,
        key="fine_noise",
        persist_state="session",
        wrap=True,
        help=f"The model sees {side} × {side} pixels. Averaging each block of the picture's pixels into one is a denoiser "
        "itself and leaves little to do; taking one pixel of each block leaves the noise for the model.",
    )
    if choice == "Keep":
        st.caption(f"One pixel of each block is taken, so that the noise reaches the model's {side} × {side} pixels.")
    else:
        st.caption(
            f"Averaging the picture down to {side} × {side} pixels has cleaned it before a model sees it: what you see "
            "is mostly its work."
        )
    return choice == "Keep"

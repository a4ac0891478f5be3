"""A picture of the visitor's own: drawn, uploaded or photographed, and prepared for a model step by step."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from ae_core.data.datasets import DatasetInfo
from ae_core.data.upload import MAX_BYTES, Polarity, UploadRejected, open_image, prepare
from ae_core.text import as_written
from ui.components.draw_pad import draw_pad

OWN = ("Draw", "Upload", "Camera")  # where a picture of the visitor's own can come from
ASKED = {
    "Draw": "Draw something on the pad, and it appears here",
    "Upload": "Upload a picture, and it appears here",
    "Camera": "Take a photograph, and it appears here",
}


def own_picture(info: DatasetInfo, source: str) -> Tensor | None:
    """Ask for a picture from one of ``OWN``, show how it is prepared, and return it as (1, C, H, W); None while there is
    none."""
    if source == "Draw":
        return draw_pad(f"pad_{info.shape[2]}", info)
    if source == "Camera":
        file = st.camera_input(
            "Photograph something on a plain ground" if info.colour else "Photograph a thick dark stroke on plain paper"
        )
    else:
        file = st.file_uploader(
            "A picture: PNG, JPEG, WebP, GIF or BMP",
            type=["png", "jpg", "jpeg", "webp", "gif", "bmp"],
            max_upload_size=MAX_BYTES // 2**20,
            help="On a phone this can also open the camera. The picture stays in memory and is gone when you leave.",
        )
    polarities: list[Polarity] = ["as is", "invert"] if info.colour else ["auto", "as is", "invert"]
    polarity = st.segmented_control(
        "Light and dark",
        polarities,
        default=polarities[0],
        required=True,
        key="colour_polarity" if info.colour else "polarity",
        persist_state="session",
        help="Inverted, each colour becomes its opposite, and a light ground a dark one."
        if info.colour
        else "The models know bright strokes on a dark ground. Left to itself, a picture on a light ground is inverted.",
    )
    if file is None:
        return None
    try:
        prepared = prepare(
            open_image(file.getvalue()),
            info.shape,
            polarity=polarity,
            centre=info.ink_fill is not None,
            fill=info.ink_fill or 1.0,
        )
    except UploadRejected as error:
        st.error(as_written(error), icon=":material/broken_image:")
        return None
    with st.expander("How it was prepared, step by step", expanded=True):
        for three in (prepared.steps[:3], prepared.steps[3:]):
            for column, step in zip(st.columns(3), three, strict=False):
                column.image(step.pixels, width="stretch", output_format="PNG")
                column.caption(f"**{step.title}.** {step.note}")
    return torch.from_numpy(prepared.pixels)[None]

"""Images to search for, and the rows of what each way of searching finds for the one that is chosen.

Python sends all that is found for all of them, once: a sheet of pictures, and which of them stands where. What a click
changes is drawn in the browser, and told to Python for the address bar.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from ui.components.shared import component, packed

_component = component(__file__)


@dataclass(frozen=True, eq=False)
class Found:
    """What one way of searching finds: a row of the component.

    Attributes:
        title: what it is called.
        about: its size in a few words.
        actor: "ae", "pca" or "", which gives the title its colour.
        unit: of the distances; empty for none.
        places: of the pictures on the sheet, (Q, K).
        classes: of them, (Q, K).
        apart: their distances, (Q, K).
    """

    title: str
    about: str
    actor: str
    unit: str
    places: npt.NDArray[np.int32]
    classes: npt.NDArray[np.uint8]
    apart: npt.NDArray[np.float32]


def neighbours_data(
    sheet: str,
    columns: int,
    size: tuple[int, int],
    questions: Sequence[str],
    right: Sequence[int],
    class_names: Sequence[str],
    rows: Sequence[Found],
    item: str = "image",
) -> dict[str, str]:
    """Return the data of :func:`neighbours`.

    Args:
        sheet: a data: URL of pictures edge to edge; the first ones are those to search for.
        columns: pictures to a row of it.
        size: width and height of a picture in pixels.
        questions: what each image to search for is called.
        right: their classes; empty where nobody knows them.
        class_names: by class.
        rows: of each way of searching.
        item: what one of what is searched for is called.
    """
    data = {
        "columns": columns,
        "tile": size,
        "questions": list(questions),
        "right": list(right),
        "names": list(class_names),
        "item": item,
        "rows": [
            {
                "title": row.title,
                "about": row.about,
                "actor": row.actor,
                "unit": row.unit,
                "count": row.places.shape[1],
                "places": packed(row.places.astype(np.float32)),
                "classes": packed(row.classes.astype(np.uint8)),
                "apart": packed(row.apart.astype(np.float32)),
            }
            for row in rows
        ],
    }
    return {"json": json.dumps(data), "sheet": sheet}


def neighbours(key: str, data: dict[str, str], image: int, on_image: Callable[[int], None], held: bool = False) -> None:
    """Show images to search for, and what is found for one of them.

    Args:
        key: of the component.
        data: from :func:`neighbours_data`.
        image: the place of the image that is chosen.
        on_image: called with the place of another that the visitor has chosen; a whole number that a browser sent, and no
            more than that is certain of it.
        held: whether no other can be chosen.
    """

    def taken() -> None:
        value = st.session_state[key].get("image")
        if isinstance(value, int):
            on_image(value)

    _component(key=key, data={**data, "image": str(image), "held": "held" if held else ""}, on_image_change=taken)

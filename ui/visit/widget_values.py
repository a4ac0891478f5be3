"""Keys and values of the widgets that code reads or sets itself.

Streamlit keeps a widget's value under the widget's key. What no widget holds is a field of
:class:`ui.visit.state.VisitState` instead.
"""

from __future__ import annotations

from typing import Any, NewType

import streamlit as st

WidgetKey = NewType("WidgetKey", str)

TOKEN = WidgetKey("kept_token")
SHELF = WidgetKey("shelf")
PROJECTOR = WidgetKey("projector")
HOME_DATASET = WidgetKey("home_dataset")
LESSON_TASK = WidgetKey("lesson_task")
LESSON_FIX = WidgetKey("lesson_fix")
LESSON_HIDE = WidgetKey("lesson_hide")
SAMPLE_DRAW = WidgetKey("sample_draw")
COMPARE_VIEW = WidgetKey("compare_view")
COMPARE_A = WidgetKey("compare_a")
COMPARE_B = WidgetKey("compare_b")
SWEEP_SETTING = WidgetKey("sweep_setting")
PHOTO_SOURCE = WidgetKey("photos_source")
PHOTO_TASK = WidgetKey("photos_task")
PHOTO_WAY = WidgetKey("photos_way")
THRESHOLD = WidgetKey("anomalies_threshold")
BYTE_DIAL = WidgetKey("compression_dial")
TOPICS = WidgetKey("documents_topics")
DOCUMENTS_ASKED = WidgetKey("documents_asked")
PHOTO_VIEWER = WidgetKey("photo_viewer")
_KNOB = "knob_"


def knob(name: str) -> WidgetKey:
    """Return the key of a knob, by the field of Config that it sets.

    "variant", "layers" and "width_0" are knobs, too.
    """
    return WidgetKey(f"{_KNOB}{name}")


def checkpoint(uploads: int) -> WidgetKey:
    """Return the key of the uploader of checkpoints; each one that was uploaded is followed by a fresh widget."""
    return WidgetKey(f"checkpoint_upload_{uploads}")


def own_file(source: str, files: int) -> WidgetKey:
    """Return the key of the widget that takes a picture from ``source``, "Upload" or "Camera".

    Each file that was taken is followed by a fresh widget, so the key has their number.
    """
    return WidgetKey(f"own_{source.lower()}_{files}")


def photo_file(source: str, files: int) -> WidgetKey:
    """Return the key of the widget that takes a photograph to be repaired, by its source and how many came before."""
    return WidgetKey(f"photo_{source.lower()}_{files}")


def photo_mask(files: int) -> WidgetKey:
    """Return the key of the uploader of a mask; each one that was taken is followed by a fresh widget."""
    return WidgetKey(f"photo_mask_{files}")


def photo_lesson(name: str) -> WidgetKey:
    """Return the key of the expander of a lesson on why a repair works."""
    return WidgetKey(f"photos_{name}")


def pad(key: str) -> WidgetKey:
    """Return the key of a drawing pad."""
    return WidgetKey(key)


def sweep_values(field: str) -> WidgetKey:
    """Return the key of the values that a setting is swept over."""
    return WidgetKey(f"sweep_values_{field}")


def first_image(images: str) -> WidgetKey:
    """Return the key of the slider through held-out images on Reconstruct; ``images`` says which they are."""
    return WidgetKey(f"reconstruct_start_{images}")


def search_image(dataset: str, classes: tuple[int, ...]) -> WidgetKey:
    """Return the key of the number of the held-out image that is searched for, of a data set's classes; all if none."""
    return WidgetKey(f"search_image_{dataset}{'-'.join(map(str, classes))}")


def document(dataset: str, classes: tuple[int, ...]) -> WidgetKey:
    """Return the key of the held-out document that is searched for, of a data set's classes; all if none."""
    return WidgetKey(f"documents_document_{dataset}{'-'.join(map(str, classes))}")


def documents_map(space: str) -> WidgetKey:
    """Return the key of a map of documents, by codes or by LSA."""
    return WidgetKey(f"documents_map_{space}")


def code_sliders(entry_id: str) -> WidgetKey:
    """Return the key of the sliders through the code of a run on the shelf."""
    return WidgetKey(f"code_{entry_id}")


def table_row(dataset: str, order: str) -> WidgetKey:
    """Return the key of the row that is looked at, of a table in an order."""
    return WidgetKey(f"tables_row_{dataset}_{order}")


def table_file(offered: int) -> WidgetKey:
    """Return the key of the field for a CSV file, a new one after each file."""
    return WidgetKey(f"tables_file_{offered}")


def noise_mixer(shape: tuple[int, int, int]) -> WidgetKey:
    """Return the key of the noise mixer for images of one ``shape`` (C, H, W)."""
    return WidgetKey(f"noise_mixer_{'x'.join(map(str, shape))}")


def picking(study: str) -> WidgetKey:
    """Return the key of the images to be labelled by hand, by the key of their study."""
    return WidgetKey(f"picking_{study[:16]}")


def reading_row(images: int, shape: tuple[int, int, int]) -> WidgetKey:
    """Return the key of the row of images that are read, by how many there are and the ``shape`` (C, H, W) of each."""
    return WidgetKey(f"reading_row_{images}_{'x'.join(map(str, shape))}")


def read(key: WidgetKey, default: Any = None) -> Any:
    """Return the value of a widget; ``default`` where it is not on the page."""
    return st.session_state.get(key, default)


def read_file(key: WidgetKey) -> tuple[str, bytes] | None:
    """Return the name and the content of the file in a widget; None without one, or where the server has lost it."""
    file = read(key)
    data = getattr(file, "getvalue", None)  # a file that the server has lost has none
    return None if file is None or data is None else (file.name, data())


def write(key: WidgetKey, value: Any) -> None:
    """Set the value of a widget, before it is drawn or in a callback."""
    st.session_state[key] = value


def begin_with(key: WidgetKey, value: Any) -> Any:
    """Set the value of a widget that has none yet, and return the one that it has now."""
    return st.session_state.setdefault(key, value)


def forget(*keys: WidgetKey) -> None:
    """Remove the values of widgets, so that they start from their defaults again."""
    for key in keys:
        st.session_state.pop(key, None)


def forget_knobs() -> None:
    """Remove the values of all knobs, so that they start from the draft again."""
    forget(*(WidgetKey(str(key)) for key in st.session_state if str(key).startswith(_KNOB)))

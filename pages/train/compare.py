"""Compare: what one setting does, over many runs, and two runs beside one another."""

import streamlit as st

from ae_core.data.datasets import INFO
from ui.compare import comparison, sweep
from ui.visit import link, shelf, widget_values
from ui.widgets.expander import reading

entry = shelf.current_entry("compare")
info = INFO[entry.config.dataset]

st.title("Compare")
st.write(
    "An autoencoder is a handful of choices. Change **one** of them and leave the rest alone, and what changes in the "
    "pictures and in the error is that choice's doing."
)
VIEWS = {"sweep": "One setting, many values", "two": "Two runs"}
view = st.segmented_control(
    "Show",
    list(VIEWS),
    default=link.choice("show", "sweep", list(VIEWS)),
    format_func=VIEWS.__getitem__,
    required=True,
    key=widget_values.COMPARE_VIEW,
    persist_state="session",
    label_visibility="collapsed",
)

if view == "sweep":
    sweep.show(entry)
else:
    comparison.two(entry)

reading(
    "How to read a comparison",
    info.spoken(
        "- **Error** is the mean squared error a pixel on held-out images: lower is better. On a sweep of the noise it is "
        "the error after the damage of that strength was repaired.\n"
        "- **PCA** of the same code size is the best that a flat projection can do. A point above PCA's is a run that "
        "has not learned enough, or was asked for something else than a small error: a sparse code, or one like a "
        "cloud around zero.\n"
        "- **One seed is one draw.** Neighbouring values whose errors differ by a few per cent may change places with "
        "another seed."
    ),
)

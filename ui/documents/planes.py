"""The maps of documents: by their codes beside LSA's, coloured by class, each point with its title and words."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.runs.run import Run
from ae_core.tasks.documents.study import mapped
from ae_core.tasks.documents.titles import in_words
from ae_core.tasks.study import Answer
from ui.figures.style import COLOURS, projecting, theme
from ui.figures.tables import caption_html
from ui.visit import widget_values
from ui.visit.widget_values import WidgetKey
from ui.widgets.study_view import show_study

#: As ``ui/components/shared/palette.js`` has them; a test holds the two together.
CLASS_COLOURS = {
    "light": (
        *("#AA3355", "#332288", "#75660F", "#117733", "#14698E"),
        *("#882255", "#1F6B62", "#8A4B08", "#9C3D8C", "#4A4A4A"),
    ),
    "dark": (
        *("#F28CA0", "#A9A4F5", "#E8DA86", "#6FD58C", "#8FD3F2"),
        *("#E08AB5", "#6FD9CB", "#CFCF6A", "#DF9AD2", "#C8C8C8"),
    ),
}
_MARKS = {  # plotly's symbols, and the letters that look like them; none is a ✗, which marks what is wrong
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "cross": "✚",
    "triangle-right": "▶",
    "triangle-down": "▼",
}
_EDGE = 0.005  # of the documents lie beyond either end of an axis; zooming out shows them
_BUTTONS = ["zoomIn2d", "zoomOut2d", "resetScale2d"]
_CONFIG: dict[str, Any] = {  # no drag: a finger on the map scrolls the page
    "displaylogo": False,
    "responsive": True,
    "displayModeBar": True,
    "modeBarButtons": [_BUTTONS],
}


def mark_of(number: int) -> tuple[str, str, str]:
    """Return the colour of a class in the visitor's theme, its symbol on a map, and the letter that looks like that."""
    symbol = list(_MARKS)[number % len(_MARKS)]
    return CLASS_COLOURS[theme()][number % 10], symbol, _MARKS[symbol]


def show(
    run: Run, run_name: str, chosen: int | None, take: Callable[[int], None], now: Callable[[], int | None]
) -> None:
    """Show both maps, and have them computed where nobody has yet.

    Args:
        run: whose codes are drawn.
        run_name: what names it in the key of a study.
        chosen: the held-out document that is marked; None for none.
        take: called with the number of one that was clicked.
        now: tells which one is to be searched for after that; None for none.
    """

    def draw(answers: Mapping[str, Answer]) -> None:
        if "documents" not in answers:
            st.info("The maps appear here as soon as the documents are read.")
            return
        documents = answers["documents"]
        held_out, names = documents["held_out"], INFO[run.config.dataset].class_names
        with st.container(key="documents_maps"):
            columns = st.columns(2, gap="medium")
        for space, column in zip(_titles(run.config.code_size), columns, strict=True):
            with column:
                title, about, axes = _titles(run.config.code_size)[space]
                st.html(f"<b>{html.escape(title)}</b>{caption_html(about)}")
                if space not in answers:
                    st.info("It is being computed.")
                    continue
                key = widget_values.documents_map(space)
                st.plotly_chart(
                    figure(answers[space]["places"], held_out, documents["vocabulary"], names, axes, chosen),
                    key=key,
                    config=_CONFIG,
                    on_select=partial(_clicked, key, len(held_out["titles"]), take),
                    selection_mode="points",
                    alt=f"{title}: {len(held_out['titles'])} held-out documents as points, coloured by class",
                )
        st.html(_legend(np.unique(held_out["labels"]).tolist(), names))
        if now() not in (None, chosen):
            st.rerun()  # what is searched for below is another one now

    show_study(mapped(run, run_name), draw)


def _titles(code_size: int) -> dict[str, tuple[str, str, tuple[str, str]]]:
    linear = (
        "LSA",
        "The first two directions of TF-IDF, fitted to training documents.",
        ("direction 1", "direction 2"),
    )
    if code_size == 1:
        return {
            "codes": ("Code of 1", "Along x; y is only there to spread the points.", ("the number", "")),
            "lsa": linear,
        }
    if code_size == 2:
        return {"codes": ("Code of 2", "As it is: one number across, one up.", ("number 1", "number 2")), "lsa": linear}
    projected = f"A projection: the first two principal components of {code_size}-D codes."
    return {
        "codes": (f"Code of {code_size}", projected, ("component 1", "component 2")),
        "lsa": linear,
    }


def figure(
    places: np.ndarray,
    held_out: Mapping[str, Any],
    vocabulary: list[str],
    names: tuple[str, ...],
    axes: tuple[str, str],
    chosen: int | None,
) -> go.Figure:
    """Draw documents as points.

    Args:
        places: of them, (N, 2).
        held_out: their ``titles``, ``words`` and ``labels``.
        vocabulary: the words.
        names: of the classes.
        axes: what the two are called.
        chosen: the number of the document that is marked; None for none.
    """
    colours = COLOURS[theme()]
    texts = [
        f"<b>{html.escape(title)}</b><br>{html.escape(names[label])}<br>{html.escape(in_words(words, vocabulary))}"
        for title, words, label in zip(
            held_out["titles"], held_out["words"].tolist(), held_out["labels"].tolist(), strict=True
        )
    ]
    drawn = go.Figure()
    for label in np.unique(held_out["labels"]).tolist():
        numbers = np.flatnonzero(held_out["labels"] == label)
        colour, symbol, _ = mark_of(label)
        drawn.add_scatter(
            x=places[numbers, 0],
            y=places[numbers, 1],
            mode="markers",
            name=names[label],
            text=[texts[number] for number in numbers],
            customdata=numbers.tolist(),
            hovertemplate="%{text}<extra></extra>",
            marker={"color": colour, "symbol": symbol, "size": 7, "opacity": 0.75},
            selected={"marker": {"opacity": 0.75}},
            unselected={"marker": {"opacity": 0.75}},
        )
    if chosen is not None and 0 <= chosen < len(places):
        drawn.add_scatter(
            x=places[[chosen], 0],
            y=places[[chosen], 1],
            mode="markers",
            name="searched for below",
            text=[texts[chosen]],
            customdata=[chosen],
            hovertemplate="%{text}<extra></extra>",
            marker={
                "color": colours["text"],
                "symbol": "star",
                "size": 19,
                "line": {"color": colours["grid"], "width": 1.5},
            },
            unselected={"marker": {"opacity": 1}},
        )
    axis = {"gridcolor": colours["grid"], "zeroline": False, "showticklabels": False, "linecolor": colours["grid"]}
    ranges = [_range(places[:, along]) for along in (0, 1)]
    drawn.update_layout(
        height=430 * (1.3 if projecting() else 1),
        margin={"l": 30, "r": 8, "t": 30, "b": 30},
        xaxis={**axis, "title": {"text": axes[0]}, "range": ranges[0]},
        yaxis={**axis, "title": {"text": axes[1]}, "range": ranges[1]},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        hoverlabel={"align": "left", "font": {"color": colours["text"]}},
        font={"size": 19 if projecting() else 14},
        uirevision="keep",
    )
    return drawn


def _range(values: np.ndarray) -> list[float]:
    low, high = np.quantile(values, [_EDGE, 1 - _EDGE])
    room = 0.06 * (high - low) or 1.0
    return [float(low - room), float(high + room)]


def _clicked(key: WidgetKey, count: int, take: Callable[[int], None]) -> None:
    """Tell which point was clicked; what a browser sends is a point of the map, or nothing."""
    try:
        value = widget_values.read(key)["selection"]["points"][0]["customdata"]
        number = int(value[0] if isinstance(value, list) else value)
    except (KeyError, IndexError, TypeError, ValueError):
        return  # a click beside all points
    if 0 <= number < count:
        take(number)


def _legend(labels: list[int], names: tuple[str, ...]) -> str:
    marks = "".join(
        f'<span style="white-space:nowrap"><span style="color:{colour}" aria-hidden="true">{letter}</span> '
        f"{html.escape(names[label])}</span>"
        for label in labels
        for colour, _, letter in [mark_of(label)]
    )
    star = '<span style="white-space:nowrap"><span aria-hidden="true">★</span> searched for below</span>'
    return f'<div style="display:flex;flex-wrap:wrap;gap:.2rem 1.1rem">{marks}{star}</div>'

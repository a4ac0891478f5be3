"""How good each way of searching is: precision against recall, precision at ten, which wins, and the downloads."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.export.documents import documents_script
from ae_core.runs.run import Run
from ae_core.table import csv_of
from ae_core.tasks.documents.retrieval import COUNT
from ae_core.tasks.documents.spaces import BITS, SPACES, spaces_of
from ae_core.tasks.documents.verdict import verdict
from ae_core.tasks.study import Answer
from ui.figures.charts import BARE
from ui.figures.style import COLOURS, projecting, theme
from ui.figures.tables import caption_html, table_html
from ui.widgets.take_home import numbers_taken, script_taken, take_home

_LINES = {  # of each way: actor, dash and symbol
    "codes": ("ae", "solid", "circle"),
    BITS: ("ae", "dot", "diamond"),
    "lsa": ("pca", "solid", "square"),
    "tfidf": ("train", "dash", "triangle-up"),
}


def show(run: Run, answers: Mapping[str, Answer]) -> None:
    """Show the curve, the table, which way wins, and the downloads, as far as they are computed.

    Args:
        run: whose code it is.
        answers: of :func:`ae_core.tasks.documents.study.measured` so far.
    """
    if not answers:
        st.info("The figures appear here as soon as the first is computed.")
        return
    names = _names(run)
    if set(SPACES) <= set(answers):
        st.write(verdict(answers, run.config.code_size))
    st.plotly_chart(
        figure(answers, names),
        key="documents_recall",
        config=BARE,
        alt="Precision against recall of each way of searching, a line each",
    )
    st.html(_table(run, answers, names))
    if len(answers) == len(names):
        _downloads(run, answers)


def _names(run: Run) -> dict[str, str]:
    size = run.config.code_size
    names = {
        "codes": f"Code of {size}",
        BITS: f"Code cut to {size} bits",
        "lsa": f"LSA of {size}",
        "tfidf": "All words (TF-IDF)",
    }
    return {space: name for space, name in names.items() if space in spaces_of(size)}


def figure(answers: Mapping[str, Answer], names: Mapping[str, str]) -> go.Figure:
    """Draw precision over recall, a line each way of searching.

    Args:
        answers: the curves, by way.
        names: what each way is called, in the order of the legend.
    """
    colours = COLOURS[theme()]
    axis = {"gridcolor": colours["grid"], "zeroline": False, "linecolor": colours["grid"], "ticks": "outside"}
    drawn = go.Figure()
    for space, name in names.items():
        if space not in answers:
            continue
        actor, dash, symbol = _LINES[space]
        recall, precision = answers[space]["curve"]
        drawn.add_scatter(
            x=100 * recall,
            y=precision,
            name=name,
            mode="lines+markers",
            line={"color": colours[actor], "width": 3, "dash": dash},
            marker={"symbol": symbol, "size": 8},
            hovertemplate="%{y:.3f} at %{x:.2g} %",
        )
    ticks = [0.1, 0.3, 1, 3, 10, 30, 100]
    drawn.update_layout(
        height=360 * (1.3 if projecting() else 1),
        margin={"l": 62, "r": 16, "t": 30, "b": 46},
        xaxis={
            **axis,
            "type": "log",
            "title": {"text": "recall: found of all that have the class"},
            "tickvals": ticks,
            "ticktext": [f"{tick:g} %" for tick in ticks],
        },
        yaxis={**axis, "title": {"text": "precision"}, "range": [0, 1.02]},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
        font={"size": 19 if projecting() else 14},
    )
    return drawn


def _table(run: Run, answers: Mapping[str, Answer], names: Mapping[str, str]) -> str:
    size, words = run.config.code_size, INFO[run.config.dataset].pixels
    kept = {
        "codes": f"{size} numbers",
        BITS: f"{size} bits",
        "lsa": f"{size} numbers",
        "tfidf": f"{words:,} numbers, most of them 0",
    }
    rows = [
        [name, f"{answers[space]['precision']:.3f} ± {answers[space]['error']:.3f}", kept[space]]
        for space, name in names.items()
        if space in answers
    ]
    one = next(iter(answers.values()))
    said = (
        f"{len(one['right']):,} held-out documents are each searched for among {one['documents']:,} training documents, by "
        "cosine; right is what has the same class. Mean over the questions, and its standard error; the sentence above "
        "compares question by question. A curve goes from the nearest document alone to all of them. Nothing was chosen on "
        "these documents."
    )
    if BITS in names:
        said += " A bit says whether a number of the code is above its median among the training documents."
    return table_html([("", ""), (f"Precision at {COUNT}", ""), ("Of a document is kept", "")], rows) + caption_html(
        said
    )


def numbers(answers: Mapping[str, Answer]) -> str:
    """Write the figures as CSV: of each way its precision at ten, and every point of its curve."""
    rows: list[list[object]] = []
    for space, one in answers.items():
        rows.append([space, f"precision at {COUNT}", "", one["precision"], one["error"]])
        rows += [[space, "curve", float(recall), float(precision), ""] for recall, precision in one["curve"].T]
    return csv_of(["by", "what", "recall", "precision", "error"], rows)


def _downloads(run: Run, answers: Mapping[str, Answer]) -> None:
    kept = dict(answers)
    script = f"Trains this run, searches by its codes and prints the same precision at {COUNT}, without the lab."
    take_home(
        numbers_taken("documents.csv", lambda: numbers(kept), "The table and the curves, in full."),
        script_taken("documents.py", lambda: documents_script(run), script),
    )

"""One row of a table, column by column: what stands there, what the model and PCA make of it, and how wrong they are."""

from __future__ import annotations

import html

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import streamlit as st
import torch

from ae_core.data.datasets import INFO
from ae_core.data.items import to_float
from ae_core.models.codec import reconstruct
from ae_core.runs.run import Run
from ae_core.tasks.tables.ranking import errors_of
from ae_core.text import as_written
from ui.figures import charts
from ui.figures.style import COLOURS, theme
from ui.visit import caches, link, widget_values

ORDERS = {"strangest": "The strangest first", "stored": "As they are stored"}
_MOST = 40  # columns in the chart: of more, those that the model gets most wrong
_LINE = 26  # pixels of a column


def choose(entry_id: str, run: Run) -> tuple[int, dict[str, object]]:
    """Ask which held-out row is looked at.

    Args:
        entry_id: of the run's entry on the shelf.
        run: whose errors put the rows in order.

    Returns:
        The row's number among the held-out rows, and what a link carries of the choice.
    """
    info = INFO[run.config.dataset]
    errors = _errors(entry_id, run)
    with st.container(horizontal=True, vertical_alignment="bottom", key="tables_controls"):
        order = link.segments(
            f"{info.items.capitalize()} in order",
            list(ORDERS),
            "strangest",
            name="order",
            key="tables_order",
            format_func=ORDERS.__getitem__,
            help=f"The strangest is the one that this model gets most wrong, of {len(errors):,} held-out {info.items}.",
        )
        place = link.number_input(
            "Which one",
            0,
            len(errors) - 1,
            0,
            name="row",
            key=widget_values.table_row(run.config.dataset, order),
            width=160,
            help="0 is the first in this order.",
        )
    number = int(np.argsort(-errors, kind="stable")[place]) if order == "strangest" else place
    return number, {"order": order, "row": place}


def show(entry_id: str, run: Run, number: int) -> None:
    """Show a held-out row beside its reconstructions, as bars and as numbers.

    Args:
        entry_id: of the run's entry on the shelf.
        run: that draws it again.
        number: of the row among the held-out ones.
    """
    info = INFO[run.config.dataset]
    held_out = caches.held_out(run.config.dataset)
    errors = _errors(entry_id, run)
    row = to_float(held_out.images[number : number + 1])
    pca = run.pca_at_code_size
    with torch.inference_mode():
        made, linear = reconstruct(run.model, row).clamp(0, 1), reconstruct(pca, row).clamp(0, 1)
    wrong = (made - row).square().flatten().numpy()
    place = 1 + int((errors > errors[number]).sum())
    most = int(wrong.argmax())
    names = _names(info.columns, row.numel())
    st.write(
        f"Row {number:,}, class **{as_written(info.class_names[int(held_out.labels[number])])}**: number **{place:,}** of "
        f"{len(errors):,} held-out ones by its error. {wrong[most] / wrong.sum():.0%} of it comes from "
        f"**{as_written(names[most])}**."
        if wrong.sum() > 0
        else f"Row {number:,} is drawn again without an error."
    )
    shown = np.sort(np.argsort(-wrong, kind="stable")[:_MOST])
    values = np.concatenate([each.flatten(1).numpy() for each in (row, made, linear)])
    st.plotly_chart(
        chart(values[:, shown], _own_units(run.config.dataset, values)[:, shown], [names[n] for n in shown]),
        key="tables_columns",
        config=charts.BARE,
        alt=f"The columns of row {number} as bars, with marks where the model and PCA put them; most wrong: {names[most]}",
        width="stretch",
    )
    if len(shown) < row.numel():
        st.caption(f"The {len(shown)} of {row.numel()} columns that the model gets most wrong, in the table's order.")


def chart(values: npt.NDArray[np.floating], units: npt.NDArray[np.floating], names: list[str]) -> go.Figure:
    """Draw a row's columns as bars, with marks where the model and PCA put them, and what the model gets wrong between.

    Args:
        values: of the row, of the model's answer and of PCA's, in [0, 1], (3, D).
        units: the same in the columns' own units.
        names: of the columns.
    """
    colours = COLOURS[theme()]
    row, made, linear = 2 * values - 1  # from the middle, where the mean is
    kept = list(range(len(names)))  # several columns may have equal names in a chart that cuts them off
    figure = charts.plain(_LINE * len(names) + 110, "", "")
    told = units.T
    hover = "<b>%{customdata[3]}</b><br>is %{customdata[0]:.4g}<br>the model says %{customdata[1]:.4g}<br>PCA says %{customdata[2]:.4g}<extra></extra>"
    custom = [[*map(float, told[n]), _escaped(names[n])] for n in kept]
    figure.add_bar(
        x=row, y=kept, orientation="h", name="this row", marker={"color": colours["train"], "opacity": 0.55},
        customdata=custom, hovertemplate=hover,
    )  # fmt: skip
    figure.add_bar(
        x=made - row, base=row, y=kept, orientation="h", name="error", marker={"color": "#c8382c", "opacity": 0.75},
        hoverinfo="skip",
    )  # fmt: skip
    for x, name, actor, symbol in ((made, "the model", "ae", "diamond"), (linear, "PCA", "pca", "line-ns-open")):
        figure.add_scatter(
            x=x, y=kept, name=name, mode="markers", hoverinfo="skip",
            marker={"color": colours[actor], "size": 10, "symbol": symbol, "line": {"width": 2, "color": colours[actor]}},
        )  # fmt: skip
    figure.update_layout(
        barmode="overlay",
        hovermode="closest",
        bargap=0.25,
        margin={"l": 10, "r": 16, "t": 40, "b": 46},
        xaxis={"range": [-1.04, 1.04], "tickvals": [-1, 0, 1], "ticktext": ["low", "mean", "high"], "zeroline": True},
        yaxis={
            "tickvals": kept,
            "ticktext": [_short(name) for name in names],
            "autorange": "reversed",
            "automargin": True,
            "ticks": "",
        },
    )
    return figure


@st.cache_data(show_spinner=False, max_entries=16)
def _errors(entry_id: str, _run: Run) -> npt.NDArray[np.floating]:
    """Return the error of each held-out row.

    Args:
        entry_id: of the run's entry on the shelf, by which the result is cached.
        _run: that draws them again.
    """
    return errors_of(_run.model, caches.held_out(_run.config.dataset).images)


def _own_units(dataset: str, values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return rows (N, D) in [0, 1] in the units of the table's columns."""
    table = INFO[dataset].table()
    assert table is not None, "the held-out rows are here"
    return np.asarray(table.scaling.inverse_transform(values[:, None, None]))


def _names(columns: tuple[str, ...], count: int) -> list[str]:
    return list(columns) or [f"column {number + 1}" for number in range(count)]


def _short(name: str) -> str:
    """Return a column's name beside its bar: cut off, and no markup."""
    cut = name if len(name) <= 25 else f"{name[:13]}…{name[-11:]}"  # names of kin often differ at their ends
    return _escaped(cut)


def _escaped(name: str) -> str:
    """Return a column's name without what plotly takes for markup."""
    return html.escape(name, quote=False)

"""Plotly charts of losses and errors, in one style."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import plotly.graph_objects as go
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO, DatasetInfo
from ae_core.training.film import History
from ae_core.training.objectives import part_names
from ui.figures.style import COLOURS, projecting, theme

BARE = {"displayModeBar": False, "responsive": True}


def plain(height: int, x: str, y: str) -> go.Figure:
    """Return an empty chart in this style.

    Args:
        height: in pixels, more for a projector.
        x: the title of the axis across.
        y: the title of the other.
    """
    colours = COLOURS[theme()]
    axis = {"gridcolor": colours["grid"], "zeroline": False, "linecolor": colours["grid"], "ticks": "outside"}
    return go.Figure(
        layout={
            "height": height * (1.3 if projecting() else 1),
            "margin": {"l": 62, "r": 16, "t": 30, "b": 46},
            "xaxis": {**axis, "title": {"text": x}},
            "yaxis": {**axis, "title": {"text": y}},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "hovermode": "x unified",
            "font": {"size": 19 if projecting() else 14},
            "uirevision": "keep",  # a live chart must not forget where the visitor zoomed
        }
    )


def sweep(
    values: Sequence[float],
    errors: Sequence[float | None],
    linear: Sequence[float | None],
    x: str,
    y: str = "held-out squared error",
    height: int = 360,
    log: bool = True,
) -> go.Figure:
    """Draw the autoencoder's and PCA's error, or another measure, over the values of one setting.

    The axis of the setting is logarithmic where its values ask for that, and as wide as they are from the start.

    Args:
        values: of the setting, V of them.
        errors: the autoencoder's error at each value; None where the run is not there yet.
        linear: PCA's error at each value; None likewise.
        x: the title of the setting's axis.
        y: the title of the errors' axis.
        height: of the chart in pixels.
        log: whether that axis is logarithmic; of a share of 1 it is not, and begins at 0.
    """
    colours = COLOURS[theme()]
    figure = plain(height, x, y)
    for name, column, actor, symbol in (("PCA", linear, "pca", "square"), ("autoencoder", errors, "ae", "circle")):
        figure.add_scatter(
            x=list(values),
            y=list(column),
            name=name,
            mode="lines+markers",
            connectgaps=True,
            line={"color": colours[actor], "width": 3},
            marker={"symbol": symbol, "size": 8, "line": {"color": colours[actor], "width": 1}},
            hovertemplate="%{y:.4f}",
        )
    low, high = min(values), max(values)
    logarithmic = low > 0 and high / low > 10
    if logarithmic:
        low, high = math.log10(low), math.log10(high)
    margin = 0.05 * (high - low) or 0.5
    figure.update_xaxes(
        type="log" if logarithmic else "linear",
        range=[low - margin, high + margin],
        tickvals=list(values),
        ticktext=[f"{value:g}" for value in values],
    )
    here = [error for error in errors if error is not None]
    there = [error for error in linear if error is not None]
    if not log:
        figure.update_yaxes(range=[0, 1.1 * max([0.1, *here, *there])])
    elif here:  # a PCA with as many components as pixels has no error at all: the axis shows what can be compared
        _log_y(figure, [max(error, min(here) / 2) for error in [*here, *there]])
    else:
        figure.update_yaxes(showticklabels=False)
    return figure


def losses(history: History, config: Config, pca_mse: float | None) -> go.Figure:
    """Draw training and held-out loss over epochs.

    Args:
        history: of the training, so far or whole.
        config: says in which unit the loss is, and which parts it has.
        pca_mse: PCA's squared error a pixel, drawn as a line where the loss is comparable with it; None for no line.
    """
    colours = COLOURS[theme()]
    unit = {"mse": "squared error"}.get(config.loss, "cross-entropy")
    if config.variational:
        unit = INFO[config.dataset].spoken("nats an image")
    figure = plain(300, "epoch", f"loss ({unit})")
    epochs = history.get("epoch", [])
    parts = [
        ("train_loss", "training", colours["train"], "solid", 2),
        ("held_out_loss", "held out", colours["ae"], "solid", 3),
    ]
    names = part_names(config)[:-1]
    if len(names) > 1:
        for name, dash in zip(names, ("dash", "dot", "dashdot", "longdash"), strict=False):
            weight = _penalty_weights(config).get(name)
            label = f"{name} (held out)" if weight is None else f"{weight:g} × {name} (held out)"
            parts.append((f"held_out_{name}", label, colours["ae"], dash, 2))
    for column, name, colour, dash, width in parts:
        figure.add_scatter(
            x=epochs,
            y=_weighted(history, column, config),
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": width},
            hovertemplate="%{y:.4g}",
        )
    # of as many components as pixels PCA's error is rounding, and a line for it would squeeze the curves together
    comparable = config.loss == "mse" and len(names) == 1 and config.corruption == "none" and (pca_mse or 0) > 1e-6
    if comparable and pca_mse:
        figure.add_hline(y=pca_mse, line={"color": colours["pca"], "dash": "dash", "width": 2})
        figure.add_annotation(
            text=f"PCA {pca_mse:.4f}",
            font={"color": colours["pca"]},
            x=1,
            xref="paper",
            xanchor="right",
            y=math.log10(pca_mse),  # what an annotation wants on a logarithmic axis
            yanchor="bottom",
            showarrow=False,
        )
    figure.update_xaxes(range=[0, config.epochs])
    columns = [_weighted(history, column, config) for column, *_ in parts]
    _log_y(figure, [value for column in columns for value in column] + ([pca_mse] if comparable and pca_mse else []))
    return figure


def machines(errors: Sequence[Sequence[float]], widths: Sequence[int]) -> go.Figure:
    """Draw the squared error of each Boltzmann machine over its training.

    ``widths`` are those of the layers, from pixels to code.
    """
    colours = COLOURS[theme()]
    figure = plain(230, "share of a machine's training", "squared error")
    for index, (column, dash) in enumerate(zip(errors, itertools.cycle(("solid", "dash", "dot", "dashdot")))):
        figure.add_scatter(
            x=[(step + 1) / len(column) for step in range(len(column))],
            y=column,
            name=f"{widths[index]}-{widths[index + 1]}",
            mode="lines",
            line={"color": colours["ae"] if index % 2 == 0 else colours["train"], "dash": dash, "width": 2},
            hovertemplate="%{y:.4f}",
        )
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    _log_y(figure, [value for column in errors for value in column])
    return figure


def bars(values: Sequence[float], x: str, y: str) -> go.Figure:
    """Draw one bar for each value, in their order.

    Args:
        values: the heights.
        x: the title of the axis along the bars.
        y: the title of the heights' axis, with their unit.
    """
    figure = plain(230, x, y)
    figure.add_bar(
        x=list(range(1, len(values) + 1)),
        y=list(values),
        marker={"color": COLOURS[theme()]["ae"]},
        name=y,
        hovertemplate="%{y:.3g}",
    )
    return figure


def two_losses(runs: Sequence[tuple[str, History]]) -> go.Figure:
    """Draw the held-out losses of two runs (name, history) over one another; they should be in the same unit."""
    colours = COLOURS[theme()]
    figure = plain(300, "epoch", "held-out loss")
    styles = (("ae", "solid"), ("train", "dash"))
    for (name, history), (actor, dash) in zip(runs, styles, strict=True):
        figure.add_scatter(
            x=history["epoch"],
            y=history["held_out_loss"],
            name=name,
            mode="lines",
            line={"color": colours[actor], "dash": dash, "width": 3},
            hovertemplate="%{y:.4g}",
        )
    _log_y(figure, [value for _, history in runs for value in history["held_out_loss"]])
    return figure


def _penalty_weights(config: Config) -> dict[str, float]:
    """Return the weights of the penalties, by the part's name.

    Such a part is drawn as it enters the loss, times its weight, so that it can be held against the others.
    """
    return {"sparsity": config.sparsity_weight, "contraction": config.contraction}


def _weighted(history: History, column: str, config: Config) -> list[float]:
    weight = _penalty_weights(config).get(column.removeprefix("held_out_"), 1.0)
    return [weight * value for value in history.get(column, [])]


def _log_y(figure: go.Figure, values: Sequence[float]) -> None:
    """Give a chart a logarithmic y axis over ``values``, with a handful of round ticks however narrow the range."""
    above = [value for value in values if value > 0]
    if not above:
        return
    low, high = min(above) / 1.15, max(above) * 1.15
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if high / low > 300 else (1, 2, 5) if high / low > 6 else (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)
    ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
    figure.update_yaxes(
        type="log", range=[math.log10(low), math.log10(high)], tickvals=ticks, ticktext=[f"{t:.4g}" for t in ticks]
    )


def error_histogram(errors: Tensor, info: DatasetInfo) -> go.Figure:
    """Draw the histogram of the squared errors of a data set's items, (N,)."""
    figure = plain(230, info.spoken("squared error of an image"), info.items)
    figure.add_histogram(x=errors.numpy(), nbinsx=60, marker={"color": COLOURS[theme()]["ae"]}, name="autoencoder")
    return figure


def lines(
    x_values: Sequence[float], columns: Sequence[tuple[str, Sequence[float], str, str]], x: str, y: str, upto: float
) -> go.Figure:
    """Draw lines over the same values, with the part shaded that something was learned from.

    Args:
        x_values: N of them.
        columns: of each line its name, its N values, its actor's colour and its dash.
        x: the title of the axis across.
        y: the title of the other.
        upto: the value up to which the chart is shaded.
    """
    figure = plain(300, x, y)
    for name, values, actor, dash in columns:
        figure.add_scatter(
            x=list(x_values),
            y=list(values),
            name=name,
            mode="lines+markers",
            line={"color": COLOURS[theme()][actor], "width": 3, "dash": dash},
        )
    figure.add_vrect(x0=min(x_values), x1=upto, fillcolor=COLOURS[theme()]["ae"], opacity=0.1, line_width=0)
    return figure


def with_spread(
    series: Sequence[tuple[str, Sequence[tuple[float, float, float]], str, str, str]], x: str, y: str, at: float
) -> go.Figure:
    """Draw lines with the spread about their points, both axes logarithmic; values are shares of 1, shown in per cent.

    Args:
        series: of each line its name, its points (value across, mean, standard deviation), its actor's colour, its dash and
            its points' symbol.
        x: the title of the axis across.
        y: the title of the other.
        at: the value across that is marked.
    """
    figure = plain(500, x, y)
    for name, points, actor, dash, symbol in series:
        colour = COLOURS[theme()][actor]
        figure.add_scatter(
            x=[point[0] for point in points],
            y=[100 * point[1] for point in points],
            error_y={"array": [100 * point[2] for point in points], "thickness": 1, "width": 2},
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"symbol": symbol, "size": 8},
            hovertemplate="%{y:.1f} %",
        )
    _log_y(
        figure, [100 * value for _, points, *_ in series for point in points for value in (point[1], sum(point[1:]))]
    )
    across = sorted({point[0] for _, points, *_ in series for point in points})
    figure.update_xaxes(type="log", tickvals=across, ticktext=[f"{value:,g}" for value in across])
    figure.add_vline(x=at, line={"color": COLOURS[theme()]["text"], "width": 1, "dash": "dot"})
    return figure

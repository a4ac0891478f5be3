"""The figures of every method, and which of them wins, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ae_core.data.datasets import DatasetInfo
from ae_core.tasks.anomalies.measures import Confusion, threshold_at
from ae_core.tasks.anomalies.methods import METHODS
from ae_core.tasks.study import Answer
from ui.figures.tables import table_html

_ALIKE = 0.002  # of the area under the curve: less is no difference


@dataclass(frozen=True)
class Row:
    """The figures of one method, with its threshold at a quantile of held-back normal training images."""

    name: str
    auroc: float
    average_precision: float
    threshold: float
    confusion: Confusion


def rows_of(answers: Mapping[str, Answer], quantile: float) -> list[Row]:
    """Return the figures of the methods that have answered, best first."""
    rows = []
    for name, answer in answers.items():
        threshold = threshold_at(answer["held_back"], quantile)
        confusion = Confusion.at(answer["normal"], answer["strange"], threshold)
        rows.append(Row(name, answer["auroc"], answer["average_precision"], threshold, confusion))
    return sorted(rows, key=lambda row: -row.auroc)


def methods_html(rows: Sequence[Row], info: DatasetInfo) -> str:
    """Return the table of all methods as HTML, in words about a data set's items."""
    columns = [("Score", ""), ("ROC area", ""), ("Mean precision", ""), ("False alarms", ""), ("Caught", "")]
    return table_html(
        columns,
        [
            [
                info.spoken(METHODS[row.name].title) + (" ◆" if METHODS[row.name].own else ""),
                f"{row.auroc:.3f}",
                f"{row.average_precision:.3f}",
                f"{row.confusion.false_alarm_rate:.1%}",
                f"{row.confusion.recall:.1%}",
            ]
            for row in rows
        ],
    )


def verdict(rows: Sequence[Row]) -> str:
    """Say which method ranks strange images best: one of the autoencoder's, or what one would use instead."""
    own = next((row for row in rows if METHODS[row.name].own), None)
    other = next((row for row in rows if not METHODS[row.name].own), None)
    if own is None or other is None:
        return ""
    names = [METHODS[row.name].title for row in (own, other)]
    figures = f"({own.auroc:.3f} against {other.auroc:.3f})"
    if abs(own.auroc - other.auroc) < _ALIKE:
        return f"**It makes no difference:** the autoencoder's best, *{names[0]}*, ranks strange images as well as *{names[1]}* does {figures}."
    if own.auroc > other.auroc:
        return f"**The autoencoder wins:** *{names[0]}* ranks strange images better than the best of the others, *{names[1]}* {figures}."
    return (
        f"**The autoencoder loses here:** *{names[1]}* ranks strange images better than the best of its scores, *{names[0]}* "
        f"({other.auroc:.3f} against {own.auroc:.3f})."
    )

"""Images that the visitor labels by hand, and what a classifier on codes, PCA and pixels makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
import torch

from ae_core.data.datasets import DatasetInfo
from ae_core.tasks.few_labels.by_hand import MOST_PICKED, PICKED, Bench
from ae_core.tasks.study import Answer
from ui.components.pick_labels import pick_labels, picking_data
from ui.figures.items import draw
from ui.visit import link, widget_values
from ui.visit.state import visit


def show(study_key: str, answer: Answer, info: DatasetInfo) -> str | None:
    """Show the images to choose from with the errors of the choice.

    Args:
        study_key: of the study.
        answer: of :func:`ae_core.tasks.few_labels.by_hand.offer`.
        info: the data set.

    Returns:
        The numbers of those that are labelled, with "_" between them, for the link; None where it is those that it starts with.
    """
    start = [int(one) for one in answer["medoids"]]
    mine = visit().few_labels.picked
    if study_key not in mine or link.holds("picks"):
        linked = link.choices("picks", [str(number) for number in range(len(answer["labels"]))])
        mine[study_key] = [int(number) for number in linked][:MOST_PICKED] or start
    picked = mine[study_key]
    key = widget_values.picking(study_key)
    data = picking_data(
        draw(torch.from_numpy(answer["images"]), info).numpy(),
        answer["labels"].tolist(),
        [info.class_names[one] for one in answer["classes"]],
        answer["random"],
        start,
        info.unit,
        ten=min(PICKED, len(answer["labels"])),
        most=MOST_PICKED,
        held=link.holds("picks"),
        called=info.called,
    )
    errors = _errors(study_key, tuple(picked), answer) if picked else {}
    pick_labels(key, data, picked, errors, lambda: _take(key, study_key, len(answer["labels"])))
    return None if picked == start else "_".join(map(str, picked))


def chosen(text: object, offered: int) -> list[int] | None:
    """Read a choice as a browser sent it: numbers with "_" between them, none twice; None for anything else.

    Args:
        text: what was sent.
        offered: how many there were to choose from.
    """
    if not isinstance(text, str) or len(text) > 4 * MOST_PICKED:
        return None
    words = text.split("_") if text else []
    if not all(word.isascii() and word.isdigit() for word in words):
        return None
    numbers = list(dict.fromkeys(map(int, words)))
    return numbers if len(numbers) <= MOST_PICKED and all(number < offered for number in numbers) else None


def _take(key: widget_values.WidgetKey, study_key: str, offered: int) -> None:
    told: Mapping[str, Any] = widget_values.read(key, {})
    picked = chosen(told.get("picked"), offered)
    if picked is not None and not link.holds("picks"):
        visit().few_labels.picked[study_key] = picked


@st.cache_data(show_spinner=False, max_entries=512)
def _errors(study_key: str, picked: Sequence[int], _answer: Answer) -> dict[str, float]:
    return Bench.of(_answer).errors(picked)

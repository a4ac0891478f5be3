"""A picture of the visitor's own: where it falls among the normal and the strange ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ae_core.data.datasets import INFO, DatasetInfo
from ae_core.runs.run import Run
from ae_core.tasks.anomalies.methods import METHODS, rounded
from ae_core.tasks.anomalies.study import study, study_of_one
from ae_core.tasks.study import Answer
from ui.anomalies.pictures import drawn
from ui.components.threshold import mark_own
from ui.figures.pictures import Panel, difference, panels_html
from ui.figures.tables import caption_html, table_html
from ui.visit import studies, widget_values
from ui.widgets.picture_input import ASKED, own_picture, own_sources
from ui.widgets.study_view import show_study

NONE = "None"


@st.fragment
def show(run: Run, run_name: str, strange: str, score: str, quantile: float) -> None:
    """Ask for a picture, mark its score on the histograms, and show what each method says of it.

    Args:
        run: trained on what is normal.
        run_name: what names it in the key of a study.
        strange: what the strange images of the study on screen are of.
        score: the method whose scores are drawn.
        quantile: of held-back normal training images, where each line starts.
    """
    if not own_sources(INFO[run.config.dataset]):
        return
    source = st.segmented_control(
        "One of your own",
        [NONE, *own_sources(INFO[run.config.dataset])],
        default=NONE,
        required=True,
        key="anomalies_source",
        persist_state="session",
        wrap=True,
        help="Draw or upload a picture, and see where it falls. It is kept for you alone, and is in no link.",
    )
    image = None if source == NONE else own_picture(INFO[run.config.dataset], source)
    if image is None:
        mark_own(widget_values.THRESHOLD, None)
        if source != NONE:
            st.caption(f"{ASKED[source]}.")
        return
    known, info = studies.look(study(run, run_name, strange)).answers, INFO[run.config.dataset]

    # A score that needs nothing but the network is there at once; for the others workers learn what is normal first.
    method, here = METHODS[score], torch.empty(0)
    at_once = float(method.fit(run, here)(image)[0]) if method.at_once else None

    def draw(answers: Mapping[str, Answer]) -> None:
        mark_own(widget_values.THRESHOLD, answers[score]["score"] if score in answers else at_once)
        st.html(_panels(run, image, METHODS[score].shows) + _table(answers, known, quantile, info))

    show_study(study_of_one(run, run_name, image, score), draw)


def _panels(run: Run, image: Tensor, by: str) -> str:
    again = drawn(run, by, image)
    pictures = [
        Panel("Seen", image[0]),
        Panel("Drawn", again[0], actor="ae" if by == "ae" else "pca" if by == "pca" else "", over=image[0]),
        Panel("Difference", difference(again, image)[0]),
    ]
    with torch.inference_mode():
        return panels_html(pictures, INFO[run.config.dataset], "three")


def _table(answers: Mapping[str, Answer], known: Mapping[str, Answer], quantile: float, info: DatasetInfo) -> str:
    """Return what each method says: the score, and the share of normal held-out images that score less.

    Args:
        answers: the score of the visitor's own by each method.
        known: those of the held-back and the held-out ones.
        quantile: of the held-back ones, where each line is.
        info: the data set, in whose words it is said.
    """
    rows = []
    for name in METHODS:  # in the order in which they are chosen from
        if name not in known or name not in answers:
            continue
        score = answers[name]["score"]
        line = float(np.quantile(known[name]["held_back"], quantile, method="higher"))
        less = float((known[name]["normal"] < score).mean())
        rows.append(
            [info.spoken(METHODS[name].title), rounded(score), f"{less:.0%}", "strange" if score > line else "normal"]
        )
    columns = [("Score", ""), ("Yours", ""), ("Normal below", ""), ("Says", "")]
    note = "★ marks it on the histograms. Normal below: the share of held-out normal ones that score less."
    return (table_html(columns, rows) if rows else "") + caption_html(note)

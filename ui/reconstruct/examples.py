"""Images for the Reconstruct page: ranked by their error."""

from __future__ import annotations

import streamlit as st
from torch import Tensor

from ae_core.data.items import to_float
from ae_core.evaluation.metrics import SAMPLE
from ae_core.models.codec import reconstruct
from ae_core.runs.run import Run
from ui.visit import caches


@st.cache_data(show_spinner=False, max_entries=16)
def errors(entry_id: str, _run: Run) -> Tensor:
    """Return the squared error of each of the first held-out images, (SAMPLE,)."""
    images = to_float(caches.held_out_of(_run.config).images[:SAMPLE])
    return (reconstruct(_run.model, images) - images).square().flatten(1).mean(1)

"""Images for the Reconstruct page: resized to a model, and ranked by their error."""

from __future__ import annotations

import streamlit as st
from torch import Tensor
from torch.nn import functional as F

from ae_core.data.items import to_float
from ae_core.evaluation.metrics import SAMPLE
from ae_core.models.codec import reconstruct
from ae_core.runs.run import Run
from ui.visit import caches


def resized(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Resize images (N, C, H, W) in [0, 1] to a model's ``shape``, smoothed on the way down; (N, *shape)."""
    if images.shape[1] != shape[0]:
        images = images.mean(1, keepdim=True).expand(-1, shape[0], -1, -1)
    if images.shape[2:] == shape[1:]:
        return images
    return F.interpolate(images, shape[1:], mode="bilinear", antialias=True).clamp(0, 1)


@st.cache_data(show_spinner=False, max_entries=16)
def errors(entry_id: str, _run: Run) -> Tensor:
    """Return the squared error of each of the first held-out images, (SAMPLE,)."""
    images = to_float(caches.held_out_of(_run.config).images[:SAMPLE])
    return (reconstruct(_run.model, images) - images).square().flatten(1).mean(1)

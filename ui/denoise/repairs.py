"""One image, damaged at every strength or by a visitor's brush, and who repairs it best."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ae_core.data.corruption import NOISES, corrupt
from ae_core.evaluation.baselines import median_filter
from ae_core.evaluation.metrics import psnr, ssim
from ae_core.models.codec import reconstruct
from ae_core.runs.run import Run
from ae_core.text import as_written
from ui.components.noise_mixer import (
    STRENGTHS,
    Answer,
    Painting,
    PaintingRejected,
    Strip,
    mixer_data,
    noise_mixer,
    step_of,
)
from ui.figures.tables import caption_html
from ui.visit import link


def mixer(entry_id: str, run: Run, clean: Tensor, noise: str, draw: int) -> float:
    """Show what becomes of ``clean`` (1, C, H, W), and return the strength that the visitor has set."""
    state = st.session_state
    if "denoise_strength" not in state or link.holds("strength"):
        state.denoise_strength = link.number("strength", 0.4, 0.0, 1.0)
    state.denoise_strength = strength = STRENGTHS[step_of(state.denoise_strength)]
    _, channels, height, width = clean.shape
    size = f"{width}x{height}" + (f"x{channels}" if channels > 1 else "")  # a painting fits one
    key, kept = f"noise_mixer_{size}", f"denoise_painting_{size}"
    painting = state.get(kept) or ""
    answer = None
    if painting:
        try:
            layer = Painting.from_text(painting, (channels, height, width))
        except PaintingRejected as error:
            st.error(as_written(error), icon=":material/brush:")
            painting = state[kept] = ""
        else:
            noisy = layer.over(damaged(clean, noise, draw, (strength,)))
            answer = Answer.of(painting, step_of(strength), *repairs(run, noisy, clean))
    config = run.config
    learned = (min(config.noise_min, config.noise_strength), config.noise_strength) if config.noise == noise else None
    data = mixer_data(
        (channels, height, width),
        _strip(entry_id, clean.numpy(), noise, draw, run),
        strength=strength,
        measure=NOISES[noise].measure,
        learned=learned,
        painting=painting,
        answer=answer,
        held="hidden" if link.hides("strength") else "fixed" if link.holds("strength") else "",
    )
    noise_mixer(
        key, data, on_strength=_keeper(key, "strength", "denoise_strength"), on_painting=_keeper(key, "painting", kept)
    )
    components = run.pca_at_code_size.code_size
    st.html(
        caption_html(
            f"PCA keeps {components} components for a code of {config.code_size}; the median is 3 × 3. dB is PSNR: more is "
            "better, 20 dB is a hundredth of the squared error of 0 dB. SSIM is 1 for equal images. The chart is this image's "
            "PSNR at every strength; where a repair lies below the noisy image it costs more than it mends."
            + (" Shaded: the strengths that the model was trained on." if learned else "")
        )
    )
    return strength


def damaged(clean: Tensor, noise: str, draw: int, strengths: tuple[float, ...] = STRENGTHS) -> Tensor:
    """``clean`` (1, C, H, W) at each strength, (S, C, H, W). One draw for all, so that the damage grows where it is."""
    return torch.cat([corrupt(clean, noise, strength, torch.Generator().manual_seed(draw)) for strength in strengths])


def repairs(run: Run, noisy: Tensor, clean: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Every repair of ``noisy`` (S, C, H, W) and its likeness to ``clean`` (1, C, H, W).

    Returns pictures (4, S, C, H, W), PSNR in dB (4, S) and SSIM (4, S): of the noisy images themselves, the autoencoder,
    PCA at its code size and the median filter.
    """
    with torch.inference_mode():
        pictures = torch.stack(
            [
                noisy,
                reconstruct(run.model, noisy).clamp(0, 1),
                reconstruct(run.pca_at_code_size, noisy).clamp(0, 1),
                median_filter(noisy),
            ]
        )
    each = pictures.flatten(0, 1)
    reference = clean.expand_as(each)
    shape = pictures.shape[:2]
    return pictures, psnr(each, reference).view(shape), ssim(each, reference).view(shape)


@st.cache_data(show_spinner=False, max_entries=64)
def _strip(entry_id: str, clean: np.ndarray, noise: str, draw: int, _run: Run) -> Strip:
    image = torch.from_numpy(clean)
    return Strip.of(image, *repairs(_run, damaged(image, noise, draw), image))


def _keeper(key: str, name: str, kept: str) -> Callable[[], None]:
    """Keeps what the mixer reports beyond the page, and before the page is drawn."""

    def keep() -> None:
        value = st.session_state[key].get(name)
        if name == "painting" or (isinstance(value, (int, float)) and 0 <= value <= 1):
            st.session_state[kept] = value

    return keep

"""One damaged image and who repairs it best: the autoencoder, PCA or a median filter."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from ae_core.baselines import median_filter
from ae_core.codec import reconstruct
from ae_core.corruption import corrupt
from ae_core.metrics import psnr, ssim
from ae_core.run import Run
from ui.pictures import Panel, difference, panels_html
from ui.tables import caption_html


def compare(run: Run, clean: Tensor, noise: str, strength: float, draw: int) -> None:
    """Damage ``clean`` (1, C, H, W) and show every repair with its scores."""
    noisy = corrupt(clean, noise, strength, torch.Generator().manual_seed(draw))
    attempts = {
        "Noisy": (noisy, ""),
        "Autoencoder": (reconstruct(run.model, noisy).clamp(0, 1), "ae"),
        "PCA": (reconstruct(run.pca_at_code_size, noisy).clamp(0, 1), "pca"),
        "Median filter": (median_filter(noisy), ""),
    }
    scores = {name: (float(psnr(image, clean)), float(ssim(image, clean))) for name, (image, _) in attempts.items()}
    panels = [Panel("Clean", clean[0], "what to get back")]
    for name, (image, actor) in attempts.items():
        panels.append(Panel(name, image[0], f"{scores[name][0]:.1f} dB, SSIM {scores[name][1]:.2f}", actor))
    restored = attempts["Autoencoder"][0]
    panels.append(Panel("Difference", difference(restored, clean)[0], "autoencoder against clean"))
    best = max((name for name in scores if name != "Noisy"), key=lambda name: scores[name][0])
    verdict = (
        f"Of the three repairs the {best.lower() if best != 'PCA' else best}'s is closest to the clean image, by PSNR"
        if scores[best][0] > scores["Noisy"][0]
        else "No repair comes closer to the clean image than the noisy one itself: each loses more than the noise cost"
    )
    caption = caption_html(
        f"{verdict}. PCA keeps {run.config.code_size} components, as many as the code has numbers; the median is 3 × 3. "
        "dB is PSNR: more is better, 20 dB is a hundredth of the squared error of 0 dB. SSIM is 1 for equal images."
    )
    st.html(panels_html(panels) + caption)

"""An image with noise or painted damage, and its repairs: by the autoencoder, by PCA and by a median filter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ae_core.data.corruption import CORRUPTIONS, corrupt
from ae_core.data.datasets import INFO
from ae_core.evaluation.baselines import median_filter
from ae_core.evaluation.metrics import has_ssim, psnr, ssim
from ae_core.export import figures
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
from ui.figures.items import draw as draw_items
from ui.figures.items import picture_size
from ui.figures.pictures import Panel, difference, panels_html
from ui.figures.tables import caption_html
from ui.visit import link, widget_values
from ui.visit.state import visit
from ui.visit.widget_values import WidgetKey


def mixer(entry_id: str, run: Run, clean: Tensor, corruption: str, draw: int) -> float:
    """Show an image with noise beside its three repairs, with a slider for the strength and a brush.

    Args:
        entry_id: the run's on the shelf.
        run: whose autoencoder repairs the image.
        clean: the image, (1, C, H, W) in [0, 1].
        corruption: its kind, a key of ``CORRUPTIONS``.
        draw: the seed of the noise.

    Returns:
        The strength that the visitor has set, in [0, 1].
    """
    state = visit().denoise
    if state.strength is None or link.holds("strength"):
        state.strength = link.number("strength", 0.4, 0.0, 1.0)
    state.strength = strength = STRENGTHS[step_of(state.strength)]
    config, info = run.config, INFO[run.config.dataset]
    is_image = info.kind == "image"
    shape = _shape(clean)
    key = widget_values.noise_mixer(shape)
    painting = (visit().paintings.get(shape) or "") if is_image else ""
    answer = None
    if painting:
        try:
            layer = Painting.from_text(painting, shape)
        except PaintingRejected as error:
            st.error(as_written(error), icon=":material/brush:")
            painting = visit().paintings[shape] = ""
        else:
            noisy = layer.over(corrupted(clean, corruption, draw, (strength,)))
            answer = Answer.of(painting, step_of(strength), *repairs(run, noisy, clean))
    learned = (
        (min(config.corruption_min, config.corruption_strength), config.corruption_strength)
        if config.corruption == corruption
        else None
    )
    width, height = picture_size(info)
    data = mixer_data(
        (1 if is_image and not info.colour else 3, height, width),
        _strip(entry_id, clean.numpy(), corruption, draw, run),
        strength=strength,
        measure=info.spoken(CORRUPTIONS[corruption].measure),
        learned=learned,
        painting=painting,
        answer=answer,
        held="hidden" if link.hides("strength") else "fixed" if link.holds("strength") else "",
        brush=is_image,
        median=info.has_neighbours,
    )
    noise_mixer(key, data, on_strength=lambda: _take_strength(key), on_painting=lambda: _take_painting(key, shape))
    components = run.pca_at_code_size.code_size
    st.html(
        caption_html(
            f"PCA keeps {components} components for a code of {config.code_size}"
            + (f"; the median is {'3 × 3' if is_image else 'of 3'}. " if info.has_neighbours else ". ")
            + "dB is PSNR: more is better, 20 dB is a hundredth of the squared error of 0 dB. "
            f"{'SSIM is 1 for equal images. ' if has_ssim(info.shape) else ''}The chart is the PSNR of this one at every strength; where a repair lies below the noisy {info.item} it costs more than it mends."
            + (" Shaded: the strengths that the model was trained on." if learned else "")
        )
    )
    return strength


def corrupted(clean: Tensor, corruption: str, draw: int, strengths: tuple[float, ...] = STRENGTHS) -> Tensor:
    """Return copies of an image with the same noise at each of several strengths.

    It is one draw for all strengths, so that the noise grows where it is.

    Args:
        clean: the image, (1, C, H, W) in [0, 1].
        corruption: its kind, a key of ``CORRUPTIONS``.
        draw: the seed of the noise.
        strengths: S strengths in [0, 1].

    Returns:
        The noisy images, (S, C, H, W) in [0, 1].
    """
    return torch.cat(
        [corrupt(clean, corruption, strength, torch.Generator().manual_seed(draw)) for strength in strengths]
    )


def repairs(run: Run, noisy: Tensor, clean: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Repair noisy images in each way, and measure how near each is to the clean image.

    Args:
        run: whose autoencoder and PCA are used.
        noisy: the images to repair, (S, C, H, W) in [0, 1].
        clean: the image behind all of them, (1, C, H, W) in [0, 1].

    Returns:
        Pictures (R, S, C, H, W), PSNR in dB (R, S) and SSIM (R, S), NaN of what is no image: of the noisy ones themselves,
        then of each of :func:`repaired`.
    """
    pictures = torch.stack([noisy, *repaired(run, noisy).values()])
    each = pictures.flatten(0, 1)
    reference = clean.expand_as(each)
    shape = pictures.shape[:2]
    similar = ssim(each, reference) if has_ssim(each.shape) else torch.full((len(each),), float("nan"))
    return pictures, psnr(each, reference).view(shape), similar.view(shape)


def repaired(run: Run, noisy: Tensor) -> dict[str, Tensor]:
    """Repair images (S, C, H, W) by the autoencoder, by PCA and, where numbers have neighbours, by a median filter."""
    with torch.inference_mode():
        found = {
            "Autoencoder": reconstruct(run.model, noisy).clamp(0, 1),
            "PCA": reconstruct(run.pca_at_code_size, noisy).clamp(0, 1),
        }
    return found | ({"Median filter": median_filter(noisy)} if INFO[run.config.dataset].has_neighbours else {})


def painting(image: Tensor) -> str:
    """Return what the visitor painted on images of this size, as the browser sent it; empty where nothing."""
    return visit().paintings.get(_shape(image)) or ""


def painted(clean: Tensor, corruption: str, draw: int, strength: float, layer: str) -> Tensor:
    """Return an image with noise, and with what the visitor painted over it.

    Args:
        clean: the image, (1, C, H, W) in [0, 1].
        corruption: its kind, a key of ``CORRUPTIONS``.
        draw: the seed of the noise.
        strength: of the noise, in [0, 1].
        layer: the painting, as the browser sent it; empty for none.

    Returns:
        The corrupted image, (1, C, H, W) in [0, 1].

    Raises:
        PaintingRejected: ``layer`` is no painting on an image of this size.
    """
    noisy = corrupted(clean, corruption, draw, (strength,))
    return Painting.from_text(layer, _shape(clean)).over(noisy) if layer else noisy


def cleaned(run: Run, own: Tensor) -> None:
    """Show a picture that is noisy already, ``own`` (1, C, H, W), beside each repair of it.

    Nothing is scored, as nobody knows the clean picture.
    """
    by = repaired(run, own)
    config = run.config
    st.html(
        panels_html(
            [
                Panel("Yours", own[0], "as the model sees it"),
                Panel("Autoencoder", by["Autoencoder"][0], f"from a code of {config.code_size}", "ae"),
                Panel("PCA", by["PCA"][0], f"from {run.pca_at_code_size.code_size} components", "pca"),
                Panel("Median filter", by["Median filter"][0], "3 × 3"),
                Panel("Difference", difference(by["Autoencoder"], own)[0], "what the autoencoder changed"),
            ],
            INFO[config.dataset],
            "three",
        )
        + caption_html(
            "No noise was added. What is under yours nobody here knows, so nothing is scored: judge by eye. The "
            "autoencoder draws what it saw often; where yours is unusual, it may draw the usual instead."
        )
    )


def take_home(run: Run, first: str, noisy: Callable[[], Tensor]) -> None:
    """Show the buttons that download the repairs as PNG.

    Args:
        run: whose autoencoder and PCA repair the picture.
        first: what the picture itself is called.
        noisy: makes the picture, (1, C, H, W) in [0, 1], when a download is asked for.
    """

    def beside() -> bytes:
        picture = noisy()
        return figures.beside_png(
            {first: picture[0]} | {name: image[0] for name, image in repaired(run, picture).items()}
        )

    with st.container(horizontal=True):
        st.download_button(
            "Repaired picture (PNG)",
            data=lambda: figures.picture_png(repaired(run, noisy())["Autoencoder"][0]),
            file_name="repaired.png",
            mime="image/png",
            on_click="ignore",
            icon=":material/download:",
            help="What the autoencoder drew, every pixel a square of whole pixels.",
        )
        st.download_button(
            "All beside each other (PNG)",
            data=beside,
            file_name="repairs.png",
            mime="image/png",
            on_click="ignore",
            icon=":material/download:",
            help="The picture that was to be repaired, and what the autoencoder, PCA and the median filter made of it.",
        )


@st.cache_data(show_spinner=False, max_entries=64)
def _strip(entry_id: str, clean: np.ndarray, corruption: str, draw: int, _run: Run) -> Strip:
    image, info = torch.from_numpy(clean), INFO[_run.config.dataset]
    items, *scores = repairs(_run, corrupted(image, corruption, draw), image)
    drawn = draw_items(items.flatten(0, 1), info, image.expand_as(items.flatten(0, 1)))
    first = draw_items(image, info).expand(-1, drawn.shape[1], -1, -1)
    return Strip.of(first, drawn.unflatten(0, items.shape[:2]), *scores)


def _take_strength(key: WidgetKey) -> None:
    """Keep the strength that the mixer reports, so that it outlasts a change of page."""
    value = widget_values.read(key).get("strength")
    if isinstance(value, (int, float)) and 0 <= value <= 1:
        visit().denoise.strength = value


def _take_painting(key: WidgetKey, shape: tuple[int, int, int]) -> None:
    """Keep the painting that the mixer reports; it is checked where it is drawn."""
    visit().paintings[shape] = widget_values.read(key).get("painting")


def _shape(image: Tensor) -> tuple[int, int, int]:
    """Return the (C, H, W) of an image (1, C, H, W)."""
    _, channels, height, width = image.shape
    return channels, height, width

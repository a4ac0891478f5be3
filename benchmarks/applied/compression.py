"""The row of docs/benchmarks.md on compression: MNIST at 20 bytes an image, beside JPEG's and WebP's best up to 40."""

from __future__ import annotations

from typing import Any

import torch

from ae_core.data.items import to_float
from ae_core.evaluation.metrics import psnr, ssim
from ae_core.models.codec import Codec
from ae_core.runs import zoo
from ae_core.runs.fit import images_of, pca_of
from ae_core.tasks.compression import entropy
from ae_core.tasks.compression.coder import Coder, fit_coder
from ae_core.tasks.compression.container import HEADER_BYTES
from ae_core.tasks.compression.container import STEPS as ALL_STEPS
from ae_core.tasks.compression.formats import FORMATS, Format, as_shown, sheets
from ae_core.tasks.compression.quantise import pictures, searched
from ae_core.tasks.compression.study import COMPONENTS

RUNS = ("mnist-code-16", "mnist-code-32", "mnist-code-64")
BUDGET, RIVALS_BUDGET = 20.0, 40.0  # bytes an image
FILES, EACH = 5, 100
STEPS = [step for step in ALL_STEPS if 0.1 < step < 6]
_SPARE = 0.2  # bytes an image, as other images may take a little more
_CHOSEN_ON = 100  # the last training images, which no coder is fitted on


def compression() -> dict[str, Any]:
    """Measure the run and the step that do best on training images at 20 bytes an image, on held-out images."""
    train, held_out = (each.images for each in images_of("mnist"))
    models = {name: zoo.load(name).model for name in RUNS}
    coders = {name: fit_coder(model, train) for name, model in models.items()}
    chosen = {name: _chosen(models[name], coders[name], train) for name in RUNS}
    name = max(RUNS, key=lambda run: chosen[run][0])
    model, coder, step = models[name], coders[name], chosen[name][1]
    parts = held_out[: FILES * EACH].split(EACH)
    ours = [_coded(model, coder, part, step) for part in parts]
    figures: dict[str, Any] = {
        "run": name,
        "step": step,
        "psnr_on_training_images": {run: round(near, 2) for run, (near, _) in chosen.items()},
        "images": FILES * EACH,
        "images_a_file": EACH,
        "bytes": _mean(ours, 0),
        "bytes_of_the_largest_file": max(one[0] for one in ours),
        "psnr": _mean(ours, 1),
        "ssim": _mean(ours, 2),
    }
    linear = pca_of("mnist").truncated(COMPONENTS)
    linear_coder = fit_coder(linear, train)
    _, linear_step = _chosen(linear, linear_coder, train)
    figures |= _best("pca", [[_coded(linear, linear_coder, part, linear_step) for part in parts]], RIVALS_BUDGET)
    for key in ("jpeg", "webp", "jpeg2000", "avif"):
        figures |= _best(key, _settings(parts, FORMATS[key]), RIVALS_BUDGET)
    for key in ("jpeg", "webp"):
        figures[f"above_{key}"] = figures["psnr"] - figures[f"{key}_psnr"]
    return figures


def _chosen(codec: Codec, coder: Coder, train: torch.Tensor) -> tuple[float, float]:
    """Return what a codec reaches on the last training images within the budget, and the finest step that keeps to it.

    Args:
        codec: an autoencoder, or PCA.
        coder: that was fitted for it, on other training images.
        train: all training images.
    """
    shown = train[-_CHOSEN_ON:]
    low, high = 0, len(STEPS) - 1  # the finest is too many bytes, and the coarsest few enough
    near = float("nan")
    while high - low > 1:
        middle = (low + high) // 2
        size, reached, _ = _coded(codec, coder, shown, STEPS[middle])
        if size <= BUDGET - _SPARE:
            high, near = middle, reached
        else:
            low = middle
    return near, STEPS[high]


def _coded(codec: Codec, coder: Coder, images: torch.Tensor, step: float) -> tuple[float, float, float]:
    """Return the bytes an image of a file of these images, and the PSNR and SSIM of what comes back."""
    with torch.inference_mode():
        numbers = searched(codec, coder, to_float(images), step)
        size = HEADER_BYTES + len(entropy.to_bytes(numbers, coder, step))
        back = as_shown(pictures(codec, coder, numbers, step))
    return size / len(images), float(psnr(back, to_float(images)).mean()), float(ssim(back, to_float(images)).mean())


def _settings(parts: tuple[torch.Tensor, ...], one: Format) -> list[list[tuple[float, float, float]]]:
    """Return, for each setting of a format, what it makes of each part."""
    made = [list(sheets(part, one)) for part in parts]
    return [
        [
            (
                coded.bytes / len(part),
                float(psnr(coded.pictures, to_float(part)).clamp_max(120).mean()),
                float(ssim(coded.pictures, to_float(part)).mean()),
            )
            for part, coded in zip(parts, row, strict=True)
        ]
        for row in zip(*made, strict=True)
    ]


def _best(name: str, settings: list[list[tuple[float, float, float]]], most: float) -> dict[str, float]:
    """Return the setting with the highest PSNR among those within so many bytes an image."""
    within = [made for made in settings if _mean(made, 0) <= most]
    if not within:
        return {f"{name}_psnr": float("nan")}
    best = max(within, key=lambda made: _mean(made, 1))
    return {f"{name}_bytes": _mean(best, 0), f"{name}_psnr": _mean(best, 1), f"{name}_ssim": _mean(best, 2)}


def _mean(made: list[tuple[float, float, float]], which: int) -> float:
    return sum(one[which] for one in made) / len(made)


ROWS = {"compression": compression}

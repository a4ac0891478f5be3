"""The data of Home's figure: images reconstructed at every shipped code size, by the autoencoder and by PCA."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from ae_core.data.datasets import INFO, DatasetInfo, available
from ae_core.data.items import to_float
from ae_core.models.codec import reconstruct
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ui.components.shared import packed
from ui.components.shared.sheets import mosaic
from ui.figures.items import draw, picture_size
from ui.visit import caches

AT_ONCE = 10  # held-out images in the strip


@dataclass(frozen=True)
class CodeSizeSweep:
    """Images, their codes and their reconstructions at every shipped code size.

    Attributes:
        images: (N, C, H, W) in [0, 1].
        codes: a tensor (N, size) for each of the S sizes.
        decoded: the autoencoder's reconstructions, (S, N, C, H, W).
        linear: PCA's reconstructions, (S, N, C, H, W).
        errors: squared errors of each image (2, S, N), the autoencoder's first.
        held_out: squared errors over all held-out images (2, S), the autoencoder's first.
        info: the data set.
    """

    images: Tensor
    codes: tuple[Tensor, ...]
    decoded: Tensor
    linear: Tensor
    errors: Tensor
    held_out: Tensor
    info: DatasetInfo


def swept_datasets() -> list[str]:
    """Return the data sets that are on this machine and have a shipped run of every code size."""
    present = {entry.name for entry in zoo.present()}
    return [name for name in available() if all(f"{name}-code-{size}" in present for size in zoo.CODE_SIZES)]


def strip_start(image: int, count: int) -> int:
    """Return the number of the first image in the strip of ten that shows ``image``."""
    return min(image // AT_ONCE * AT_ONCE, count - AT_ONCE)


def runs_of(dataset: str) -> list[Run]:
    """Return a data set's shipped runs, one for each code size.

    Raises:
        RunLost: the file of one of them is damaged.
    """
    return [caches.shipped_run(f"{dataset}-code-{size}") for size in zoo.CODE_SIZES]


def through_code_sizes(dataset: str, images: Tensor) -> CodeSizeSweep:
    """Reconstruct images at every shipped code size, by the autoencoder and by PCA.

    They need not be of the data set, but of its shape.
    """
    runs = runs_of(dataset)
    codes = tuple(run.model.encode(images) for run in runs)
    decoded = torch.stack([run.model.decode(code) for run, code in zip(runs, codes, strict=True)])
    linear = torch.stack([reconstruct(run.pca_at_code_size, images) for run in runs])
    return CodeSizeSweep(
        images,
        codes,
        decoded,
        linear,
        torch.stack([(made - images).square().flatten(2).mean(2) for made in (decoded, linear)]),
        torch.tensor([[run.metrics[name] for run in runs] for name in ("mse", "pca_mse")]),
        INFO[dataset],
    )


def figure(sweep: CodeSizeSweep, names: Sequence[str]) -> dict[str, str]:
    """Return the data of :func:`ui.components.squeeze.squeeze`: numbers as JSON, and one sheet of all images.

    A row of the sheet has a tile for each image: the originals, then for each size the autoencoder's and PCA's.
    """
    count, info, pixels = len(sweep.images), sweep.info, sweep.info.pixels
    rows = torch.stack([sweep.decoded, sweep.linear], 1).flatten(0, 1)
    sheet = draw(torch.cat([sweep.images, rows.flatten(0, 1)]), info)
    text = {
        "names": list(names),
        "tile": picture_size(info),
        "pixels": info.size_in_words,
        "count": info.test_count,
        "codes": packed(torch.cat([code.flatten() for code in sweep.codes]).numpy()),
        "errors": packed(sweep.errors.numpy()),
        "heldOut": sweep.held_out.tolist(),
        "sizes": [
            {
                "size": size,
                "numbers": numbers(size),
                "fewer": fewer(pixels, size),
                "height": code_height(pixels, size),
                "said": verdict(pixels, size, *sweep.held_out[:, nth].tolist()),
            }
            for nth, size in enumerate(zoo.CODE_SIZES)
        ],
    }
    return {"json": json.dumps(text), "sheet": mosaic(sheet, count)}


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs={Tensor: lambda image: image.numpy().tobytes()})
def held_out_figure(dataset: str, first: int, own: Tensor | None = None) -> dict[str, str]:
    """Return the :func:`figure` of ten held-out images, and of the visitor's own image if there is one.

    Args:
        dataset: the name of the data set.
        first: the number of the first held-out image.
        own: the visitor's image (1, C, H, W) in [0, 1], which is put before them.

    Returns:
        The component's data.
    """
    images = to_float(caches.held_out(dataset).images[first : first + AT_ONCE])
    names = [f"held out, no. {index}" for index in range(first, first + AT_ONCE)]
    if own is not None:
        images, names = torch.cat([own, images]), ["yours", *names]
    return figure(through_code_sizes(dataset, images), names)


def numbers(size: int) -> str:
    """Return a code size in words."""
    return f"{size} number{'s' if size > 1 else ''}"


def fewer(pixels: int, size: int) -> str:
    """Say how many times fewer numbers a code has than the image has pixels."""
    return "as many as pixels" if size >= pixels else f"{pixels / size:.0f}× fewer"


def code_height(pixels: int, size: int) -> float:
    """Return the height at which a code is drawn, as a share of its image's.

    It grows with the logarithm of the code size; a code of one number has 0.12.
    """
    return min(1.0, 0.12 + 0.88 * math.log(size, pixels))


def verdict(pixels: int, size: int, error: float, pca_error: float) -> str:
    """Say how the autoencoder's mean error compares with PCA's at one code size.

    Args:
        pixels: of an image.
        size: of the code.
        error: the autoencoder's mean squared error over all held-out images.
        pca_error: PCA's.

    Returns:
        A sentence that follows "over all held-out images".
    """
    if size >= pixels:
        return "PCA loses nothing, with as many components as there are pixels; its line leaves the chart."
    if pca_error > error:
        return f"the autoencoder's mean error at {numbers(size)} is {pca_error / error:.1f} times smaller than PCA's."
    return (
        f"PCA's mean error at {numbers(size)} is the smaller one: with as many the images lie flat enough for it, and it "
        "finds its optimum exactly."
    )

"""How near to MNIST's digits 20 bytes an image come, headers included, beside JPEG and WebP in twice as many.

A hundred images in a file, the first 1,000 held-out ones. The run and its step are chosen on training images: of the
shipped runs that may do, the one with the least error in files of 20 bytes an image, and the finest step within these. For the formats the best of every
quality that takes at most 40 bytes an image is taken on the held-out images themselves, in their favour.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ae_core.models.codec import Codec
from ae_core.runs import zoo
from ae_core.runs.fit import images_of, pca_of
from ae_core.tasks.compression.coder import STEPS, Coder
from ae_core.tasks.compression.container import HEADER_BYTES
from ae_core.tasks.compression.entropy import zlib_bytes
from ae_core.tasks.compression.files import Name, file_of, from_file, quantised
from ae_core.tasks.compression.formats import FORMATS, through
from ae_core.tasks.compression.images import TOGETHER
from ae_core.tasks.compression.measures import psnr_of
from ae_core.tasks.compression.study import MOST_COMPONENTS

RUNS = ("mnist-code-16", "mnist-code-32", "mnist-code-64", "mnist-default", "mnist-vae-20")
BYTES, MOST = 20.0, 40.0  # an image: the run's, and what JPEG and WebP may take
HELD_OUT, TRIED, COUNTED = 1000, 100, 1000  # images; training images on which the run is chosen, and then its step
_SPARE = 0.98  # of the bytes: other images may take a little more
FRACTIONS = [quality / 20 for quality in range(21)]  # WebP takes these: between 0 and 1 lies much of what is small


def _at(codec: Codec, coder: Coder, name: Name, images: Tensor, step: int, search: bool = True) -> tuple[float, float]:
    """Return bytes an image and PSNR of a hundred images a file."""
    parts = [quantised(codec, coder, part, step, search=search) for part in images.split(TOGETHER)]
    files = [file_of(name, coder, symbols, step) for symbols in parts]
    read = [from_file(name, codec, coder, file) for file in files]
    return sum(map(len, files)) / len(images), psnr_of(torch.cat(read), images)


def _finest(codec: Codec, coder: Coder, name: Name, images: Tensor, search: bool = True) -> tuple[int, float]:
    """Return the step within the bytes that has the least error on these images, and its PSNR."""
    low, high = 0, STEPS - 1  # bytes grow with the step's number
    while low < high:
        middle = (low + high + 1) // 2
        size, _ = _at(codec, coder, name, images, middle, search)
        low, high = (middle, high) if size <= BYTES * _SPARE else (low, middle - 1)
    return low, _at(codec, coder, name, images, low, search)[1]


def _best_of(kind: str, levels: list[float], images: Tensor) -> tuple[float, float]:
    """Return bytes an image and PSNR of a format's best point of at most so many bytes; no point is 0 dB."""
    found = []
    for level in levels:
        parts = [through(kind, part, level, True) for part in images.split(TOGETHER)]
        size = sum(part[0] for part in parts) / len(images)
        if size <= MOST:
            found.append((psnr_of(torch.cat([part[1] for part in parts]), images), size))
    psnr, size = max(found, default=(0.0, 0.0))
    return size, psnr


def mnist() -> dict[str, Any]:
    """Return the figures of the bound."""
    train_images, test = images_of("mnist")
    held_out, tried, counted = test.images[:HELD_OUT], train_images.images[-TRIED:], train_images.images[-COUNTED:]
    fitted = train_images.images
    figures: dict[str, Any] = {}
    chosen: tuple[float, str] = (0.0, "")
    for run_name in RUNS:
        run = zoo.load(run_name)
        coder, name = Coder.fit(run.model, fitted), Name.of(run)
        _, psnr = _finest(run.model, coder, name, tried)
        figures[f"{run_name} on training images, dB"] = psnr
        chosen = max(chosen, (psnr, run_name))
    _, run_name = chosen
    run = zoo.load(run_name)
    coder, name = Coder.fit(run.model, fitted), Name.of(run)
    step, _ = _finest(run.model, coder, name, counted)
    size, own = _at(run.model, coder, name, held_out, step)
    figures |= {"chosen": run_name, "step": step, "held out, bytes an image": size, "held out, dB": own}
    plain, _ = _finest(run.model, coder, name, counted, False)
    size, psnr = _at(run.model, coder, name, held_out, plain, False)
    figures |= {"without search, bytes an image": size, "without search, dB": psnr}
    parts = [quantised(run.model, coder, part, step, search=True) for part in held_out.split(TOGETHER)]
    zlib = sum(zlib_bytes(part) + HEADER_BYTES for part in parts) / len(held_out)
    figures["by zlib, bytes an image"] = zlib
    pca = pca_of("mnist").truncated(MOST_COMPONENTS)
    pca_coder = Coder.fit(pca, fitted)
    pca_step, _ = _finest(pca, pca_coder, name, counted)
    figures["PCA, bytes an image"], figures["PCA, dB"] = _at(pca, pca_coder, name, held_out, pca_step)
    for kind, levels in (("jpeg", [float(quality) for quality in range(1, 31)]), ("webp", FRACTIONS)):
        size, psnr = _best_of(kind, levels, held_out)
        title = FORMATS[kind].title
        figures |= {f"{title}, bytes an image": size, f"{title}, dB": psnr, f"above {title}, dB": own - psnr}
    size, psnr = _best_of("webp", [0.0, 1.0, 2.0], held_out)
    figures["above WebP of whole qualities, dB"] = own - psnr
    return figures


ROWS: dict[str, Callable[[], dict[str, Any]]] = {"compression": mnist}

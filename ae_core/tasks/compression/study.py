"""The study that the page Compress shows: this run, PCA and the image formats on the same hundred images."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from ae_core.models.codec import Codec
from ae_core.models.pca import PCACodec
from ae_core.runs.fit import pca_of
from ae_core.runs.run import Run
from ae_core.tasks import study_file
from ae_core.tasks.compression.coder import Coder, fit_coder
from ae_core.tasks.compression.container import HEADER_BYTES, weights_digest
from ae_core.tasks.compression.curves import LEVELS, SHOWN, code_points, format_points, steps_for
from ae_core.tasks.compression.files import write
from ae_core.tasks.compression.formats import present
from ae_core.tasks.compression.sources import images_to_code, training_images
from ae_core.tasks.study import Answer, Part, Study, file_of, key_of, run_of

KIND = "compression"
COMPONENTS = 128  # of PCA at most: it may have as many as pay
_AT_ONCE = 2  # steps in a part


def compression_study(run: Run, run_name: str, source: str) -> Study:
    """Return the study of a run on one source of images.

    Args:
        run: whose autoencoder compresses.
        run_name: what names it, see :func:`ae_core.tasks.study.key_of`.
        source: one of :data:`ae_core.tasks.compression.sources.SOURCES`.
    """
    file = file_of(run)
    parts = [Part("coder", "how this run's codes are spread", coder_answer, (file,))]
    for key, one in present().items():
        weight = 3 if key == "avif" else 1
        parts.append(Part(key, f"what {one.name} makes of them", format_answer, (file, source, key), weight))
    for first in range(0, LEVELS, _AT_ONCE):
        chosen = list(range(first, min(first + _AT_ONCE, LEVELS)))
        told = f"step {first + 1} of {LEVELS}"
        parts.append(Part(f"ae {first}", f"this run's files, {told}", our_answer, (file, source, chosen), 4))
        parts.append(Part(f"pca {first}", f"PCA's files, {told}", pca_answer, (file, source, chosen), 4))
    return Study(key_of(KIND, run_name, {"source": source, "version": 1}), parts)


def coder_answer(file: bytes) -> Answer:
    """Return the coder of a run's codes, as arrays."""
    return {"arrays": our_coder(file).as_arrays(), "weights": weights_digest(run_of(file)).hex()}


def our_answer(file: bytes, source: str, places: list[int]) -> Answer:
    """Compress images by a run at some of its steps; the files of a hundred images go along.

    Args:
        file: the run's, of :func:`ae_core.tasks.study.file_of`.
        source: of the images.
        places: of the steps in :func:`ae_core.tasks.compression.curves.steps_for`.
    """
    run, coder = run_of(file), our_coder(file)
    steps = [step for place, step in enumerate(steps_for(coder)) if place in places]
    answer, numbers = code_points(run.model, coder, images_to_code(run.config, source), steps, HEADER_BYTES)
    files = [write(run, coder, one, step) for one, step in zip(numbers, steps, strict=True)]
    return answer | {"files": [np.frombuffer(one, np.uint8) for one in files], "steps": steps}


def pca_answer(file: bytes, source: str, places: list[int]) -> Answer:
    """Compress images by PCA, quantised and coded in the same way.

    Args:
        file: the run's, whose data set PCA is fitted on.
        source: of the images.
        places: of the steps, as in :func:`our_answer`.
    """
    config = run_of(file).config
    codec, coder = _pca_coder(config.dataset, config.canonical().classes, file)
    steps = [step for place, step in enumerate(steps_for(coder)) if place in places]
    return code_points(codec, coder, images_to_code(config, source), steps, HEADER_BYTES)[0]


def format_answer(file: bytes, source: str, key: str) -> Answer:
    """Compress images by an image format.

    Args:
        file: the run's, which says of what size they are.
        source: of the images.
        key: the format's.
    """
    images = images_to_code(run_of(file).config, source)
    originals = {"originals": images[:SHOWN].numpy()} if key == "png" else {}
    return format_points(images, present()[key]) | originals


@lru_cache(maxsize=4)
def our_coder(file: bytes) -> Coder:
    """Fit a run's coder; it is kept for the other parts of the study."""
    run = run_of(file)
    return _fitted(run.model, run)


@lru_cache(maxsize=2)
def _pca_coder(dataset: str, classes: tuple[int, ...], file: bytes) -> tuple[PCACodec, Coder]:
    codec = pca_of(dataset, classes).truncated(COMPONENTS)
    return codec, _fitted(codec, run_of(file))


def fitted_coder(run: Run) -> Coder:
    """Return the coder of a run: the one that comes with the lab, else one that is fitted on its training images.

    Raises:
        DatasetMissing: they are not on this machine.
    """
    shipped = study_file.shipped(compression_study(run, run.config.key, "own").key)
    coder = Coder.from_arrays(shipped["coder"]["arrays"]) if shipped else None
    if coder is not None and shipped is not None and shipped["coder"]["weights"] == weights_digest(run).hex():
        return coder
    return our_coder(file_of(run))


def _fitted(codec: Codec, run: Run) -> Coder:
    with torch.inference_mode():
        return fit_coder(codec, training_images(run.config).images)


def gathered(answers: Mapping[str, Answer], method: str) -> tuple[list[dict[str, Any]], np.ndarray | None]:
    """Return a method's points so far, fewest bytes first, and their pictures; none where there are none yet.

    Args:
        answers: of the study.
        method: "ae", "pca" or a format's key.

    Returns:
        Dictionaries of :class:`ae_core.tasks.compression.curves.Point`, whose ``tile`` is a place in the pictures, uint8
        (tiles, SHOWN, C, H, W).
    """
    parts = [answers[name] for name in answers if name.split(" ")[0] == method]
    points: list[dict[str, Any]] = []
    before = 0
    for part in parts:
        points += [one | {"tile": one["tile"] + before} for one in part["points"]]
        before += len(part["tiles"])
    points.sort(key=lambda one: (one["bytes"], one["psnr"]))
    return points, np.concatenate([part["tiles"] for part in parts]) if parts else None


def files_of(answers: Mapping[str, Answer]) -> list[tuple[float, bytes]]:
    """Return the run's files of a hundred images so far, smallest first, each with its step."""
    parts = [answers[name] for name in answers if name.startswith("ae ")]
    found = [(step, bytes(file)) for part in parts for step, file in zip(part["steps"], part["files"], strict=True)]
    return sorted(found, key=lambda one: len(one[1]))

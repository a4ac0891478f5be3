"""The study of a run's compression: rate and distortion of the run, of PCA coded the same way, and of image formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from torch import Tensor

from ae_core.data.datasets import INFO
from ae_core.models.codec import Codec
from ae_core.runs.fit import images_of_classes, pca_of
from ae_core.runs.run import Run
from ae_core.tasks import study_file
from ae_core.tasks.compression import entropy, images
from ae_core.tasks.compression.coder import Coder
from ae_core.tasks.compression.container import HEADER_BYTES, weights_of
from ae_core.tasks.compression.files import Name, decoded, file_of, quantised
from ae_core.tasks.compression.formats import FORMATS, through
from ae_core.tasks.compression.measures import SHOWN, curve, psnr_of
from ae_core.tasks.study import Answer, Part, Study, key_of, own_of, run_of
from ae_core.tasks.study import file_of as run_file

KIND = "compression"
_VERSION = 3  # of the answers: other ones are another study
RUN, PCA = "run", "pca"
LEVELS = tuple(range(0, 96, 4))  # steps that are measured: each takes a sixth or so more bytes than the one before
_IN_A_PART = 3  # of them
MOST_COMPONENTS = 256
_TRIED = 100  # training images on which the step is chosen
_LOSS = 0.5  # dB that rounding may cost them


def study(run: Run, run_name: str, source: str, search: bool) -> Study:
    """Return the study of a run's compression.

    Args:
        run: that compresses.
        run_name: what names it in the study's key.
        source: what the images are of, one of :func:`ae_core.tasks.compression.images.choices`.
        search: whether better codes than the encoder's are searched for.
    """
    file, weight = run_file(run), 4 if search else 1
    groups = [list(LEVELS[start : start + _IN_A_PART]) for start in range(0, len(LEVELS), _IN_A_PART)]
    parts = [
        Part("coder", "how to write its codes", coder_answer, (file, search), 4),
        *(
            Part(f"{which} {place}", title, codec_answer, (file, which, source, search, levels), weight)
            for which, title in ((RUN, "the files of this run"), (PCA, "the files of PCA"))
            for place, levels in enumerate(groups)
        ),
        *(
            Part(name, format.title, format_answer, (file, name, source), 2)
            for name, format in FORMATS.items()
            if format.here and INFO[run.config.dataset].kind == "image"
        ),
    ]
    return Study(_key(run_name, source, search), parts, own_of(run))


def _key(run_name: str, source: str, search: bool) -> str:
    return key_of(KIND, run_name, {"source": source, "search": search, "version": _VERSION})


def coder_answer(file: bytes, search: bool) -> Answer:
    """Return the arrays of a run's coder, whose "weights" it is of, and "step": the one that is suggested.

    That is the coarsest by which training images lose half a dB at most, beside what the network itself loses.
    """
    coder, run = coder_of(file, RUN), run_of(file)
    tried = images_of_classes(run.config)[0].images[:_TRIED]

    def psnr(step: int) -> float:
        return psnr_of(decoded(run.model, coder, quantised(run.model, coder, tried, step, search=search), step), tried)

    wanted = psnr(LEVELS[-1]) - _LOSS
    step = LEVELS[-1]
    for coarser in reversed(LEVELS[:-1]):  # from the finest, as few are tried that way
        if psnr(coarser) < wanted:
            break
        step = coarser
    return coder.to_arrays() | {"step": step, "weights": weights_of(run.model).hex()}


def codec_answer(file: bytes, which: str, source: str, search: bool, levels: Sequence[int]) -> Answer:
    """Compress held-out images at some levels and read them again.

    Args:
        file: the run's.
        which: its autoencoder, :data:`RUN`, or PCA of the same training images, :data:`PCA`.
        source: what the images are of.
        search: whether better codes are searched for.
        levels: of :data:`LEVELS`, from the coarsest.

    Returns:
        "alone" and "together", curves as :meth:`ae_core.tasks.compression.measures.Curve.answer` returns them;
        "original", the images of which pictures are kept; "zlib", bytes an image where zlib writes the same numbers, a
        hundred in a file.
    """
    run = run_of(file)
    codec, coder, name = codec_of(file, which), coder_of(file, which), Name.of(run)
    pixels = images.measured(run.config, source)
    symbols = {step: quantised(codec, coder, pixels, step, search=search) for step in levels}
    zlib = [
        np.mean([entropy.zlib_bytes(part) + HEADER_BYTES for part in _files(symbols[step])])
        / min(images.TOGETHER, len(pixels))
        for step in levels
    ]

    def written(count: int, each: int) -> dict[str, object]:
        def one(level: float, part: Tensor) -> tuple[int, Tensor]:
            step = int(level)
            mine = symbols[step][:count]
            size = sum(len(file_of(name, coder, mine[at : at + each], step)) for at in range(0, count, each))
            return size, decoded(codec, coder, mine, step)

        return curve(levels, pixels[:count], count, one).answer()

    alone = min(images.MOST_ALONE, len(pixels))
    return {
        "alone": written(alone, 1),
        "together": written(len(pixels), images.TOGETHER),
        "original": pixels[:SHOWN].numpy(),
        "zlib": [float(size) for size in zlib],
    }


def format_answer(file: bytes, kind: str, source: str) -> Answer:
    """Write held-out images in a format of Pillow's and read them again.

    Args:
        file: the run's, in whose shape the images are.
        kind: one of :data:`ae_core.tasks.compression.formats.FORMATS`.
        source: what the images are of.

    Returns:
        "alone" and "together", as :func:`codec_answer`.
    """
    pixels = images.measured(run_of(file).config, source)
    levels = FORMATS[kind].levels
    return {
        "alone": curve(
            levels,
            pixels[: images.MOST_ALONE],
            images.MOST_ALONE,
            lambda level, part: through(kind, part, level, False),
        ).answer(),
        "together": curve(
            levels, pixels, images.TOGETHER, lambda level, part: through(kind, part, level, True)
        ).answer(),
    }


@lru_cache(maxsize=4)
def codec_of(file: bytes, which: str) -> Codec:
    """Return a run's autoencoder, or PCA of its training images with as many components as may pay."""
    run = run_of(file)
    if which == RUN:
        return run.model
    return pca_of(run.config.dataset, run.config.canonical().classes).truncated(MOST_COMPONENTS)


def merged(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return a study's answers; those of a Codec's parts become one, RUN or PCA, once all are there."""
    codecs = {
        which: [answers[f"{which} {place}"] for place in range(len(answers)) if f"{which} {place}" in answers]
        for which in (RUN, PCA)
    }
    levels = {which: sum(len(part["zlib"]) for part in parts) for which, parts in codecs.items()}
    return {name: answer for name, answer in answers.items() if name.split(" ")[0] not in codecs} | {
        which: _joined(parts) for which, parts in codecs.items() if levels[which] == len(LEVELS)
    }


def _joined(parts: Sequence[Answer]) -> Answer:
    def curves(way: str) -> dict[str, Any]:
        points = [part[way] for part in parts]
        numbers = {name: _one_list(one[name] for one in points) for name in points[0] if name != "pictures"}
        return numbers | {"pictures": np.concatenate([one["pictures"] for one in points])}

    return {
        "alone": curves("alone"),
        "together": curves("together"),
        "original": parts[0]["original"],
        "zlib": _one_list(part["zlib"] for part in parts),
    }


def _one_list(lists: Iterable[Iterable[float]]) -> list[float]:
    return [number for each in lists for number in each]


@lru_cache(maxsize=4)
def coder_of(file: bytes, which: str) -> Coder:
    """Return the coder of a run's autoencoder, or of its PCA: the one that comes with the lab, or one that is fitted.

    Raises:
        DatasetMissing: none comes with the lab, and the training images are not on this machine.
    """
    if which == RUN and (known := shipped_coder(run_of(file))) is not None:
        return known
    train_images, _ = images_of_classes(run_of(file).config)
    return Coder.fit(codec_of(file, which), train_images.images)


def fitted(run: Run) -> Coder:
    """Return the coder of a run's autoencoder."""
    return coder_of(run_file(run), RUN)


def shipped_coder(run: Run) -> Coder | None:
    """Return the coder of a run that comes with the lab; None for any other's."""
    answers = study_file.shipped(_key(run.config.key, images.OWN, True))
    if answers is None or answers["coder"]["weights"] != weights_of(run.model).hex():
        return None
    return Coder.from_arrays(answers["coder"])


def _files(symbols: entropy.Symbols) -> list[Any]:
    return [symbols[at : at + images.TOGETHER] for at in range(0, len(symbols), images.TOGETHER)]

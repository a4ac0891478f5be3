"""What a page on search asks workers for: the neighbours of some images, and how good and how large each index is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ae_core.data.datasets import INFO
from ae_core.data.items import to_float
from ae_core.errors import LabError
from ae_core.runs.fit import images_of_classes
from ae_core.runs.run import Run
from ae_core.tasks.search.index import milliseconds, right_share
from ae_core.tasks.search.spaces import SPACES, index_of, vectors_of
from ae_core.tasks.study import Answer, Part, Study, file_of, key_of, own_of, run_of
from ae_core.text import capital

COUNT = 10  # neighbours of an image
AT_ONCE = 30  # held-out images that are asked about together
QUESTIONS = 2000  # held-out images that an index is measured on
_WEIGHTS = {"codes": 3, "pixels": 4, "pca": 1, "bits": 2}  # codes come first, and are computed for the bits, too


class NoSuchImage(LabError):
    """An image whose number, shape or type is not one to search for."""


def asked(run: Run, name: str, start: int) -> Study:
    """Return the study of the neighbours of :data:`AT_ONCE` held-out images.

    Args:
        run: whose code it is.
        name: what names the run, see :func:`ae_core.tasks.study.key_of`.
        start: the number of the first of the images.
    """
    file, spoken = file_of(run), INFO[run.config.dataset].spoken
    return Study(
        key_of("search", name, {"start": start}),
        [
            Part(space, spoken(f"neighbours by {about.title}"), near_held_out, (file, space, start), _WEIGHTS[space])
            for space, about in SPACES.items()
        ],
        own_of(run),
    )


def asked_own(run: Run, name: str, image: npt.NDArray[np.float32]) -> Study:
    """Return the study of the neighbours of one image of somebody's own.

    Args:
        run: whose code it is.
        name: what names the run.
        image: float (1, C, H, W) in [0, 1].
    """
    file, digest = file_of(run), hashlib.sha256(image.tobytes()).hexdigest()
    spoken = INFO[run.config.dataset].spoken
    return Study(
        key_of("search", name, {"own": digest}),
        [
            Part(space, spoken(f"neighbours by {about.title}"), near_own, (file, space, image), _WEIGHTS[space])
            for space, about in SPACES.items()
        ],
        own_of(run),
    )


def measured(run: Run, name: str) -> Study:
    """Return the study of how good, how large and how quick each index is.

    Args:
        run: whose code it is.
        name: what names the run.
    """
    file, spoken = file_of(run), INFO[run.config.dataset].spoken
    return Study(
        key_of("search", name, {"questions": QUESTIONS}),
        [
            Part(space, spoken(f"the precision of {about.title}"), measure, (file, space), 2 * _WEIGHTS[space])
            for space, about in SPACES.items()
        ],
        own_of(run),
    )


# --- What the workers compute ---------------------------------------------------------------------------------


def near_held_out(file: bytes, space: str, start: int) -> Answer:
    """Return the neighbours of held-out images among the training images, and their classes.

    Args:
        file: the run's.
        space: one of :data:`SPACES`.
        start: the number of the first image.

    Returns:
        ``found``, ``classes`` and ``apart``: the numbers, the classes and the distances, each (Q, :data:`COUNT`).
    """
    run = run_of(file)
    images = images_of_classes(run.config)[1].images[start : start + AT_ONCE]
    return _near(file, space, to_float(images))


def near_own(file: bytes, space: str, image: npt.NDArray[np.float32]) -> Answer:
    """Return the neighbours of one image, as :func:`near_held_out` does.

    Args:
        file: the run's.
        space: one of :data:`SPACES`.
        image: float (1, C, H, W) in [0, 1].

    Raises:
        NoSuchImage: it has not the size of the run's images.
    """
    if image.shape != (1, *INFO[run_of(file).config.dataset].shape):
        raise NoSuchImage("This picture has not the size of the images that are searched. Draw or upload it again.")
    return _near(file, space, torch.from_numpy(image))


def _near(file: bytes, space: str, images: torch.Tensor) -> dict[str, Any]:
    run = run_of(file)
    found, apart = index_of(space, file).search(vectors_of(space, run, images), COUNT)
    labels = images_of_classes(run.config)[0].labels
    return {
        "found": found.int().numpy(),
        "classes": labels[found].to(torch.uint8).numpy(),
        "apart": apart.numpy(),
    }


def measure(file: bytes, space: str, questions: int = QUESTIONS) -> Answer:
    """Measure an index of a run's training images with held-out ones.

    Args:
        file: the run's.
        space: one of :data:`SPACES`.
        questions: how many of the held-out images are asked about, the first ones.

    Returns:
        ``precision``: the share of the right class among the :data:`COUNT` nearest, mean over the questions; ``error``: its
        standard error; ``questions`` and ``images``: how many; ``bytes_each``: of an image; ``milliseconds``: the shortest
        time of one question.
    """
    run = run_of(file)
    train, held_out = images_of_classes(run.config)
    index = index_of(space, file)
    vectors = vectors_of(space, run, to_float(held_out.images[:questions]))
    shares = right_share(index.search(vectors, COUNT)[0], train.labels, held_out.labels[:questions])
    return {
        "precision": float(shares.mean()),
        "error": float(shares.std() / len(shares) ** 0.5),
        "questions": len(shares),
        "images": len(train.images),
        "bytes_each": index.bytes_each,
        "milliseconds": milliseconds(index, vectors, COUNT),
    }


ONE_CLASS = "All of these images are of one class, so that whatever is found is right: no way of searching is told to be better."


def verdict(figures: Mapping[str, Answer], code_size: int, pixels: int) -> str:
    """Say which way of searching finds more of the right class, and what that costs, in two or three sentences.

    Args:
        figures: of :func:`measure` by space: of codes, pixels and PCA, and of the bits where they are there.
        code_size: of the run.
        pixels: numbers in an image.
    """
    code, flat, linear = (figures[space]["precision"] for space in ("codes", "pixels", "pca"))
    said = []
    best = max(("codes", "pixels", "pca"), key=lambda space: figures[space]["precision"])
    name = {"codes": "the code", "pixels": "all pixels", "pca": "PCA"}
    runner_up = max((space for space in name if space != best), key=lambda space: figures[space]["precision"])
    lead = figures[best]["precision"] - figures[runner_up]["precision"]
    if lead < 0.0005:  # no difference in the digits of the table
        said.append(f"{capital(name[best])} and {name[runner_up]} find equally much of the right class.")
    elif lead < 2 * figures[best]["error"]:
        said.append(
            f"{capital(name[best])} and {name[runner_up]} find about as much of the right class: they differ by {lead:.3f}, "
            "which other questions could turn."
        )
    else:
        finds = "find" if best == "pixels" else "finds"
        said.append(
            f"{capital(name[best])} {finds} the most of the right class, {lead:.3f} more than {name[runner_up]}."
        )
    beats = "beats" if code > linear else "does not beat"
    within = "is within .01 of" if abs(code - flat) <= 0.01 else "is above" if code > flat else "is below"
    said.append(
        f"The code of {code_size} {beats} PCA of {code_size} ({code:.3f} and {linear:.3f}), and {within} all {pixels} pixels "
        f"({flat:.3f}) at 1/{pixels / code_size:.0f} of the memory."
    )
    if "bits" in figures:
        bits = figures["bits"]
        said.append(
            f"In {8 * bits['bytes_each']} bits it finds {bits['precision']:.3f}, in 1/"
            f"{figures['pixels']['bytes_each'] / bits['bytes_each']:.0f} of the memory of the pixels."
        )
    return " ".join(said)

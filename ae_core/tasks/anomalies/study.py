"""The study of a run's anomalies: one part a method, which gives the scores of normal and strange images."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from ae_core.data.datasets import INFO
from ae_core.data.items import to_float
from ae_core.runs.run import Run
from ae_core.tasks.anomalies.images import fitted_of, sets_of
from ae_core.tasks.anomalies.measures import Scores, ranking
from ae_core.tasks.anomalies.methods import METHODS, Scorer, methods_of
from ae_core.tasks.study import Answer, Part, Study, file_of, key_of, own_of, run_of

KIND = "anomalies"
_VERSION = 1  # of the scores: another one is another study
_WEIGHTS = {"forest": 3, "svm": 3, "lof": 2, "nap": 2}  # beside one of the others


def study(run: Run, run_name: str, strange: str) -> Study:
    """Return the study of a run's anomalies.

    Args:
        run: trained on what is normal.
        run_name: what names it in the study's key.
        strange: what the strange images are of, one of :func:`ae_core.tasks.anomalies.images.strange_choices`.
    """
    file, spoken = file_of(run), INFO[run.config.dataset].spoken
    return Study(
        key_of(KIND, run_name, {"strange": strange, "version": _VERSION}),
        [
            Part(name, spoken(METHODS[name].title.lower()), scores, (file, name, strange), _WEIGHTS.get(name, 1))
            for name in methods_of(run.config)
        ],
        own_of(run),
    )


def study_of_one(run: Run, run_name: str, image: torch.Tensor, first: str = "") -> Study:
    """Return the study of one image of a visitor's own.

    Args:
        run: trained on what is normal.
        run_name: what names it in the study's key.
        image: (1, C, H, W) in [0, 1].
        first: the method that is to answer first.
    """
    file, pixels = file_of(run), np.ascontiguousarray(image.numpy(), np.float32)
    spoken = INFO[run.config.dataset].spoken
    return Study(
        key_of(f"{KIND} of one", run_name, {"image": pixels.tobytes().hex(), "version": _VERSION}),
        [
            Part(name, spoken(METHODS[name].title.lower()), score_of_one, (file, name, pixels), _WEIGHTS.get(name, 1))
            for name in sorted(methods_of(run.config), key=lambda name: name != first)
        ],
        own_of(run),
    )


def scores(file: bytes, name: str, strange: str) -> Answer:
    """Score held-back, normal and strange images.

    Args:
        file: the run's.
        name: of the method.
        strange: what the strange images are of.

    Returns:
        "held_back", "normal" and "strange", float32 (N,) each, and what
        :func:`ae_core.tasks.anomalies.measures.ranking` returns.
    """
    sets = sets_of(run_of(file).config, strange)
    scorer = _scorer(file, name)
    held_back, normal, odd = (
        _scores(scorer, images) for images in (sets.held_back, sets.normal.images, sets.strange.images)
    )
    return {"held_back": held_back, "normal": normal, "strange": odd} | ranking(normal, odd)


def score_of_one(file: bytes, name: str, pixels: np.ndarray) -> Answer:
    """Score one image.

    Args:
        file: the run's.
        name: of the method.
        pixels: the image, float32 (1, C, H, W) in [0, 1].

    Returns:
        "score".
    """
    return {"score": float(_scorer(file, name)(torch.from_numpy(pixels))[0])}


@lru_cache(maxsize=12)  # those of one run, which a visitor's own images ask for again and again
def _scorer(file: bytes, name: str) -> Scorer:
    run = run_of(file)
    return METHODS[name].fit(run, fitted_of(run.config))


def _scores(scorer: Scorer, images: torch.Tensor) -> Scores:
    return scorer(to_float(images)).numpy().astype(np.float32)

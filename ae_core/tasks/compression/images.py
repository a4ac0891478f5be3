"""Which images are compressed: held-out ones of the run's own data set, or foreign ones."""

from __future__ import annotations

from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO, load, others_like
from ae_core.data.items import resized, to_bytes, to_float
from ae_core.runs.fit import images_of_classes

OWN = "own"  # held-out images of what the run was trained on
TOGETHER = 100  # images in one file
MOST_TOGETHER = 200  # images that are measured so many to a file
_LARGE = 2000  # numbers of an image: of larger ones one file is measured
MOST_ALONE = 50  # and each by itself


def choices(config: Config) -> list[str]:
    """Return what the images can be of: :data:`OWN`, or a data set that is here."""
    return [OWN, *others_like(config.dataset)]


def in_words(config: Config, source: str) -> str:
    """Return what the images are, in words."""
    return config.images_title if source == OWN else INFO[source].title


def most_of(config: Config) -> int:
    """Return how many held-out images of a run are measured at most."""
    return TOGETHER if INFO[config.dataset].pixels > _LARGE else MOST_TOGETHER


def measured(config: Config, source: str) -> Tensor:
    """Return the held-out images that a study is of, in whole files where there are as many, uint8 (N, C, H, W).

    Args:
        config: the run's.
        source: one of :func:`choices`.
    """
    found = held_out_of(config, source, most_of(config))
    return found[: count_of(config, len(found))]


def count_of(config: Config, held_out: int) -> int:
    """Return how many of so many held-out images a study of a run is of: whole files of them where there are as many."""
    most = min(most_of(config), held_out)
    return most // TOGETHER * TOGETHER or most


def held_out_of(config: Config, source: str, most: int) -> Tensor:
    """Return the first held-out images, in the run's shape, uint8 (N, C, H, W).

    Args:
        config: the run's.
        source: one of :func:`choices`; images of another data set are resized.
        most: how many.
    """
    if source == OWN:
        return images_of_classes(config)[1].images[:most]
    return to_bytes(resized(to_float(load(source, "test").images[:most]), INFO[config.dataset].shape))

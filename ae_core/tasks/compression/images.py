"""Which images are compressed: held-out ones of the run's own data set, or foreign ones."""

from __future__ import annotations

from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data import own_patches
from ae_core.data.datasets import INFO, available, load
from ae_core.data.items import resized, to_bytes, to_float
from ae_core.runs.fit import images_of_classes

OWN = "own"  # held-out images of what the run was trained on
TOGETHER = 100  # images in one file
MOST_TOGETHER = 200  # images that are measured so many to a file
MOST_ALONE = 50  # and each by itself


def choices(config: Config) -> list[str]:
    """Return what the images can be of: :data:`OWN`, or a data set that is here."""
    return [OWN] + [name for name in available() if name != config.dataset and not own_patches.is_own(name)]


def in_words(config: Config, source: str) -> str:
    """Return what the images are, in words."""
    return config.images_title if source == OWN else INFO[source].title


def held_out_of(config: Config, source: str, most: int = MOST_TOGETHER) -> Tensor:
    """Return the first held-out images, in the run's shape, uint8 (N, C, H, W).

    Args:
        config: the run's.
        source: one of :func:`choices`; images of another data set are resized.
        most: how many.
    """
    if source == OWN:
        return images_of_classes(config)[1].images[:most]
    return to_bytes(resized(to_float(load(source, "test").images[:most]), INFO[config.dataset].shape))


def whole_files(images: Tensor) -> Tensor:
    """Leave out the images of a last file that would not be full, where there is a full one."""
    return images[: len(images) // TOGETHER * TOGETHER] if len(images) >= TOGETHER else images

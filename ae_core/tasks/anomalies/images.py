"""Which images are normal, which are strange, and which of the normal ones are held back from all that is fitted here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO, Images, load, others_like
from ae_core.data.items import resized, to_bytes, to_float
from ae_core.runs.fit import images_of, images_of_classes

OTHERS = "others"  # the classes of its own data set that a run was not shown
MOST_FITTED = 6000  # normal training images: neighbours and kernels grow with them
MOST_HELD_BACK = 1000
MOST_SCORED = 10_000  # held-out images of either sort
SHARE = 10  # every tenth part of the training images, the last, is held back


@dataclass(frozen=True, eq=False)
class Sets:
    """The images of a study, uint8 (N, C, H, W), and the class of each held-out one.

    Attributes:
        held_back: normal training images that nothing here is fitted to: the threshold is chosen on them. The
            autoencoder itself has been trained on them, as on all training images.
        normal: held-out images of the normal classes.
        strange: held-out images of other classes, or of another data set, resized to the run's.
    """

    held_back: torch.Tensor
    normal: Images
    strange: Images


def strange_choices(config: Config) -> list[str]:
    """Return what strange images can be of: :data:`OTHERS`, of a run of some classes, or a data set that is here."""
    others = [OTHERS] if config.canonical().classes else []
    return others + others_like(config.dataset)


def usual_choice(config: Config) -> str:
    """Return what strange images are of until somebody chooses: other classes, else a data set most like the run's own."""
    choices = strange_choices(config)
    alike = [name for name in choices if name in INFO and INFO[name].shape == INFO[config.dataset].shape]
    return next((name for name in choices if name == OTHERS), next(iter(alike or choices)))


def in_words(config: Config, strange: str) -> str:
    """Return what the strange images are, in words: "other classes of MNIST", "Fashion-MNIST"."""
    return f"other classes of {INFO[config.dataset].title}" if strange == OTHERS else INFO[strange].title


def fitted_of(config: Config) -> torch.Tensor:
    """Return the normal training images of a run to which everything here is fitted, uint8 (N, C, H, W).

    They are the first; the last are held back.
    """
    train_images, _ = images_of_classes(config)
    count = len(train_images.images)
    return train_images.images[: min(count - _held_back_count(count), MOST_FITTED)]


def _held_back_count(count: int) -> int:
    return max(2, min(MOST_HELD_BACK, count // SHARE))


@lru_cache(maxsize=2)
def sets_of(config: Config, strange: str) -> Sets:
    """Return the images that a run's anomalies are studied on.

    Args:
        config: the run's.
        strange: one of :func:`strange_choices`.
    """
    train_images, held_out = images_of_classes(config)
    back = _held_back_count(len(train_images.images))
    sources = images_of(config.dataset)[1] if strange == OTHERS else load(strange, "test")
    return Sets(
        held_back=train_images.images[-back:],
        normal=first(held_out),
        strange=first(strange_images(config, strange, sources)),
    )


def source_of(config: Config, strange: str) -> str:
    """Return the data set that a run's strange images are of."""
    return config.dataset if strange == OTHERS else strange


def strange_images(config: Config, strange: str, held_out: Images) -> Images:
    """Return the held-out images that are strange to a run, in its shape.

    Args:
        config: the run's.
        strange: one of :func:`strange_choices`.
        held_out: those of the data set that :func:`source_of` names, of every class.
    """
    if strange == OTHERS:
        shown = config.canonical().classes
        return held_out.of_classes([c for c in range(len(INFO[config.dataset].class_names)) if c not in shown])
    found = first(held_out)
    return Images(to_bytes(resized(to_float(found.images), INFO[config.dataset].shape)), found.labels)


def first(images: Images) -> Images:
    """Return as many of the images as are scored, the first."""
    return Images(images.images[:MOST_SCORED], images.labels[:MOST_SCORED])

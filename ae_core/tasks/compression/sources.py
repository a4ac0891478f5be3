"""The images that are compressed: held-out ones of the run's own data set, of another one, and patches of a photograph."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO, Images, load, on_disk
from ae_core.data.patches import PHOTOGRAPHS, cut_patches, photograph
from ae_core.runs.fit import images_of_classes

COUNT = 100  # images in one file
SOURCES = ("own", "other", "photo")


def other_dataset(name: str) -> str:
    """Return a data set whose images a run of another one has never seen: of the same size where one is here."""
    shape = INFO[name].shape
    for other in ("mnist", "fashion", "kmnist", "shapes", "digits"):
        if other != name and other != INFO[name].folder and INFO[other].shape == shape and on_disk(other):
            return other
    return "digits" if name != "digits" else "shapes"


def title_of(source: str, dataset: str) -> str:
    """Return what a source of images is called, for a run of a data set."""
    if source == "own":
        return f"Held-out {INFO[dataset].title}"
    return INFO[other_dataset(dataset)].title if source == "other" else "Photo patches"


def images_to_code(config: Config, source: str, count: int = COUNT, start: int = 0) -> Tensor:
    """Return images of a run's size that it was not trained on, uint8 (N, C, H, W).

    Args:
        config: the run's.
        source: one of :data:`SOURCES`.
        count: of images, at most.
        start: the first one's number.
    """
    shape = INFO[config.dataset].shape
    if source == "own":
        return images_of_classes(config)[1].images[start : start + count]
    if source == "other":
        other = load(other_dataset(config.dataset), "test").images[start : start + count]
        return other if tuple(other.shape[1:]) == shape else _resized(other, shape)
    return _patches(count, shape)


def _patches(count: int, shape: tuple[int, int, int]) -> Tensor:
    """Cut squares out of photographs as they are, not whitened."""
    photographs = [photograph(*place) for place in PHOTOGRAPHS["test"]]
    patches, _ = cut_patches(photographs, count, shape[1], True)
    images = torch.from_numpy(patches)
    return images if shape[0] == 3 else _grey(images)


def _resized(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    images = images.expand(-1, 3, -1, -1) if shape[0] == 3 else _grey(images)
    tiles = [
        np.asarray(Image.fromarray(image.permute(1, 2, 0).numpy().squeeze()).resize((shape[2], shape[1])))
        for image in images
    ]
    return torch.from_numpy(np.stack(tiles)).reshape(-1, shape[1], shape[2], shape[0]).permute(0, 3, 1, 2).contiguous()


def _grey(images: Tensor) -> Tensor:
    return images if images.shape[1] == 1 else images.float().mean(1, keepdim=True).round().to(torch.uint8)


def training_images(config: Config) -> Images:
    """Return the training images of a run's classes, on which its coder is fitted."""
    return images_of_classes(config)[0]

"""What is read: noisy images as they are, and what an autoencoder, PCA and a median filter make of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ae_core.data.corruption import corrupt
from ae_core.evaluation.baselines import median_filter
from ae_core.models.codec import reconstruct
from ae_core.runs.run import Run
from ae_core.tasks.reading.reader import CLEAN, load_reader, read, rival_of

STEPS = 20  # of the strength of the noise, from 0 to 1
STRENGTHS = tuple(step / STEPS for step in range(STEPS + 1))


@dataclass(frozen=True)
class Method:
    """A way to read a noisy image.

    Attributes:
        title: what it is called in a row or a chart.
        within: in a sentence: "the noisy image".
        repair: what is done to the image first, one of the keys of :func:`repaired`.
        rival: whether the reader reads it that was trained on noise, instead of that of clean images.
    """

    title: str
    within: str
    repair: str
    rival: bool = False


METHODS: dict[str, Method] = {
    "noisy": Method("Noisy", "the noisy image as it is", "noisy"),
    "autoencoder": Method("Autoencoder", "what the autoencoder made of it", "autoencoder"),
    "pca": Method("PCA", "what PCA made of it", "pca"),
    "median": Method("Median", "what a median filter made of it", "median"),
    "rival": Method("Rival", "the noisy image, by the reader trained on noise", "noisy", rival=True),
}
REPAIRS = ("noisy", "autoencoder", "pca", "median")


def repaired(run: Run, noisy: Tensor) -> dict[str, Tensor]:
    """Return noisy images (N, C, H, W) as they are and after each repair, in [0, 1], in the order of REPAIRS."""
    with torch.inference_mode():
        return {
            "noisy": noisy,
            "autoencoder": reconstruct(run.model, noisy).clamp(0, 1),
            "pca": reconstruct(run.pca_at_code_size, noisy).clamp(0, 1),
            "median": median_filter(noisy),
        }


def read_by_all(dataset: str, pictures: dict[str, Tensor], noise: str) -> Tensor:
    """Return what each of METHODS reads, int64 (M, N).

    Args:
        dataset: whose readers read.
        pictures: of :func:`repaired`.
        noise: the kind that is on them.

    Raises:
        ReaderMissing: there is no reader of it.
    """
    readers = {False: load_reader(dataset, CLEAN), True: load_reader(dataset, rival_of(noise))}
    return torch.stack([read(readers[way.rival], pictures[way.repair]) for way in METHODS.values()])


def noisy_at(clean: Tensor, corruption: str, strength: float, seed: int) -> Tensor:
    """Return images with noise; of one seed it is one draw at every strength, so that the noise grows where it is.

    Args:
        clean: float (N, C, H, W) in [0, 1].
        corruption: its kind, a key of ``CORRUPTIONS``.
        strength: in [0, 1].
        seed: of the draw.
    """
    return corrupt(clean, corruption, strength, torch.Generator().manual_seed(seed))

"""How strong the classical filters of the page Photos should be, chosen on photographs of the training part.

AE_DATA_DIR=... python -m benchmarks.classical [--images N]

Prints the mean PSNR of each strength, and marks the best; the constants of ae_core/tasks/restoration/classical.py are these.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from ae_core.tasks.restoration import classical
from ae_core.tasks.restoration.classical import Floats, Given, noise_of
from ae_core.tasks.restoration.training import HELD_BACK, photographs
from benchmarks.machine import describe

Pair = tuple[Floats, Floats, Given]  # the clean picture, the damaged one, and what is known of it


def noisy(photos: np.ndarray) -> list[Pair]:
    """Return photographs with noise of 15, 25 and 50, rounded to 8 bits, and the noise that is estimated in each."""
    rng, pairs = np.random.default_rng(0), []
    for photo in photos:
        for sigma in (15, 25, 50):
            pixels = np.clip(np.rint(photo + sigma * rng.standard_normal(photo.shape)), 0, 255).astype(np.uint8)
            pairs.append((photo.astype(np.float32) / 255, pixels.astype(np.float32) / 255, Given(noise_of(pixels))))
    return pairs


def coded(photos: np.ndarray) -> list[Pair]:
    """Return photographs after JPEG of quality 10 and 20."""
    pairs = []
    for photo in photos:
        for quality in (10, 20):
            file = io.BytesIO()
            Image.fromarray(photo).save(file, "JPEG", quality=quality)
            pixels = np.asarray(Image.open(file).convert("RGB"))
            pairs.append((photo.astype(np.float32) / 255, pixels.astype(np.float32) / 255, Given()))
    return pairs


def tried(
    name: str, pairs: Sequence[Pair], strengths: Sequence[float], repair: Callable[[Floats, Given, float], Floats]
) -> None:
    """Print the mean PSNR of a filter at each strength."""
    scores = [
        np.mean(
            [
                -10 * np.log10(np.square(repair(damaged, given, s).reshape(clean.shape).clip(0, 1) - clean).mean())
                for clean, damaged, given in pairs
            ]
        )
        for s in strengths
    ]
    best = int(np.argmax(scores))
    print(
        name,
        ", ".join(
            f"{s:g}: {score:.2f}{' *' * (i == best)}"
            for i, (s, score) in enumerate(zip(strengths, scores, strict=True))
        ),
        flush=True,
    )


def main() -> None:
    """Try the strengths of each filter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=6)
    photos = photographs()[0][-HELD_BACK:][: parser.parse_args().images].permute(0, 2, 3, 1).numpy()
    print(describe())
    grey = np.rint(photos @ np.array([0.299, 0.587, 0.114]))[..., None].astype(np.uint8)
    for kind, each in (("colour", photos), ("grey", grey)):
        pairs = noisy(each)
        tried(f"{kind}, nothing", pairs, [0], lambda image, given, s: image)
        tried(
            f"{kind}, bilateral",
            pairs,
            [0.5, 0.75, 1, 1.5, 2, 2.5],
            lambda image, given, s: classical.bilateral_of(image, s * given.sigma, 2.0),
        )
        tried(
            f"{kind}, total variation",
            pairs,
            [0.6, 0.7, 0.8, 0.9, 1.0],
            lambda image, given, s: classical.total_variation_of(image, s * given.sigma),
        )
        tried(f"{kind}, wavelets", pairs, [1], lambda image, given, s: classical.wavelet(image, given))
        tried(f"{kind}, non-local means", pairs, [0.4, 0.6, 0.8, 1.0], classical.non_local_of)
    blocks = coded(photos)
    tried("JPEG, nothing", blocks, [0], lambda image, given, s: image)
    tried(
        "JPEG, bilateral",
        blocks,
        [0.01, 0.015, 0.02, 0.03, 0.04],
        lambda image, given, s: classical.bilateral_of(image, s, 1.5),
    )
    tried(
        "JPEG, total variation",
        blocks,
        [0.01, 0.02, 0.03, 0.04, 0.06],
        lambda image, given, s: classical.total_variation_of(image, s),
    )


if __name__ == "__main__":
    main()

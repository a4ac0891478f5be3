"""Train the readers that come with the lab, and write their cards.

AE_DATA_DIR=... python -m ae_core.tasks.reading.training [DATASET ...] [--kind clean|noisy|gaussian]
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor

from ae_core.data.corruption import CORRUPTIONS, corrupt
from ae_core.data.datasets import INFO, load
from ae_core.data.items import to_float
from ae_core.runs.files import write_whole
from ae_core.tasks.reading.reader import CLEAN, KINDS, Reader, card, has_reader, read, reader_file

HELD_BACK = 6  # the last sixth of the training images is held back: on it the epoch is chosen
MOST_HELD_BACK = 5000  # images
NOISES = tuple(name for name in CORRUPTIONS if name != "none")
_EPOCHS = {3000: (60, 120, 240), 20_000: (12, 12, 24)}  # at most, of so many images at most, in the order of KINDS
_EPOCHS_OF_MORE = (4, 6, 12)
_FEW = 3000  # images, of which batches are smaller
_RATE = 3e-3


@dataclass(frozen=True)
class Trained:
    """A reader, and the share of the held-back images that was read right after each epoch."""

    reader: Reader
    held_back: list[float]
    seconds: float

    @property
    def epoch(self) -> int:
        """After which the weights were kept: the first of the best."""
        return 1 + self.held_back.index(max(self.held_back))


def with_readers() -> list[str]:
    """Return the data sets whose readers are here."""
    return [name for name, info in INFO.items() if has_reader(name) and not info.binarised]


def noises_of(kind: str) -> tuple[str, ...]:
    """Return the kinds of noise that a reader of a kind, one of KINDS, is shown; none for that of clean images."""
    return {"clean": (), "noisy": NOISES}.get(kind, (kind,))


def noised(images: Tensor, noises: tuple[str, ...], generator: torch.Generator) -> Tensor:
    """Return images, each with one kind of noise at a strength drawn from [0, 1].

    Args:
        images: (N, C, H, W) in [0, 1].
        noises: the kinds, of which one is drawn for each image.
        generator: draws kinds, strengths and noise.
    """
    kinds = torch.randint(len(noises), (len(images),), generator=generator)
    strengths = torch.rand(len(images), generator=generator)
    result = images.clone()
    for number, name in enumerate(noises):
        chosen = kinds == number
        if chosen.any():
            result[chosen] = corrupt(images[chosen], name, strengths[chosen], generator)
    return result


def train(dataset: str, kind: str, epochs: int, seed: int = 0) -> Trained:
    """Train a reader, and keep the weights of the epoch after which held-back training images are read best.

    Args:
        dataset: whose training images it learns from.
        kind: one of KINDS; all but "clean" see every image with noise.
        epochs: at most.
        seed: of the weights, the order and the noise.
    """
    started = time.perf_counter()
    generator = torch.Generator().manual_seed(seed)
    images = load(dataset, "train")
    kept = len(images.images) - min(len(images.images) // HELD_BACK, MOST_HELD_BACK)
    asked, right = to_float(images.images[kept:]), images.labels[kept:]
    noises = noises_of(kind)
    if noises:
        asked = noised(asked, noises, torch.Generator().manual_seed(seed + 1))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        reader = Reader(INFO[dataset].shape, len(INFO[dataset].class_names))
    size = 32 if kept < _FEW else 128
    batches = kept // size
    optimiser = torch.optim.Adam(reader.parameters(), lr=_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=epochs * batches + 1, pct_start=0.15)
    shares: list[float] = []
    best = copy.deepcopy(reader.state_dict())
    for _ in range(epochs):
        for rows in torch.randperm(kept, generator=generator)[: batches * size].split(size):
            shown = to_float(images.images[rows])
            if noises:
                shown = noised(shown, noises, generator)
            loss = F.cross_entropy(reader(shown), images.labels[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
        shares.append(float((read(reader, asked) == right).float().mean()))
        print(
            f"{dataset}-{kind}, epoch {len(shares)} of {epochs}: {shares[-1]:.4f} of the held-back are right",
            flush=True,
        )
        if shares[-1] > max(shares[:-1], default=-1.0):
            best = copy.deepcopy(reader.state_dict())
    reader.load_state_dict({name: tensor.half().float() for name, tensor in best.items()})
    return Trained(reader.eval(), shares, time.perf_counter() - started)


def ship(dataset: str, kind: str, seed: int = 0) -> None:
    """Train a reader and write its file in 16 bits, with a card that says what it was trained on and what it reaches.

    Args:
        dataset: with classes.
        kind: one of KINDS.
        seed: of the training.
    """
    count = len(load(dataset, "train").images)
    epochs = next((epochs for most, epochs in _EPOCHS.items() if count <= most), _EPOCHS_OF_MORE)
    trained = train(dataset, kind, epochs[KINDS.index(kind)], seed)
    held_out = load(dataset, "test")
    right = read(trained.reader, to_float(held_out.images)) == held_out.labels
    about: dict[str, Any] = {
        "dataset": dataset,
        "kind": kind,
        "noise": list(noises_of(kind)),
        "seed": seed,
        "epoch": trained.epoch,
        "held_back": [round(share, 4) for share in trained.held_back],
        "accuracy": round(float(right.float().mean()), 4),  # of clean held-out images
        "seconds": round(trained.seconds),
        "parameters": sum(p.numel() for p in trained.reader.parameters()),
        "torch": torch.__version__,
    }
    path = reader_file(dataset, kind)
    path.parent.mkdir(exist_ok=True)
    weights = {name: tensor.half().contiguous() for name, tensor in trained.reader.state_dict().items()}
    write_whole(path, save(weights, {"card": json.dumps(about)}))


def write_cards() -> None:
    """Write the list of the readers that are here, with what each file says of its training."""
    lines = [
        "# Readers",
        "",
        "Written by `python -m ae_core.tasks.reading.training`, which trains them: small classifiers that the page *Can it be",
        "read?* has read what a denoiser made of noisy images. `noisy` saw each image with one of all kinds of noise, at a",
        "strength drawn from 0 to 1; `gaussian` saw Gaussian noise alone. The epoch was chosen on held-back training images,",
        "with the same noise; the accuracy is of all clean held-out images. Weights are 16-bit; the figures are theirs.",
        "",
        "| reader | parameters | kB | seed | epoch | held back | accuracy | seconds | torch |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for dataset in with_readers():
        for kind in KINDS:
            if (path := reader_file(dataset, kind)).is_file():
                about = card(dataset, kind)
                lines.append(
                    f"| {path.stem} | {about['parameters']:,} | {path.stat().st_size / 1e3:.0f} | {about['seed']} "
                    f"| {about['epoch']} of {len(about['held_back'])} | {max(about['held_back']):.4f} "
                    f"| {about['accuracy']:.4f} | {about['seconds']} | {about['torch']} |"
                )
    reader_file(next(iter(INFO)), CLEAN).with_name("README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Train the readers that are named, or all that are here anew, and write their cards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", choices=[*INFO, []])
    parser.add_argument("--kind", choices=KINDS)
    options = parser.parse_args()
    for dataset in options.datasets or with_readers():
        for kind in [options.kind] if options.kind else KINDS:
            ship(dataset, kind)
            write_cards()


if __name__ == "__main__":
    main()

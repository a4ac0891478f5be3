"""What bfloat16 and channels-last save, and whether they change the held-out error beyond the noise between seeds.

AE_DATA_DIR=... python -m benchmarks.precision
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import torch

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.evaluation.metrics import squared_error, variational_metrics
from ae_core.models import autoencoder
from ae_core.models.autoencoder import Autoencoder
from ae_core.runs.fit import images_of
from ae_core.training import loop as training_loop
from benchmarks.machine import describe

SEEDS = 3
Training = Callable[[Config], training_loop.Trained]


def as_is(config: Config) -> training_loop.Trained:
    """Train as the lab does by default: 32 bits, convolutions in channels-last."""
    return training_loop.run_to_end(training_loop.train(config, *images_of(config.dataset)))


def in_bfloat16(config: Config) -> training_loop.Trained:
    """Train with the layers' products in bfloat16; weights, losses and sums stay in 32 bits."""
    return as_is(replace(config, precision="bfloat16"))


def channels_first(config: Config) -> training_loop.Trained:
    """Train with convolutions in channels-first, PyTorch's default memory format."""

    def build(*wanted: object) -> Autoencoder:
        return autoencoder.build(*wanted).to(memory_format=torch.contiguous_format)  # type: ignore[arg-type, call-overload]

    with mock.patch.object(training_loop, "build", build):
        return as_is(config)


def held_out(config: Config, model: Autoencoder) -> float:
    """Return the held-out squared error; of a variational model the negative evidence lower bound, nats an image."""
    images = images_of(config.dataset)[1].images
    if config.variational:
        return variational_metrics(config, model, images)["loss"]
    return squared_error(model, images)


def main() -> None:
    """Print held-out error and seconds of each network and way to train it, the ways taking turns seed by seed."""
    print(describe())
    print(f"{'network':16}{'way':22}{'held out':>10}{'± seeds':>9}{'difference':>12}{'seconds':>9}{'ratio':>7}")
    ways: dict[str, Training] = {"32 bits": as_is, "bfloat16": in_bfloat16, "channels first": channels_first}
    for name in ("dense", "vae", "conv", "conv-denoising"):
        config = VARIANTS[name].config("mnist")
        used = ways if config.architecture == "conv" else {w: ways[w] for w in ("32 bits", "bfloat16")}
        errors: dict[str, list[float]] = {way: [] for way in used}
        seconds: dict[str, list[float]] = {way: [] for way in used}
        for seed in range(SEEDS):
            seeded = replace(config, seed=seed)
            for way, run in used.items():
                trained = run(seeded)
                errors[way].append(held_out(seeded, trained.model))
                seconds[way].append(trained.seconds)
        base, base_seconds = statistics.mean(errors["32 bits"]), statistics.median(seconds["32 bits"])
        for way in used:
            mean, took = statistics.mean(errors[way]), statistics.median(seconds[way])
            print(
                f"{name:16}{way:22}{mean:10.5g}{statistics.stdev(errors[way]) / mean:9.1%}{mean / base - 1:12.1%}"
                f"{took:9.1f}{took / base_seconds:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""What the lab's initialisation of weights is worth: held-out errors with PyTorch's default weights and with the lab's.

AE_DATA_DIR=... python -m benchmarks.init
"""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import torch

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.evaluation.metrics import squared_error
from ae_core.models import autoencoder
from ae_core.runs.fit import images_of
from ae_core.training import loop as training_loop
from benchmarks.machine import describe


def pytorch_default(model: autoencoder.Autoencoder, activation: str, generator: torch.Generator) -> None:
    """Initialise every layer as torch.nn does by itself.

    Stands in for the lab's own initialisation, and so takes the same arguments.

    Args:
        model: the network whose weights are set.
        activation: not used.
        generator: not used: torch.nn draws from the global generator.
    """
    for layer in model.modules():
        if isinstance(layer, (torch.nn.Linear, torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
            layer.reset_parameters()


def error(config: Config) -> float:
    """Train ``config`` and return its held-out squared error."""
    trained = training_loop.run_to_end(training_loop.train(config, *images_of(config.dataset)))
    return squared_error(trained.model, images_of(config.dataset)[1].images)


def main() -> None:
    """Print the held-out error of each network with either initialisation: two epochs, mean of three seeds."""
    print(describe())
    kinds = {
        "single layer, code 64": VARIANTS["single"].config("mnist", code_size=64, epochs=2),
        "784-256-32": VARIANTS["dense"].config("mnist", epochs=2),
        "784-512-256-128-2": VARIANTS["dense"].config("mnist", epochs=2, hidden_sizes=(512, 256, 128), code_size=2),
    }
    print(f"{'network':24}{'PyTorch default':>16}{'ours':>10}   held-out MSE after 2 epochs, mean of 3 seeds")
    for name, config in kinds.items():
        seeds = [replace(config, seed=seed) for seed in range(3)]
        ours = sum(map(error, seeds)) / 3
        with mock.patch.object(autoencoder, "_initialise", pytorch_default):
            default = sum(map(error, seeds)) / 3
        print(f"{name:24}{default:16.5f}{ours:10.5f}")


if __name__ == "__main__":
    main()

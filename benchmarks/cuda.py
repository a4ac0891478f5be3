"""Seconds of training on a CUDA device: the dense and the convolutional default, 20 epochs on MNIST.

AE_DATA_DIR=... python -m benchmarks.cuda [--epochs 20]

Each with its steps recorded as a CUDA graph, and launched piece by piece; in 32 bits, and in bfloat16.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from unittest import mock

import torch

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import load
from ae_core.evaluation.metrics import squared_error
from ae_core.training import loop as training_loop
from ae_core.training.step import Step
from benchmarks.machine import describe


def trained(config: Config, recorded: bool) -> tuple[float, float]:
    """Train ``config`` on MNIST and return the seconds of training and the held-out squared error.

    Whether its steps are ``recorded`` as a CUDA graph or launched piece by piece is the caller's choice.
    """
    test = load("mnist", "test")
    loop = training_loop.train(config, load("mnist", "train"), test, "cuda")
    with mock.patch.object(training_loop, "step_of", training_loop.step_of if recorded else Step):
        result = training_loop.run_to_end(loop)
    return result.seconds, squared_error(result.model, test.images)


def main() -> None:
    """Print seconds and error of each variant, precision and way to launch a step, a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("There is no CUDA device here.")
    print(f"{describe()}; {options.epochs} epochs on MNIST")
    trained(VARIANTS["dense"].config("mnist", epochs=1), recorded=True)  # the first run wakes the device
    for name in ("dense", "conv"):
        for precision in ("float32", "bfloat16"):
            config = replace(VARIANTS[name].config("mnist"), epochs=options.epochs, precision=precision)
            for recorded in (True, False):
                seconds, mse = trained(config, recorded)
                how = "recorded" if recorded else "piece by piece"
                print(f"{name:6}{precision:10}{how:16}{seconds:7.1f} s  MSE {mse:.5f}", flush=True)


if __name__ == "__main__":
    main()

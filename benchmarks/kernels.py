"""Share of a training step that is spent in matrix and convolution kernels.

AE_DATA_DIR=... python -m benchmarks.kernels [--threads 2]

What is left is everything that a larger network or a faster kernel would not change: the optimiser, the loss, picking
the batch, Python. The profiler times every operation of 200 steps of the real loop; its own bookkeeping is part of the
whole, so that without it the share is larger.
"""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import replace
from statistics import median
from unittest import mock

import torch
from torch.profiler import ProfilerActivity, profile

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import Images, load
from ae_core.training import loop as training_loop
from benchmarks.machine import describe

STEPS = 200
ROUNDS = 3
OTHERS = 5  # operations beside the kernels to name
_KERNEL = re.compile(r"aten::(addmm|mm|bmm|baddbmm|matmul|linear|\w*conv\w*)$")


def seconds(config: Config, images: Images) -> float:
    """Train for :data:`STEPS` steps and return the seconds they took.

    Held-out images are hardly looked at in between: the steps are what is timed.
    """
    count = STEPS * config.batch_size
    few = Images(images.images[-16:], images.labels[-16:])
    loop = training_loop.train(replace(config, epochs=1), Images(images.images[:count], images.labels[:count]), few)
    with mock.patch.multiple(training_loop, HISTORY_POINTS=2, FILM_FRAMES=2):
        return training_loop.run_to_end(loop).seconds


def profiled(config: Config, images: Images) -> tuple[float, dict[str, float]]:
    """Train under the profiler; return the seconds of the loop, and of each operation by its name.

    An operation's seconds are its own, without those of the operations that it calls.
    """
    with profile(activities=[ProfilerActivity.CPU]) as record:
        took = seconds(config, images)
    return took, {event.key: event.self_cpu_time_total / 1e6 for event in record.key_averages()}


def main() -> None:
    """Print the kernels' share of a step, and the largest other operations, two lines a variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # else the profiler announces each start and stop
    print(f"{describe()}, {options.threads} threads; {STEPS} steps, medians of {ROUNDS} rounds")
    images = load("mnist", "train")
    for name in ("dense", "conv"):
        config = VARIANTS[name].config("mnist")
        seconds(config, images)  # the first steps choose their kernels
        shares, others = [], {}
        for _ in range(ROUNDS):
            took, each = profiled(config, images)
            shares.append(sum(spent for key, spent in each.items() if _KERNEL.match(key)) / took)
            others = {key: spent / took for key, spent in each.items() if not _KERNEL.match(key)}
        layers = "-".join(map(str, (*config.hidden_sizes, config.code_size)))
        print(
            f"{name} {layers}, batch {config.batch_size}: matrix and convolution kernels take {median(shares):.0%} of a step"
        )
        most = sorted(others, key=others.__getitem__, reverse=True)[:OTHERS]
        print(f"  the rest, most first: {', '.join(f'{key} {others[key]:.1%}' for key in most)}")


if __name__ == "__main__":
    main()

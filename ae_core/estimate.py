"""How long a Config will take on this machine, and how much memory, before anything is trained.

The cost of a step is a sum of three: a fixed overhead, the arithmetic (counted) and the
optimiser's pass over the weights. The machine's speed is measured once by timing three small networks.
"""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import torch
from torch import nn

from ae_core.config import Config
from ae_core.datasets import INFO
from ae_core.models import blueprint, build, count_parameters
from ae_core.objectives import objective
from ae_core.optimiser import Adam
from ae_core.training import total_steps


@dataclass(frozen=True)
class Pace:
    """The speed of a machine. The defaults are those of two cores of 2024 and stand in until it is measured."""

    overhead: float = 6e-4  # seconds a step
    dense: float = 7e-12  # seconds a floating-point operation in matrix products
    conv: float = 2.5e-11  # and in convolutions, which move more memory
    parameter: float = 2.5e-9  # seconds a weight and step in the optimiser
    correction: float = 1.0  # what runs really took over what was estimated, lately

    def step_seconds(self, config: Config) -> float:
        """Seconds one training step of ``config`` takes."""
        rate = self.dense if config.architecture == "dense" else self.conv
        return self.correction * (
            self.overhead
            + rate * flops_per_image(_shape_only(config)) * config.batch_size
            + self.parameter * count_parameters(config, INFO[config.dataset].shape)
        )

    def seconds(self, config: Config) -> float:
        """Seconds of training in the whole run of ``config``."""
        return total_steps(config, INFO[config.dataset].train_count) * self.step_seconds(config)

    def corrected(self, config: Config, seconds: float) -> Pace:
        """The pace after a run of ``config`` took ``seconds``: halfway from what was believed to what was seen."""
        seen = self.correction * seconds / self.seconds(config)
        return replace(self, correction=min(max((self.correction * seen) ** 0.5, 0.05), 20.0))

    def to_dict(self) -> dict[str, float]:
        """For JSON and for the trip from a worker."""
        return asdict(self)


def memory_bytes(config: Config) -> int:
    """An upper estimate of what a worker needs for ``config`` beyond PyTorch itself: the images, the weights with
    gradients and two moments, and what a step keeps for the backward pass."""
    info = INFO[config.dataset]
    pixels = info.pixels
    images = (info.train_count + info.test_count) * pixels
    weights = 4 * 4 * count_parameters(config, info.shape)
    if config.architecture == "dense":
        units = 2 * sum(config.hidden) + 6 * pixels + 4 * config.code_size
    else:
        units = sum(2 * channels * pixels // 4 ** (i + 1) for i, channels in enumerate(config.hidden)) * 3 + 6 * pixels
    return images + weights + 3 * 4 * units * config.batch_size


@lru_cache(maxsize=512)
def flops_per_image(config: Config) -> float:
    """Floating-point operations of one training step, forward and backward, per image.

    PyTorch's own counter gives the same numbers (a test holds this to it), but it and all else that runs a network
    without memory behind it takes 90 MB to import.
    """
    shape = INFO[config.dataset].shape
    model = blueprint(config, shape)
    sides: tuple[int, ...] = shape[1:]
    products: list[int] = []  # multiplications of each layer's forward pass, in the order of use
    for layer in (*model.encoder.modules(), *model.decoder.modules()):
        if isinstance(layer, nn.Unflatten):
            sides = tuple(layer.unflattened_size)[1:]
        elif isinstance(layer, nn.Linear):
            products.append(layer.weight.numel())
        elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            before = sides
            sides = tuple(_convolved(layer, axis, side) for axis, side in enumerate(sides))
            meetings = before if isinstance(layer, nn.ConvTranspose2d) else sides  # each weight meets each place once
            products.append(layer.weight.numel() * math.prod(meetings))
    # the backward pass has one such product for the weights and one for the inputs, which images need not
    return 2.0 * (3 * sum(products) - products[0])


def _convolved(layer: nn.Conv2d | nn.ConvTranspose2d, axis: int, side: int) -> int:
    """How many places a side of ``side`` places has after ``layer``."""
    kernel, stride, padding = layer.kernel_size[axis], layer.stride[axis], layer.padding[axis]
    assert isinstance(padding, int)  # not a word like "same"
    if isinstance(layer, nn.ConvTranspose2d):
        return (side - 1) * stride - 2 * padding + kernel + layer.output_padding[axis]
    return (side + 2 * padding - kernel) // stride + 1


def _shape_only(config: Config) -> Config:
    """The fields that the arithmetic depends on, so that dragging a learning rate counts nothing anew."""
    return Config(
        dataset=config.dataset,
        architecture=config.architecture,
        hidden=config.hidden,
        code_size=config.code_size,
        variational=config.variational,
    )


def calibrate(device: torch.device | str = "cpu") -> Pace:
    """Time three small networks on ``device`` and solve for its :class:`Pace`; takes about a second."""
    small = Config(hidden=(64,), batch_size=32)
    wide = Config(hidden=(512,), batch_size=128)
    conv = Config(architecture="conv", hidden=(16, 32), batch_size=128)
    parameter = _optimiser_seconds(device)
    seconds = {config: _time_steps(config, device) for config in (small, wide, conv)}

    def work(config: Config) -> float:
        return flops_per_image(config) * config.batch_size

    def rest(config: Config) -> float:
        return parameter * count_parameters(config, INFO[config.dataset].shape)

    dense = (seconds[wide] - rest(wide) - seconds[small] + rest(small)) / (work(wide) - work(small))
    dense = max(dense, 1e-15)
    overhead = max(seconds[small] - rest(small) - dense * work(small), 1e-5)
    return Pace(overhead, dense, max((seconds[conv] - rest(conv) - overhead) / work(conv), 1e-15), parameter)


def _time_steps(config: Config, device: torch.device | str, count: int = 25) -> float:
    """Seconds of a training step on made-up images when nothing else gets in its way."""
    shape = INFO[config.dataset].shape
    model = build(config, shape, device)
    optimiser = Adam(model.parameters())
    images = torch.rand(config.batch_size, *shape, generator=torch.Generator().manual_seed(0)).to(device)
    samples = []
    for _ in range(count):
        started = time.perf_counter()
        loss = objective(config, model, model(images), images)["loss"]
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step(1e-3)
        if torch.device(device).type != "cpu":
            loss.item()  # a clock read before the device is done times nothing
        samples.append(time.perf_counter() - started)
    return statistics.quantiles(samples[5:], n=4)[0]


def _optimiser_seconds(device: torch.device | str, size: int = 1_000_000) -> float:
    """Seconds Adam takes per weight and step."""
    weight = torch.zeros(size, device=device, requires_grad=True)
    optimiser = Adam([weight])
    samples = []
    for _ in range(12):
        weight.grad = torch.zeros_like(weight)
        started = time.perf_counter()
        optimiser.step(1e-3)
        if torch.device(device).type != "cpu":
            weight[0].item()
        samples.append(time.perf_counter() - started)
    return statistics.quantiles(samples[2:], n=4)[0] / size

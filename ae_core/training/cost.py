"""Estimate how long a Config will take to train on this machine, and how much memory, before anything is trained.

The cost of a step is a sum of three: a fixed overhead, the arithmetic (counted) and the optimiser's pass over the
weights. The machine's speed is measured once, by timing three small networks for the three rates, and a few steps of
each kind of autoencoder for what this simple model gets wrong about it.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS, variant_of
from ae_core.data.datasets import INFO, MAIN
from ae_core.models.autoencoder import blueprint, build, count_parameters
from ae_core.models.networks import Crop, RowDecoder, row_shape
from ae_core.training.loop import total_steps
from ae_core.training.objectives import contraction_is_exact
from ae_core.training.optimiser import Adam
from ae_core.training.pretraining import pretraining_steps
from ae_core.training.step import step_of

_CALIBRATION = 8.0  # seconds after which no other kind is timed
_MACHINE = 10 / 6  # products of a step of a Boltzmann machine over those of the same layers' in fine-tuning

#: What :func:`calibrate` finds of the kinds where it finds more than one, on the two cores that Pace's defaults are of.
_TYPICAL: Mapping[str, float] = {
    "denoising": 1.4,
    "conv": 2.0,
    "conv-denoising": 2.2,
    "conv-vae": 2.4,
    "sparse": 1.2,
    "sparse-kl": 1.2,
    "k-sparse": 1.4,
    "contractive": 1.6,
    "rbm": 1.6,
    "lstm": 2.5,
}


@dataclass(frozen=True)
class Pace:
    """The speed of a machine. The defaults are those of two cores of 2024 and stand in until it is measured."""

    overhead: float = 6e-4  # seconds a step
    dense: float = 7e-12  # seconds a floating-point operation in matrix products
    conv: float = 2.5e-11  # and in convolutions, which move more memory
    parameter: float = 2.5e-9  # seconds a weight and step in the optimiser
    kinds: Mapping[str, float] = field(default_factory=lambda: _TYPICAL)  # by variant: what steps really take over that
    load_factor: float = 1.0  # what runs of any kind have lately taken over all of that: the machine may be shared

    def factor(self, kind: str) -> float:
        """Return by how much runs of ``kind`` take longer than the rates alone say."""
        return self.load_factor * self.kinds.get(kind, 1.0)

    def step_seconds(self, config: Config) -> float:
        """Estimate the seconds of one training step of ``config``."""
        rate = self.dense if config.architecture in ("dense", "lstm") else self.conv
        # an estimated contraction runs the encoder again, and its gradient's gradient
        again = 2.0 if config.contraction and not contraction_is_exact(config) else 1.0
        return self.factor(variant_of(config).name) * (
            self.overhead
            + again * rate * flops_per_image(config) * config.batch_size
            + self.parameter * count_parameters(config, INFO[config.dataset].shape)
        )

    def seconds(self, config: Config) -> float:
        """Estimate the seconds of training in the whole run of ``config``."""
        count = config.train_count
        machines = pretraining_steps(config, count)
        steps = total_steps(config, count) - machines
        if machines:  # each trains a layer of the whole
            steps += round(machines / (len(config.hidden_sizes) + 1) * _MACHINE)
        return steps * self.step_seconds(config)

    def corrected(self, kind: str, estimate: float, seconds: float) -> Pace:
        """Return the pace corrected by what one more run took.

        What the run took beyond its estimate is laid half to the load of the machine, which the next run of any kind
        will meet, and half to its kind; neither is believed at once. One run moves the load factor by a third at most.

        Args:
            kind: whose estimates the run corrects: an autoencoder's variant, or the kind of another task.
            estimate: seconds of training that this pace gave for it.
            seconds: what the training took.
        """
        ratio = _within(seconds / max(estimate, 1e-9), 10)
        return replace(
            self,
            kinds={**self.kinds, kind: _within(self.kinds.get(kind, 1.0) * ratio**0.4, 10)},
            load_factor=_within(self.load_factor * _within(ratio, 2) ** 0.4, 3),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary, for JSON and for the message from a worker."""
        return asdict(self)


def _within(ratio: float, most: float) -> float:
    """Return ``ratio``, but no more than ``most`` and no less than its inverse."""
    return min(max(ratio, 1 / most), most)


def memory_bytes(config: Config) -> int:
    """Estimate from above the bytes that a worker needs for ``config`` beyond PyTorch itself.

    They hold the images, the weights with gradients and two moments, and what a step keeps for the backward pass.
    """
    info = INFO[config.dataset]
    pixels = info.pixels
    images = (info.train_count + info.test_count) * pixels
    weights = 4 * 4 * count_parameters(config, info.shape)
    # the backward pass keeps each layer's output and what its non-linearity made of it, and reuses their gradients' room
    units = 6 * sum(units for _, units in _layers(_shape_only(config))) + 6 * pixels
    return images + weights + 4 * units * config.batch_size


def flops_per_image(config: Config) -> float:
    """Count the floating-point operations of one training step, forward and backward, per image.

    PyTorch's own counter gives the same numbers (a test holds this to it), but it and all else that runs a network
    without memory behind it takes 90 MB to import.
    """
    products = [count for count, _ in _layers(_shape_only(config))]
    # the backward pass has one such product for the weights and one for the inputs, which images need not
    return 2.0 * (3 * sum(products) - products[0])


@lru_cache(maxsize=512)  # pages ask with every knob that moves
def _layers(config: Config) -> tuple[tuple[int, int], ...]:
    """Return (multiplications forward, numbers put out) per image of each layer with weights, in order."""
    return tuple(_walked(config))


def _walked(config: Config) -> Iterator[tuple[int, int]]:
    shape = INFO[config.dataset].shape
    model = blueprint(config, shape)
    sides: tuple[int, ...] = shape[1:]
    rows_read = row_shape(shape)[1]  # by a recurrent network
    every_row = {part.row for part in model.decoder if isinstance(part, RowDecoder)}  # layers that work once a row
    for layer in itertools.chain(model.encoder.modules(), model.decoder.modules()):
        if isinstance(layer, nn.Unflatten):
            sides = tuple(layer.unflattened_size)[1:]
        elif isinstance(layer, Crop):
            sides = (layer.height, layer.width)
        elif isinstance(layer, nn.MaxPool2d):
            halved = math.ceil if layer.ceil_mode else math.floor
            sides = tuple(halved(side / 2) for side in sides)
        elif isinstance(layer, nn.Upsample):
            sides = tuple(layer.size) if layer.size is not None else tuple(2 * side for side in sides)  # type: ignore[arg-type]
        elif isinstance(layer, nn.LSTM):
            gates = 4 * layer.hidden_size
            yield rows_read * gates * (layer.input_size + layer.hidden_size), rows_read * (gates + layer.hidden_size)
        elif isinstance(layer, nn.Linear):
            rows = rows_read if layer in every_row else 1
            yield rows * layer.weight.numel(), rows * layer.out_features
        elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            before = sides
            sides = tuple(_convolved(layer, axis, side) for axis, side in enumerate(sides))
            meetings = before if isinstance(layer, nn.ConvTranspose2d) else sides  # each weight meets each place once
            yield layer.weight.numel() * math.prod(meetings), layer.out_channels * math.prod(sides)


def _convolved(layer: nn.Conv2d | nn.ConvTranspose2d, axis: int, side: int) -> int:
    """Return the length of an image's side after a convolution, from its length before, both in pixels."""
    kernel, stride, padding = layer.kernel_size[axis], layer.stride[axis], layer.padding[axis]
    if layer.padding == "same":
        return side
    assert isinstance(padding, int)
    if isinstance(layer, nn.ConvTranspose2d):
        return (side - 1) * stride - 2 * padding + kernel + layer.output_padding[axis]
    return (side + 2 * padding - kernel) // stride + 1


def _shape_only(config: Config) -> Config:
    """Return a Config of the fields alone that the arithmetic depends on: a new learning rate counts nothing anew."""
    return Config(
        dataset=config.dataset,
        architecture=config.architecture,
        hidden_sizes=config.hidden_sizes,
        code_size=config.code_size,
        downsampling=config.downsampling,
        upsampling=config.upsampling,
        variational=config.variational,
    )


def calibrate(device: torch.device | str = "cpu") -> Pace:
    """Time three small networks on ``device``, solve for its rates, and time every kind; takes some two seconds.

    On a machine that is busy it takes longer, and the first run waits for it: kinds whose turn has not come after a few
    seconds are taken to be as usual.
    """
    until = time.monotonic() + _CALIBRATION
    small = Config(hidden_sizes=(64,), batch_size=32)
    wide = Config(hidden_sizes=(512,), batch_size=128)
    conv = Config(architecture="conv", hidden_sizes=(16, 32), batch_size=128)
    parameter = _optimiser_seconds(device)
    seconds = {config: _time_steps(config, device) for config in (small, wide, conv)}

    def work(config: Config) -> float:
        return flops_per_image(config) * config.batch_size

    def rest(config: Config) -> float:
        return parameter * count_parameters(config, INFO[config.dataset].shape)

    dense = (seconds[wide] - rest(wide) - seconds[small] + rest(small)) / (work(wide) - work(small))
    dense = max(dense, 1e-15)
    overhead = max(seconds[small] - rest(small) - dense * work(small), 1e-5)
    pace = Pace(overhead, dense, max((seconds[conv] - rest(conv) - overhead) / work(conv), 1e-15), parameter, kinds={})
    defaults = {name: variant.config(MAIN) for name, variant in VARIANTS.items()}
    kinds = {
        name: _time_steps(one, device, 10) / pace.step_seconds(one)
        if time.monotonic() < until
        else _TYPICAL.get(name, 1.0)
        for name, one in defaults.items()
    }
    return replace(pace, kinds=kinds)


def _time_steps(config: Config, device: torch.device | str, count: int = 25) -> float:
    """Measure the seconds of a training step on made-up images when nothing else gets in its way."""
    shape = INFO[config.dataset].shape
    draws = torch.Generator(device).manual_seed(0)
    # as many as make a batch picked from them miss the caches, as one does in training
    stored = torch.randint(0, 255, (20_000, *shape), dtype=torch.uint8, device=device, generator=draws)
    each = config.steps_per_epoch(len(stored))
    stepping = step_of(config, build(config, shape, device), stored, 4 * each)
    steps = itertools.count(2 * each)  # from halfway on a k-sparse code fires as it will in the end
    if torch.device(device).type != "cpu":
        warm = count // 5
        for _ in range(warm):
            stepping(next(steps))
        stepping.means()  # a clock read before the device is done times nothing
        started = time.perf_counter()
        for _ in range(count - warm):
            stepping(next(steps))
        stepping.means()
        return (time.perf_counter() - started) / (count - warm)
    return _work_seconds(lambda: stepping(next(steps)), count * 2 // 3)


def _optimiser_seconds(device: torch.device | str, size: int = 1_000_000) -> float:
    """Measure the seconds that Adam takes per weight and step."""
    weight = torch.zeros(size, device=device, requires_grad=True)
    gradient = torch.zeros_like(weight)
    optimiser = Adam([weight])

    def step() -> None:
        weight.grad = gradient  # which a step takes away
        optimiser.step(1e-3)

    if torch.device(device).type == "cpu":
        return _work_seconds(step, 10) / size
    samples = []
    for _ in range(12):
        started = time.perf_counter()
        step()
        weight[0].item()  # which waits for the device
        samples.append(time.perf_counter() - started)
    return statistics.median(samples[2:]) / size


def _work_seconds(work: Callable[[], object], count: int) -> float:
    """Return the seconds that ``work`` takes on this machine's processors when nothing else is done there.

    A worker gives way to everything else on its machine, so that by the wall's clock a step can take a thousand times
    its work, and runs of seconds would be refused as taking hours. One thread's processor time knows nothing of
    neighbours. With more threads it does, as each that waits for the others spins, and a neighbour lets them wait: so
    more threads are believed only where they are quicker than one.

    Args:
        work: what is timed; it is called up to twice as often as ``count`` says.
        count: calls by one thread, a fifth of them to warm up; with all threads there are as many, or as many as fit
            into the time that the one took.
    """
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = list(_timed(work, count))
    finally:
        torch.set_num_threads(threads)
    together = list(_timed(work, count, sum(alone))) if threads > 1 else alone
    return min(statistics.median(samples[len(samples) // 5 :]) for samples in (alone, together))


def _timed(work: Callable[[], object], count: int, most: float = math.inf) -> Iterator[float]:
    """Yield the seconds of each call of ``work``, by the wall or by the processor where that says less."""
    until = time.perf_counter() + most
    for _ in range(count):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        yield min(time.perf_counter() - wall, time.process_time() - processor)
        if time.perf_counter() > until:
            return

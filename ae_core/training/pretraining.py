"""Pretrain a deep autoencoder layer by layer, by restricted Boltzmann machines (Hinton & Salakhutdinov 2006).

Each machine learns to model what the one below it says of the images, by contrastive divergence with one step (Hinton
2002). Unrolled, a machine's weights become a layer of the encoder and, transposed, one of the decoder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ae_core.config.schema import Config
from ae_core.data.items import to_float
from ae_core.models.autoencoder import Autoencoder

_RATE, _GAUSSIAN_RATE = 0.1, 0.001  # step sizes; linear units blow up at the first
_FIRST_MOMENTUM, _MOMENTUM = 0.5, 0.9  # the first holds for the first tenth of the steps
_DECAY = 2e-4
_CHUNK = 5000


@dataclass(frozen=True)
class Learned:
    """Progress of pretraining: which machine (from 0), how many steps of it are done, and its latest squared error."""

    layer: int
    step: int
    error: float


class RBM:
    """Restricted Boltzmann machine: visible units in [0, 1] and binary hidden ones.

    For the code the hidden units are linear, with Gaussian noise of variance one.
    """

    def __init__(self, visible: int, hidden: int, linear: bool, generator: torch.Generator) -> None:
        device = generator.device
        self.linear = linear
        self.weight = 0.01 * torch.randn(hidden, visible, generator=generator, device=device)  # as nn.Linear has it
        self.hidden_bias = torch.zeros(hidden, device=device)
        self.visible_bias = torch.zeros(visible, device=device)
        self._moves = [torch.zeros_like(p) for p in (self.weight, self.hidden_bias, self.visible_bias)]

    def up(self, visible: Tensor) -> Tensor:
        """Return the expected hidden units given the visible ones: (N, V) to (N, H)."""
        total = torch.addmm(self.hidden_bias, visible, self.weight.T)
        return total if self.linear else total.sigmoid_()

    def down(self, hidden: Tensor) -> Tensor:
        """Return the expected visible units given the hidden ones: (N, H) to (N, V)."""
        return torch.addmm(self.visible_bias, hidden, self.weight).sigmoid_()

    def step(self, visible: Tensor, momentum: float, generator: torch.Generator) -> Tensor:
        """Make one step of contrastive divergence on a batch, and return its squared error.

        Args:
            visible: (N, V) in [0, 1].
            momentum: the share of the last move that is made again.
            generator: on the device of the batch; draws the hidden units.

        Returns:
            A scalar, mean over images and units.
        """
        count = len(visible)
        expected = self.up(visible)
        noise = torch.empty_like(expected)
        if self.linear:
            state = expected + noise.normal_(generator=generator)
        else:
            state = (noise.uniform_(generator=generator) < expected).to(visible.dtype)
        dreamt = self.down(state)
        again = self.up(dreamt)
        rate = _GAUSSIAN_RATE if self.linear else _RATE
        slopes = (
            (expected.T @ visible - again.T @ dreamt) / count - _DECAY * self.weight,
            (expected - again).mean(0),
            (visible - dreamt).mean(0),
        )
        for parameter, move, slope in zip(
            (self.weight, self.hidden_bias, self.visible_bias), self._moves, slopes, strict=True
        ):
            move.mul_(momentum).add_(slope, alpha=rate)
            parameter.add_(move)
        return (visible - dreamt).square().mean()


def pretraining_steps(config: Config, train_count: int) -> int:
    """Return the number of steps of all machines together; 0 where nothing is pretrained."""
    if config.pretraining == "none":
        return 0
    return (len(config.hidden_sizes) + 1) * config.pretraining_epochs * config.steps_per_epoch(train_count)


@torch.no_grad()
def pretrain(config: Config, model: Autoencoder, images: Tensor, generator: torch.Generator) -> Iterator[Learned]:
    """Train a Boltzmann machine for each layer of the encoder, and copy their weights into ``model``.

    Args:
        config: the layers, and the epochs of each machine.
        model: its encoder gets the weights, its decoder their transposes.
        images: uint8 (N, C, H, W) on the network's device.
        generator: on the same device.

    Yields:
        Progress about twenty times an epoch; the last of a layer comes after its last step.
    """
    encoder = [layer for layer in model.encoder.modules() if isinstance(layer, nn.Linear)]
    decoder = [layer for layer in model.decoder.modules() if isinstance(layer, nn.Linear)]
    size = config.batch_size
    each = config.steps_per_epoch(len(images))
    below = images.flatten(1)  # bytes; what each machine says becomes the next one's images, as 16-bit floats
    for index, layer in enumerate(encoder):
        machine = RBM(layer.in_features, layer.out_features, index == len(encoder) - 1, generator)
        total, since = torch.zeros((), device=images.device), 0
        steps = config.pretraining_epochs * each
        for step in range(steps):
            if step % each == 0:
                order = torch.randperm(len(below), generator=generator, device=images.device)
            at = (step % each) * size
            momentum = _FIRST_MOMENTUM if step < steps / 10 else _MOMENTUM
            total += machine.step(_values(below[order[at : at + size]]), momentum, generator)
            since += 1
            if (step + 1) % max(1, each // 20) == 0 or step + 1 == steps:
                yield Learned(index, step + 1, float(total) / since)
                total.zero_()
                since = 0
        layer.weight.copy_(machine.weight)
        layer.bias.copy_(machine.hidden_bias)
        mirror = decoder[len(encoder) - 1 - index]
        mirror.weight.copy_(machine.weight.T)
        mirror.bias.copy_(machine.visible_bias)
        if index + 1 < len(encoder):
            below = torch.cat([machine.up(_values(part)).half() for part in below.split(_CHUNK)])


def _values(units: Tensor) -> Tensor:
    return to_float(units) if units.dtype == torch.uint8 else units.float()

"""Restricted Boltzmann machines: a deep autoencoder pretrained layer by layer (Hinton & Salakhutdinov 2006).

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
    """After a stretch of steps: which machine (from 0), how many steps of it are done, and its squared error."""

    layer: int
    step: int
    error: float


class RBM:
    """Visible units in [0, 1], binary hidden ones; or, for the code, hidden ones with Gaussian noise of variance one."""

    def __init__(self, visible: int, hidden: int, linear: bool, generator: torch.Generator) -> None:
        device = generator.device
        self.linear = linear
        self.weight = 0.01 * torch.randn(hidden, visible, generator=generator, device=device)  # as nn.Linear has it
        self.hidden_bias = torch.zeros(hidden, device=device)
        self.visible_bias = torch.zeros(visible, device=device)
        self._moves = [torch.zeros_like(p) for p in (self.weight, self.hidden_bias, self.visible_bias)]

    def up(self, visible: Tensor) -> Tensor:
        """What the hidden units expect to be: (N, V) to (N, H)."""
        total = torch.addmm(self.hidden_bias, visible, self.weight.T)
        return total if self.linear else total.sigmoid_()

    def down(self, hidden: Tensor) -> Tensor:
        """What the visible units expect to be: (N, H) to (N, V)."""
        return torch.addmm(self.visible_bias, hidden, self.weight).sigmoid_()

    def step(self, visible: Tensor, momentum: float, generator: torch.Generator) -> Tensor:
        """One step of contrastive divergence on a batch (N, V); returns its squared error, a scalar."""
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
    """Steps of all machines together; 0 where nothing is pretrained."""
    if config.pretraining == "none":
        return 0
    return (len(config.hidden) + 1) * config.pretraining_epochs * config.steps_per_epoch(train_count)


@torch.no_grad()
def pretrain(config: Config, model: Autoencoder, images: Tensor, generator: torch.Generator) -> Iterator[Learned]:
    """Train a machine for each layer of the encoder on uint8 images (N, C, H, W), and unroll them into ``model``.

    Yields about twenty times an epoch; the last yield of a layer comes after its last step.
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

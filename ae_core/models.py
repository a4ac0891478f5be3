"""The networks: a dense or a convolutional encoder and its mirror image, plain or variational, by composition."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from ae_core.config import Config

Shape = tuple[int, int, int]  # (C, H, W)

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "elu": nn.ELU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "linear": nn.Identity,
}
_GAIN = {"relu": math.sqrt(2), "gelu": math.sqrt(2), "elu": math.sqrt(1.55), "sigmoid": 4.0, "tanh": 1.0}
_CHUNK = 2048  # images at a time outside training: bounds memory and costs no speed


@dataclass
class Pass:
    """What one training pass produces: ``outputs`` (N, C, H, W) before the last sigmoid, the code's mean (N, D)
    and, for a variational one, its log variance (N, D)."""

    outputs: Tensor
    mean: Tensor
    log_variance: Tensor | None


class Autoencoder(nn.Module):
    """The network a Config describes, as a Codec. Weights are not initialised here: see :func:`build`."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.code_size = config.code_size
        self.variational = config.variational
        self.sigmoid_output = config.output == "sigmoid"
        encoded = config.code_size * (2 if config.variational else 1)
        make = _dense if config.architecture == "dense" else _convolutional
        self.encoder, self.decoder = make(config, shape, encoded)

    def forward(self, images: Tensor, generator: torch.Generator | None = None) -> Pass:
        """One training pass over images (N, C, H, W). A variational code is drawn with ``generator``
        (Kingma & Welling 2014, the reparameterisation trick); without one its mean is used."""
        encoded = self.encoder(images)
        if not self.variational:
            return Pass(self.decoder(encoded), encoded, None)
        mean, log_variance = encoded.chunk(2, dim=1)
        # exp(15) is already absurd; the bound only keeps a bad start from overflowing
        log_variance = log_variance.clamp(-15, 15)
        code = mean
        if generator is not None:
            noise = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
            code = mean + noise * (0.5 * log_variance).exp()
        return Pass(self.decoder(code), mean, log_variance)

    @torch.inference_mode()
    def encode(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) to codes (N, D); for a variational autoencoder, the mean of each code."""
        if len(images) == 0:
            return images.new_zeros(0, self.code_size)
        return torch.cat([self.encoder(part)[:, : self.code_size] for part in images.split(_CHUNK)])

    @torch.inference_mode()
    def decode(self, codes: Tensor) -> Tensor:
        """Codes (N, D) to images (N, C, H, W)."""
        if len(codes) == 0:
            return codes.new_zeros(0, *self.shape)
        return torch.cat([self.pixels(self.decoder(part)) for part in codes.split(_CHUNK)])

    def pixels(self, outputs: Tensor) -> Tensor:
        """The decoder's raw outputs as pixel values."""
        return torch.sigmoid(outputs) if self.sigmoid_output else outputs

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return next(self.parameters()).device


def build(config: Config, shape: Shape, device: torch.device | str = "cpu") -> Autoencoder:
    """A freshly initialised network. The same ``config.seed`` gives the same weights on every device."""
    model = blueprint(config, shape).to_empty(device="cpu")
    generator = torch.Generator().manual_seed(config.seed)
    _initialise(model, config.activation, generator)
    return model.to(device)


def blueprint(config: Config, shape: Shape) -> Autoencoder:
    """The network with shapes but no memory behind them (torch's meta device): to count or to compare."""
    with torch.device("meta"):
        return Autoencoder(config, shape)


@lru_cache(maxsize=512)  # pages ask with every knob that moves
def count_parameters(config: Config, shape: Shape) -> int:
    """Trainable numbers in the network."""
    return sum(p.numel() for p in blueprint(config, shape).parameters())


def _dense(config: Config, shape: Shape, encoded: int) -> tuple[nn.Module, nn.Module]:
    pixels = math.prod(shape)
    activation = _ACTIVATIONS[config.activation]
    encoder: list[nn.Module] = [nn.Flatten()]
    width = pixels
    for nodes in config.hidden:
        encoder += [nn.Linear(width, nodes), activation()]
        width = nodes
    encoder.append(nn.Linear(width, encoded))
    decoder: list[nn.Module] = []
    width = config.code_size
    for nodes in reversed(config.hidden):
        decoder += [nn.Linear(width, nodes), activation()]
        width = nodes
    decoder += [nn.Linear(width, pixels), nn.Unflatten(1, shape)]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def _convolutional(config: Config, shape: Shape, encoded: int) -> tuple[nn.Module, nn.Module]:
    """Each layer halves the sides (3 x 3, stride 2) on the way in and doubles them on the way out."""
    activation = _ACTIVATIONS[config.activation]
    channels, height, width = shape
    sizes = [(height, width)]
    encoder: list[nn.Module] = []
    for filters in config.hidden:
        encoder += [nn.Conv2d(channels, filters, 3, stride=2, padding=1), activation()]
        channels = filters
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    grid = (channels, *sizes[-1])
    encoder += [nn.Flatten(), nn.Linear(math.prod(grid), encoded)]
    decoder: list[nn.Module] = [
        nn.Linear(config.code_size, math.prod(grid)),
        nn.Unflatten(1, grid),
        activation(),
    ]
    outwards = [shape[0], *config.hidden[:-1]]
    for depth in range(len(config.hidden) - 1, -1, -1):
        bigger, smaller = sizes[depth], sizes[depth + 1]
        # twice a side minus one is what stride 2 gives; the padding adds the row that halving rounded away
        extra = (bigger[0] - 2 * smaller[0] + 1, bigger[1] - 2 * smaller[1] + 1)
        decoder.append(nn.ConvTranspose2d(channels, outwards[depth], 3, stride=2, padding=1, output_padding=extra))
        if depth:
            decoder.append(activation())
        channels = outwards[depth]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def _initialise(model: Autoencoder, activation: str, generator: torch.Generator) -> None:
    """He et al. 2015 before a rectifier, Glorot & Bengio 2010 before a linear output; biases start at zero.

    PyTorch's own default (a uniform of gain 1/sqrt(3)) shrinks the signal layer by layer and learns
    slower in a network of more than one layer; README quotes the benchmark.
    """
    for layers in (model.encoder, model.decoder):
        weighted = list(_weighted_layers(layers))
        for index, layer in enumerate(weighted):
            weight = layer.weight
            receptive = math.prod(weight.shape[2:])
            fan_in, fan_out = float(weight.shape[1] * receptive), float(weight.shape[0] * receptive)
            if isinstance(layer, nn.ConvTranspose2d):  # an output pixel meets a quarter of the 3 x 3 at stride 2
                fan_in, fan_out = fan_out / 4, fan_in / 4
            feeds_activation = index + 1 < len(weighted)
            if feeds_activation and activation != "linear":
                std = _GAIN[activation] / math.sqrt(fan_in)
            else:
                std = math.sqrt(2 / (fan_in + fan_out))
            with torch.no_grad():
                weight.normal_(0, std, generator=generator)
                if layer.bias is not None:
                    layer.bias.zero_()


def _weighted_layers(layers: nn.Module) -> Iterator[nn.Linear | nn.Conv2d | nn.ConvTranspose2d]:
    for layer in layers.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            yield layer

"""The autoencoder: an encoder and a decoder of :mod:`ae_core.models.networks`, plain or variational, as a Codec."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from ae_core.checks import check_codes, check_images
from ae_core.config.activations import ACTIVATIONS
from ae_core.config.schema import Config
from ae_core.errors import LabError
from ae_core.models.networks import Shape, networks

_CHUNK = 256  # images at a time outside training: bounds memory and costs no speed


@dataclass
class ForwardOutput:
    """What one training pass through the network produces.

    ``inputs`` and ``outputs`` are (N, C, H, W), ``outputs`` before the last non-linearity; ``mean`` is the code, or its
    mean where it is variational, (N, D); ``log_variance`` is (N, D), and None for a plain autoencoder.
    """

    inputs: Tensor
    outputs: Tensor
    mean: Tensor
    log_variance: Tensor | None

    def float(self) -> ForwardOutput:
        """Return the same in 32 bits: losses are summed in them whatever the layers computed in."""
        spread = None if self.log_variance is None else self.log_variance.float()
        return ForwardOutput(self.inputs, self.outputs.float(), self.mean.float(), spread)


class Autoencoder(nn.Module):
    """The network that a Config describes, as a Codec. Weights are not initialised here: see :func:`build`."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.code_size = config.code_size
        self.variational = config.variational
        self.output = config.output_activation
        self.encoder, self.decoder = networks(config, shape)

    def forward(self, images: Tensor, generator: torch.Generator | None = None) -> ForwardOutput:
        """Encode and decode images (N, C, H, W) for training.

        A variational code is drawn with ``generator`` (Kingma & Welling 2014, the reparameterisation trick); without
        one its mean is used.
        """
        if not self.variational:
            code = self.encoder(images)
            return ForwardOutput(images, self.decoder(code), code, None)
        mean, log_variance = self._posterior(images)
        code = mean
        if generator is not None:
            noise = torch.randn(mean.shape, generator=generator, device=mean.device)
            code = mean + noise * (0.5 * log_variance).exp()
        return ForwardOutput(images, self.decoder(code), mean, log_variance)

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of a variational autoencoder's codes, each (N, D).

        The images are (N, C, H, W) in [0, 1].

        Raises:
            WrongTensor: images of another shape or type.
            LabError: the autoencoder is a plain one.
        """
        if not self.variational:
            raise LabError("A plain autoencoder gives each image one code, and no spread: use encode().")
        check_images(images, self.shape, self.dtype)
        return self._posterior(images)

    def _posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        # exp(15) is already absurd; the bound only keeps a bad start from overflowing
        return mean, log_variance.clamp(-15, 15)

    @torch.inference_mode()
    def encode(self, images: Tensor) -> Tensor:
        """Encode images (N, C, H, W) in [0, 1] as codes (N, D); of a variational autoencoder, the mean of each code.

        Raises:
            WrongTensor: images of another shape or type.
        """
        check_images(images, self.shape, self.dtype)
        if len(images) == 0:
            return images.new_zeros(0, self.code_size)
        return torch.cat([self.encoder(part)[:, : self.code_size] for part in images.split(_CHUNK)])

    @torch.inference_mode()
    def decode(self, codes: Tensor) -> Tensor:
        """Decode codes (N, D) to images (N, C, H, W).

        Raises:
            WrongTensor: codes of another size or type.
        """
        check_codes(codes, self.code_size, self.dtype)
        if len(codes) == 0:
            return codes.new_zeros(0, *self.shape)
        return torch.cat([self.pixels(self.decoder(part)) for part in codes.split(_CHUNK)])

    def pixels(self, outputs: Tensor) -> Tensor:
        """Apply the output's non-linearity to the decoder's raw outputs, which makes them pixel values.

        A softmax is given over its largest share: the commonest word of a document is 1 in an item, too.
        """
        if self.output == "sigmoid":
            return torch.sigmoid(outputs)
        if self.output == "softmax":
            return (outputs - outputs.amax((1, 2, 3), keepdim=True)).exp()
        return outputs.relu() if self.output == "relu" else outputs

    @property
    def device(self) -> torch.device:
        """The device on which the weights lie."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """The type of the weights, and so of images and codes."""
        return next(self.parameters()).dtype


def build(config: Config, shape: Shape, device: torch.device | str = "cpu") -> Autoencoder:
    """Make the network of a Config with freshly initialised weights.

    Args:
        config: what to build. The same ``config.seed`` gives the same weights on every device.
        shape: (C, H, W) of its images.
        device: where the weights are to lie.

    Returns:
        The network in training mode; convolutions expect a pixel's channels side by side.
    """
    model = _with_memory(blueprint(config, shape))
    generator = torch.Generator().manual_seed(config.seed)
    _initialise(model, config, generator)
    # convolutions are up to twice as fast when a pixel's channels lie side by side
    return model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def blueprint(config: Config, shape: Shape) -> Autoencoder:
    """Make the network of a Config without memory for its weights (torch's meta device): to count or to compare."""
    with torch.device("meta"):
        return Autoencoder(config, shape)


def _with_memory(model: Autoencoder) -> Autoencoder:
    """Give a blueprint's weights memory, as ``to_empty`` does.

    That one imports sympy, 487 modules, a third of a second, and two pages that do so at once may meet half of it.
    """
    for module in model.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(torch.empty(weight.shape, dtype=weight.dtype)))
    return model


@lru_cache(maxsize=512)  # pages ask with every knob that moves
def count_parameters(config: Config, shape: Shape) -> int:
    """Return the number of trainable parameters of the network of a Config."""
    return sum(p.numel() for p in blueprint(config, shape).parameters())


def _initialise(model: Autoencoder, config: Config, generator: torch.Generator) -> None:
    """Draw the weights: He et al. 2015 before a rectifier, Glorot & Bengio 2010 before a linear output.

    Biases are zero. PyTorch's own default (a uniform of gain 1/sqrt(3)) shrinks the signal layer by layer and learns
    slower in a network of more than one layer; docs/benchmarks.md quotes the benchmark.
    """
    linear = ACTIVATIONS["linear"]
    between = (
        linear if config.architecture == "lstm" else ACTIVATIONS[config.activation]
    )  # recurrent layers bring theirs
    # a recurrent encoder has to remember the first row until the last, a decoder is told the code at every row
    encoder = (model.encoder, ACTIVATIONS[config.code_activation], math.log(model.shape[1]))
    for layers, last, forget in (encoder, (model.decoder, linear, 1.0)):
        weighted = list(_weighted_layers(layers))
        for index, layer in enumerate(weighted):
            if isinstance(layer, nn.LSTM):
                _initialise_lstm(layer, forget, generator)
                continue
            if isinstance(layer, nn.Embedding):
                nn.init.normal_(layer.weight, generator=generator)
                continue
            fan_in, fan_out = fans(layer)
            gain = between.gain if index + 1 < len(weighted) else last.code_gain
            std = math.sqrt(2 / (fan_in + fan_out)) if gain is None else gain / math.sqrt(fan_in)
            with torch.no_grad():
                layer.weight.normal_(0, std, generator=generator)
                if layer.bias is not None:
                    layer.bias.zero_()


def fans(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> tuple[float, float]:
    """Return how many numbers a unit of a layer reads (fan-in), and how many units read one of its inputs (fan-out)."""
    weight = layer.weight
    receptive = math.prod(weight.shape[2:])
    fan_in, fan_out = float(weight.shape[1] * receptive), float(weight.shape[0] * receptive)
    if isinstance(layer, nn.ConvTranspose2d):  # an output pixel meets a quarter of the 3 x 3 at stride 2
        share = math.prod(layer.stride)
        return fan_out / share, fan_in / share
    return fan_in, fan_out


def _initialise_lstm(layer: nn.LSTM, forget: float, generator: torch.Generator) -> None:
    """Draw an LSTM's weights: Glorot for the inputs, orthogonal for the step before, gates that begin by remembering.

    ``forget`` is the bias of the gate that forgets (Gers et al. 2000): with log(T) a share of 1/e is left after T steps
    (Tallec & Ollivier 2018), with the usual 1 half after two.
    """
    with torch.no_grad():
        from_below, from_before, bias, other_bias = layer.parameters()
        nn.init.xavier_normal_(from_below, generator=generator)
        nn.init.orthogonal_(from_before, generator=generator)
        bias.zero_()
        other_bias.zero_()
        bias[layer.hidden_size : 2 * layer.hidden_size] = forget


Weighted = nn.Linear | nn.Conv2d | nn.ConvTranspose2d | nn.LSTM | nn.Embedding


def _weighted_layers(layers: nn.Module) -> Iterator[Weighted]:
    for layer in layers.modules():
        if isinstance(layer, Weighted):
            yield layer

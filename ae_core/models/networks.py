"""Encoders and decoders: one pair of functions a kind, put together by :mod:`ae_core.models.autoencoder`.

Each gives (encoder, decoder) as modules from images (N, C, H, W) to ``encoded`` numbers and from codes (N, D) back to
(N, C, H, W) before the output's non-linearity.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from ae_core.config.activations import ACTIVATIONS
from ae_core.config.schema import Config
from ae_core.config.sparsities import SPARSITIES

Shape = tuple[int, int, int]  # (C, H, W)
Pair = tuple[nn.Sequential, nn.Sequential]


def networks(config: Config, shape: Shape) -> Pair:
    """Make the encoder and the decoder of ``config`` for images of ``shape``, (C, H, W)."""
    encoded = config.code_size * (2 if config.variational else 1)
    encoder, decoder = _MAKERS[config.architecture](config, shape, encoded)
    end: list[nn.Module] = []
    if config.code_activation != "linear":
        end.append(ACTIVATIONS[config.code_activation].module())
    silencing = SPARSITIES[config.sparsity]
    if silencing.layer:
        end.append(silencing.layer(*(getattr(config, name) for name in silencing.settings)))
    return encoder.extend(end), decoder


def _dense(config: Config, shape: Shape, encoded: int) -> Pair:
    pixels, activation = math.prod(shape), ACTIVATIONS[config.activation].module
    encoder: list[nn.Module] = [nn.Flatten()]
    for width, nodes in itertools.pairwise((pixels, *config.hidden_sizes)):
        encoder += [nn.Linear(width, nodes), activation()]
    encoder.append(nn.Linear((pixels, *config.hidden_sizes)[-1], encoded))
    decoder: list[nn.Module] = []
    for width, nodes in itertools.pairwise((config.code_size, *reversed(config.hidden_sizes))):
        decoder += [nn.Linear(width, nodes), activation()]
    decoder += [nn.Linear((config.code_size, *reversed(config.hidden_sizes))[-1], pixels), nn.Unflatten(1, shape)]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def _convolutional(config: Config, shape: Shape, encoded: int) -> Pair:
    """Make convolutional layers of 3 x 3 that halve the sides on the way in and double them on the way out.

    A series, one number wide, gets one-dimensional layers that look at seven numbers at a time.
    """
    activation = ACTIVATIONS[config.activation].module
    channels, height, width = shape
    flat = width == 1
    kernel, padding = ((7, 1), (3, 0)) if flat else ((3, 3), (1, 1))
    stride = (2, 1) if flat else (2, 2)
    sizes = [(height, width)]
    encoder: list[nn.Module] = []
    for filters in config.hidden_sizes:
        if config.downsampling == "pool":
            pool = nn.MaxPool2d(stride if flat else 2, ceil_mode=True)
            encoder += [nn.Conv2d(channels, filters, kernel, padding=padding), activation(), pool]
        else:
            encoder += [nn.Conv2d(channels, filters, kernel, stride=stride, padding=padding), activation()]
        channels = filters
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    grid = (channels, *sizes[-1])
    encoder += [nn.Flatten(), nn.Linear(math.prod(grid), encoded)]
    decoder: list[nn.Module] = [
        nn.Linear(config.code_size, math.prod(grid)),
        nn.Unflatten(1, grid),
        activation(),
    ]
    outwards = [shape[0], *config.hidden_sizes[:-1]]
    for depth in range(len(config.hidden_sizes) - 1, -1, -1):
        bigger, smaller = sizes[depth], sizes[depth + 1]
        if config.upsampling == "nearest":
            decoder += [nn.Upsample(size=bigger), nn.Conv2d(channels, outwards[depth], kernel, padding=padding)]
        else:
            # twice a side minus one is what stride 2 gives; the padding adds the row that halving rounded away
            extra = (bigger[0] - 2 * smaller[0] + 1, bigger[1] - 2 * smaller[1] + 1)
            decoder.append(nn.ConvTranspose2d(channels, outwards[depth], kernel, stride, padding, output_padding=extra))
        if depth:
            decoder.append(activation())
        channels = outwards[depth]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


class RowEncoder(nn.Module):
    """Recurrent encoder: reads an image row by row, each row a vector.

    The code is made of the state that its last layer is in after the last row: what it says and what it remembers
    (Srivastava et al. 2015).
    """

    def __init__(self, shape: Shape, cells: tuple[int, ...], encoded: int) -> None:
        super().__init__()
        channels, _, width = shape
        widths = (channels * width, *cells)
        self.layers = nn.ModuleList(nn.LSTM(a, b, batch_first=True) for a, b in itertools.pairwise(widths))
        self.code = nn.Linear(2 * cells[-1], encoded)

    def forward(self, images: Tensor) -> Tensor:
        """Encode images (N, C, H, W) as (N, encoded)."""
        rows = images.transpose(1, 2).flatten(2)
        for layer in self.layers:
            rows, (said, remembered) = layer(rows)
        code: Tensor = self.code(torch.cat([said[0], remembered[0]], dim=1))
        return code


class RowDecoder(nn.Module):
    """Recurrent decoder: writes an image row by row.

    Its first layer starts from a state made of the code and reads at every row the code and which row it is, as a
    vector that it learns for each: told the code alone, it has first to learn to count.
    """

    def __init__(self, shape: Shape, cells: tuple[int, ...], code_size: int) -> None:
        super().__init__()
        self.shape = shape
        channels, height, width = shape
        widths = (code_size, *reversed(cells))
        # undrawn, as all weights are here: without memory behind it, nn.Embedding's own draw loads 36 MB of PyTorch
        self.place = nn.Embedding.from_pretrained(torch.empty(height, code_size), freeze=False)
        self.state = nn.Linear(code_size, 2 * cells[-1])
        self.layers = nn.ModuleList(nn.LSTM(a, b, batch_first=True) for a, b in itertools.pairwise(widths))
        self.row = nn.Linear(widths[-1], channels * width)

    def forward(self, codes: Tensor) -> Tensor:
        """Decode codes (N, D) to images (N, C, H, W), before the output's non-linearity."""
        channels, height, width = self.shape
        said, remembered = self.state(codes).chunk(2, dim=1)
        rows = codes[:, None] + self.place.weight[:height]
        first, *others = self.layers
        rows, _ = first(rows, (said.tanh()[None], remembered[None].contiguous()))
        for layer in others:
            rows, _ = layer(rows)
        written: Tensor = self.row(rows)
        return written.unflatten(2, (channels, width)).transpose(1, 2)


def row_shape(shape: Shape) -> Shape:
    """Return the shape (C, H, W) in which a recurrent network reads items of a shape, row by row.

    It is their own; of a series, five numbers become a row.
    """
    channels, height, width = shape
    return (channels, height // 5, 5) if width == 1 and height % 5 == 0 else shape


def _recurrent(config: Config, shape: Shape, encoded: int) -> Pair:
    rows = row_shape(shape)
    encoder: list[nn.Module] = [RowEncoder(rows, config.hidden_sizes, encoded)]
    decoder: list[nn.Module] = [RowDecoder(rows, config.hidden_sizes, config.code_size)]
    if rows != shape:
        encoder = [nn.Flatten(2), nn.Unflatten(2, rows[1:]), *encoder]
        decoder += [nn.Flatten(2), nn.Unflatten(2, shape[1:])]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def _tutorial_conv48(config: Config, shape: Shape, encoded: int) -> Pair:
    """Make the network of "Dimensionality Reduction to the Max", layer by layer; its sides must divide by four."""
    activation = ACTIVATIONS[config.activation].module
    channels, height, width = shape
    grid = (4, height // 4, width // 4)
    encoder = nn.Sequential(
        nn.Conv2d(channels, 16, 4, padding="same"),
        activation(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 8, 4, padding="same"),
        activation(),
        nn.Flatten(),
        nn.Linear(8 * (height // 2) * (width // 2), encoded),
    )
    decoder = nn.Sequential(
        nn.Linear(config.code_size, math.prod(grid)),
        activation(),
        nn.Unflatten(1, grid),
        nn.Conv2d(4, 8, 4, padding="same"),
        activation(),
        nn.Upsample(scale_factor=2.0),
        nn.Conv2d(8, 4, 4, padding="same"),
        activation(),
        nn.Upsample(scale_factor=2.0),
        nn.Conv2d(4, channels, 4, padding="same"),
    )
    return encoder, decoder


class Crop(nn.Module):
    """Layer that cuts the middle out of images that came out larger than they went in."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, images: Tensor) -> Tensor:
        """Cut images (N, C, at least H, at least W) to (N, C, H, W)."""
        top, left = (images.shape[2] - self.height) // 2, (images.shape[3] - self.width) // 2
        return images[:, :, top : top + self.height, left : left + self.width]


def _tutorial_denoiser(config: Config, shape: Shape, encoded: int) -> Pair:
    """Make the 32-64-128 denoiser of the tutorials: no dense layer, the code is a small image of 128 channels."""
    activation = ACTIVATIONS[config.activation].module
    channels, height, width = shape
    grid = (128, math.ceil(height / 8), math.ceil(width / 8))
    if encoded != math.prod(grid):
        raise ValueError(f"this network's code has {math.prod(grid)} numbers on images of {shape}, not {encoded}")

    encoder: list[nn.Module] = []
    for before, after in itertools.pairwise((channels, 32, 64, 128)):
        encoder += [nn.Conv2d(before, after, 3, padding=1), activation(), nn.MaxPool2d(2, ceil_mode=True)]

    def doubled(before: int, after: int) -> nn.ConvTranspose2d:
        return nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=1)

    decoder = nn.Sequential(
        nn.Unflatten(1, grid),
        doubled(128, 128),
        activation(),
        doubled(128, 64),
        activation(),
        nn.ConvTranspose2d(64, 32, 3, padding=1),
        activation(),
        doubled(32, channels),
        Crop(height, width),
    )
    return nn.Sequential(*encoder, nn.Flatten()), decoder


_MAKERS = {
    "dense": _dense,
    "conv": _convolutional,
    "lstm": _recurrent,
    "conv48": _tutorial_conv48,
    "denoiser": _tutorial_denoiser,
}

"""The network behind every repair: a U-Net that works at half the photograph's resolution."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Layout:
    """What a network is given, what it returns, and how it is built.

    Attributes:
        inputs: channels that it is given.
        outputs: channels that it returns.
        widths: channels at a half, a quarter and an eighth of the resolution of what it returns.
        blocks: residual blocks on the way down, and again on the way up, at each of these but the last.
        deepest: residual blocks at the last.
        leak: the share of what lies below 0 that its ReLUs let through. With none, nine in ten units of the deeper blocks
            die within the first thousand steps: a picture's mean is far from 0, so that one large step can put a unit
            below 0 for all pictures.
        bias: whether its convolutions have biases. Without them it is homogeneous: a picture of twice the contrast with
            twice the noise is repaired in the same way, so that it generalises beyond the noise it was trained on
            (Mohan et al., ICLR 2020).
        skips: whether what is seen on the way down is handed across to the way up. Without, all goes through the bottleneck.
        residual: whether it returns what is to be added to its input's first channels.
        grows: whether what it returns has twice the height and width of what it is given.
    """

    inputs: int
    outputs: int
    widths: tuple[int, ...] = (40, 80, 80)
    blocks: tuple[int, ...] = (2, 1)
    deepest: int = 1
    leak: float = 0.1
    bias: bool = True
    skips: bool = True
    residual: bool = True
    grows: bool = False


class Block(nn.Module):
    """Two convolutions, a leaky ReLU between them, whose result is added to what they were given."""

    def __init__(self, width: int, bias: bool, leak: float) -> None:
        super().__init__()
        self.leak = leak
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=bias)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return features (N, width, H, W) after the block."""
        # in place, as to fetch new memory for each result takes longer
        return self.second(F.leaky_relu(self.first(x), self.leak, inplace=True)).add_(x)


class RestorationNet(nn.Module):
    """U-Net that repairs pictures of any size (Ronneberger et al. 2015, on pixels shuffled as Shi et al. 2016 do).

    Every 2 x 2 pixels become the channels of one place first, which makes it four times as fast.
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        widths, bias = layout.widths, layout.bias
        folded = 1 if layout.grows else 4
        self.head = nn.Conv2d(layout.inputs * folded, widths[0], 3, padding=1, bias=bias)
        self.down = nn.ModuleList(
            nn.Sequential(*_blocks(w, n, layout)) for w, n in zip(widths, layout.blocks, strict=False)
        )
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 2, 2, bias=bias) for a, b in itertools.pairwise(widths))
        self.deepest = nn.Sequential(*_blocks(widths[-1], layout.deepest, layout))
        self.grow = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, 2, bias=bias) for a, b in itertools.pairwise(widths))
        self.up = nn.ModuleList(
            nn.Sequential(*_blocks(w, n, layout)) for w, n in zip(widths, layout.blocks, strict=False)
        )
        self.tail = nn.Conv2d(widths[0], layout.outputs * 4, 3, padding=1, bias=bias)
        for block in self.modules():
            if isinstance(block, Block):  # a block begins near the identity, so that depth costs nothing at the start
                nn.init.kaiming_normal_(block.first.weight, block.leak)
                nn.init.normal_(block.second.weight, std=0.1 / (9 * block.second.in_channels) ** 0.5)
        nn.init.normal_(self.tail.weight, std=1e-3)

    @property
    def multiple(self) -> int:
        """The height and width of what it is given are multiples of this; :meth:`forward` pads others."""
        return 2 ** (len(self.layout.widths) - (1 if self.layout.grows else 0))

    def forward(self, x: Tensor) -> Tensor:
        """Repair pictures.

        Args:
            x: (N, inputs, H, W), of any height and width.

        Returns:
            (N, outputs, H, W), or twice that height and width where the network grows pictures.
        """
        height, width = x.shape[2:]
        x = mirrored(x, -height % self.multiple, -width % self.multiple)
        features = self.head(x if self.layout.grows else F.pixel_unshuffle(x, 2))
        seen = []
        for blocks, shrink in zip(self.down, self.shrink, strict=True):
            features = blocks(features)
            seen.append(features)
            features = shrink(features)
        features = self.deepest(features)
        for blocks, grow, across in zip(reversed(self.up), reversed(self.grow), reversed(seen), strict=True):
            features = grow(features)
            features = blocks(features + across if self.layout.skips else features)
        result = F.pixel_shuffle(self.tail(features), 2)
        if self.layout.residual:
            result = result + self._to_add_to(x)
        times = 2 if self.layout.grows else 1
        return result[:, :, : height * times, : width * times]

    def _to_add_to(self, x: Tensor) -> Tensor:
        x = x[:, : self.layout.outputs]
        if not self.layout.grows:
            return x
        return F.interpolate(x, scale_factor=2, mode="bicubic", align_corners=False)


def in_half_precision(device: str) -> torch.autocast:
    """Return the context in which networks compute in bfloat16, on devices that have instructions for it.

    They halve the time; what they round is some hundredths of a level of 256, as what a network adds is small.

    Args:
        device: "cpu" or "cuda".
    """
    able = torch.cpu.get_capabilities() if device == "cpu" else {}
    halves = device == "cuda" or able.get("avx512_bf16", False) or able.get("amx_bf16", False)
    return torch.autocast(device, torch.bfloat16, enabled=halves, cache_enabled=False)


def mirrored(x: Tensor, rows: int, columns: int) -> Tensor:
    """Add rows below and columns to the right of pictures, as if mirrors stood there.

    A repeated edge would be stripes, which noise never makes: a network takes them for what was photographed.

    Args:
        x: (N, C, H, W).
        rows: to add; those that the picture is too low for repeat its last one.
        columns: to add, likewise.
    """
    height, width = x.shape[2:]
    across, down = min(columns, width - 1), min(rows, height - 1)
    x = F.pad(x, (0, across, 0, down), mode="reflect")
    return F.pad(x, (0, columns - across, 0, rows - down), mode="replicate")


def _blocks(width: int, count: int, layout: Layout) -> list[Block]:
    return [Block(width, layout.bias, layout.leak) for _ in range(count)]


def parameters(layout: Layout) -> int:
    """Return the number of weights of a network of this layout."""
    with torch.device("meta"):
        return sum(p.numel() for p in RestorationNet(layout).parameters())

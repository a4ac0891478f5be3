"""Why the networks work, shown on any picture: what a bottleneck alone keeps, what biases cost, what filters look like."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ae_core.evaluation.metrics import psnr
from ae_core.tasks.restoration.corruption import luma
from ae_core.tasks.restoration.pixels import Pixels, to_tensor
from ae_core.tasks.restoration.weights import applied, network

SIDE = 192  # pixels a side of the part that is looked at
SIGMAS = (5, 15, 25, 30, 40, 50, 75, 100)  # of 255; the networks of the lesson learned from noise of up to 30
LEARNED = 30
WITH, WITHOUT, BOTTLENECK = "lesson-biases", "lesson-bias-free", "lesson-bottleneck"


def grey_part(pixels: Pixels) -> Tensor:
    """Return the brightness in the middle of a picture (H, W, C), float (1, 1, h, w) with h and w at most SIDE."""
    height, width, _ = pixels.shape
    top, left = max(0, (height - SIDE) // 2), max(0, (width - SIDE) // 2)
    picture = to_tensor(pixels[top : top + SIDE, left : left + SIDE])
    return picture if picture.shape[1] == 1 else luma(picture)


def through_bottleneck(picture: Tensor) -> dict[str, Tensor]:
    """Return what two networks make of a picture (1, 1, H, W) without noise, by name.

    They were trained alike; in one of them what is seen on the way down is handed across to the way up, and in the other
    all goes through the narrow middle.
    """
    return {name: applied(name, picture).clamp(0, 1) for name in (WITHOUT, BOTTLENECK)}


def numbers_in_bottleneck(picture: Tensor) -> int:
    """Return how many numbers there are in the middle of the network for a picture (1, 1, H, W)."""
    widths = network(BOTTLENECK).layout.widths
    shrinks = 2 ** len(widths)
    height, width = picture.shape[2:]
    return widths[-1] * -(-height // shrinks) * -(-width // shrinks)


def beyond_training(picture: Tensor, sigmas: Sequence[float] = SIGMAS, seed: int = 0) -> dict[str, list[float]]:
    """Return how well two networks clean noise that is stronger than what they learned from (Mohan et al., ICLR 2020).

    Args:
        picture: the clean one, (1, 1, H, W) in [0, 1].
        sigmas: standard deviations of the noise, of 255; the noise is not clipped.
        seed: of the noise.

    Returns:
        PSNR in dB at each of them: of the noisy picture under "noisy", and of each network under its name.
    """
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(seed))
    noisy = [picture + sigma / 255 * noise for sigma in sigmas]
    found = {"noisy": [float(psnr(each, picture)) for each in noisy]}
    for name in (WITH, WITHOUT):
        found[name] = [float(psnr(applied(name, each).clamp(0, 1), picture)) for each in noisy]
    return found


def first_filters(name: str) -> Tensor:
    """Return the filters of a network's first layer as they lie over the picture's pixels.

    The picture's 2 x 2 pixels are the channels of one place, so that a filter of 3 x 3 places covers 6 x 6 pixels.

    Args:
        name: of a network that is given a grey picture, a key of REPAIRS.

    Returns:
        (filters, 6, 6).
    """
    weights = network(name).head.weight.detach()  # (filters, 4, 3, 3)
    count = len(weights)
    return weights.view(count, 2, 2, 3, 3).permute(0, 3, 1, 4, 2).reshape(count, 6, 6)

"""Search for codes that cost fewer bytes and less error than the encoder's own, which are a first guess."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

ITERATIONS = 50
_RATE = 0.25  # of a step, by which Adam moves a code at first
_NARROWEST = 0.25  # of a step: what spreads less is taken to spread so much, or its bytes would outweigh everything


def refined(
    directions: Tensor, images: Tensor, decode: Callable[[Tensor], Tensor], spread: Tensor, step: float
) -> Tensor:
    """Move codes downhill on squared error plus what their bytes are worth, for a step that they are rounded to.

    While a code is sought it is shaken by as much as rounding will move it, so that it comes to rest where that costs
    little (Ballé et al. 2017 train with such noise). A nat is worth step^2 / 6 of squared error: that is the exchange at
    which a uniform quantiser buys it, and a Gaussian direction y of spread s takes y^2 / (2 s^2) nats.

    Args:
        directions: where the search starts, (N, K).
        images: (N, C, H, W) in [0, 1].
        decode: from directions to images, differentiable.
        spread: of each direction among training images, (K,).
        step: how wide a step is.

    Returns:
        Directions (N, K), to be rounded to whole steps.
    """
    generator = torch.Generator().manual_seed(0)
    price = step**2 / 12 / spread.clamp_min(_NARROWEST * step).square()
    with torch.enable_grad():
        found = directions.detach().clone().requires_grad_(True)
        adam = torch.optim.Adam([found], lr=_RATE * step)
        for iteration in range(ITERATIONS):
            adam.param_groups[0]["lr"] = _RATE * step * (1 - iteration / ITERATIONS)
            adam.zero_grad()
            shaken = found + (torch.rand(found.shape, generator=generator) - 0.5) * step
            loss = (decode(shaken) - images).square().sum() + (price * found.square()).sum()
            loss.backward()
            adam.step()
    return found.detach()

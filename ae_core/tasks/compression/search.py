"""Search for codes that cost fewer bytes and less error than the encoder's own, which are a first guess."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ae_core.tasks.compression.coder import Mixture

ITERATIONS = 150
RATE = 0.12  # of a step, by which Adam moves a number at first
COOLING = 3.0  # the temperature falls from 1 to exp(-COOLING)
NARROWEST = 0.25  # steps: what spreads less is taken to spread so much, or its bytes would outweigh everything
EDGE = 1e-4  # steps: no number is taken to be nearer to a whole one


def refined(
    numbers: Tensor, images: Tensor, decode: Callable[[Tensor], Tensor], mixture: Mixture, step: float
) -> Tensor:
    """Move codes downhill on squared error plus what their bytes are worth, for whole numbers.

    While they are sought, each is rounded down or up by chance, the likelier to the nearer the colder it gets (stochastic
    Gumbel annealing, Yang, Bamler & Mandt 2020). A nat is worth step^2 / 6 of squared error: that is the exchange at which
    a uniform quantiser buys it.

    Args:
        numbers: where the search starts, directions in steps, (N, K).
        images: (N, C, H, W) in [0, 1].
        decode: from directions in steps to images, differentiable.
        mixture: that the numbers are drawn from.
        step: how wide a step is, in the root of the squared error that it makes.

    Returns:
        Numbers (N, K), to be rounded to whole ones.
    """
    generator = torch.Generator().manual_seed(0)
    widths = torch.from_numpy(mixture.widths).float().clamp_min(NARROWEST)
    centres = torch.from_numpy(mixture.centres).float()
    squares, lines = 0.5 / widths.square(), centres / widths.square()
    heights = torch.from_numpy(mixture.shares).float().log() - (0.5 * (centres / widths).square() + widths.log()).sum(1)
    with torch.enable_grad():
        found = numbers.detach().clone().requires_grad_(True)
        adam = torch.optim.Adam([found], lr=RATE)
        for iteration in range(ITERATIONS):
            past = iteration / ITERATIONS
            adam.param_groups[0]["lr"] = RATE * (1 - past)
            adam.zero_grad()
            tried = by_chance(found, math.exp(-COOLING * past), generator)
            nats = -torch.logsumexp(heights - tried.square() @ squares.T + tried @ lines.T, 1)
            loss = (decode(tried) - images).square().sum() + step**2 / 6 * nats.sum()
            loss.backward()
            adam.step()
    return found.detach()


def by_chance(numbers: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """Return numbers between the whole ones below and above, near to one of both; gradients flow.

    Args:
        numbers: float, of any shape.
        temperature: the lower it is, the nearer.
        generator: draws which of both.
    """
    below = numbers.detach().floor()
    beyond = (numbers - below).clamp(EDGE, 1 - EDGE)
    odds = (torch.atanh(beyond) - torch.atanh(1 - beyond)) / temperature
    chance = torch.rand(numbers.shape, generator=generator).clamp(1e-6, 1 - 1e-6)
    return below + torch.sigmoid(odds + torch.logit(chance))  # a logistic is the difference of two Gumbels

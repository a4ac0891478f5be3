"""Codes become whole numbers: rounded, then searched for better ones near by, as an encoder may take its time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ae_core.models.codec import Codec
from ae_core.tasks.compression.coder import Coder

MOST = 4095  # the largest whole number, either way
_ROUNDS = 4  # of the search
_SWEEPS = 2  # over all numbers, in each round
_CHUNK = 25  # images at a time: a Jacobian of each is in memory


def rounded(codec: Codec, coder: Coder, images: Tensor, step: float) -> Tensor:
    """Return the codes of images as whole numbers, float (N, D).

    Args:
        codec: whose codes they are.
        coder: that was fitted for it.
        images: float (N, C, H, W) in [0, 1].
        step: of the whole numbers.
    """
    return (coder.to_turned(codec.encode(images)) / step).round().clamp(-MOST, MOST)


def pictures(codec: Codec, coder: Coder, numbers: Tensor, step: float) -> Tensor:
    """Return the images (N, C, H, W) in [0, 1] of whole numbers.

    Args:
        codec: whose codes they are.
        coder: that was fitted for it.
        numbers: from this module, (N, D).
        step: that they are in.
    """
    return codec.decode(coder.to_codes(numbers * step)).clamp(0, 1)


def estimated_bits(numbers: Tensor, centres: Tensor, widths: Tensor) -> Tensor:
    """Return about how many bits whole numbers take, each by itself, where they are drawn from normal distributions.

    Args:
        numbers: whole numbers (..., D).
        centres: of their distributions, of a shape that broadcasts with ``numbers``, in steps.
        widths: their standard deviations, likewise.
    """
    normal = torch.distributions.Normal(centres, widths.clamp_min(0.05), validate_args=False)
    return -(normal.cdf(numbers + 0.5) - normal.cdf(numbers - 0.5)).clamp_min(1e-7).log2()


def heaps_of(coder: Coder, numbers: Tensor, step: float) -> Tensor:
    """Return the heap in which each row of whole numbers takes the fewest bits, int64 (N,).

    Args:
        coder: that knows the heaps.
        numbers: whole numbers, (N, D).
        step: that they are in.
    """
    bits = torch.stack(
        [
            estimated_bits(numbers, centre / step, width / step).sum(1) - share.clamp_min(1e-9).log2()
            for share, centre, width in zip(coder.shares, coder.centres, coder.widths, strict=True)
        ]
    )
    return bits.argmin(0)


def searched(codec: Codec, coder: Coder, images: Tensor, step: float) -> Tensor:
    """Return whole numbers (N, D) whose pictures are nearer than those of :func:`rounded`, for as many bits.

    Least is made of the squared error plus the bits times what a bit is worth: ``step`` squared times ln 2 / 6, the slope
    of fine uniform quantisation. The decoder is taken as linear around the numbers so far, each number is moved in its
    turn to where that is best, and an image's new numbers are kept where they truly are better. The file is read
    as any other: only the encoder works more.

    Args:
        codec: whose codes they are.
        coder: that was fitted for it.
        images: float (N, C, H, W) in [0, 1].
        step: of the whole numbers.
    """
    return torch.cat([_search(codec, coder, part, step) for part in images.split(_CHUNK)])


def _search(codec: Codec, coder: Coder, images: Tensor, step: float) -> Tensor:
    a_bit = step * step * math.log(2) / 6
    target = images.flatten(1)
    here = rounded(codec, coder, images, step)
    live = (coder.spread > 0.05 * step).nonzero().flatten().tolist()  # the others are zero for nearly every image

    def cost(numbers: Tensor) -> Tensor:
        error = (pictures(codec, coder, numbers, step).flatten(1) - target).square().sum(1)
        return error + a_bit * estimated_bits(numbers, centres, widths).sum(1)

    for _ in range(_ROUNDS):
        heaps = heaps_of(coder, here, step)
        centres, widths = coder.centres[heaps] / step, coder.widths[heaps] / step
        least = cost(here)
        drawn = pictures(codec, coder, here, step).flatten(1)
        slopes = torch.empty(len(here), len(live), target.shape[1])
        for place, number in enumerate(live):
            moved = here.clone()
            moved[:, number] += 1
            slopes[:, place] = pictures(codec, coder, moved, step).flatten(1) - drawn
        before = least
        there = _descended(here, live, slopes, target - drawn, (centres, widths), a_bit)
        for share in (1.0, 0.5, 0.25):  # where the straight line led too far, part of the way may do
            between = (here + share * (there - here)).round()
            new = cost(between)
            better = new < least
            here[better], least = between[better], torch.minimum(new, least)
            there[better] = here[better]
        if bool((least > before - 1e-6).all()):
            break
    return here


def _descended(
    here: Tensor, live: list[int], slopes: Tensor, missing: Tensor, drawn_from: tuple[Tensor, Tensor], a_bit: float
) -> Tensor:
    """Move each whole number in turn to where the cost is least, if the decoder were linear.

    Args:
        here: where the numbers are, (N, D).
        live: the numbers that may move.
        slopes: what one more of each of these changes in the picture, (N, L, P).
        missing: what the picture lacks, (N, P).
        drawn_from: the centres and the widths of the numbers' distributions, (N, D) each.
        a_bit: what a bit is worth, in squared error.
    """
    centres, widths = drawn_from
    there = here.clone()
    together = slopes @ slopes.transpose(1, 2)
    wanted = (slopes @ missing[:, :, None])[:, :, 0]
    for _ in range(_SWEEPS):
        for place, number in enumerate(live):
            now = there[:, number]
            length = together[:, place, place].clamp_min(1e-9)
            move = (wanted[:, place] / length).clamp(-2, 2)
            likely = centres[:, number]
            tried = torch.stack([now, now + move.floor(), now + move.ceil(), now + (likely - now).sign()])
            tried = tried.clamp(-MOST, MOST)
            bits = estimated_bits(tried, likely, widths[:, number])
            costs = length * (tried - now - wanted[:, place] / length).square() + a_bit * bits
            best = tried.gather(0, costs.argmin(0)[None])[0]
            wanted -= (best - now)[:, None] * together[:, place]
            there[:, number] = best
    return there

"""Corrupt images as a denoising autoencoder is given them: noise, hidden parts, blur and warps, batched on the device.

``strength`` is in [0, 1] and 0 always means "untouched"; what it measures stands with each kind in :data:`CORRUPTIONS`, and
adding a kind is adding an entry there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ae_core.checks import WrongTensor, check_images

BLOCK_GREY = 0.5  # neither ink nor ground, so that a hidden stroke can be told from an absent one
BLUR_SIDE = 1 / 7  # full strength on 28 x 28 is a blur of 4 pixels
# standard deviations of a warp at full strength
WARP_ANGLE = 0.6  # radians of turn and slant
WARP_SIZE = 0.4  # logarithm of either side
WARP_MOVE = 0.2  # half sides


def corrupt(images: Tensor, kind: str, strength: float | Tensor, generator: torch.Generator) -> Tensor:
    """Return corrupted copies of ``images``.

    Args:
        images: float (N, C, H, W) in [0, 1].
        kind: one of :data:`CORRUPTIONS`.
        strength: one number in [0, 1] for all, or one an image, shape (N,).
        generator: on the device of ``images``; the same state gives the same corruption.

    Returns:
        float (N, C, H, W) in [0, 1]; ``images`` itself when ``kind`` is "none".

    Raises:
        WrongTensor: images of another shape or type, or not as many strengths as images.
        ValueError: there is no corruption of that name.
    """
    check_images(images)
    if isinstance(strength, Tensor) and strength.shape not in ((), (1,), (len(images),)):
        raise WrongTensor(
            f"The strengths must be of shape ({len(images)},), one an image; given was {tuple(strength.shape)}."
        )
    return corrupt_unchecked(images, kind, strength, generator)


def corrupt_unchecked(images: Tensor, kind: str, strength: float | Tensor, generator: torch.Generator) -> Tensor:
    """Return corrupted copies of ``images`` without checking what was given, for the training loop.

    Args:
        images: float (N, C, H, W) in [0, 1].
        kind: one of :data:`CORRUPTIONS`.
        strength: one number in [0, 1] for all, or one an image, shape (N,).
        generator: on the device of ``images``; the same state gives the same corruption.

    Returns:
        float (N, C, H, W) in [0, 1]; ``images`` itself when ``kind`` is "none".

    Raises:
        ValueError: there is no corruption of that name.
    """
    if kind not in CORRUPTIONS:
        raise ValueError(f"unknown corruption {kind!r}; choose from {', '.join(CORRUPTIONS)}")
    if kind == "none":
        return images
    if not isinstance(strength, Tensor):  # made where it is needed: to carry it there would wait for the device
        strength = torch.full((len(images),), strength, dtype=images.dtype, device=images.device)
    amount = strength.to(images).expand(len(images))
    return CORRUPTIONS[kind].apply(images, amount.view(-1, 1, 1, 1), generator)


def draw_strengths(
    count: int, low: float, high: float, generator: torch.Generator, device: torch.device | str
) -> Tensor | float:
    """Draw a strength of corruption for each image, uniform in [low, high].

    Args:
        count: how many images.
        low: the least strength, in [0, 1].
        high: the greatest, in [0, 1].
        generator: on ``device``.
        device: where the strengths are to lie.

    Returns:
        float (count,); the number itself when ``low`` and ``high`` are equal.
    """
    if low == high:
        return high
    return low + (high - low) * torch.rand(count, generator=generator, device=device)


def _gaussian(images: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    noise = torch.randn(images.shape, generator=generator, device=images.device, dtype=images.dtype)
    return noise.mul_(amount).add_(images).clamp_(0, 1)


def _pixelwise(images: Tensor, generator: torch.Generator) -> Tensor:
    """Draw uniform numbers (N, 1, H, W), one a pixel and not one a channel: a lost pixel is lost in all its colours."""
    n, _, h, w = images.shape
    return torch.rand(n, 1, h, w, generator=generator, device=images.device, dtype=images.dtype)


def _salt_pepper(images: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    draw = _pixelwise(images, generator)
    salted = torch.where(draw < amount / 2, torch.ones_like(images), images)
    return torch.where(draw >= 1 - amount / 2, torch.zeros_like(images), salted)


def _masking(images: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    return images * (_pixelwise(images, generator) >= amount)


def _block(images: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    n, _, h, w = images.shape
    corner = torch.rand(n, 2, 1, 1, 1, generator=generator, device=images.device, dtype=images.dtype)
    side = amount.sqrt()
    rows = torch.arange(h, device=images.device).view(1, 1, h, 1)
    columns = torch.arange(w, device=images.device).view(1, 1, 1, w)
    height, width = (side * h).round(), (side * w).round()
    top, left = (corner[:, 0] * (h - height + 1)).floor(), (corner[:, 1] * (w - width + 1)).floor()
    hidden = (rows >= top) & (rows < top + height) & (columns >= left) & (columns < left + width)
    return torch.where(hidden, torch.full_like(images, BLOCK_GREY), images)


def _blur(images: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    """Blur each image by a Gaussian: one small matrix for the rows and one for the columns, as it is separable."""
    vertical = _blur_matrix(images.shape[2], amount, images)
    horizontal = _blur_matrix(images.shape[3], amount, images)
    return (vertical @ images @ horizontal.transpose(-1, -2)).clamp_(0, 1)


def _blur_matrix(side: int, amount: Tensor, like: Tensor) -> Tensor:
    """Return (N, 1, side, side): row i weighs the pixels around i; rows sum to one, so the borders do not darken."""
    sigma = (amount * side * BLUR_SIDE).clamp_min(1e-3)
    place = torch.arange(side, device=like.device, dtype=like.dtype)
    weights = torch.exp(-((place[:, None] - place) ** 2) / (2 * sigma**2))
    return weights / weights.sum(-1, keepdim=True)


def _warp(images: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    """Turn, slant, stretch and move each image by a random affine map; what comes from outside is black."""
    draw = torch.randn(len(images), 6, generator=generator, device=images.device, dtype=images.dtype)
    turn, slant, width, height, right, down = (draw * amount.view(-1, 1)).unbind(1)
    turn, slant = WARP_ANGLE * turn, WARP_ANGLE * slant
    width, height = (WARP_SIZE * width).exp(), (WARP_SIZE * height).exp()
    rows = [
        torch.stack([width * turn.cos(), slant - turn.sin(), WARP_MOVE * right], 1),
        torch.stack([turn.sin(), height * turn.cos(), WARP_MOVE * down], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    warped = F.grid_sample(images, grid, align_corners=False).clamp_(0, 1)
    return torch.where(amount > 0, warped, images)  # not resampled where nothing is to be done


def _untouched(images: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    return images


@dataclass(frozen=True)
class Corruption:
    """One kind of corruption.

    ``apply`` is given images (N, C, H, W) in [0, 1], the amount of each (N, 1, 1, 1) and a generator on their device,
    and returns images as it was given. A take-home script holds its source: beside PyTorch it may use constants and
    functions of the file that it stands in.
    """

    label: str  # as it stands before the word "corruption"
    about: str  # what it does, and what the amount is, in a sentence
    measure: str  # what its strength is, in a phrase
    apply: Callable[[Tensor, Tensor, torch.Generator], Tensor]
    images_alone: bool = False  # it needs pixels that lie side by side and above each other


CORRUPTIONS: dict[str, Corruption] = {
    "none": Corruption("none", "", "", _untouched),
    "gaussian": Corruption(
        "Gaussian",
        "Gaussian noise is added; the amount is its standard deviation.",
        "standard deviation of the noise",
        _gaussian,
    ),
    "salt_pepper": Corruption(
        "salt and pepper",
        "The amount is the share of pixels that become black or white.",
        "share of pixels made black or white",
        _salt_pepper,
    ),
    "masking": Corruption(
        "masking (random pixels)",
        "The amount is the share of pixels that become black (Vincent et al. 2010).",
        "share of pixels made black",
        _masking,
    ),
    "block": Corruption(
        "occluding block",
        "A grey square hides a part of the image at a random place; the amount is its share of the area.",
        "share of the area that is hidden",
        _block,
        images_alone=True,
    ),
    "blur": Corruption(
        "blur",
        "A Gaussian blur, of a seventh of the image's side where the amount is one.",
        "of the widest blur",
        _blur,
        images_alone=True,
    ),
    "warp": Corruption(
        "warp (turned, slanted, moved)",
        "The image is turned, slanted, stretched and moved at random, the wider the larger the amount.",
        "of a full turn, slant, stretch and move",
        _warp,
        images_alone=True,
    ),
}

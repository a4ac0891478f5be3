"""Work on the brightness of a whole picture, as an array: scale, stretch, and measure or remove its noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

WORK_SIDE = 512  # px: the tones of a grey picture are worked on at this size

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def brightness(image: Image.Image, side: int = WORK_SIDE, resample: Image.Resampling = Image.Resampling.BOX) -> Floats:
    """Return the brightness of a picture in [0, 1], scaled down where it is large.

    Args:
        image: in mode L or RGB, or any other that Pillow can convert to L.
        side: the most pixels that either side may have.
        resample: how a larger one is scaled down.

    Returns:
        float32 ``(h, w)``.
    """
    image = image.convert("L")
    scale = side / max(image.size)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, resample)
    return np.asarray(image, np.float32) / np.float32(255)


def resized(tones: Floats, shape: tuple[int, ...], resample: Image.Resampling = Image.Resampling.HAMMING) -> Floats:
    """Scale tones to another shape; return the very same pixels if they have it already.

    Args:
        tones: float32 ``(h, w)`` in [0, 1].
        shape: the height and the width to scale to, in pixels.
        resample: how to average or interpolate.

    Returns:
        float32 of ``shape``, in [0, 1].
    """
    if tones.shape == shape:
        return tones
    height, width = shape
    image = Image.fromarray(tones).resize((width, height), resample)
    resized: Floats = np.clip(np.asarray(image), 0, 1)
    return resized


def rim(pixels: npt.NDArray[Any], share: float = 0.06) -> npt.NDArray[Any]:
    """Return the pixels along the four edges, ``share`` of the shorter side deep: ``(n,)`` or ``(n, channels)``."""
    depth = max(1, round(min(pixels.shape[:2]) * share))
    outside = np.ones(pixels.shape[:2], bool)
    outside[depth:-depth, depth:-depth] = False
    return pixels[outside]


def fine_noise(grey: Floats) -> float:
    """Estimate the standard deviation of the noise from pixel to pixel, as a share of the contrast.

    Pixels of which a few are wrong altogether (salt and pepper) are seen by how many stand out from all their
    neighbours, which no line and no edge does.
    """
    from scipy import ndimage

    contrast = _contrast(grey)
    around = np.ones((3, 3), bool)
    around[1, 1] = False
    above = grey - ndimage.maximum_filter(grey, footprint=around, mode="nearest")
    below = ndimage.minimum_filter(grey, footprint=around, mode="nearest") - grey
    lone = np.maximum(above, below)
    lone = lone[lone > 0.2 * contrast]
    return max(_noise(grey), float(np.sqrt(np.square(lone).sum() / grey.size))) / contrast


def _noise(grey: Floats) -> float:
    from scipy import ndimage  # here, because importing it takes 0.3 s and most pages never come by

    # A mask blind to edges and slopes (Immerkaer, "Fast noise variance estimation", 1996, eq. 1); the median
    # in place of his mean looks past the strokes. The noise's standard deviation is 6 times as large there.
    differences = ndimage.convolve(grey, np.outer((1, -2, 1), (1, -2, 1)), mode="nearest")
    return float(np.median(np.abs(differences))) * 1.4826 / 6


def _contrast(grey: Floats) -> float:
    low, high = np.percentile(grey, (1, 99))
    return max(float(high - low), 0.1)


def denoised(grey: Floats) -> Floats:
    """Blur ``grey`` just enough that its noise is lost beside its contrast; most often not at all."""
    from scipy import ndimage

    # A Gaussian of that width (px) leaves 1 / (2 sqrt(pi) width) of the noise.
    width = _noise(grey) / (2 * np.sqrt(np.pi) * 0.02 * _contrast(grey))
    if width < 0.4:
        return grey
    blurred: Floats = ndimage.gaussian_filter(grey, width, mode="nearest")
    return blurred


def stretched(tones: Floats) -> Floats:
    """Stretch tones to [0, 1] from the darkest, or from the ground's level if the border is even, to the brightest."""
    height, width = tones.shape
    low, high = np.percentile(tones, (1, 99))
    slope = np.stack(np.broadcast_arrays(1, *np.ogrid[:height, :width]), axis=-1)
    plane = np.linalg.lstsq(rim(slope).astype(float), rim(tones).astype(float), rcond=None)[0]
    level = tones - slope @ plane  # the light falls off evenly, as on a wall or a sheet behind clothes
    rim_low, rim_high = np.percentile(rim(level), (5, 95))
    if rim_high - rim_low < 0.15 * (high - low):
        tones, low, high = level, rim_high, np.percentile(level, 99)
    result: Floats = np.clip((tones - low) / max(high - low, 0.1), 0, 1).astype(np.float32)
    return result

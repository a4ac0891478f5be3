"""Repair a part of a picture without any learning: what the networks are held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from ae_core.tasks.restoration.pixels import Pixels
from ae_core.tasks.restoration.weights import mean_chroma

Floats = npt.NDArray[np.float32]

# How strong each filter is, in standard deviations of the noise or as it stands. Each is the best on photographs of the
# training part, in PSNR over noise of 15, 25 and 50: python -m benchmarks.classical
BILATERAL = {1: 2.0, 3: 0.75}  # by channels: colours differ more than greys do
TOTAL_VARIATION = 0.8
NON_LOCAL = 0.6
JPEG_BILATERAL = 0.02
JPEG_TOTAL_VARIATION = 0.02


@dataclass(frozen=True)
class Given:
    """What a method may know of a picture beside its pixels.

    Attributes:
        sigma: the standard deviation of its noise in [0, 1], as :func:`noise_of` estimates it.
        mask: bool (h, w), true where it is to be filled.
    """

    sigma: float = 0.0
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Method:
    """A classical method: what it is called, what it does, and the function that repairs floats (h, w, C) in [0, 1]."""

    title: str
    about: str
    repair: Callable[[Floats, Given], Floats]


def repaired(task: str, method: str, pixels: Pixels, given: Given) -> Pixels:
    """Repair a picture by a classical method.

    Args:
        task: one of the tasks of :mod:`.restoring`.
        method: a key of ``METHODS[task]``.
        pixels: uint8 (h, w, 3 or 1).
        given: what the method may know.

    Returns:
        uint8, of the sizes that :func:`.restoring.repair` returns.
    """
    result = METHODS[task][method].repair(pixels.astype(np.float32) / np.float32(255), given)
    times, channels = 2 if task == "double" else 1, 3 if task == "colour" else pixels.shape[2]
    # scikit-image leaves out what is one pixel wide or of one channel
    result = result.reshape(times * pixels.shape[0], times * pixels.shape[1], channels)
    return np.rint(np.clip(result, 0, 1) * 255).astype(np.uint8)


def noise_of(pixels: Pixels) -> float:
    """Estimate the standard deviation of a picture's noise in [0, 1], from its finest wavelets (scikit-image)."""
    from skimage.restoration import estimate_sigma

    if min(pixels.shape[:2]) < 8:
        return 0.0  # there is nothing to tell noise from the picture by
    found = float(estimate_sigma(pixels.astype(np.float32) / 255, channel_axis=-1, average_sigmas=True))
    return found if np.isfinite(found) else 0.0


def _flat(image: Floats) -> tuple[Floats, int | None]:
    """Return a picture (h, w, C) as scikit-image wants it, (h, w) where it is grey, and the axis of its colours."""
    return (image[..., 0], None) if image.shape[2] == 1 else (image, -1)


def _median(image: Floats, given: Given) -> Floats:
    return median_of(image, 3)


def median_of(image: Floats, side: int) -> Floats:
    """Return a picture with each pixel replaced by the median of ``side`` x ``side`` neighbours."""
    from scipy import ndimage

    filtered: Floats = ndimage.median_filter(image, (side, side, 1), mode="nearest")
    return filtered


def _bilateral(image: Floats, given: Given) -> Floats:
    return bilateral_of(image, BILATERAL[image.shape[2]] * given.sigma, 2.0)


def bilateral_of(image: Floats, sigma_color: float, sigma_spatial: float) -> Floats:
    """Return a picture after a bilateral filter; as it is where there is nothing to average.

    Args:
        image: float (h, w, C) in [0, 1].
        sigma_color: how far colours may differ to be averaged.
        sigma_spatial: how far neighbours may be away, in pixels.
    """
    from skimage.restoration import denoise_bilateral

    if sigma_color < 1e-3 or image.min() == image.max():
        return image
    flat, axis = _flat(image)
    return denoise_bilateral(  # type: ignore[no-any-return]
        flat, win_size=7, sigma_color=sigma_color, sigma_spatial=sigma_spatial, mode="edge", channel_axis=axis
    )


def _total_variation(image: Floats, given: Given) -> Floats:
    return total_variation_of(image, TOTAL_VARIATION * given.sigma)


def total_variation_of(image: Floats, weight: float) -> Floats:
    """Return the picture of least total variation near a picture; the nearer, the smaller the weight."""
    from skimage.restoration import denoise_tv_chambolle

    flat, axis = _flat(image)
    return denoise_tv_chambolle(flat, weight=max(weight, 1e-4), channel_axis=axis)  # type: ignore[no-any-return]


def wavelet(image: Floats, given: Given) -> Floats:
    """Return a picture whose small wavelet coefficients are set to zero."""
    from skimage.restoration import denoise_wavelet

    if given.sigma < 1e-3 or min(image.shape[:2]) < 8:
        return image
    flat, axis = _flat(image)
    return denoise_wavelet(  # type: ignore[no-any-return]
        flat, sigma=given.sigma, convert2ycbcr=axis is not None, channel_axis=axis, rescale_sigma=True
    )


def _non_local(image: Floats, given: Given) -> Floats:
    return non_local_of(image, given, NON_LOCAL)


def non_local_of(image: Floats, given: Given, strength: float) -> Floats:
    """Return a picture after non-local means.

    Args:
        image: float (h, w, C) in [0, 1].
        given: the noise, as it was estimated.
        strength: by how many standard deviations of it places may differ to be averaged.
    """
    from skimage.restoration import denoise_nl_means

    if given.sigma < 1e-3:
        return image
    flat, axis = _flat(image)
    return denoise_nl_means(  # type: ignore[no-any-return]
        flat,
        patch_size=5,
        patch_distance=6,
        h=strength * given.sigma,
        sigma=given.sigma,
        fast_mode=True,
        channel_axis=axis,
    )


def _biharmonic(image: Floats, given: Given) -> Floats:
    from skimage.restoration import inpaint_biharmonic

    if given.mask is None or not given.mask.any() or given.mask.all():
        return image
    flat, axis = _flat(image)
    return inpaint_biharmonic(  # type: ignore[no-any-return]
        flat, given.mask, split_into_regions=True, channel_axis=axis
    )


def _mean_colour(image: Floats, given: Given) -> Floats:
    """Give every pixel the colour that photographs have on average."""
    bright = image @ np.array([0.299, 0.587, 0.114], np.float32) if image.shape[2] == 3 else image[..., 0]
    blue, red = mean_chroma()
    green = (0.299 * 1.402 * red + 0.114 * 1.772 * blue) / 0.587
    return np.stack([bright + 1.402 * red, bright - green, bright + 1.772 * blue], 2).astype(np.float32)


def _enlarged(how: Image.Resampling) -> Callable[[Floats, Given], Floats]:
    def repair(image: Floats, given: Given) -> Floats:
        height, width, channels = image.shape
        each = [Image.fromarray(image[..., c]).resize((2 * width, 2 * height), how) for c in range(channels)]
        return np.stack([np.asarray(one) for one in each], 2)

    return repair


METHODS: dict[str, dict[str, Method]] = {
    "denoise": {
        "median": Method("Median filter", "Each pixel becomes the middle one of its 3 × 3 neighbours.", _median),
        "bilateral": Method("Bilateral filter", "An average over neighbours that are near and alike.", _bilateral),
        "tv": Method(
            "Total variation",
            "The picture with the least change from pixel to pixel that is still near.",
            _total_variation,
        ),
        "wavelet": Method("Wavelets", "What is small among a picture's waves is set to zero.", wavelet),
        "nlm": Method("Non-local means", "An average over places of the picture that look alike.", _non_local),
    },
    "jpeg": {
        "bilateral": Method(
            "Bilateral filter",
            "An average over neighbours that are near and alike.",
            lambda image, given: bilateral_of(image, JPEG_BILATERAL, 1.5),
        ),
        "tv": Method(
            "Total variation",
            "The picture with the least change from pixel to pixel that is still near.",
            lambda image, given: total_variation_of(image, JPEG_TOTAL_VARIATION),
        ),
    },
    "fill": {
        "biharmonic": Method("Biharmonic", "The smoothest surface that joins what is around a hole.", _biharmonic),
    },
    "watermark": {
        "median": Method(
            "Median filter",
            "Each pixel becomes the middle one of its 9 × 9 neighbours, so that thin strokes go, and fine detail with them.",
            lambda image, given: median_of(image, 9),
        ),
    },
    "colour": {
        "mean": Method("Mean colour", "Every pixel takes the colour that photographs have on average.", _mean_colour),
    },
    "double": {
        "bicubic": Method(
            "Bicubic", "A smooth curve through the pixels on each side.", _enlarged(Image.Resampling.BICUBIC)
        ),
        "lanczos": Method("Lanczos", "A windowed sine through the pixels around.", _enlarged(Image.Resampling.LANCZOS)),
    },
}

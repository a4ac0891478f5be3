"""Find the sheet of paper in a picture that shows more: a table around it, or a program's bars and icons."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from ae_core.data.upload.tones import WORK_SIDE, Floats, Mask, brightness, resized

_LOOKED_AT_SIDE = 128  # px: sheets are looked for on a picture of this size
_EDGE = 0.025  # change of brightness a pixel, there: less is one and the same surface
_SMALLEST, _LARGEST = 0.1, 0.93  # of the picture: a sheet
_SMALLEST_SIDE = 64  # px: no smaller picture is searched


def cut_to_sheet(image: Image.Image, ink_of: Callable[[Floats], Mask | None]) -> Image.Image | None:
    """Cut a picture to the sheet that somebody wrote on, if it is not what the whole picture shows.

    A sheet is an even, nearly convex surface between a tenth and nine tenths of the picture, with ink on it that
    does not reach its edge. What is beside it within the cut is painted over in its own tone.

    Args:
        image: mode L or RGB.
        ink_of: finds the ink in a brightness ``(h, w)``; None where there is none.

    Returns:
        A picture in the same mode, at most ``WORK_SIDE`` px a side, or None where no such sheet is seen.
    """
    if min(image.size) < _SMALLEST_SIDE:
        return None
    for region in _surfaces(brightness(image, _LOOKED_AT_SIDE)):
        cut, sheet = _cut(image, region)
        ink = ink_of(brightness(cut))
        if ink is not None and _is_written_on(ink, sheet):
            return cut
    return None


def _surfaces(grey: Floats) -> Iterator[Mask]:
    """Yield the even, nearly convex surfaces of a picture with what lies on them, the largest first."""
    from scipy import ndimage
    from skimage.measure import label, regionprops
    from skimage.morphology import convex_hull_image

    side = max(grey.shape)
    calm = ndimage.median_filter(grey, max(3, round(0.06 * side)), mode="nearest")  # without thin strokes and icons
    flat = ndimage.gaussian_gradient_magnitude(calm, 1.0, mode="nearest") < _EDGE
    labels = label(flat, connectivity=1)
    found = []
    for region in regionprops(labels):
        if region.area < _SMALLEST / 2 * grey.size:
            continue
        whole = ndimage.binary_fill_holes(ndimage.binary_dilation(labels == region.label, iterations=2))
        share = float(whole.mean())
        if not _SMALLEST < share < _LARGEST:
            continue
        if whole.sum() < 0.88 * convex_hull_image(whole).sum():
            continue
        found.append((share, whole))
    found.sort(key=lambda pair: -pair[0])
    return (whole for _, whole in found)


def _cut(image: Image.Image, region: Mask) -> tuple[Image.Image, Mask]:
    """Cut the picture to ``region`` and paint all beside it in its nearest tone.

    Returns the picture, and where the region is in it.
    """
    from scipy import ndimage

    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    near = tuple(slice(max(0, found[0] - 1), found[-1] + 2) for found in (rows, columns))  # with a little of its ground
    down, across = (length / small for length, small in zip(image.size[::-1], region.shape, strict=True))
    top, bottom = (round(min(end, region.shape[0]) * down) for end in (near[0].start, near[0].stop))
    left, right = (round(min(end, region.shape[1]) * across) for end in (near[1].start, near[1].stop))
    cut = image.crop((left, top, right, bottom))
    cut.thumbnail((WORK_SIDE, WORK_SIDE), Image.Resampling.BOX)
    sheet = resized(region[near].astype(np.float32), (cut.height, cut.width)) > 0.5
    margin = max(2, round(0.02 * max(sheet.shape)))
    # the picture's edge is none of the sheet's
    sheet = ndimage.binary_erosion(sheet, iterations=margin, border_value=1)
    if not sheet.any():
        return cut, sheet
    nearest = ndimage.distance_transform_edt(~sheet, return_distances=False, return_indices=True)
    pixels: npt.NDArray[np.uint8] = np.asarray(cut)[tuple(nearest)]
    return Image.fromarray(pixels), sheet


def _is_written_on(ink: Mask, sheet: Mask) -> bool:
    """Return whether ``ink`` lies on ``sheet`` as writing does.

    That is away from its edge, and on little of it unless it has corners. A bold 0 is a bright surface too, and the
    ground in its middle covers a quarter of it.
    """
    from scipy import ndimage

    if ink.shape != sheet.shape or not sheet.any():
        return False
    reach = max(1, round(0.01 * max(sheet.shape)))
    beside = ndimage.binary_dilation(~sheet, iterations=reach)
    share = ink.sum() / sheet.sum()
    return not (ink & beside).any() and 0.002 < share < (0.5 if _has_corners(sheet) else 0.12)


def _has_corners(sheet: Mask) -> bool:
    """Return whether ``sheet`` fills the narrowest rectangle around it as a sheet does; an ellipse fills 0.79 of it."""
    points = np.argwhere(sheet)
    turns = np.radians(np.arange(0, 90, 3))
    along = points @ np.stack([np.cos(turns), np.sin(turns)])
    across = points @ np.stack([-np.sin(turns), np.cos(turns)])
    return bool(len(points) > 0.85 * (np.ptp(along, axis=0) * np.ptp(across, axis=0)).min())

"""Find handwriting on paper, and free it from the paper's shading, lines and noise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ae_core.data.upload.tones import Floats, Mask, resized, rim

_LINE_WIDTHS = (3, 5, 7, 9)  # px of a picture of 512: how thick the lines of squared paper may be, with their blur


def find_ink(tones: Floats) -> tuple[Floats, Mask] | None:
    """Find bright strokes, or a large bright form, on an even dark ground.

    Returns:
        The ink, cleaned, 1 where it is full, and which pixels it is; None for any other picture.
    """
    paper = 1 - tones  # light multiplies, so it is bright paper that can be divided by its shading
    paper = _without_lines(paper)
    for shading in _shadings(paper):
        if found := _handwriting(1 - paper / shading):
            return found
    return None


def _handwriting(darker: Floats) -> tuple[Floats, Mask] | None:
    """Return the ink, cleaned, and which pixels it is; None if it is not as handwriting is.

    ``darker`` is by what share each pixel is darker than the bare paper would be, below 0 where it is brighter.
    Ink is what has at least half the brightness of the brightest 0.1 %. It is handwriting if it stands out by 0.15,
    covers at most half the picture, if half-tones (a quarter to three quarters) take at most 4 times the room of
    full tones, and if nine tenths of the remaining ground differ from the paper by less than a fifth of what the ink
    does. 399 of 400 MNIST digits pass, and one natural photo in ten.
    """
    from scipy import ndimage

    ink = np.clip(darker, 0, 1)
    strongest = float(np.percentile(ink, 99.9))
    mask = ink > strongest / 2
    full_tones = int((ink > 0.75 * strongest).sum())
    half_tones = int((ink > 0.25 * strongest).sum()) - full_tones
    if strongest < 0.15 or mask.mean() > 0.5 or half_tones > 4 * full_tones:
        return None
    reach = max(1, round(max(mask.shape) / 64))  # px: as far as the soft edge of a stroke goes
    ground = np.abs(darker[~ndimage.binary_dilation(mask, iterations=reach)])
    mask = _main_parts(mask)
    full = float(np.median(ink[mask]))
    if ground.size and np.percentile(ground, 90) > full / 5:
        return None
    noise = 3 * 1.4826 * float(np.median(ground)) if ground.size else 0.0  # 3 standard deviations
    floor = min(noise, full / 4)
    near = ndimage.binary_dilation(mask, iterations=reach)
    cleaned: Floats = np.where(near, np.clip((ink - floor) / (full - floor), 0, 1), 0).astype(np.float32)
    return cleaned, mask


def _shadings(paper: Floats) -> Iterator[Floats]:
    """Yield the brightness that the bare paper may have, the likeliest first: even light, then light with shadows.

    Only the first leaves a dark form of half the picture whole, and only the second follows the edge of a shadow.
    """
    yield np.maximum(_even_light(paper), np.float32(0.05))
    yield np.maximum(_uneven_light(paper), np.float32(0.05))


def _even_light(paper: Floats) -> Floats:
    """Fit a surface of second degree to the paper along the picture's edges, and wherever else no ink hides it."""
    y, x = np.mgrid[-1 : 1 : paper.shape[0] * 1j, -1 : 1 : paper.shape[1] * 1j]
    basis = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)
    outer = rim(basis), rim(paper)
    level = np.median(outer[1])
    kept = np.abs(outer[1] - level) < 0.3 * level  # ink that reaches the edge is no paper
    # the edges say nothing of how the middle bulges: they begin with a plane
    plane = np.linalg.lstsq(outer[0][kept][:, :3], outer[1][kept], rcond=None)[0] if kept.sum() > 3 else [level, 0, 0]
    surface = basis[..., :3] @ plane
    step = max(1, max(paper.shape) // 128)
    some = np.zeros(paper.shape, bool)
    some[::step, ::step] = True
    for tolerance in (0.15, 0.1, 0.08):
        near = some & (np.abs(paper - surface) < tolerance * np.maximum(surface, 0.05))
        if near.sum() < 50:
            break
        surface = basis @ np.linalg.lstsq(basis[near], paper[near], rcond=None)[0]
    return surface.astype(np.float32)


def _uneven_light(paper: Floats) -> Floats:
    """Fill the dark strokes by a smoothed morphological closing.

    It fills strokes thinner than 0.3 of the shorter side, and follows the edge of a shadow as it follows a
    gradient. On 96 px it is fast, and shows no stroke's detail that could matter.
    """
    from scipy import ndimage

    scale = min(1.0, 96 / max(paper.shape))
    height, width = (max(1, round(length * scale)) for length in paper.shape)
    window = max(3, round(0.3 * min(height, width)))
    closed = ndimage.grey_closing(resized(paper, (height, width)), size=(window, window), mode="nearest")
    smooth = ndimage.gaussian_filter(closed, window / 8, mode="nearest")
    return resized(smooth, paper.shape)


def _without_lines(paper: Floats) -> Floats:
    """Remove the lines of squared or ruled paper: thin dark structure that is everywhere.

    A morphological closing fills what is thinner than its window. The narrowest window is taken that leaves nothing
    for the next to fill all over the picture; a stroke of the pen is thicker, or is in a few places only.
    """
    from scipy import ndimage

    scale = max(paper.shape) / 512
    taken = paper
    for width in _LINE_WIDTHS:
        window = max(3, round(width * scale))
        closed = ndimage.grey_closing(paper, size=(window, window), mode="nearest")
        if not _is_everywhere(1 - taken / np.maximum(closed, 0.05) > 0.08):
            return taken
        taken = closed
    return taken


def _is_everywhere(mask: Mask) -> bool:
    """Return whether ``mask`` holds somewhere in most of the cells of a grid of 8 x 8."""
    height, width = (length // 8 * 8 for length in mask.shape)
    if not height or not width:
        return False
    cells = mask[:height, :width].reshape(8, height // 8, 8, width // 8).any((1, 3))
    return bool(cells.mean() > 0.7)


def _main_parts(mask: Mask) -> Mask:
    """Remove specks from ``mask``, and what comes in from the picture's edge if there is much else."""
    from scipy import ndimage

    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    areas[0] = 0  # the ground
    inner = areas.copy()
    inner[rim(labels, 0)] = 0
    if inner.max() >= 0.2 * areas.max():
        areas = inner
    kept: Mask = (areas >= max(1, 0.05 * areas.max()))[labels]
    return kept

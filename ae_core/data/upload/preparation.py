"""Turn a visitor's picture into what a model was trained on, one visible step at a time.

Upright, flat, square, grey, bright on dark, the model's size. Each step keeps a small picture and a sentence, so
that a page can show what became of the upload before a model saw it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, ImageStat

from ae_core.data.upload.eight_bits import finite_range, to_levels
from ae_core.data.upload.ink import find_ink
from ae_core.data.upload.opening import FIRST_OF_SEVERAL, pillow_errors_rejected
from ae_core.data.upload.sheet import cut_to_sheet
from ae_core.data.upload.tones import WORK_SIDE, Floats, Mask, brightness, denoised, fine_noise, resized, rim, stretched
from ae_core.data.upload.upright import upright

STEP_SIDE = 256  # px: the longest side of a step's picture
MNIST_FILL = 20 / 28  # MNIST's makers fitted each digit into 20 of the 28 pixels

_MAX_ASPECT = 3.0  # a picture longer than this times its width is padded to a square, not cut
_PALE = 230  # of 255: when what is visible of a transparent picture averages this, black is put behind it
_FINE_NOISE = 0.05  # of the contrast: a photograph's has 0.02
_THINNEST = 0.09  # of the ink's longer side: a tenth of MNIST's digits have thinner strokes

Polarity = Literal["auto", "as is", "invert"]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the preparation of a picture, as a page shows it.

    Attributes:
        title: one or two words.
        note: a sentence that says what was done, or that nothing was needed.
        pixels: uint8 ``(h, w)`` or ``(h, w, 3)``, the result, at most ``STEP_SIDE`` px a side.
    """

    title: str
    note: str
    pixels: Bytes


@dataclass(frozen=True, eq=False)
class Prepared:
    """A picture as a model's input, with the steps that made it.

    Attributes:
        steps: what was done, in order.
        pixels: float32 ``(C, H, W)`` in [0, 1].
    """

    steps: tuple[Step, ...]
    pixels: Floats


def prepare(
    image: Image.Image,
    shape: tuple[int, int, int],
    *,
    crop: bool = True,
    polarity: Polarity = "auto",
    centre: bool = True,
    fill: float = MNIST_FILL,
    keep_noise: bool = False,
) -> Prepared:
    """Turn a picture into a model's input, step by step.

    A picture that already has the model's size is at most inverted, never resampled or retouched: one that
    is bright on dark comes out as its own pixels / 255, to the last bit. With C = 1, a picture that is all of
    one colour comes out as zeros.

    Args:
        image: a picture from :func:`open_image`, or any other that Pillow can convert to RGB.
        shape: the model's ``(C, H, W)``, with C 1 or 3 and H = W.
        crop: cut the centre square out. Otherwise, or if the picture is too narrow for that, pad to a square.
        polarity: models of one channel learned bright shapes on a dark ground. "auto" inverts when the
            border is nearer to the brightest than to the darkest tone; "invert" always does, "as is" never.
            The tones are stretched in any case. With C = 3 only "invert" changes anything.
        centre: with C = 1, look for handwriting. What is found is freed from the paper's shading, fitted into
            ``fill`` of the side and moved so that its centre of mass is in the middle, as MNIST's makers did;
            none of it is cut. Any other picture, and every one when this is False, keeps its framing.
        fill: share of the side, above 0 and at most 1, that the longer side of the handwriting is given;
            1 for datasets whose characters touch the edges.
        keep_noise: with C = 1, for a model that is to remove the noise: the ink is found as ever, but its own pixels
            are taken, one of each block, where averaging the block would take the noise away.

    Returns:
        The pixels, and the steps "Upright", "Flat", "Square", "Grey" (with C = 1), "Bright on dark", "Size".

    Raises:
        UploadRejected: the picture's own palette or transparency is malformed.
        ValueError: ``shape``, ``polarity`` or ``fill`` is not one of the above.
    """
    channels, side, width = shape
    if channels not in (1, 3) or side != width or side < 1:
        raise ValueError(f"shape must be (1 or 3, side, side); it was {shape!r}")
    if polarity not in ("auto", "as is", "invert"):
        raise ValueError(f"polarity must be 'auto', 'as is' or 'invert'; it was {polarity!r}")
    if not 0 < fill <= 1:
        raise ValueError(f"fill must be above 0 and at most 1; it was {fill!r}")
    handwriting = centre and channels == 1
    steps: list[Step] = []

    def show(title: str, note: str, result: Image.Image | Floats) -> None:
        steps.append(Step(title, note, _thumbnail(result)))

    with pillow_errors_rejected():
        several = FIRST_OF_SEVERAL in image.info
        image, turned = upright(image)
        upright_note = turned or "Already upright."
        if several:
            upright_note = f"The first of several pictures in the file. {upright_note}"
        flat, flat_note = _flat(image)
        show("Upright", upright_note, flat)  # a page cannot show every mode, so this one is flat as well
        show("Flat", flat_note, flat)
    sheet = (
        cut_to_sheet(flat, lambda grey: _bright_on_dark(grey, polarity, handwriting=True)[1]) if handwriting else None
    )
    square, note = _square(sheet or flat, crop=crop, handwriting=handwriting, polarity=polarity)
    show("Square", f"Cut to the sheet that is written on, the rest painted over. {note}" if sheet else note, square)
    exact = square.size == (side, side)

    if channels == 3:
        colour = square.convert("RGB")
        if polarity == "invert":
            colour = ImageOps.invert(colour)
        note = "Inverted." if polarity == "invert" else "Colours are left as they are."
        show("Bright on dark", note, colour)
        if not exact:
            colour = colour.resize((side, side), Image.Resampling.HAMMING)
        show("Size", _size_note(square.width, side), colour)
        channels_last = np.asarray(colour, np.float32) / np.float32(255)
        return Prepared(tuple(steps), np.ascontiguousarray(channels_last.transpose(2, 0, 1)))

    grey = brightness(square, resample=Image.Resampling.NEAREST if keep_noise else Image.Resampling.BOX)
    show("Grey", "Already grey." if square.mode == "L" else "Colours turned into their brightness.", grey)
    tones, ink, note = _bright_on_dark(grey, polarity, handwriting=handwriting, stretch=not exact)
    if keep_noise and not exact and tones.any():
        tones = _levelled(grey, ink, inverted=_inverts(denoised(grey), polarity))
        note = f"{note.split(';')[0]}; its noise is kept."
    show("Bright on dark", note, tones)
    if ink is None:
        pixels, note = resized(tones, (side, side), _filter(keep_noise)), _size_note(square.width, side)
    else:
        pixels, note = _centred(tones, ink, side, fill, keep_noise=keep_noise)
    if keep_noise and square.width > side:
        note = f"{note.split(',')[0].rstrip('.')}; of each block of pixels one is taken, not the average."
    show("Size", note, pixels)
    return Prepared(tuple(steps), pixels[None])


def _filter(keep_noise: bool) -> Image.Resampling:
    return Image.Resampling.NEAREST if keep_noise else Image.Resampling.HAMMING


def _levelled(grey: Floats, ink: Mask | None, *, inverted: bool) -> Floats:
    """Stretch tones from the level of the ground to that of the ink, and change them in no other way."""
    tones = 1 - grey if inverted else grey
    low, high = np.percentile(tones, (1, 99)) if ink is None else (np.median(tones[~ink]), np.median(tones[ink]))
    levelled: Floats = np.clip((tones - low) / max(high - low, 0.1), 0, 1).astype(np.float32)
    return levelled


def has_fine_noise(image: Image.Image) -> bool:
    """Return whether a picture is so noisy from pixel to pixel that averaging would hide it."""
    with pillow_errors_rejected():
        flat, _ = _flat(image)
    left, top = (max(0, (length - WORK_SIDE) // 2) for length in flat.size)
    middle = flat.crop((left, top, min(flat.width, left + WORK_SIDE), min(flat.height, top + WORK_SIDE)))
    return min(flat.size) > 2 and fine_noise(brightness(middle)) > _FINE_NOISE


def _flat(image: Image.Image) -> tuple[Image.Image, str]:
    """Convert the picture to mode L or RGB, without transparency, and return it with a note."""
    if image.mode == "F" or image.mode.startswith("I"):
        values = np.asarray(image)
        low, high = finite_range(values)
        note = f"Its values, {low:g} to {high:g}, scaled to the usual 256 greys."
        return Image.fromarray(to_levels(values, low, high)), note
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        if alpha.getextrema() == (255, 255):
            return image.convert(mode), "Opaque throughout, so there was nothing to fill."
        # White strokes on nothing, as a drawing page in dark mode exports them, would vanish on white.
        pale = alpha.getbbox() is not None and ImageStat.Stat(image.convert("L"), alpha).mean[0] >= _PALE
        ground = "black" if pale else "white"
        image = Image.alpha_composite(Image.new("RGBA", image.size, ground), image)
        return image.convert(mode), f"Transparent parts filled with {ground}."
    if image.mode == mode:
        return image, "Nothing transparent."
    return image.convert(mode), f"Converted to {'grey' if mode == 'L' else 'red, green and blue'}."


def _square(image: Image.Image, *, crop: bool, handwriting: bool, polarity: Polarity) -> tuple[Image.Image, str]:
    width, height = image.size
    short, long = sorted(image.size)
    if short == long:
        return image, "Already square."
    ink = _bright_on_dark(brightness(image), polarity, handwriting=True)[1] if handwriting else None
    if ink is not None and not (crop and _within_middle(ink)):
        # Not padded either: where the paper is unevenly lit, that would put a seam beside it.
        return image, "Left whole, so that no ink is cut; the last step makes it square."
    if crop and (ink is not None or long <= _MAX_ASPECT * short):
        left, top = (width - short) // 2, (height - short) // 2
        middle = image.crop((left, top, left + short, top + short))
        return middle, f"Cut to the {short} × {short} pixels in the middle."
    how = "Too narrow to cut a square from, so padded" if crop else "Padded"
    left, top = (long - width) // 2, (long - height) // 2
    border = (left, top, long - width - left, long - height - top)
    levels = np.median(rim(np.asarray(image)), axis=0).astype(int)
    colour = int(levels) if levels.ndim == 0 else tuple(levels.tolist())
    note = f"{how} to {long} × {long} pixels with the colour of its border."
    return ImageOps.expand(image, border, colour), note


def _within_middle(ink: Mask) -> bool:
    if ink.shape[0] > ink.shape[1]:
        ink = ink.T
    margin = (ink.shape[1] - ink.shape[0]) // 2
    return not (ink[:, :margin].any() or ink[:, ink.shape[1] - margin :].any())


def _bright_on_dark(
    grey: Floats, polarity: Polarity, *, handwriting: bool, stretch: bool = True
) -> tuple[Floats, Mask | None, str]:
    """Return ``grey`` with its ground dark and its tones stretched, which pixels are ink if any are, and a note."""
    if grey.min() == grey.max():
        return np.zeros_like(grey), None, "All of one colour: there is only ground, and nothing on it."
    calm = denoised(grey) if handwriting and stretch else grey
    is_bright, invert = _ground_is_bright(calm), _inverts(calm, polarity)
    if polarity == "auto":
        note = "Inverted, because its ground is bright" if invert else "Its ground is dark already"
    else:
        note = "Inverted" if invert else "Not inverted"
    if stretch and handwriting and invert == is_bright and (found := find_ink(1 - calm if invert else calm)):
        smoothed = "" if calm is grey else "the noise is smoothed, "
        return *found, f"{note}; {smoothed}the ground's shading is taken out and the ink is made fully bright."
    tones = 1 - grey if invert else grey
    if not stretch:
        return tones, None, f"{note}."
    if invert != is_bright:  # as asked for: a bright ground, from which the levels are measured all the same
        return 1 - stretched(1 - tones), None, f"{note}; the contrast is stretched."
    return stretched(tones), None, f"{note}; the contrast is stretched."


def _inverts(grey: Floats, polarity: Polarity) -> bool:
    return _ground_is_bright(grey) if polarity == "auto" else polarity == "invert"


def _ground_is_bright(grey: Floats) -> bool:
    """Return whether the picture's border is nearer to its brightest than to its darkest tone."""
    darkest, brightest = np.percentile(grey, (0.1, 99.9))
    ground = np.median(rim(grey))
    return bool(brightest - ground < ground - darkest)


def _centred(tones: Floats, ink: Mask, side: int, fill: float, *, keep_noise: bool) -> tuple[Floats, str]:
    """Scale the ink's box to ``fill * side`` and move its centre of mass to the middle; return it with a note."""
    from scipy import ndimage

    thickened = False
    if not keep_noise:
        tones, ink, thickened = _thickened(tones, ink)
    (box,) = ndimage.find_objects(ink.astype(np.uint8))
    window = max(edge.stop - edge.start for edge in box) / fill  # px of ``tones`` that become ``side`` px
    room = (1 - fill) / 2 * window  # moved by no more than this, the ink stays inside, however lopsided it is
    corner = []
    for edge, mass in zip(box, ndimage.center_of_mass(ink if keep_noise else tones), strict=True):
        middle = (edge.start + edge.stop) / 2
        # MNIST's own centres of mass lie in pixel 14 of 0 to 27, half a pixel beyond the middle.
        shift = mass + 0.5 - 0.5 * window / side - middle
        corner.append(middle - window / 2 + min(max(shift, -room), room))
    top, left = corner
    x, y, reach = int(np.floor(left)), int(np.floor(top)), int(np.ceil(window)) + 1
    canvas = Image.fromarray(tones).crop((x, y, x + reach, y + reach))  # 0, the ground, beyond the picture
    region = (left - x, top - y, left - x + window, top - y + window)
    small = canvas.resize((side, side), _filter(keep_noise), region)
    fitted: Floats = np.clip(np.asarray(small), 0, 1)
    size = f"{fill * side:.0f} of {side} pixels"
    note = f"Ink fitted into {size} a side, with its centre of mass in the middle"
    return fitted, note + (", and its thin strokes thickened." if thickened else ".")


def _thickened(tones: Floats, ink: Mask) -> tuple[Floats, Mask, bool]:
    """Thicken strokes to at least ``_THINNEST``, as a fine pen's would fade to grey when they are averaged down."""
    from scipy import ndimage

    outline = ink & ~ndimage.binary_erosion(ink)
    thickness = 2 * ink.sum() / outline.sum()  # a stroke has two sides
    rows, columns = np.nonzero(ink)
    wanted = _THINNEST * (max(np.ptp(rows), np.ptp(columns)) + 1)
    if thickness >= wanted:
        return tones, ink, False
    distance = ndimage.distance_transform_edt(~ink)
    coverage = np.clip((wanted - thickness) / 2 + 1 - distance, 0, 1).astype(np.float32)
    return np.maximum(tones, coverage), coverage > 0.5, True


def _size_note(before: int, side: int) -> str:
    done = "Already" if before == side else "Averaged down to" if before > side else "Enlarged to"
    return f"{done} {side} × {side} pixels."


def _thumbnail(result: Image.Image | Floats) -> Bytes:
    if isinstance(result, np.ndarray):
        result = Image.fromarray((result * 255).round().astype(np.uint8))
    result = result.copy()
    result.thumbnail((STEP_SIDE, STEP_SIDE))
    return np.asarray(result)

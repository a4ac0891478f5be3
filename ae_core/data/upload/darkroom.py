"""Turn a visitor's picture into what a model was trained on, one visible step at a time.

Upright, flat, square, grey, bright on dark, the model's size. Each step keeps a small picture and a sentence, so
that a page can show what became of the upload before a model saw it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, ImageStat

from ae_core.data.upload.opening import FIRST_OF_SEVERAL, pillow_errors_rejected

STEP_SIDE = 256  # px: the longest side of a step's picture
MNIST_FILL = 20 / 28  # MNIST's makers fitted each digit into 20 of the 28 pixels

_WORK_SIDE = 512  # px: the tones of a grey picture are worked on at this size
_MAX_ASPECT = 3.0  # a picture longer than this times its width is padded to a square, not cut
_PALE = 230  # of 255: when what is visible of a transparent picture averages this, black is put behind it
_THINNEST = 0.09  # of the ink's longer side: a tenth of MNIST's digits have thinner strokes

Polarity = Literal["auto", "as is", "invert"]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Step:
    """What one step did.

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
    """A picture as a model wants it, and how it came about.

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
        image, upright_note = _upright(image)
        if several:
            upright_note = f"The first of several pictures in the file. {upright_note}"
        flat, flat_note = _flat(image)
        show("Upright", upright_note, flat)  # a page cannot show every mode, so this one is flat as well
        show("Flat", flat_note, flat)
    square, note = _square(flat, crop=crop, handwriting=handwriting, polarity=polarity)
    show("Square", note, square)
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

    grey = _grey(square)
    show("Grey", "Already grey." if square.mode == "L" else "Colours turned into their brightness.", grey)
    tones, ink, note = _bright_on_dark(grey, polarity, handwriting=handwriting, stretch=not exact)
    show("Bright on dark", note, tones)
    if ink is None:
        pixels, note = _resized(tones, (side, side)), _size_note(square.width, side)
    else:
        pixels, note = _centred(tones, ink, side, fill)
    show("Size", note, pixels)
    return Prepared(tuple(steps), pixels[None])


_TURNS = {
    2: "Mirrored left to right",
    3: "Turned by 180°",
    4: "Mirrored top to bottom",
    5: "Mirrored and turned 90° anticlockwise",
    6: "Turned 90° clockwise",
    7: "Mirrored and turned 90° clockwise",
    8: "Turned 90° anticlockwise",
}


def _upright(image: Image.Image) -> tuple[Image.Image, str]:
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
        image = ImageOps.exif_transpose(image)
    except Exception:  # as for the decoders; but a broken tag is no reason to refuse the picture
        return image, "The camera's orientation tag is unreadable, so the picture is left as it is."
    return image, f"{turn}, as the camera's orientation tag says." if turn else "Already upright."


def _flat(image: Image.Image) -> tuple[Image.Image, str]:
    """The picture in mode L or RGB, without transparency."""
    if image.mode == "F" or image.mode.startswith("I"):
        values = np.asarray(image, np.float64)
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
        values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
        greys = (values - low) / ((high - low) or 1.0) * 255
        note = f"Its values, {low:g} to {high:g}, scaled to the usual 256 greys."
        return Image.fromarray(greys.round().astype(np.uint8)), note
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
    ink = _bright_on_dark(_grey(image), polarity, handwriting=True)[1] if handwriting else None
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
    levels = np.median(_rim(np.asarray(image)), axis=0).astype(int)
    colour = int(levels) if levels.ndim == 0 else tuple(levels.tolist())
    note = f"{how} to {long} × {long} pixels with the colour of its border."
    return ImageOps.expand(image, border, colour), note


def _within_middle(ink: Mask) -> bool:
    if ink.shape[0] > ink.shape[1]:
        ink = ink.T
    margin = (ink.shape[1] - ink.shape[0]) // 2
    return not (ink[:, :margin].any() or ink[:, ink.shape[1] - margin :].any())


def _grey(image: Image.Image) -> Floats:
    """The brightness of a picture in mode L or RGB: ``(h, w)`` in [0, 1], no side above ``_WORK_SIDE`` px."""
    image = image.convert("L")
    scale = _WORK_SIDE / max(image.size)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BOX)
    return np.asarray(image, np.float32) / np.float32(255)


def _bright_on_dark(
    grey: Floats, polarity: Polarity, *, handwriting: bool, stretch: bool = True
) -> tuple[Floats, Mask | None, str]:
    """``grey`` with its ground dark and its tones stretched, which pixels are ink if any are, and a note."""
    if grey.min() == grey.max():
        return np.zeros_like(grey), None, "All of one colour: there is only ground, and nothing on it."
    calm = _denoised(grey) if handwriting and stretch else grey
    darkest, brightest = np.percentile(calm, (0.1, 99.9))
    ground = np.median(_rim(calm))
    if polarity == "auto":
        invert = bool(brightest - ground < ground - darkest)
        note = "Inverted, because its ground is bright" if invert else "Its ground is dark already"
    else:
        invert = polarity == "invert"
        note = "Inverted" if invert else "Not inverted"
    if stretch and handwriting and (found := _ink(1 - calm if invert else calm)):
        smoothed = "" if calm is grey else "the noise is smoothed, "
        return *found, f"{note}; {smoothed}the ground's shading is taken out and the ink is made fully bright."
    tones = 1 - grey if invert else grey
    if not stretch:
        return tones, None, f"{note}."
    return _stretched(tones), None, f"{note}; the contrast is stretched."


def _denoised(grey: Floats) -> Floats:
    """``grey`` blurred just enough that its noise is lost beside its contrast; most often not at all."""
    from scipy import ndimage  # here, because importing it takes 0.3 s and most pages never come by

    # A mask blind to edges and slopes (Immerkaer, "Fast noise variance estimation", 1996, eq. 1); the median
    # in place of his mean looks past the strokes. The noise's standard deviation is 6 times as large there.
    differences = ndimage.convolve(grey, np.outer((1, -2, 1), (1, -2, 1)), mode="nearest")
    noise = float(np.median(np.abs(differences))) * 1.4826 / 6
    low, high = np.percentile(grey, (1, 99))
    # A Gaussian of that width (px) leaves 1 / (2 sqrt(pi) width) of the noise.
    width = noise / (2 * np.sqrt(np.pi) * 0.02 * max(high - low, 0.1))
    if width < 0.4:
        return grey
    blurred: Floats = ndimage.gaussian_filter(grey, width, mode="nearest")
    return blurred


def _ink(tones: Floats) -> tuple[Floats, Mask] | None:
    """Bright strokes on an even dark ground, cleaned, and which pixels they are; None for any other picture.

    Once the ground's shading is divided out, ink is what has at least half the brightness of the brightest
    0.1 %. It is handwriting if it stands out by 0.15, covers at most half the picture, if half-tones (a quarter
    to three quarters) take at most 4 times the room of full tones, and if nine tenths of the remaining ground
    are below a fifth of the ink's brightness. 399 of 400 MNIST digits pass, and one natural photo in ten.
    """
    from scipy import ndimage

    paper = 1 - tones  # light multiplies, so it is bright paper that can be divided by its shading
    ink = np.clip(1 - paper / _shading(paper), 0, 1)
    strongest = float(np.percentile(ink, 99.9))
    mask = ink > strongest / 2
    full_tones = int((ink > 0.75 * strongest).sum())
    half_tones = int((ink > 0.25 * strongest).sum()) - full_tones
    if strongest < 0.15 or mask.mean() > 0.5 or half_tones > 4 * full_tones:
        return None
    reach = max(1, round(max(mask.shape) / 64))  # px: as far as the soft edge of a stroke goes
    ground = ink[~ndimage.binary_dilation(mask, iterations=reach)]
    mask = _main_parts(mask)
    full = float(np.median(ink[mask]))
    if ground.size and np.percentile(ground, 90) > full / 5:
        return None
    noise = 3 * 1.4826 * float(np.median(ground)) if ground.size else 0.0  # 3 standard deviations
    floor = min(noise, full / 4)
    near = ndimage.binary_dilation(mask, iterations=reach)
    cleaned: Floats = np.where(near, np.clip((ink - floor) / (full - floor), 0, 1), 0).astype(np.float32)
    return cleaned, mask


def _shading(paper: Floats) -> Floats:
    """The brightness of the bare paper: a smoothed morphological closing fills the dark strokes.

    It fills strokes thinner than 0.3 of the shorter side, and follows the edge of a shadow as it follows a
    gradient. On 96 px it is fast, and shows no stroke's detail that could matter.
    """
    from scipy import ndimage

    scale = min(1.0, 96 / max(paper.shape))
    height, width = (max(1, round(length * scale)) for length in paper.shape)
    window = max(3, round(0.3 * min(height, width)))
    closed = ndimage.grey_closing(_resized(paper, (height, width)), size=(window, window), mode="nearest")
    smooth = ndimage.gaussian_filter(closed, window / 8, mode="nearest")
    return np.maximum(_resized(smooth, paper.shape), np.float32(0.05))


def _main_parts(mask: Mask) -> Mask:
    """``mask`` without specks, and without what comes in from the picture's edge if there is much else."""
    from scipy import ndimage

    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    areas[0] = 0  # the ground
    inner = areas.copy()
    inner[_rim(labels, 0)] = 0
    if inner.max() >= 0.2 * areas.max():
        areas = inner
    kept: Mask = (areas >= max(1, 0.05 * areas.max()))[labels]
    return kept


def _stretched(tones: Floats) -> Floats:
    """``tones`` from the darkest, or from the ground's level if the border is even, to the brightest."""
    height, width = tones.shape
    low, high = np.percentile(tones, (1, 99))
    slope = np.stack(np.broadcast_arrays(1, *np.ogrid[:height, :width]), axis=-1)
    plane = np.linalg.lstsq(_rim(slope).astype(float), _rim(tones).astype(float), rcond=None)[0]
    level = tones - slope @ plane  # the light falls off evenly, as on a wall or a sheet behind clothes
    rim_low, rim_high = np.percentile(_rim(level), (5, 95))
    if rim_high - rim_low < 0.15 * (high - low):
        tones, low, high = level, rim_high, np.percentile(level, 99)
    stretched: Floats = np.clip((tones - low) / max(high - low, 0.1), 0, 1).astype(np.float32)
    return stretched


def _centred(tones: Floats, ink: Mask, side: int, fill: float) -> tuple[Floats, str]:
    """The ink's box scaled to ``fill * side``, its centre of mass moved to the middle; and a note."""
    from scipy import ndimage

    tones, ink, thickened = _thickened(tones, ink)
    (box,) = ndimage.find_objects(ink.astype(np.uint8))
    window = max(edge.stop - edge.start for edge in box) / fill  # px of ``tones`` that become ``side`` px
    room = (1 - fill) / 2 * window  # moved by no more than this, the ink stays inside, however lopsided it is
    corner = []
    for edge, mass in zip(box, ndimage.center_of_mass(tones), strict=True):
        middle = (edge.start + edge.stop) / 2
        # MNIST's own centres of mass lie in pixel 14 of 0 to 27, half a pixel beyond the middle.
        shift = mass + 0.5 - 0.5 * window / side - middle
        corner.append(middle - window / 2 + min(max(shift, -room), room))
    top, left = corner
    x, y, reach = int(np.floor(left)), int(np.floor(top)), int(np.ceil(window)) + 1
    canvas = Image.fromarray(tones).crop((x, y, x + reach, y + reach))  # 0, the ground, beyond the picture
    region = (left - x, top - y, left - x + window, top - y + window)
    small = canvas.resize((side, side), Image.Resampling.HAMMING, region)
    fitted: Floats = np.clip(np.asarray(small), 0, 1)
    size = f"{fill * side:.0f} of {side} pixels"
    note = f"Ink fitted into {size} a side, with its centre of mass in the middle"
    return fitted, note + (", and its thin strokes thickened." if thickened else ".")


def _thickened(tones: Floats, ink: Mask) -> tuple[Floats, Mask, bool]:
    """Strokes of at least ``_THINNEST``, as a fine pen's would fade to grey when they are averaged down."""
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


def _resized(tones: Floats, shape: tuple[int, ...]) -> Floats:
    """Averaged down, or interpolated up, to ``shape``; the very same pixels if they have it already."""
    if tones.shape == shape:
        return tones
    height, width = shape
    image = Image.fromarray(tones).resize((width, height), Image.Resampling.HAMMING)
    resized: Floats = np.clip(np.asarray(image), 0, 1)
    return resized


def _rim(pixels: npt.NDArray[Any], share: float = 0.06) -> npt.NDArray[Any]:
    """The pixels along the four edges, ``share`` of the shorter side deep: ``(n,)`` or ``(n, channels)``."""
    depth = max(1, round(min(pixels.shape[:2]) * share))
    outside = np.ones(pixels.shape[:2], bool)
    outside[depth:-depth, depth:-depth] = False
    return pixels[outside]


def _size_note(before: int, side: int) -> str:
    done = "Already" if before == side else "Averaged down to" if before > side else "Enlarged to"
    return f"{done} {side} × {side} pixels."


def _thumbnail(result: Image.Image | Floats) -> Bytes:
    if isinstance(result, np.ndarray):
        result = Image.fromarray((result * 255).round().astype(np.uint8))
    result = result.copy()
    result.thumbnail((STEP_SIDE, STEP_SIDE))
    return np.asarray(result)

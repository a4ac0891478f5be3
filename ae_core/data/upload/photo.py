"""Open a photograph at its full size: its pixels in 8 bits, its transparency, its colour profile, and what was done."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from ae_core.data.upload import transparency
from ae_core.data.upload.colour_profile import in_srgb, kept_profile
from ae_core.data.upload.eight_bits import finite_range, to_levels
from ae_core.data.upload.opening import BITS, FIRST_OF_SEVERAL, RAW_MODE, open_image, pillow_errors_rejected
from ae_core.data.upload.upright import upright

PHOTO_BYTES = 25 * 1024 * 1024
# What is sold as 24 megapixels has up to 24.5 million pixels: 6000 x 4000 of many cameras, 6048 x 4032 (24.39 million) of some,
# 5712 x 4284 (24.47 million) of phones.
PHOTO_PIXELS = 24_600_000

_MADE_SRGB = ("CMYK", "LAB")

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph at its full size.

    Attributes:
        pixels: uint8 (H, W, 3), or (H, W, 1) where the file is grey. They are in the file's own colour space.
        alpha: uint8 (H, W), 0 where the picture is transparent; None where all of it is opaque.
        profile: the ICC profile that the pixels are in; None for sRGB, and where the file does not say.
        notes: a short sentence for each thing that was done to the file's picture.
    """

    pixels: Bytes
    alpha: Bytes | None = None
    profile: bytes | None = None
    notes: tuple[str, ...] = ()

    def holding(self, pixels: Bytes) -> Photo:
        """Return this photograph with other pixels.

        Args:
            pixels: uint8 (H, W, 3 or 1), of any size: the transparency is scaled to it.

        Returns:
            The photograph, without its profile where that is for grey pixels and these have colour, or the other way.
        """
        alpha = self.alpha
        height, width = pixels.shape[:2]
        if alpha is not None and alpha.shape != (height, width):
            alpha = np.array(Image.fromarray(alpha).resize((width, height), Image.Resampling.BICUBIC))
        profile = self.profile if pixels.shape[2] == self.pixels.shape[2] else None
        return replace(self, pixels=pixels, alpha=alpha, profile=profile)


def open_photo(data: bytes) -> Photo:
    """Open any picture at its full size, or refuse it.

    Args:
        data: the whole file, of at most ``PHOTO_BYTES`` and ``PHOTO_PIXELS``. Of an animation the first frame is taken.

    Raises:
        UploadRejected: whatever is wrong with the file. No other exception leaves this function.
    """
    with pillow_errors_rejected(PHOTO_PIXELS):
        image = open_image(data, most_bytes=PHOTO_BYTES, most_pixels=PHOTO_PIXELS, reduced=False)
        image, turned = upright(image)
        flat, alpha, converted = _flat(image)
        notes = [
            "The first of several pictures in the file." if FIRST_OF_SEVERAL in image.info else "",
            turned,
            f"Its {bits} bits a colour are cut to 8." if (bits := _bits_of_colours(image)) > 8 else "",
            converted,
        ]
        if alpha is not None:
            opaque = alpha.min() == 255
            notes.append("It has an alpha channel and is opaque throughout." if opaque else "Its transparency is kept.")
            alpha = None if opaque else alpha
        profile = None
        if image.mode not in _MADE_SRGB:
            profile, told = kept_profile(image.info.get("icc_profile"), flat.mode)
            notes.append(told)
        pixels = np.array(flat)
        return Photo(np.atleast_3d(pixels), alpha, profile, tuple(note for note in notes if note))


def _bits_of_colours(image: Image.Image) -> int:
    """Return how many bits of each colour the file holds, where the picture has 8 of them; 8 where it has more."""
    if ";16" in image.info.get(RAW_MODE, "") and not image.mode.startswith("I"):
        return 16
    return int(image.info.get(BITS, 8))


def _flat(image: Image.Image) -> tuple[Image.Image, Bytes | None, str]:
    """Return a picture in mode L or RGB, its alpha, and a sentence if its pixels are of another kind in the file."""
    raw_mode = image.info.get(RAW_MODE, "")
    if image.mode == "F" or image.mode.startswith("I"):
        grey, note = _of_wide_values(image)
        return grey, transparency.of_one_value(image, raw_mode), note
    if image.mode in _MADE_SRGB:
        colours, note = in_srgb(image)
        return colours, None, note
    note = ""
    if image.mode in ("P", "PA"):
        note = "The colours of its palette are written out."
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif raw_mode.startswith(("La", "RGBa")):
        note = "Its colours are divided by the alpha that they are multiplied by."
        image = image.convert(image.mode.upper())  # which Pillow has done already for RGBa
    elif image.mode in ("YCbCr", "HSV"):
        note = f"{image.mode} turned into red, green and blue."
    if image.mode in ("LA", "RGBA"):
        is_grey = image.mode == "LA" or raw_mode.startswith("LA")  # Pillow spreads 16 bits of grey over three colours
        return image.getchannel(0) if is_grey else image.convert("RGB"), np.array(image.getchannel("A")), note
    alpha = transparency.of_one_value(image, raw_mode)
    image.info.pop("transparency", None)  # which Pillow would look for a colour for
    mode = "L" if image.mode in ("1", "L") else "RGB"
    return image if image.mode == mode else image.convert(mode), alpha, note


def _of_wide_values(image: Image.Image) -> tuple[Image.Image, str]:
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray(to_levels(values, 0, 65535)), "Its 16 bits a pixel are rounded to 8."
    low, high = finite_range(values)
    if image.mode == "F" and low >= 0 and high <= 1:
        return Image.fromarray(to_levels(values, 0, 1)), "Its values from 0 to 1 are rounded to 256 levels."
    return Image.fromarray(to_levels(values, low, high)), f"Its values, {low:g} to {high:g}, are scaled to 256 levels."

"""The ICC profile of a picture: is it one, does it fit the pixels, what is it called, and what are the colours in sRGB."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

from ae_core.text import quoted

_MOST_BYTES = 1 << 20  # what Pillow, and this lab with it, reads in a PNG
_SPACES = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK", "LAB": "Lab "}  # by the mode of the pixels


def kept_profile(profile: bytes | None, mode: str) -> tuple[bytes | None, str]:
    """Return the profile if it describes pixels of a mode, and a sentence on what became of it.

    Args:
        profile: as the file holds it, or None.
        mode: L or RGB.

    Returns:
        The profile, or None where there is none that can be kept; the sentence is empty where the file has none.
    """
    if not profile:
        return None, ""
    if len(profile) > _MOST_BYTES:
        return None, "Its colour profile is ignored, because it is larger than a megabyte."
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space != _SPACES[mode]:
            return None, "Its colour profile is ignored, because it is for pixels of another kind."
        ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")  # says whether it can be followed
    except Exception:  # as for the decoders: what LittleCMS's binding raises is not only its own error
        return None, "Its colour profile is damaged and is ignored."
    named = _named(opened)
    return profile, f"Its colour profile{named}{',' if named else ''} is kept."


def in_srgb(image: Image.Image) -> tuple[Image.Image, str]:
    """Convert a picture in mode CMYK or LAB to sRGB, through its profile where it has one.

    Returns:
        The picture in mode RGB, and a sentence.
    """
    kind = {"CMYK": "CMYK", "LAB": "Lab"}[image.mode]
    profile, ignored = image.info.get("icc_profile"), ""
    if profile:
        try:
            opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if opened.profile.xcolor_space == _SPACES[image.mode]:
                transform = ImageCms.buildTransform(
                    opened,
                    ImageCms.createProfile("sRGB"),
                    image.mode,
                    "RGB",
                    ImageCms.Intent.RELATIVE_COLORIMETRIC,
                    ImageCms.Flags.BLACKPOINTCOMPENSATION,  # as print is shown elsewhere
                )
                return transform.apply(image), f"{kind} turned into sRGB by its colour profile{_named(opened)}."
            ignored = " Its colour profile is for pixels of another kind and is ignored."
        except Exception:
            ignored = " Its colour profile is damaged and is ignored."
    without = "" if kind == "Lab" else ", without a profile"  # Lab says by itself which colour is meant
    return image.convert("RGB"), f"{kind} turned into red, green and blue{without}.{ignored}"


def _named(profile: ImageCms.ImageCmsProfile) -> str:
    """Return the profile's name between quotation marks, after a comma; nothing where it has none that can be read."""
    try:
        name = (profile.profile.profile_description or "").strip()
    except Exception:  # letters of an alphabet that the profile does not name
        return ""
    return f", {quoted(name)}" if name else ""

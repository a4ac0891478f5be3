"""Turn a picture as the camera says that it was held."""

from __future__ import annotations

from PIL import ExifTags, Image, ImageOps

from ae_core.data.upload.opening import TURNED

_TURNS = {
    2: "Mirrored left to right",
    3: "Turned by 180°",
    4: "Mirrored top to bottom",
    5: "Mirrored and turned 90° anticlockwise",
    6: "Turned 90° clockwise",
    7: "Mirrored and turned 90° clockwise",
    8: "Turned 90° anticlockwise",
}


def upright(image: Image.Image) -> tuple[Image.Image, str]:
    """Turn a picture as its orientation tag says, and say so in a sentence: an empty one where nothing was turned."""
    try:
        done = image.info.get(TURNED)
        turn = _TURNS.get(done or image.getexif().get(ExifTags.Base.Orientation, 1))
        if turn and not done:
            image = ImageOps.exif_transpose(image)
    except Exception:  # as for the decoders; but a broken tag is no reason to refuse the picture
        return image, "The camera's orientation tag is unreadable, so the picture is left as it is."
    return image, f"{turn}, as the camera's orientation tag says." if turn else ""

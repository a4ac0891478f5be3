"""Open an uploaded file as a picture, or refuse it by a sentence, whatever its bytes are."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import ExifTags, Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH, TiffImageFile

from ae_core.data.upload.avif_bits import bits_of
from ae_core.data.upload.heic import HeicTooLarge, decode_heic, is_heic
from ae_core.data.upload.jpeg_scans import count_scans
from ae_core.errors import LabError

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000  # the largest photo a phone takes by default
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")  # and HEIC, by another way
FORMATS_IN_WORDS = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC"
# in an opened picture's ``info``
FIRST_OF_SEVERAL = "first_of_several"  # the file holds frames or pages beside it
TURNED = "turned"  # the orientation tag by which the decoder has turned it already
BITS = "bits"  # how many of each colour the file holds, where its decoder gives 8 of them and does not say
RAW_MODE = "raw_mode"  # how the file holds its pixels, in Pillow's words: "RGB;16B" has 16 bits of each colour

_MAX_SCANNED_PIXELS = 2_000_000_000  # about 2 s. A JPEG may hold many scans, each a pass over all its pixels
_KEPT_SIDE = 1024  # px: a larger upload is reduced by a whole factor, down to no less than this

# One picture is decoded at a time: thirty students may share one small server, and a decoded picture may
# take 200 MB before it is reduced. An ordinary photo holds the lock for some 50 ms.
_DECODER = threading.Lock()


class UploadRejected(LabError):
    """A file that cannot be taken as a picture. The message says why, and what to upload instead."""


def open_image(
    data: bytes, *, most_bytes: int = MAX_BYTES, most_pixels: int = MAX_PIXELS, reduced: bool = True
) -> Image.Image:
    """Decode an uploaded file into a picture, or refuse it.

    Args:
        data: the whole file. Of an animation the first frame is taken.
        most_bytes: refuse a file that has more.
        most_pixels: refuse a picture that has more.
        reduced: whether pictures much larger than any model wants come back reduced (by averaging) to 1024-2047 px a
            side. Otherwise every picture comes at its full size.

    Returns:
        A loaded picture in any of Pillow's modes, detached from ``data``, still carrying its orientation tag.

    Raises:
        UploadRejected: whatever else is wrong with the file. No other exception leaves this function.
    """
    if not data:
        raise UploadRejected("The file is empty. Please upload a PNG or JPEG picture.")
    if what := _no_picture(data):
        raise UploadRejected(f"This file is {what}. Please upload a PNG, JPEG or another picture.")
    if len(data) > most_bytes:
        raise UploadRejected(
            f"The file has {len(data) / 2**20:.1f} MB, more than the {most_bytes // 2**20} MB allowed. "
            "Please upload a smaller picture, or a screenshot of it."
        )
    with pillow_errors_rejected(most_pixels):
        if is_heic(data):
            with _DECODER:
                kept, several, bits = decode_heic(data, most_pixels, _KEPT_SIDE if reduced else None)
            kept.info[BITS] = bits
        else:
            image = _header(data, most_pixels)
            told = _told_before_decoding(image)
            if image.format == "AVIF":
                told[BITS] = bits_of(data)
            if reduced:
                image.draft(None, (_KEPT_SIDE, _KEPT_SIDE))  # lets a JPEG shrink while it is decoded
            with _DECODER:
                image.load()
                # the copy lets go of the file, and of an animation's other frames
                kept = (_reduced(image) if reduced else image).copy()
            kept.info.update(told)
            several = _is_first_of_several(image)
    if several:
        kept.info[FIRST_OF_SEVERAL] = True
    return kept


def _header(data: bytes, most_pixels: int) -> Image.Image:
    """Open a picture without decoding it, or refuse what would take too long or too much memory to decode."""
    # Naming the formats keeps every other decoder of Pillow's out of reach.
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    width, height = image.size
    if width * height > most_pixels:
        raise _too_many_pixels(f"{width} × {height} pixels", most_pixels)
    if isinstance(image, TiffImageFile):  # its decoder takes room for a whole tile, whatever the picture's size
        across, down = (image.tag_v2.get(tag, 0) for tag in (TILEWIDTH, TILELENGTH))
        if across * down > most_pixels:
            raise _too_many_pixels(f"tiles of {across} × {down} pixels", most_pixels)
    scans = count_scans(data) if isinstance(image, JpegImageFile) else 0
    if scans * width * height > _MAX_SCANNED_PIXELS:
        raise UploadRejected(
            "This JPEG is stored in so many passes that decoding it would take too long. "
            "Please save it again as an ordinary JPEG or PNG."
        )
    return image


def _told_before_decoding(image: Image.Image) -> dict[str, object]:
    """Return what a file tells of its pixels, and Pillow forgets when it has decoded them."""
    told: dict[str, object] = {}
    if isinstance(image, TiffImageFile) and (tag := image.tag_v2.get(ExifTags.Base.Orientation)):
        told[TURNED] = tag
    if tiles := getattr(image, "tile", None):
        given = tiles[0].args
        raw_mode = given[0] if isinstance(given, tuple) and given else given
        if isinstance(raw_mode, str):
            told[RAW_MODE] = raw_mode
    return told


def _is_first_of_several(image: Image.Image) -> bool:
    if image.format == "MPO":  # a phone's JPEG with a map of depth or light behind its picture
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # as for the decoders; but a broken second frame is no reason to refuse the first
        return True


def _no_picture(data: bytes) -> str:
    """Say what a file is that is often taken for a picture and is none; an empty string for any other."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if (data[:2] == b"PK" and b"data.pkl" in data[:4096]) or data[:2] == b"\x80\x02":
        return "a PyTorch file, which the lab never opens, because loading one may run a program that hides in it"
    if data[6:8] == b"\0\0" and data[8:10] == b'{"':
        return "a model's checkpoint, and no picture; checkpoints have an upload of their own"
    if head.startswith(b"<") and b"<svg" in head:
        return "a drawing in SVG, which has no pixels yet: open it in a browser and take a screenshot"
    if head.startswith(b"%PDF"):
        return "a PDF document: take a screenshot of the part that you mean"
    if data[4:8] == b"ftyp" and data[8:12] in (b"isom", b"iso2", b"mp41", b"mp42", b"M4V ", b"qt  "):
        return "a film: take a screenshot of one of its pictures"
    return ""


def _reduced(image: Image.Image) -> Image.Image:
    factor = max(image.size) // _KEPT_SIDE
    if factor < 2:
        return image
    if image.mode in ("P", "PA"):  # palette indices cannot be averaged
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode.startswith("I;16"):
        image = image.convert("I")
    return image.reduce(factor)


def _too_many_pixels(size: str, most_pixels: int) -> UploadRejected:
    return UploadRejected(
        f"The picture has {size}, more than the {most_pixels // 10**6} million the lab decodes. "
        "Please upload a smaller copy, or a screenshot of it."
    )


@contextmanager
def pillow_errors_rejected(most_pixels: int = MAX_PIXELS) -> Iterator[None]:
    """Turn whatever Pillow raises on a malformed file into :class:`UploadRejected`.

    Its decoders let through nearly every built-in exception (OSError, SyntaxError, struct.error, zlib.error,
    ValueError, KeyError, MemoryError...), so that any list of them would be incomplete.
    """
    try:
        yield
    except LabError:
        raise
    except UnidentifiedImageError:
        raise UploadRejected(
            f"This file is not a picture the lab can read. Please upload a {FORMATS_IN_WORDS}; "
            "anything else must be exported as one of these first, or photographed from the screen."
        ) from None
    except HeicTooLarge as error:
        raise _too_many_pixels(str(error), most_pixels) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels("an enormous number of pixels", most_pixels) from None
    except MemoryError:
        raise UploadRejected(
            "The picture needs more memory to decode than there is. Please upload a smaller copy."
        ) from None
    except Exception as error:
        raise UploadRejected(
            "The picture is damaged or incomplete and could not be decoded. "
            "Please save or download it again, or upload another one."
        ) from error

"""Open an uploaded file as a picture, or refuse it by a sentence, whatever its bytes are."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH, TiffImageFile

from ae_core.data.upload.heic import HeicTooLarge, decode_heic, is_heic
from ae_core.errors import LabError

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000  # the largest photo a phone takes by default
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")  # and HEIC, by another way
FORMATS_IN_WORDS = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC"
FIRST_OF_SEVERAL = "first_of_several"  # in an opened picture's ``info``: the file holds frames or pages beside it

_MAX_SCANNED_PIXELS = 2_000_000_000  # about 2 s. A JPEG may hold many scans, each a pass over all its pixels
_KEPT_SIDE = 1024  # px: a larger upload is reduced by a whole factor, down to no less than this

# One picture is decoded at a time: thirty students may share one small server, and a decoded picture may
# take 200 MB before it is reduced. An ordinary photo holds the lock for some 50 ms.
_DECODER = threading.Lock()


class UploadRejected(LabError):
    """A file that cannot be taken as a picture. The message says why, and what to upload instead."""


def open_image(data: bytes) -> Image.Image:
    """Decode an uploaded file into a picture, or refuse it.

    Args:
        data: the whole file, at most ``MAX_BYTES``. Of an animation the first frame is taken.

    Returns:
        A loaded picture in any of Pillow's modes, detached from ``data``, still carrying its orientation tag.
        Pictures much larger than any model wants come back reduced (by averaging) to 1024-2047 px a side.

    Raises:
        UploadRejected: whatever else is wrong with the file. No other exception leaves this function.
    """
    if not data:
        raise UploadRejected("The file is empty. Please upload a PNG or JPEG picture.")
    if what := _no_picture(data):
        raise UploadRejected(f"This file is {what}. Please upload a PNG, JPEG or another picture.")
    if len(data) > MAX_BYTES:
        raise UploadRejected(
            f"The file has {len(data) / 2**20:.1f} MB, more than the {MAX_BYTES // 2**20} MB allowed. "
            "Please upload a smaller picture, or a screenshot of it."
        )
    with pillow_errors_rejected():
        if is_heic(data):
            with _DECODER:
                kept, several = decode_heic(data, MAX_PIXELS, _KEPT_SIDE)
        else:
            image = _header(data)
            with _DECODER:
                image.load()
                kept = _reduced(image).copy()  # the copy lets go of the file, and of an animation's other frames
            several = _is_first_of_several(image)
    if several:
        kept.info[FIRST_OF_SEVERAL] = True
    return kept


def _header(data: bytes) -> Image.Image:
    """Open a picture without decoding it, or refuse what would take too long or too much memory to decode."""
    # Naming the formats keeps every other decoder of Pillow's out of reach.
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(f"{width} × {height} pixels")
    if isinstance(image, TiffImageFile):  # its decoder takes room for a whole tile, whatever the picture's size
        across, down = (image.tag_v2.get(tag, 0) for tag in (TILEWIDTH, TILELENGTH))
        if across * down > MAX_PIXELS:
            raise _too_many_pixels(f"tiles of {across} × {down} pixels")
    # Each scan starts with these bytes. Other data holds them by chance too, but well within the limit.
    scans = data.count(b"\xff\xda") if isinstance(image, JpegImageFile) else 0
    if scans * width * height > _MAX_SCANNED_PIXELS:
        raise UploadRejected(
            "This JPEG is stored in so many passes that decoding it would take too long. "
            "Please save it again as an ordinary JPEG or PNG."
        )
    image.draft(None, (_KEPT_SIDE, _KEPT_SIDE))  # lets a JPEG shrink while it is decoded
    return image


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


def _too_many_pixels(size: str) -> UploadRejected:
    return UploadRejected(
        f"The picture has {size}, more than the {MAX_PIXELS // 10**6} million the lab decodes. "
        "Please upload a smaller copy, or a screenshot of it."
    )


@contextmanager
def pillow_errors_rejected() -> Iterator[None]:
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
        raise _too_many_pixels(str(error)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels("an enormous number of pixels") from None
    except MemoryError:
        raise UploadRejected(
            "The picture needs more memory to decode than there is. Please upload a smaller copy."
        ) from None
    except Exception as error:
        raise UploadRejected(
            "The picture is damaged or incomplete and could not be decoded. "
            "Please save or download it again, or upload another one."
        ) from error

"""Open an uploaded file as a picture, or refuse it by a sentence, whatever its bytes are."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from ae_core.errors import LabError

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000  # the largest photo a phone takes by default
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")

_MAX_SCANNED_PIXELS = 2_000_000_000  # about 2 s. A JPEG may hold many scans, each a pass over all its pixels
_KEPT_SIDE = 1024  # px: a larger upload is reduced by a whole factor, down to no less than this

# One picture is decoded at a time: thirty students may share one small server, and a decoded picture may
# take 200 MB before it is reduced. An ordinary photo holds the lock for some 50 ms.
_DECODER = threading.Lock()


class UploadRejected(LabError):
    """A file that cannot be taken as a picture. The message says why, and what to upload instead."""


def open_image(data: bytes) -> Image.Image:
    """Decode an uploaded file, or say why not.

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
    if len(data) > MAX_BYTES:
        raise UploadRejected(
            f"The file has {len(data) / 2**20:.1f} MB, more than the {MAX_BYTES // 2**20} MB allowed. "
            "Please upload a smaller picture, or a screenshot of it."
        )
    with pillow_errors_rejected():
        # Only the header is read here. Naming the formats keeps every other decoder of Pillow's out of reach.
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise _too_many_pixels(f"{width} × {height} pixels")
        # Each scan starts with these bytes. Other data holds them by chance too, but well within the limit.
        scans = data.count(b"\xff\xda") if isinstance(image, JpegImageFile) else 0
        if scans * width * height > _MAX_SCANNED_PIXELS:
            raise UploadRejected(
                "This JPEG is stored in so many passes that decoding it would take too long. "
                "Please save it again as an ordinary JPEG or PNG."
            )
        image.draft(None, (_KEPT_SIDE, _KEPT_SIDE))  # lets a JPEG shrink while it is decoded
        with _DECODER:
            image.load()
            return _reduced(image).copy()  # the copy lets go of the file, and of an animation's other frames


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
            "This file is not a picture the lab can read. Please upload a PNG, JPEG, WebP, GIF or BMP; "
            "a phone's HEIC photo, a TIFF or a drawing in SVG must be exported as one of these first."
        ) from None
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

"""Write a picture's file without what it tells beside the picture: where and when it was taken, by whom, with what.

JPEG, PNG and WebP keep every bit of the picture, and lose the parts of the file that tell such things. A file of another
kind is written anew. Of all of it stays how the camera was held, without which the picture would lie on its side.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator

from PIL import ExifTags, Image

from ae_core.data.upload.heic import is_heic
from ae_core.data.upload.opening import FORMATS, UploadRejected, open_image
from ae_core.data.upload.photo import Photo, open_photo
from ae_core.data.upload.photo_files import as_jpeg, as_png
from ae_core.data.upload.upright import upright

_PNG = b"\x89PNG\r\n\x1a\n"
# what says how to show the pixels, beside the chunks that no PNG is without, whose names begin with a capital letter
_PNG_KEPT = {b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"tRNS", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT"}
_WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04  # flags in VP8X
_JPEG_MARKER = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")  # within coded pixels: neither a stuffed byte nor a restart
_SCAN, _END, _COMMENT = 0xDA, 0xD9, 0xFE


def without_metadata(data: bytes, most_bytes: int) -> bytes:
    """Return the file of a picture, which opens as the same one, without what it tells beside the picture.

    Args:
        data: the whole file, which :func:`~.opening.open_image` takes.
        most_bytes: above which a file that is written anew is a JPEG, which is smaller and nearly the same.

    Raises:
        UploadRejected: it is no picture after all.
    """
    if data[:2] == b"BM":  # has no room for such things
        return data
    try:
        if data[:2] == b"\xff\xd8":
            return b"".join(_of_jpeg(data, _orientation(data)))
        if data[:8] == _PNG:
            return b"".join(_of_png(data, _orientation(data)))
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _of_webp(data, _orientation(data))
    except (ValueError, struct.error):
        pass  # a file that decoders forgive
    return _anew(data, most_bytes)


def _orientation(data: bytes) -> bytes:
    """Return an EXIF block that tells how the camera was held, and nothing else; empty where it was held upright."""
    try:
        turn = Image.open(io.BytesIO(data), formats=FORMATS).getexif().get(ExifTags.Base.Orientation, 1)
        if turn == 1:
            return b""
        told = Image.Exif()
        told[ExifTags.Base.Orientation] = turn
        return told.tobytes()
    except Exception:  # as for the decoders; a tag that cannot be read is none that has to be kept
        return b""


def _of_jpeg(data: bytes, exif: bytes) -> Iterator[bytes]:
    yield data[:2]
    if exif:
        yield b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif
    place = 2
    while place + 1 < len(data):
        if data[place] != 0xFF:
            raise ValueError("no marker")
        marker = data[place + 1]
        if marker == 0xFF:  # padding
            place += 1
            continue
        if marker == _END:  # what may follow is another picture, with metadata of its own
            yield data[place : place + 2]
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            end = place + 2
        else:
            end = place + 2 + struct.unpack_from(">H", data, place + 2)[0]
        if _kept_of_jpeg(marker, data[place + 4 : place + 16]):
            yield data[place:end]
        place = end
        if marker == _SCAN:
            found = _JPEG_MARKER.search(data, place)
            end = found.start() if found else len(data)
            yield data[place:end]
            place = end


def _kept_of_jpeg(marker: int, head: bytes) -> bool:
    """Return whether a part of a JPEG belongs to the picture: of notes those that say how its colours are meant."""
    if marker == 0xE2:
        return head.startswith(b"ICC_PROFILE")
    return marker in (0xE0, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == _COMMENT)


def _of_png(data: bytes, exif: bytes) -> Iterator[bytes]:
    yield _PNG
    place, kind = len(_PNG), b""
    while place + 8 <= len(data) and kind != b"IEND":
        size, kind = struct.unpack_from(">I4s", data, place)
        if kind == b"IDAT" and exif:
            block = exif.removeprefix(b"Exif\0\0")
            yield struct.pack(">I4s", len(block), b"eXIf") + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))
            exif = b""
        if kind[:1].isupper() or kind in _PNG_KEPT:
            yield data[place : place + size + 12]
        place += size + 12


def _of_webp(data: bytes, exif: bytes) -> bytes:
    parts = []
    place = 12
    while place + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, place)
        content = data[place + 8 : place + 8 + size]
        if kind == b"VP8X":
            flags = content[0] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if exif else 0)
            content = bytes([flags]) + content[1:]
        if kind in _WEBP_KEPT:
            parts.append(_riff(kind, content))
        place += 8 + size + size % 2
    if exif:
        parts.append(_riff(b"EXIF", exif))
    return _riff(b"RIFF", b"WEBP" + b"".join(parts))


def _riff(kind: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(content)) + content + b"\0" * (len(content) % 2)


def _anew(data: bytes, most_bytes: int) -> bytes:
    """Return a picture as a PNG; as a JPEG where its file was one of those that lose something, or else too large."""
    try:
        photo = open_photo(data)
    except UploadRejected:  # more pixels than are repaired at full size
        image, _ = upright(open_image(data))
        file = io.BytesIO()
        image.convert("RGB").save(file, "PNG")
        photo = open_photo(file.getvalue())
    return _saved(photo, is_heic(data) or data[4:8] == b"ftyp", most_bytes)


def _saved(photo: Photo, lossy: bool, most_bytes: int) -> bytes:
    if lossy and photo.alpha is None:
        return as_jpeg(photo)
    png = as_png(photo)
    return png if len(png) <= most_bytes or photo.alpha is not None else as_jpeg(photo)

"""What a file tells beside its picture is left out of the copy that is kept; the picture stays what it was."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from picture_files import encoded, heic_with, wide_profile
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from ae_core.data.upload.metadata import without_metadata
from ae_core.data.upload.photo import PHOTO_BYTES, open_photo

SECRET = b"Elm Street 13"
PLACE = (52.0, 31.0, 12.5)


def picture() -> Image.Image:
    y, x = np.mgrid[:32, :48]
    return Image.fromarray(np.stack([x * 5, y * 7, 255 - x * 4], 2).astype(np.uint8))


def told(turn: int = 6) -> bytes:
    """An EXIF block with a place, a maker and how the camera was held."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    exif[ExifTags.Base.Make] = SECRET.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: PLACE})
    return exif.tobytes()


def jpeg(**options: object) -> bytes:
    return encoded(picture(), "JPEG", exif=told(), comment=SECRET, xmp=SECRET, icc_profile=wide_profile(), **options)


def png(**options: object) -> bytes:
    words = PngInfo()
    words.add_text("Comment", SECRET.decode())
    words.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return encoded(picture(), "PNG", exif=told(), pnginfo=words, icc_profile=wide_profile(), **options)


KEPT: dict[str, Callable[[], bytes]] = {  # of which every pixel stays
    "JPEG": jpeg,
    "JPEG, progressive": lambda: jpeg(progressive=True),
    "JPEG with restarts": lambda: jpeg(restart_marker_blocks=2),
    "JPEG, then another": lambda: jpeg() + jpeg(),
    "PNG": png,
    "WebP": lambda: encoded(picture(), "WEBP", exif=told(), xmp=SECRET, icc_profile=wide_profile()),
    "WebP without loss": lambda: encoded(picture(), "WEBP", exif=told(), xmp=SECRET, lossless=True),
    "TIFF": lambda: encoded(picture(), "TIFF", exif=told(), description=SECRET.decode()),
    "GIF": lambda: encoded(picture(), "GIF", comment=SECRET),
    "BMP": lambda: encoded(picture(), "BMP"),
}
NEARLY: dict[str, Callable[[], bytes]] = {
    "AVIF": lambda: encoded(picture(), "AVIF", exif=told(), xmp=SECRET),
    "HEIC": lambda: heic_with(wide_profile()) + struct.pack(">I4s", 8 + len(SECRET), b"free") + SECRET,
}


@pytest.mark.parametrize("name", [*KEPT, *NEARLY])
def test_nothing_but_the_picture_is_kept(name: str) -> None:
    data = (KEPT | NEARLY)[name]()
    kept = without_metadata(data, PHOTO_BYTES)
    assert SECRET not in kept
    exif = Image.open(io.BytesIO(kept)).getexif()
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert set(exif) <= {ExifTags.Base.Orientation}
    before, after = open_photo(data), open_photo(kept)
    apart = np.abs(before.pixels.astype(int) - after.pixels)
    assert apart.max() == 0 if name in KEPT else apart.mean() < 2
    assert after.profile == before.profile
    if name.startswith(("JPEG", "PNG", "WebP")):
        assert after.notes == before.notes
    assert without_metadata(kept, PHOTO_BYTES) == kept or name in NEARLY


def test_what_is_transparent_stays_so() -> None:
    half = picture().convert("RGBA")
    half.putalpha(128)
    for kind in ("PNG", "WEBP", "AVIF"):
        after = open_photo(without_metadata(encoded(half, kind, exif=told()), PHOTO_BYTES))
        assert after.alpha is not None
        assert abs(int(after.alpha[0, 0]) - 128) <= 1


def test_a_file_that_decoders_forgive_is_written_anew() -> None:
    data = jpeg()
    scan = data.index(b"\xff\xda")
    broken = data[:scan] + b"\0\0" + data[scan:]  # bytes between two segments, which libjpeg skips
    kept = without_metadata(broken, PHOTO_BYTES)
    assert SECRET not in kept
    assert np.array_equal(open_photo(kept).pixels, open_photo(broken).pixels)


def test_a_large_file_that_is_written_anew_is_a_jpeg() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    assert without_metadata(encoded(noise, "TIFF"), 5000)[:2] == b"\xff\xd8"

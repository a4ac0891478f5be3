"""Photographs at full size: whatever the file is, it opens as it should, or is refused by a sentence; and out again."""

from __future__ import annotations

import io
import json
import pickle
import re
import signal
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from picture_files import (
    DEEP,
    HEIC,
    chunks_of,
    encoded,
    grey_profile,
    heic_with,
    ink_profile,
    interlaced_png,
    png,
    png_chunk,
    segments_of,
    tiff,
    wide_profile,
)
from PIL import EpsImagePlugin, ExifTags, Image

from ae_core.data.upload import UploadRejected
from ae_core.data.upload.avif_bits import bits_of
from ae_core.data.upload.colour_profile import kept_profile
from ae_core.data.upload.jpeg_scans import count_scans
from ae_core.data.upload.photo import PHOTO_BYTES, PHOTO_PIXELS, Photo, open_photo
from ae_core.data.upload.photo_files import PhotoTooLong, as_jpeg, as_png

pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow warns of some damage that it can read past
_MOST_SECONDS = 60


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """End a test that hangs. What it raises is no Exception, so that nothing takes it for a damaged file."""

    def stop(*_: object) -> None:
        pytest.fail(f"it took longer than {_MOST_SECONDS} s")

    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_MOST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def colours(width: int = 48, height: int = 32) -> Image.Image:
    """A smooth picture in colour in which no two corners are alike."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([x * 255 // width, y * 255 // height, 255 - x * 200 // width], 2).astype(np.uint8))


def greys(width: int = 48, height: int = 32) -> Image.Image:
    return colours(width, height).getchannel(0)


def see_through() -> Image.Image:
    """A picture in colour whose left half is transparent; there too it has colours."""
    image = colours()
    alpha = np.full((32, 48), 255, np.uint8)
    alpha[:, :24] = 0
    alpha[:, 20:24] = 90
    image.putalpha(Image.fromarray(alpha))
    return image


def palette(**options: object) -> bytes:
    image = Image.new("P", (48, 32), 1)
    image.putpalette([0, 0, 255, 255, 0, 0])
    image.paste(0, (0, 0, 24, 32))
    return encoded(image, "PNG", **options)


def exif_of(**tags: object) -> Image.Exif:
    exif = Image.Exif()
    for name, value in tags.items():
        exif[ExifTags.Base[name]] = value
    return exif


def with_gps() -> Image.Exif:
    exif = exif_of(Make="Camera", ImageDescription="secret words")
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 31.0, 12.0)})
    return exif


def frames(format: str, **options: object) -> bytes:
    pictures = [Image.new("RGB", (48, 32), colour) for colour in ("red", "blue", "lime")]
    return encoded(pictures[0], format, save_all=True, append_images=pictures[1:], **options)


def floats(*values: float) -> bytes:
    pixels = np.tile(np.array(values, np.float32), (32, 48 // len(values)))
    return encoded(Image.fromarray(pixels), "TIFF")


def icc_bomb() -> bytes:
    body = b"bomb\0\0" + zlib.compress(bytes(200 << 20), 9)
    return png(8, 8, bytes(9 * 8), before=[png_chunk(b"iCCP", body)])


def text_bomb() -> bytes:
    return png(8, 8, bytes(9 * 8), before=[png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(200 << 20), 9))])


def many_text_bombs() -> bytes:
    chunk = png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1000 << 10), 9))
    return png(8, 8, bytes(9 * 8), before=[chunk] * 2000)


def zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(name, data)
    return file.getvalue()


def huge_tiles() -> bytes:
    tags = {256: 64, 257: 64, 258: 8, 259: 5, 262: 1, 277: 1, 322: 40_000, 323: 40_000, 324: 200, 325: 30}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(100)


def huge_webp() -> bytes:
    data = bytearray(encoded(colours(), "WEBP", lossless=True))
    assert data[12:16] == b"VP8L"
    data[21:25] = b"\xff\xff\xff" + bytes([data[24] | 0x0F])  # 14 bits of width and 14 of height
    return bytes(data)


def many_scans() -> bytes:
    data = encoded(Image.new("L", (2000, 2000), 200), "JPEG", progressive=True)
    last = data[data.rfind(b"\xff\xda") : -2]
    return data[:-2] + last * 5000 + data[-2:]


def bmp(width: int, height: int, bits: int = 24, header: int = 40) -> bytes:
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info + bytes(60)


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


# ---------------------------------------------------------------------------------------------------- the table


@dataclass(frozen=True)
class Opens:
    """A file that opens, and as what: its size, whether it is grey or has transparency, and notes that it has."""

    make: Callable[[], bytes]
    size: tuple[int, int] = (48, 32)
    grey: bool = False
    alpha: bool = False
    notes: tuple[str, ...] = ()
    first: tuple[int, ...] | None = None  # the upper left pixel
    near: int = 0  # how far it may be off


@dataclass(frozen=True)
class Refused:
    """A file that is refused, by a sentence that matches."""

    make: Callable[[], bytes]
    sentence: str


NO_PICTURE = "not a picture the lab can read"
DAMAGED = "damaged or incomplete"
TOO_LARGE = "more than the 24 million"
RGB16 = struct.pack(">6H", 255, 256, 65535, 511, 512, 128)

OPENS: dict[str, Opens] = {
    "PNG": Opens(lambda: encoded(colours(), "PNG"), first=(0, 0, 255)),
    "PNG, interlaced": Opens(lambda: interlaced_png(np.asarray(greys())), grey=True, first=(0,)),
    "PNG, grey": Opens(lambda: encoded(greys(), "PNG"), grey=True, first=(0,)),
    "PNG of equal colours": Opens(lambda: encoded(greys().convert("RGB"), "PNG"), first=(0, 0, 0)),
    "PNG, grey of 16 bits": Opens(
        lambda: png(2, 1, b"\0" + struct.pack(">HH", 65407, 129), depth=16),
        (2, 1),
        grey=True,
        notes=("16 bits a pixel are rounded",),
        first=(255,),
    ),
    "PNG, grey of 16 bits, one transparent": Opens(
        lambda: png(2, 1, b"\0" + struct.pack(">HH", 1000, 65535), depth=16, before=[png_chunk(b"tRNS", b"\x03\xe8")]),
        (2, 1),
        grey=True,
        alpha=True,
        notes=("16 bits",),
    ),
    "PNG, grey with alpha of 16 bits": Opens(
        lambda: png(1, 1, b"\0" + struct.pack(">HH", 25700, 257), depth=16, kind=4),
        (1, 1),
        grey=True,
        alpha=True,
        notes=("16 bits a colour",),
        first=(100,),
    ),
    "PNG, RGB of 16 bits": Opens(
        lambda: png(2, 1, b"\0" + RGB16, depth=16, kind=2),
        (2, 1),
        notes=("16 bits a colour are cut",),
        first=(0, 1, 255),
    ),
    "PNG, RGB of 16 bits, one transparent": Opens(
        lambda: png(2, 1, b"\0" + RGB16, depth=16, kind=2, before=[png_chunk(b"tRNS", RGB16[:6])]),
        (2, 1),
        alpha=True,
        notes=("16 bits a colour",),
    ),
    "PNG, RGB, one transparent": Opens(
        lambda: encoded(Image.new("RGB", (48, 32), (9, 8, 7)), "PNG", transparency=(9, 8, 7)),
        alpha=True,
        first=(9, 8, 7),
    ),
    "PNG, grey of 4 bits, one transparent": Opens(
        lambda: png(2, 1, b"\0\xf0", depth=4, before=[png_chunk(b"tRNS", b"\0\x0f")]), (2, 1), grey=True, alpha=True
    ),
    "PNG, grey of 2 bits, one transparent": Opens(
        lambda: png(2, 1, b"\0\x60", depth=2, before=[png_chunk(b"tRNS", b"\0\x01")]), (2, 1), grey=True, alpha=True
    ),
    "PNG of 1 bit": Opens(lambda: encoded(greys().convert("1"), "PNG"), grey=True),
    "PNG of 1 bit, one transparent": Opens(
        lambda: png(2, 1, b"\0\x80", depth=1, before=[png_chunk(b"tRNS", b"\0\x01")]), (2, 1), grey=True, alpha=True
    ),
    "PNG, palette": Opens(palette, notes=("palette",), first=(0, 0, 255)),
    "PNG, palette with a clear colour": Opens(
        lambda: palette(transparency=0), alpha=True, notes=("palette",), first=(0, 0, 255)
    ),
    "PNG, palette with half-clear colours": Opens(
        lambda: palette(transparency=b"\x40\x80"), alpha=True, first=(0, 0, 255), notes=("palette",)
    ),
    "PNG, LA": Opens(lambda: encoded(see_through().convert("LA"), "PNG"), grey=True, alpha=True),
    "PNG, RGBA": Opens(lambda: encoded(see_through(), "PNG"), alpha=True, first=(0, 0, 255)),
    "PNG, RGBA, opaque": Opens(lambda: encoded(colours().convert("RGBA"), "PNG"), notes=("opaque throughout",)),
    "PNG with a profile": Opens(
        lambda: encoded(colours(), "PNG", icc_profile=wide_profile()),
        notes=("“A wide screen”, is kept",),
        first=(0, 0, 255),
    ),
    "PNG, grey with a profile": Opens(
        lambda: encoded(greys(), "PNG", icc_profile=grey_profile()), grey=True, notes=("“Dot gain”, is kept",)
    ),
    "PNG, grey with a profile for colours": Opens(
        lambda: encoded(greys(), "PNG", icc_profile=wide_profile()), grey=True, notes=("pixels of another kind",)
    ),
    "PNG with a broken profile": Opens(
        lambda: encoded(colours(), "PNG", icc_profile=wide_profile()[:200]), notes=("profile is damaged",)
    ),
    "APNG": Opens(lambda: frames("PNG"), notes=("first of several",), first=(255, 0, 0)),
    "JPEG": Opens(lambda: encoded(colours(), "JPEG", quality=95), first=(0, 0, 255), near=9),
    "JPEG, grey": Opens(lambda: encoded(greys(), "JPEG"), grey=True),
    "JPEG, progressive": Opens(lambda: encoded(colours(), "JPEG", progressive=True)),
    "JPEG, CMYK": Opens(  # as Adobe's programs write it, with inverted values
        lambda: encoded(Image.new("CMYK", (48, 32), (255, 0, 0, 0)), "JPEG", quality=95),
        notes=("CMYK turned into red, green and blue, without a profile",),
        first=(0, 255, 255),
        near=3,
    ),
    "JPEG, CMYK with a profile": Opens(
        lambda: encoded(Image.new("CMYK", (48, 32), (255, 0, 0, 0)), "JPEG", quality=95, icc_profile=ink_profile()),
        notes=("CMYK turned into sRGB by its colour profile, “Grey press”",),
        first=(119, 119, 119),
        near=3,
    ),
    "JPEG, CMYK with a broken profile": Opens(
        lambda: encoded(Image.new("CMYK", (48, 32)), "JPEG", icc_profile=ink_profile()[:300]),
        notes=("profile is damaged",),
    ),
    "JPEG of a phone, a map behind it": Opens(
        lambda: encoded(colours(), "MPO", save_all=True, append_images=[colours()]), first=(0, 0, 255), near=20
    ),
    "JPEG of a phone, a film behind it": Opens(
        lambda: encoded(Image.new("L", (6000, 4000)), "JPEG") + b"\0\0\0\x18ftypmp42" + b"\xff\xda12" * 5000,
        (6000, 4000),
        grey=True,
    ),
    "JPEG with GPS": Opens(lambda: encoded(colours(), "JPEG", exif=with_gps(), comment=b"secret words")),
    "JPEG with a broken EXIF": Opens(
        lambda: encoded(colours(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(9))
    ),
    "JPEG with an orientation that there is not": Opens(
        lambda: encoded(colours(), "JPEG", exif=exif_of(Orientation=77))
    ),
    "GIF": Opens(lambda: encoded(colours(), "GIF"), notes=("palette",)),
    "GIF, moving": Opens(lambda: frames("GIF"), notes=("first of several", "palette"), first=(255, 0, 0)),
    "GIF with a clear colour": Opens(lambda: encoded(see_through(), "GIF"), alpha=True, notes=("palette",)),
    "WebP": Opens(lambda: encoded(colours(), "WEBP", lossless=True), first=(0, 0, 255)),
    "WebP, RGBA": Opens(
        lambda: encoded(see_through(), "WEBP", lossless=True, exact=True), alpha=True, first=(0, 0, 255)
    ),
    "WebP, moving": Opens(lambda: frames("WEBP", lossless=True), notes=("first of several",), first=(255, 0, 0)),
    "BMP": Opens(lambda: encoded(colours(), "BMP"), first=(0, 0, 255)),
    "BMP, grey": Opens(lambda: encoded(greys(), "BMP"), grey=True),
    "AVIF": Opens(lambda: encoded(colours(), "AVIF", quality=95), first=(0, 0, 255), near=20),
    "AVIF, RGBA": Opens(lambda: encoded(see_through(), "AVIF"), alpha=True),
    "AVIF, moving": Opens(lambda: frames("AVIF"), notes=("first of several",)),
    "HEIC": Opens(lambda: HEIC, (64, 48), first=(255, 255, 255), near=15),
    "HEIC with a profile": Opens(lambda: heic_with(wide_profile()), (64, 48), notes=("“A wide screen”, is kept",)),
    **{
        f"{format} of {bits} bits": Opens(
            lambda data=data: data,
            (32, 24),
            notes=(f"Its {bits} bits a colour are cut to 8",),
            first=(4, 1, 170),
            near=8,
        )
        for (format, bits), data in DEEP.items()
    },
    "TIFF": Opens(lambda: encoded(colours(), "TIFF"), first=(0, 0, 255)),
    "TIFF, LZW": Opens(lambda: encoded(colours(), "TIFF", compression="tiff_lzw"), first=(0, 0, 255)),
    "TIFF of several pages": Opens(lambda: frames("TIFF"), notes=("first of several",), first=(255, 0, 0)),
    "TIFF, CMYK": Opens(
        lambda: encoded(Image.new("CMYK", (48, 32), (0, 255, 0, 0)), "TIFF"), notes=("CMYK",), first=(255, 0, 255)
    ),
    "TIFF, CMYK with a profile": Opens(
        lambda: encoded(Image.new("CMYK", (48, 32), (255, 0, 0, 255)), "TIFF", icc_profile=ink_profile()),
        notes=("Grey press",),
        first=(0, 0, 0),
    ),
    "TIFF, Lab": Opens(  # red, whose Lab is 54, 81, 70
        lambda: tiff(2, 1, bytes([138, 81, 70] * 2), samples=3, bits=8, kind=8),
        (2, 1),
        notes=("Lab turned",),
        first=(254, 0, 0),
        near=6,
    ),
    "TIFF, YCbCr": Opens(
        lambda: tiff(2, 1, bytes([76, 85, 255] * 2), samples=3, bits=8, kind=6, tag_530=0x00010001),
        (2, 1),
        notes=("YCbCr turned",),
        first=(254, 0, 0),
        near=2,
    ),
    "TIFF, RGB of 16 bits": Opens(
        lambda: tiff(2, 1, struct.pack("<6H", *[514] * 6), samples=3, bits=16, kind=2),
        (2, 1),
        notes=("16 bits a colour",),
        first=(2, 2, 2),
    ),
    "TIFF, grey of 16 bits": Opens(
        lambda: encoded(Image.fromarray(np.full((32, 48), 25_700, np.uint16)), "TIFF"),
        grey=True,
        first=(100,),
        notes=("16 bits a pixel",),
    ),
    "TIFF, RGBX": Opens(
        lambda: tiff(1, 1, bytes([9, 8, 7, 0]), samples=4, bits=8, kind=2, tag_338=0), (1, 1), first=(9, 8, 7)
    ),
    "TIFF, colours times alpha": Opens(
        lambda: tiff(1, 1, bytes([50, 25, 0, 128]), samples=4, bits=8, kind=2, tag_338=1),
        (1, 1),
        alpha=True,
        first=(100, 50, 0),
        near=1,
        notes=("divided by the alpha",),
    ),
    "TIFF, grey times alpha": Opens(
        lambda: tiff(1, 1, bytes([50, 128]), samples=2, bits=8, kind=1, tag_338=1),
        (1, 1),
        grey=True,
        alpha=True,
        first=(100,),
        near=1,
        notes=("divided by the alpha",),
    ),
    "TIFF, palette with alpha": Opens(
        lambda: encoded(Image.merge("PA", (greys().convert("P"), greys().point(lambda v: v // 2))), "TIFF"),
        alpha=True,
        notes=("palette",),
    ),
    "TIFF of 32 bits": Opens(
        lambda: encoded(Image.fromarray(np.tile(np.array([-7, 0], np.int32), (32, 24))), "TIFF"),
        grey=True,
        notes=("-7 to 0, are scaled",),
        first=(0,),
    ),
    "TIFF, floats to 1": Opens(lambda: floats(0.4, 0.2), grey=True, notes=("from 0 to 1",), first=(102,)),
    "TIFF, floats beyond": Opens(lambda: floats(50, -50), grey=True, notes=("-50 to 50, are scaled",), first=(255,)),
    "TIFF, floats and none": Opens(
        lambda: floats(np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 0),
        grey=True,
        first=(0,),
        notes=("-3.4e+38 to 3.4e+38, are scaled",),
    ),
    "TIFF, no numbers at all": Opens(lambda: floats(np.nan, np.inf), grey=True, notes=("from 0 to 1",)),
    "1 x 1": Opens(lambda: encoded(colours(1, 1), "PNG"), (1, 1)),
    "1 x 700": Opens(lambda: encoded(colours(1, 700), "JPEG"), (1, 700)),
    "700 x 1": Opens(lambda: encoded(colours(700, 1), "WEBP", lossless=True), (700, 1)),
    "a panorama": Opens(lambda: encoded(colours(20_000, 3), "JPEG", quality=95), (20_000, 3)),
    "a wrong extension": Opens(lambda: encoded(colours(), "WEBP", lossless=True)),  # the bytes say what it is
    "all pixels that are allowed": Opens(
        lambda: encoded(Image.new("L", (6000, 4100), 7), "PNG"), (6000, 4100), grey=True
    ),
    **{
        f"24 megapixels of {width} x {height}": Opens(
            lambda size=(width, height): encoded(Image.new("L", size, 7), "JPEG"), (width, height), grey=True
        )
        for width, height in ((6016, 4016), (6048, 4024), (6048, 4032), (5664, 4248), (5712, 4284))
    },
    "all bytes that are allowed": Opens(lambda: encoded(colours(), "PNG").ljust(PHOTO_BYTES, b"\0")),
}

REFUSED: dict[str, Refused] = {
    "nothing": Refused(lambda: b"", "is empty"),
    "one byte": Refused(lambda: b"\xff", NO_PICTURE),
    "text": Refused(lambda: b"Dear sir or madam, please find attached a picture of my cat.", NO_PICTURE),
    "HTML": Refused(lambda: b"<!doctype html><img src='cat.png'>", NO_PICTURE),
    "SVG": Refused(lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="5"/></svg>', "SVG.*screenshot"),
    "PDF": Refused(lambda: b"%PDF-1.7\n1 0 obj", "PDF.*screenshot"),
    "zip": Refused(lambda: zipped("cat.png", encoded(colours(), "PNG")), NO_PICTURE),
    "a PyTorch file": Refused(lambda: zipped("archive/data.pkl", pickle.dumps({"weight": 1})), "PyTorch file"),
    "an old PyTorch file": Refused(lambda: pickle.dumps({"weight": 1}, protocol=2), "PyTorch file"),
    "a film": Refused(lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500), "a film"),
    "noise": Refused(lambda: np.random.default_rng(0).bytes(5000), NO_PICTURE),
    "ICO": Refused(lambda: encoded(colours(), "ICO"), NO_PICTURE),
    "JPEG 2000": Refused(lambda: encoded(colours(), "JPEG2000"), NO_PICTURE),
    "PSD": Refused(lambda: b"8BPS\0\x01" + bytes(6) + struct.pack(">HIIHH", 3, 32, 48, 8, 3) + bytes(500), NO_PICTURE),
    "EPS": Refused(lambda: encoded(colours(), "EPS"), NO_PICTURE),
    "PNG, its header alone": Refused(lambda: encoded(colours(), "PNG")[:33], NO_PICTURE),
    "JPEG, its header alone": Refused(lambda: encoded(colours(), "JPEG")[:20], f"{DAMAGED}|{NO_PICTURE}"),
    "JPEG without its end": Refused(lambda: encoded(Image.effect_noise((64, 64), 90), "JPEG")[:-2], DAMAGED),
    "WebP with a bad chunk": Refused(
        lambda: replaced(encoded(colours(), "WEBP", lossless=True), b"VP8L", b"VP8?"), f"{DAMAGED}|{NO_PICTURE}"
    ),
    "a PNG of 60000 x 60000": Refused(lambda: png(60_000, 60_000, bytes(100)), "60000 × 60000|enormous"),
    "a PNG of all that a header can say": Refused(lambda: png(2**31 - 1, 2**31 - 1, bytes(100)), TOO_LARGE),
    "a PNG of zeros": Refused(lambda: png(9000, 9000, bytes(9001 * 9000)), "9000 × 9000"),
    "a row too many": Refused(lambda: png(6000, 4101, bytes(100)), "6000 × 4101 pixels, more than the 24 million"),
    "a byte too many": Refused(lambda: encoded(colours(), "PNG").ljust(PHOTO_BYTES + 1, b"\0"), "more than the 25 MB"),
    "a GIF with a huge screen": Refused(
        lambda: encoded(colours(), "GIF")[:6] + b"\xff\xff\xff\xff" + encoded(colours(), "GIF")[10:], TOO_LARGE
    ),
    "a WebP as large as there can be": Refused(huge_webp, TOO_LARGE),
    "a TIFF of huge tiles": Refused(huge_tiles, "tiles of 40000 × 40000"),
    "a TIFF of a huge size": Refused(lambda: tiff(50_000, 50_000, bytes(9), samples=1, bits=8, kind=1), TOO_LARGE),
    "a JPEG of thousands of scans": Refused(many_scans, "so many passes"),
    "a bomb for a profile": Refused(icc_bomb, DAMAGED),
    "a bomb for a text": Refused(text_bomb, DAMAGED),
    "bombs for texts": Refused(many_text_bombs, DAMAGED),
    "a BMP of a huge size": Refused(lambda: bmp(2**31 - 1, 2**31 - 1), TOO_LARGE),
    "a BMP of a size below zero": Refused(lambda: bmp(-5, 9), "enormous"),
    "a BMP with a huge header": Refused(lambda: bmp(48, 32, header=2**31), f"{DAMAGED}|{NO_PICTURE}"),
    "a BMP of 99 bits": Refused(lambda: bmp(48, 32, bits=99), f"{DAMAGED}|{NO_PICTURE}"),
}


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(OPENS) + len(REFUSED) >= 100


@pytest.mark.parametrize("name", OPENS)
def test_it_opens(name: str) -> None:
    expected = OPENS[name]
    photo = open_photo(expected.make())
    width, height = expected.size
    assert photo.pixels.shape == (height, width, 1 if expected.grey else 3)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.writeable
    assert (photo.alpha is not None) == expected.alpha
    if photo.alpha is not None:
        assert photo.alpha.shape == (height, width)
        assert photo.alpha.dtype == np.uint8
        assert photo.alpha.min() < 255
    notes = expected.notes + ("transparency is kept",) * expected.alpha
    assert len(photo.notes) == len(notes), photo.notes
    for said, words in zip(photo.notes, notes, strict=True):
        assert words in said
        assert re.fullmatch(r"[A-Z].*\.", said)
    if expected.first is not None:
        assert np.abs(photo.pixels[0, 0].astype(int) - expected.first).max() <= expected.near


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *given, **named: called.append(given))
    with pytest.raises(UploadRejected, match=rf"(?s)^[A-Z].*({REFUSED[name].sentence}).*[Pp]lease.*\.$"):
        open_photo(REFUSED[name].make())
    assert called == []


def test_no_refusal_takes_much_memory_or_time(tmp_path: Path) -> None:
    """In a process of its own, so that what it needed at most is its own, and that even a hang in C ends."""
    resource = pytest.importorskip("resource", reason="only Unix says how much memory a process took")
    del resource
    for number, refused in enumerate(REFUSED.values()):
        (tmp_path / f"{number:03}").write_bytes(refused.make())
    program = """
import json, resource, sys
from pathlib import Path
from ae_core.data.upload import UploadRejected
from ae_core.data.upload.photo import open_photo
taken = []
for path in sorted(Path(sys.argv[1]).iterdir()):
    data, before = path.read_bytes(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        open_photo(data)
    except UploadRejected:
        taken.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
print(json.dumps(taken))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=_MOST_SECONDS
    )
    assert done.returncode == 0, done.stderr
    unit = 1 if sys.platform == "darwin" else 1024
    taken = dict(zip(REFUSED, json.loads(done.stdout), strict=True))
    assert {name: amount for name, amount in taken.items() if amount * unit > 120 << 20} == {}


# -------------------------------------------------------------------------------------------- damage, of any kind

WHOLE: dict[str, bytes] = {
    "PNG": encoded(see_through(), "PNG", icc_profile=wide_profile()),
    "PNG, palette": palette(transparency=b"\x40\x80"),
    "JPEG": encoded(colours(), "JPEG", exif=with_gps(), icc_profile=wide_profile()),
    "JPEG, progressive": encoded(colours(), "JPEG", progressive=True),
    "JPEG, CMYK": encoded(colours().convert("CMYK"), "JPEG", icc_profile=ink_profile()),
    "GIF": encoded(see_through(), "GIF"),
    "BMP": encoded(colours(), "BMP"),
    "TIFF": encoded(see_through(), "TIFF", compression="tiff_lzw", exif=exif_of(Orientation=6)),
    "TIFF, Lab": tiff(8, 8, bytes(range(192)), samples=3, bits=8, kind=8),
    "TIFF, floats": floats(0.5, -7, 1e30),
    "WebP": encoded(see_through(), "WEBP", icc_profile=wide_profile(), exif=exif_of(Orientation=3)),
    "AVIF": encoded(see_through(), "AVIF", icc_profile=wide_profile()),
}


def opened_or_refused(data: bytes) -> Photo | None:
    """The photograph, if it is one; any exception but a refusal is the caller's failure."""
    try:
        photo = open_photo(data)
    except UploadRejected:
        return None
    assert photo.pixels.shape[2] in (1, 3)
    assert photo.alpha is None or photo.alpha.shape == photo.pixels.shape[:2]
    for file in (as_png(photo), as_jpeg(photo)):
        assert Image.open(io.BytesIO(file)).size == photo.pixels.shape[1::-1]
    return photo


@pytest.mark.parametrize("name", [*WHOLE, "HEIC"])
def test_a_file_that_breaks_off_is_opened_or_refused(name: str) -> None:
    data = HEIC if name == "HEIC" else WHOLE[name]
    tenths = (2, 5, 9) if name == "HEIC" else range(10)  # which starts a process for each
    opened = [opened_or_refused(data[: len(data) * tenth // 10]) for tenth in tenths]
    assert opened[0] is None
    assert opened_or_refused(data) is not None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([*WHOLE]),
    flips=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.booleans(), st.integers(0, 255)), min_size=1, max_size=6
    ),
)
def test_bytes_that_are_wrong_never_raise_anything_but_a_refusal(
    name: str, flips: list[tuple[float, bool, int]]
) -> None:
    data = bytearray(WHOLE[name])
    for share, in_header, value in flips:
        data[int(share * (min(200, len(data)) if in_header else len(data)))] = value
    opened_or_refused(bytes(data))


@pytest.mark.parametrize("error", [SyntaxError, struct.error, zlib.error, MemoryError, RecursionError, AssertionError])
@pytest.mark.parametrize(
    "where", ["PIL.Image.open", "ae_core.data.upload.photo.upright", "ae_core.data.upload.photo.kept_profile"]
)
def test_whatever_goes_wrong_inside_becomes_a_refusal(
    monkeypatch: pytest.MonkeyPatch, where: str, error: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error("deep inside")

    data = encoded(colours(), "PNG")
    monkeypatch.setattr(where, fail)
    with pytest.raises(UploadRejected, match="Please"):
        open_photo(data)


def test_scans_are_counted_as_a_decoder_meets_them() -> None:
    plain, progressive = (encoded(colours(), "JPEG", progressive=many) for many in (False, True))
    assert count_scans(plain) == 1
    assert count_scans(progressive) == progressive.count(b"\xff\xda") > 5  # this small one has none by chance
    in_a_comment = encoded(colours(), "JPEG", comment=b"\xff\xda" * 50)
    assert count_scans(in_a_comment) == count_scans(plain + b"\xff\xda" * 50) == 1
    assert count_scans(plain[:-2] + b"\xff\xd0\xff\xff\xda\0\x02" * 3) == 4
    assert count_scans(b"\xff") == count_scans(b"") == 0


# ------------------------------------------------------------------------------------------------------- upright

RED, LIME, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
STORED = {  # how a camera stores an upright picture, by its tag
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: np.swapaxes(a, 0, 1),
    6: np.rot90,
    7: lambda a: np.rot90(np.swapaxes(a, 0, 1), 2),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize(
    "options", [{}, {"compression": "tiff_lzw"}, {"quality": 100}, {"lossless": True}, {"quality": 95}]
)
@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_gives_the_same_upright_picture(
    orientation: int, options: dict[str, object], request: pytest.FixtureRequest
) -> None:
    format = {"compression": "TIFF", "lossless": "WEBP"}.get(next(iter(options), ""), "PNG")
    format = {"quality": "JPEG" if options.get("quality") == 100 else "AVIF"}.get(next(iter(options), ""), format)
    upright = np.zeros((32, 64, 3), np.uint8)
    upright[:16, :32], upright[:16, 32:], upright[16:, :32], upright[16:, 32:] = RED, LIME, BLUE, WHITE
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](upright)))
    photo = open_photo(encoded(stored, format, exif=exif_of(Orientation=orientation), **options))
    assert photo.pixels.shape == upright.shape
    corners = photo.pixels[[4, 4, -4, -4], [4, -4, 4, -4]].astype(int)
    assert np.abs(corners - [RED, LIME, BLUE, WHITE]).max() < 12
    assert any("as the camera's orientation tag says" in note for note in photo.notes) == (orientation != 1)


def test_transparency_is_turned_with_the_picture() -> None:
    turned = see_through().transpose(Image.Transpose.ROTATE_90)
    photo = open_photo(encoded(turned, "PNG", exif=exif_of(Orientation=6)))
    assert photo.alpha is not None
    np.testing.assert_array_equal(np.dstack([photo.pixels, photo.alpha]), np.asarray(see_through()))


# ------------------------------------------------------------------------------------------------------- values


def test_sixteen_bits_of_grey_are_rounded_to_the_nearest_level() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for format in ("PNG", "TIFF"):
        pixels = open_photo(encoded(Image.fromarray(values), format)).pixels[..., 0]
        np.testing.assert_array_equal(pixels, (values / 257).round())


@pytest.mark.parametrize("bits", [10, 12])
def test_the_bits_of_an_avif_are_those_of_its_main_picture_however_the_file_says_so(bits: int) -> None:
    data = DEEP["AVIF", bits]
    assert bits_of(data) == bits
    without = data.replace(b"pixi", b"free")  # then its decoder's settings say it
    assert bits_of(without) == bits
    assert bits_of(replaced(without, b"av1C", b"free")) == 8
    assert bits_of(encoded(see_through(), "AVIF")) == 8


def test_the_bits_of_a_damaged_avif_are_those_of_any() -> None:
    data = DEEP["AVIF", 10]
    assert {bits_of(data[:length]) for length in range(len(data))} <= {8, 10}
    for place in range(250):
        for value in (0, 1, 255):
            assert 0 <= bits_of(data[:place] + bytes([value]) + data[place + 1 :]) <= 255
    assert bits_of(b"\0\0\0\x08free" * 1_000_000 + data) == 8  # nobody looks that far


def test_what_is_transparent_is_what_the_file_says() -> None:
    cases = {
        "PNG, grey of 16 bits, one transparent": [0, 255],
        "PNG, RGB of 16 bits, one transparent": [0, 255],
        "PNG, grey of 4 bits, one transparent": [0, 255],
        "PNG, grey of 2 bits, one transparent": [0, 255],
        "PNG of 1 bit, one transparent": [0, 255],
    }
    for name, alpha in cases.items():
        photo = open_photo(OPENS[name].make())
        assert photo.alpha is not None
        assert photo.alpha[0].tolist() == alpha, name


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_colours_under_full_transparency_are_not_altered(format: str) -> None:
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    photo = open_photo(encoded(see_through(), format, **options))
    np.testing.assert_array_equal(photo.pixels, np.asarray(see_through())[..., :3])


def test_a_profile_that_cannot_be_followed_is_no_profile() -> None:
    without_red = wide_profile().replace(b"rXYZ", b"qXYZ")
    assert kept_profile(without_red, "RGB") == (None, "Its colour profile is damaged and is ignored.")
    assert kept_profile(wide_profile() + bytes(1 << 20), "RGB")[0] is None
    assert kept_profile(wide_profile("a\u202eb"), "RGB")[0] is not None
    assert kept_profile(None, "RGB") == (None, "")


# ---------------------------------------------------------------------------------------------------- out again


@pytest.mark.parametrize(
    "name", ["PNG, RGBA", "PNG, LA", "PNG, grey with a profile", "PNG with a profile", "1 x 1", "1 x 700"]
)
def test_the_png_is_the_photograph_exactly(name: str) -> None:
    photo = open_photo(OPENS[name].make())
    again = open_photo(as_png(photo))
    np.testing.assert_array_equal(again.pixels, photo.pixels)
    assert (again.alpha is None) == (photo.alpha is None)
    if photo.alpha is not None:
        np.testing.assert_array_equal(again.alpha, photo.alpha)
    assert again.profile == photo.profile


@pytest.mark.parametrize("name", ["PNG with a profile", "PNG, grey with a profile", "JPEG", "JPEG, grey"])
def test_the_jpeg_is_the_photograph_nearly(name: str) -> None:
    photo = open_photo(OPENS[name].make())
    again = open_photo(as_jpeg(photo))
    assert again.pixels.shape == photo.pixels.shape
    assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 1.5
    assert again.profile == photo.profile
    sampled = Image.open(io.BytesIO(as_jpeg(photo)))
    assert {layer[1:3] for layer in sampled.layer} == {(1, 1)}  # type: ignore[attr-defined]


def test_a_better_quality_is_nearer_and_larger() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    files = [as_jpeg(Photo(noise), quality) for quality in (30, 95)]
    errors = [np.abs(open_photo(file).pixels.astype(int) - noise).mean() for file in files]
    assert len(files[0]) < len(files[1])
    assert errors[1] < errors[0] / 3


def test_a_jpeg_is_white_where_the_photograph_is_transparent() -> None:
    pixels, alpha = np.zeros((16, 48, 3), np.uint8), np.zeros((16, 48), np.uint8)
    alpha[:, 16:32], alpha[:, 32:] = 128, 255
    colour = open_photo(as_jpeg(Photo(pixels, alpha))).pixels
    grey = open_photo(as_jpeg(Photo(pixels[..., :1], alpha))).pixels
    for seen in (colour[8, [8, 24, 40], 0], grey[8, [8, 24, 40], 0]):
        assert np.abs(seen.astype(int) - [255, 127, 0]).max() <= 2


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_nothing_goes_out_but_the_pixels_and_their_profile(format: str) -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>secret words</x:xmpmeta>"
    options = {"xmp": xmp} if format in ("JPEG", "WEBP") else {}
    data = encoded(colours(), format, exif=with_gps(), icc_profile=wide_profile(), **options)
    assert b"secret words" in data
    photo = open_photo(data)
    out, out_jpeg = as_png(photo), as_jpeg(photo)
    assert set(chunks_of(out)) == {b"IHDR", b"iCCP", b"IDAT", b"IEND"}
    # JFIF's own header, the profile, tables and the frame; no EXIF or XMP (E1), Photoshop's (ED) or comment (FE)
    assert set(segments_of(out_jpeg)) == {0xE0, 0xE2, 0xDB, 0xC0, 0xC4}
    for file in (out, out_jpeg):
        again = Image.open(io.BytesIO(file))
        assert not again.getexif()
        assert again.info["icc_profile"] == wide_profile()
        assert set(again.info) <= {"icc_profile", "jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
        assert b"secret" not in file


def test_a_photograph_too_long_for_jpeg_is_refused_by_a_sentence() -> None:
    photo = Photo(np.zeros((1, 65_501, 3), np.uint8))
    with pytest.raises(PhotoTooLong, match="take the PNG"):
        as_jpeg(photo)
    assert open_photo(as_png(photo)).pixels.shape == photo.pixels.shape


def test_other_pixels_keep_the_transparency_and_the_profile_that_fits() -> None:
    photo = open_photo(encoded(see_through(), "PNG", icc_profile=wide_profile()))
    doubled = photo.holding(np.zeros((64, 96, 3), np.uint8))
    assert doubled.alpha is not None
    assert doubled.alpha.shape == (64, 96)
    assert doubled.alpha[:, :30].max() == 0
    assert doubled.alpha[:, 60:].min() == 255
    assert doubled.profile == photo.profile
    grey = open_photo(encoded(greys(), "PNG", icc_profile=grey_profile()))
    assert grey.holding(np.zeros((32, 48, 3), np.uint8)).profile is None
    assert grey.holding(np.zeros((32, 48, 1), np.uint8)).profile == grey.profile


def test_the_bounds_are_those_that_are_said() -> None:
    assert (PHOTO_BYTES, PHOTO_PIXELS) == (25 << 20, 24_600_000)

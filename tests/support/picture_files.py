"""Files of pictures that the tests make: of every format, as cameras and other programs write them, and as an attacker does."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from PIL import Image

# A dark 7 on white, 64 x 48: nothing here writes HEIC, so a file of pillow-heif 1.4.0 is kept.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXttZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ACJpbG9jAAAAAERAAAEAAQAAAAABnwABAAAAAAAAAR4AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRt"
    "AAAAAAABAAAA+2lwcnAAAADbaXBjbwAAAHZodmNDAQNwAAAAAAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5j"
    "bHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAADnBp"
    "eGkAAAAAAQgAAAAYaXBtYQAAAAAAAAABAAEFgQIDBYQAAAEmbWRhdAAAARooAa9Yo6PAutu3nfOMRsWX5/lm+5Ox7p+vhobFjG5m"
    "5uCxThOpxRtPoefQs4NX8qgscoIsI7OeCvvfwNzZBoECx+TlDop1Rfycq5Q9HurdhBWmKNadgzjMehXQoN38L8ReQi2eaKsu6Off"
    "THBQL+yyLdq2QAyWazRn//wmj3T/Tn6x8crEoWUvg1F2rHJXpeNdi4kwziS2R67DVniR7LABXiI88IVkLY9PLpM6tBg56BloiK4j"
    "NfpFZv+mJsTBQ3ZoLRsssTaQHKkLXymRJ37czyCIOf8lHArqGNGTzI+Cy2pF0FTptJYU5OnpImm1kR0pNdGUkMPvfiOTrB6De/GE"
    "PdCm7dEQnxE5lTOImNeOIFQ7tXhceeN/uRs="
)

# A slope in colour, 32 x 24, by the format and its bits: nothing here writes these, so files of pillow-heif 1.8.1 and
# imagecodecs 2026.3.6 are kept.
DEEP = {
    ("HEIC", 10): base64.b64decode(
        "AAAAHGZ0eXBoZWl4AAAAAG1pZjFoZWl4bWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJp"
        "bG9jAAAAAERAAAEAAQAAAAABoAABAAAAAAAAAHsAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAAB"
        "AAAA/GlwcnAAAADcaXBjbwAAAHVodmNDAQQIAAAAnbgAAAAAHvAA/P36+gAADwNgAAEAF0ABDAH//wQIAAADAJ24AAADAAAeugJAYQAB"
        "ACpCAQEECAAAAwCduAAAAwAAHqAggQTZbqrprm4CGgwIAAADAMgAAAMACEBiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAU"
        "aXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAIAAAAAEAAAAYAAAAAf///+AAAAAC////2AAAAAIAAAAQcGl4aQAAAAADCgoKAAAAGGlw"
        "bWEAAAAAAAAAAQABBYECAwWEAAAAg21kYXQAAAB3KAGvEyGtpOj1KigRwlImHTcHjzghc3220qbXx62++A9qJW3EOIraILHIXBUhgjvQ"
        "jjjX3PagtqXtPxWidZ/mr/nYp8GBzp1jA4mRX9DCp/kdugLnzxpsB4Ztol2SVIPQzVsgMEzo/tMXIRnwM9t9yGcubjPBM+A="
    ),
    ("AVIF", 10): base64.b64decode(
        "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAA"
        "AAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAARAAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFD"
        "b2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAIAAAABgAAAAQcGl4aQAAAAADCgoKAAAADGF2MUOBIEAAAAAAE2NvbHJu"
        "Y2x4AAIAAgAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAATG1kYXQSAAoIOBE/drAgIGkyNheCYwTDDDDPIoAAizS0BT3PxnETJaDN"
        "bERWPT/55F4do8tF6E2whzvEs2u/QdpKgn+MNAf9gA=="
    ),
    ("HEIC", 12): base64.b64decode(
        "AAAAGGZ0eXBoZWl4AAAAAG1pZjFoZWl4AAABe21ldGEAAAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAAAAAAAAAAAAAAAAAAAAAImlsb2MA"
        "AAAAREAAAQABAAAAAAGbAAEAAAAAAAAAdwAAACNpaW5mAAAAAAABAAAAFWluZmUCAAAAAAEAAGh2YzEAAAAADnBpdG0AAAAAAAEAAAD7"
        "aXBycAAAANtpcGNvAAAAdGh2Y0MBBAgAAACZuAAAAAAe8AD8/fz8AAAPA2AAAQAXQAEMAf//BAgAAAMAmbgAAAMAAB66AkBhAAEAKUIB"
        "AQQIAAADAJm4AAADAAAeoCCBBFKW6q6a5uAhoMCAAAAMgAAAAwCEYgABAAZEAcFzwYkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUA"
        "AAAAAAAAQAAAAEAAAAAoY2xhcAAAACAAAAABAAAAGAAAAAH////gAAAAAv///9gAAAACAAAAEHBpeGkAAAAAAwwMDAAAABhpcG1hAAAA"
        "AAAAAAEAAQWBAgMFhAAAAH9tZGF0AAAAcygBrxMhqpzo9SooEcJSJh03B484IXN9ttKm18etw6/YmfRfgKY1CuQWOQuCpDBNVm1P0LdZ"
        "6t0Tm5UEypC/hkr4DnTrGBcgznYlg6Tt0Bc+eNNgPBr0xI0JifTOHFJzWRR42WuqMhH8nSDIXmrzuM6fbT4="
    ),
    ("AVIF", 12): base64.b64decode(
        "AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAOttZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5w"
        "aXRtAAAAAAABAAAAHmlsb2MAAAAARAAAAQABAAAAAQAAAQ8AAABFAAAAKGlpbmYAAAAAAAEAAAAaaW5mZQIAAAAAAQAAYXYwMUNvbG9y"
        "AAAAAGppcHJwAAAAS2lwY28AAAAUaXNwZQAAAAAAAAAgAAAAGAAAABBwaXhpAAAAAAMMDAwAAAAMYXYxQ4FAYAAAAAATY29scm5jbHgA"
        "AgACAAaAAAAAF2lwbWEAAAAAAAAAAQABBAECgwQAAABNbWRhdBIACglYET92tAgIGiAyNheCYwTDDDDPIoAAizS0BT3PxnETJaDNbERW"
        "PT/55L+ho8tF6E2whzvEs2u/QdpKgn+MNAfCgA=="
    ),
}


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int,
    height: int,
    rows: bytes,
    *,
    depth: int = 8,
    kind: int = 0,
    interlaced: bool = False,
    before: Sequence[bytes] = (),
) -> bytes:
    """A PNG of whatever its header claims, with chunks before its pixels; kinds: 0 grey, 2 RGB, 4 grey with alpha."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    chunks = png_chunk(b"IHDR", header) + b"".join(before)
    chunks += png_chunk(b"IDAT", zlib.compress(rows, 9)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def interlaced_png(pixels: np.ndarray) -> bytes:
    """A grey PNG of pixels uint8 (H, W) in the seven passes of Adam7."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = [b"\0" + row.tobytes() for x, y, dx, dy in passes for row in pixels[y::dy, x::dx] if row.size]
    return png(pixels.shape[1], pixels.shape[0], b"".join(rows), interlaced=True)


def chunks_of(data: bytes) -> Iterator[bytes]:
    """The names of a PNG's chunks."""
    place = 8
    while place < len(data):
        yield data[place + 4 : place + 8]
        place += 12 + int.from_bytes(data[place : place + 4], "big")


def segments_of(data: bytes) -> Iterator[int]:
    """The markers of a JPEG's segments, up to its first scan."""
    place = 2
    while data[place + 1] != 0xDA:
        yield data[place + 1]
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")


def tiff(width: int, height: int, pixels: bytes, *, samples: int, bits: int, kind: int, **more: int) -> bytes:
    """An uncompressed TIFF of one strip; kinds: 1 grey, 2 RGB, 5 CMYK, 6 YCbCr, 8 Lab. ``more``: ``tag_338=1``."""
    values = {256: width, 257: height, 258: bits, 259: 1, 262: kind, 277: samples, 278: height}
    values |= {int(name.removeprefix("tag_")): value for name, value in more.items()}
    count = len(values) + 2
    behind = 8 + 2 + 12 * count + 4
    lists = {258: struct.pack(f"<{samples}H", *[bits] * samples)} if samples > 2 else {}
    entries = {tag: struct.pack("<HHII", tag, 3 if value < 65536 else 4, 1, value) for tag, value in values.items()}
    extra = b""
    if samples > 2:
        entries[258] = struct.pack("<HHII", 258, 3, samples, behind)
        extra = lists[258]
    elif samples == 2:
        entries[258] = struct.pack("<HHIHH", 258, 3, 2, bits, bits)
    entries[273] = struct.pack("<HHII", 273, 4, 1, behind + len(extra))
    entries[279] = struct.pack("<HHII", 279, 4, 1, len(pixels))
    table = b"".join(entries[tag] for tag in sorted(entries))
    return b"II*\0" + struct.pack("<IH", 8, count) + table + bytes(4) + extra + pixels


# --- Colour profiles ----------------------------------------------------------------------------------------


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _icc(kind: bytes, space: bytes, connection: bytes, name: str, tags: dict[bytes, bytes]) -> bytes:
    ascii = name.encode() + b"\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(ascii)) + ascii + bytes(4 + 4 + 2 + 1 + 67),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + _fixed(0.9642, 1, 0.8249),
        **tags,
    }
    place = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">I", len(tags)), b""
    for tag, body in tags.items():
        table += tag + struct.pack(">II", place + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    header = struct.pack(
        ">I4sI4s4s4s12s4s", place + len(bodies), bytes(4), 0x02400000, kind, space, connection, bytes(12), b"acsp"
    )
    header += bytes(28) + _fixed(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + table + bodies


_GAMMA = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256))


def wide_profile(name: str = "A wide screen") -> bytes:
    """An RGB profile with the primaries of Display P3."""
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    tags = {tag: b"XYZ " + bytes(4) + _fixed(*place) for tag, place in primaries.items()}
    return _icc(b"mntr", b"RGB ", b"XYZ ", name, tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _GAMMA))


def grey_profile() -> bytes:
    return _icc(b"mntr", b"GRAY", b"XYZ ", "Dot gain", {b"kTRC": _GAMMA})


def ink_profile() -> bytes:
    """A CMYK profile of a press whose inks are all grey: full cyan has a lightness of 50, which is 119 in sRGB."""
    ramp = bytes(range(256))
    lattice = b"".join(
        bytes([round(255 * (1 - black) * (1 - cyan / 2)), 128, 128]) for cyan, _, _, black in product((0, 1), repeat=4)
    )
    body = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + ramp * 4 + lattice + ramp * 3
    return _icc(b"prtr", b"CMYK", b"Lab ", "Grey press", {b"A2B0": body})


def heic_with(profile: bytes) -> bytes:
    """The HEIC with a colour profile in the place of the numbers that say that it is in sRGB."""
    start = HEIC.index(b"colrnclx") - 4
    end = start + int.from_bytes(HEIC[start : start + 4], "big")
    box = struct.pack(">I", 12 + len(profile)) + b"colrprof" + profile
    longer = len(box) - (end - start)
    data = bytearray(HEIC)
    for name in (b"meta", b"iprp", b"ipco"):  # the boxes that it lies in
        place = HEIC.index(name) - 4
        data[place : place + 4] = struct.pack(">I", int.from_bytes(data[place : place + 4], "big") + longer)
    place = HEIC.index(struct.pack(">I", HEIC.index(b"mdat") + 4))  # where the coded picture begins
    data[place : place + 4] = struct.pack(">I", HEIC.index(b"mdat") + 4 + longer)
    data[start:end] = box
    return bytes(data)

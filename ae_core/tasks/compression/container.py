"""The file: a header that says what decodes it, then the numbers. It may come from a stranger, and is read as such.

Version 1, 27 bytes beside the numbers: the letters ``AELZ``, the version, the key of the run's Config (8 bytes), the
start of the SHA-256 of its weights (4) and of its coder (4), the step (1), the number of images (1 for
up to 127, else 2), and of all that and the numbers the CRC-32 (4), which comes last.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass

from ae_core.errors import LabError
from ae_core.runs.run import Run

MAGIC, VERSION = b"AELZ", 1
MOST_IMAGES = 10_000
MAX_BYTES = 4 * 1024 * 1024
_FIXED = struct.Struct("<4sB8s4s4sB")
_CHECK = struct.Struct("<I")
HEADER_BYTES = _FIXED.size + 1 + _CHECK.size  # of a file of up to 127 images
STEPS = tuple(2 ** (place / 8 - 10) for place in range(160))  # from a thousandth to a thousand, eight to a doubling


class FileRejected(LabError):
    """A file that is no compressed file of the lab, or damaged, or of another run."""


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Attributes:
        run: the key of the Config of the run that decodes it, 16 hexadecimal digits.
        weights: four bytes that tell the run's weights from others.
        coder: four bytes that tell its coder from others.
        step: of the numbers, one of :data:`STEPS`.
        count: of images.
    """

    run: str
    weights: bytes
    coder: bytes
    step: float
    count: int


def weights_digest(run: Run) -> bytes:
    """Return four bytes that tell a run's weights from others."""
    state = run.model.state_dict()
    whole = hashlib.sha256()
    for name in sorted(state):
        whole.update(state[name].float().cpu().contiguous().numpy().tobytes())
    return whole.digest()[:4]


def to_file(header: Header, numbers: bytes) -> bytes:
    """Put a header before coded numbers."""
    fixed = _FIXED.pack(
        MAGIC, VERSION, bytes.fromhex(header.run), header.weights, header.coder, STEPS.index(header.step)
    )
    body = fixed + _varint(header.count) + numbers
    return body + _CHECK.pack(zlib.crc32(body))


def from_file(data: bytes) -> tuple[Header, bytes]:
    """Read a file's header, and return it with the coded numbers.

    Raises:
        FileRejected: it is no such file, or not whole, or says what no file of the lab says.
    """
    if len(data) > MAX_BYTES:
        raise FileRejected(f"A compressed file may be at most {MAX_BYTES // 2**20} MB; this file is larger.")
    if data[:4] != MAGIC:
        raise FileRejected("This is no compressed file of the lab. Upload one that was downloaded here.")
    if data[4:5] and data[4] != VERSION:
        raise FileRejected(f"This file is of version {data[4]}; this lab reads version {VERSION}. Update the lab.")
    body = data[: -_CHECK.size]
    if len(body) <= _FIXED.size or _CHECK.unpack(data[-_CHECK.size :])[0] != zlib.crc32(body):
        raise FileRejected("This file is damaged or cut short. Download it again and upload that.")
    _, _, run, weights, coder, place = _FIXED.unpack_from(body)
    count, start = _read_varint(body, _FIXED.size)
    if not 1 <= count <= MOST_IMAGES:
        raise FileRejected(f"A compressed file holds 1 to {MOST_IMAGES:,} images; this one says {count:,}.")
    if place >= len(STEPS):
        raise FileRejected("This file names a step that the lab does not have.")
    return Header(run.hex(), weights, coder, STEPS[place], count), body[start:]


def nearest_step(step: float) -> float:
    """Return the step that a file can name which is nearest to a wanted one, by ratio."""
    return min(STEPS, key=lambda known: max(known / step, step / known))


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _read_varint(data: bytes, start: int) -> tuple[int, int]:
    """Return a number of at most three bytes, and where it ends."""
    number = 0
    for place in range(3):
        byte = data[start + place : start + place + 1]
        if not byte:
            break
        number |= (byte[0] & 127) << 7 * place
        if byte[0] < 128:
            return number, start + place + 1
    raise FileRejected("This file does not say how many images it holds.")

"""The file: a header that names the run which decodes it, and the bytes of the range coder. It may come from a stranger."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch

from ae_core.errors import LabError
from ae_core.tasks.compression.coder import STEPS

MAGIC = b"AEC"
VERSION = 2  # 1 knew of no heaps
SUFFIX = ".aec"
MOST_IMAGES = 1000  # of a file
MOST_BYTES = 4_000_000
HEADER_BYTES = 25  # magic 3, version 1, key 8, weights 4, coder 4, check 2, step 1, count 2


class CompressedError(LabError):
    """A file that is no compressed file of this lab, not a whole one, or not one of this run."""


@dataclass(frozen=True)
class Header:
    """What a file says before its codes.

    Attributes:
        run: the key of the Config that was trained, 16 hexadecimal digits.
        weights: four bytes of a hash of the trained weights: the same Config may have been trained elsewhere.
        coder: what names the coder.
        check: two bytes of a checksum of the whole numbers.
        step: the number of the step that they are rounded to.
        count: how many images there are.
    """

    run: str
    weights: bytes
    coder: bytes
    check: bytes
    step: int
    count: int

    def to_bytes(self) -> bytes:
        """Write the header, :data:`HEADER_BYTES` long."""
        fields = bytes.fromhex(self.run) + self.weights + self.coder + self.check
        return MAGIC + bytes([VERSION]) + fields + bytes([self.step]) + self.count.to_bytes(2, "big")


def read(data: bytes) -> tuple[Header, bytes]:
    """Read a file: its header, and the bytes after it. Raises :class:`CompressedError` for what is none."""
    if len(data) > MOST_BYTES:
        raise CompressedError(f"A compressed file may be at most {MOST_BYTES / 1e6:.0f} MB; this one is larger.")
    if data[:3] != MAGIC:
        raise CompressedError(f"This is no file that Compress wrote: choose one that ends in {SUFFIX}.")
    if len(data) < HEADER_BYTES:
        raise CompressedError("This file is cut short: its header is not whole. Download it again.")
    if data[3] != VERSION:
        raise CompressedError(f"This file is of version {data[3]}; this lab reads version {VERSION}. Update the lab.")
    header = Header(
        data[4:12].hex(), data[12:16], data[16:20], data[20:22], data[22], int.from_bytes(data[23:25], "big")
    )
    if header.step >= STEPS or not 1 <= header.count <= MOST_IMAGES:
        raise CompressedError(
            f"This file is damaged: it says that it holds {header.count:,} images, at step {header.step}. Download it again."
        )
    return header, data[HEADER_BYTES:]


def weights_of(model: torch.nn.Module) -> bytes:
    """Return four bytes of a hash of a network's weights."""
    whole = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        whole.update(name.encode() + tensor.contiguous().cpu().numpy().tobytes())
    return whole.digest()[:4]

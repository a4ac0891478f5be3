"""Images to a compressed file and back, by any Codec and its coder."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ae_core.data.items import to_bytes, to_float
from ae_core.models.autoencoder import Autoencoder
from ae_core.models.codec import Codec
from ae_core.models.pca import PCACodec
from ae_core.runs.run import Run
from ae_core.tasks.compression import entropy
from ae_core.tasks.compression.coder import Coder
from ae_core.tasks.compression.container import MOST_IMAGES, CompressedError, Header, read, weights_of
from ae_core.tasks.compression.entropy import Symbols
from ae_core.tasks.compression.search import refined
from ae_core.tasks.compression.steady import one_thread

_CHUNK = 100  # images that are searched for at a time


@dataclass(frozen=True)
class Name:
    """What names a Codec in a file: the run's key, and a hash of its weights."""

    run: str
    weights: bytes

    @classmethod
    def of(cls, run: Run) -> Name:
        """Return what names a run."""
        return cls(run.config.key, weights_of(run.model))


def compressed(run: Run, coder: Coder, images: Tensor, step: int, *, search: bool = True) -> bytes:
    """Write images as a file that :func:`decompressed` reads.

    Args:
        run: whose autoencoder encodes them.
        coder: fitted for it.
        images: uint8 (N, C, H, W).
        step: the number of the step to round to, 0 the coarsest.
        search: whether better codes than the encoder's are searched for.

    Raises:
        CompressedError: there are none, or too many.
    """
    if not 1 <= len(images) <= MOST_IMAGES:
        raise CompressedError(f"A file holds 1 to {MOST_IMAGES:,} images; there were {len(images):,}.")
    return file_of(Name.of(run), coder, quantised(run.model, coder, images, step, search=search), step)


def decompressed(run: Run, coder: Coder, data: bytes) -> Tensor:
    """Read the images of a file, uint8 (N, C, H, W).

    Args:
        run: that the file names.
        coder: fitted for it.
        data: the file, which may come from a stranger.

    Raises:
        CompressedError: it is no such file, damaged, or written with another run or coder.
    """
    return from_file(Name.of(run), run.model, coder, data)


def from_file(name: Name, codec: Codec, coder: Coder, data: bytes) -> Tensor:
    """Read the images of a file, uint8 (N, C, H, W), by any Codec.

    Args:
        name: of the Codec.
        codec: that the file names.
        coder: fitted for it.
        data: the file, which may come from a stranger.

    Raises:
        CompressedError: it is no such file, damaged, or written with another Codec or coder.
    """
    header, payload = read(data)
    if (header.run, header.weights) != (name.run, name.weights):
        same = header.run == name.run
        raise CompressedError(
            f"This file was written with {'the same settings, trained elsewhere' if same else 'another run'} "
            f"({header.run}), and only that run can read it. Open it, and try again."
        )
    if header.coder != coder.digest:
        raise CompressedError(
            "This file was written with another coder of this run: one that was fitted on another machine, where sums are "
            "rounded otherwise. Take the coder from there, as a file."
        )
    symbols = _symbols(coder, header, payload)
    return decoded(codec, coder, symbols, header.step)


def file_of(name: Name, coder: Coder, symbols: Symbols, step: int) -> bytes:
    """Write whole numbers as a file.

    Args:
        name: of the Codec that they are codes of.
        coder: fitted for it.
        symbols: int32 (N, K).
        step: what they were rounded to.
    """
    header = Header(name.run, name.weights, coder.digest, _check(symbols), step, len(symbols))
    return header.to_bytes() + entropy.encode(symbols, coder.mixture(step))


@torch.no_grad()
def quantised(codec: Codec, coder: Coder, images: Tensor, step: int, *, search: bool) -> Symbols:
    """Return images as whole numbers (N, K).

    Args:
        codec: that encodes them.
        coder: fitted for it.
        images: uint8 (N, C, H, W).
        step: the number of the step to round to.
        search: whether better codes than the encoder's are searched for.
    """
    width, coded, mixture = coder.step_size(step), coder.coded(step), coder.mixture(step)
    found = []
    with one_thread():
        for part in images.split(_CHUNK):
            pixels = to_float(part)
            numbers = coder.directions(codec.encode(pixels))[:, :coded] / width
            if search and coded:
                numbers = refined(numbers, pixels, lambda y: _slopes(codec, coder.codes(y * width)), mixture, width)
            found.append(numbers.round().clamp(-entropy.FARTHEST, entropy.FARTHEST).nan_to_num())
    return np.ascontiguousarray(torch.cat(found).numpy().astype(np.int32))


def decoded(codec: Codec, coder: Coder, symbols: Symbols, step: int) -> Tensor:
    """Return the images of whole numbers, uint8 (N, C, H, W).

    Args:
        codec: that decodes them.
        coder: fitted for it.
        symbols: int32 (N, K).
        step: what they were rounded to.
    """
    directions = torch.from_numpy(symbols).float() * coder.step_size(step)
    with one_thread():
        return to_bytes(codec.decode(coder.codes(directions)).nan_to_num())


def _slopes(codec: Codec, codes: Tensor) -> Tensor:
    """Decode so that gradients flow, which a Codec's own ``decode`` may not let them; to pixels as a picture has them."""
    if isinstance(codec, Autoencoder):
        return codec.pixels(codec.decoder(codes)).clamp(0, 1)
    assert isinstance(codec, PCACodec)
    return codec.decode(codes).clamp(0, 1)


def _symbols(coder: Coder, header: Header, payload: bytes) -> Symbols:
    damaged = "This file is damaged: its codes are not those that its header promises. Download it again."
    try:
        symbols = entropy.decode(payload, header.count, coder.mixture(header.step))
    except ValueError:
        raise CompressedError(damaged) from None
    if _check(symbols) != header.check:
        raise CompressedError(damaged)
    return symbols


def _check(symbols: Symbols) -> bytes:
    return (zlib.crc32(symbols.astype(">i2").tobytes()) & 0xFFFF).to_bytes(2, "big")

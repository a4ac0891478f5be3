"""Whole numbers as bytes: a range coder, to which frequent numbers cost little; and zlib, to compare it with."""

from __future__ import annotations

import zlib

import constriction
import numpy as np
import torch
from torch import Tensor

from ae_core.errors import LabError
from ae_core.tasks.compression.coder import Coder
from ae_core.tasks.compression.quantise import MOST, heaps_of


class NumbersLost(LabError):
    """Bytes that no encoder of these numbers writes."""


def to_bytes(numbers: Tensor, coder: Coder, step: float) -> bytes:
    """Code whole numbers by the distributions of the coder's heaps; of each image its heap first.

    Args:
        numbers: float (N, D).
        coder: that knows the distributions.
        step: of the numbers.
    """
    heaps = heaps_of(coder, numbers, step)
    centres, widths = _distributions(coder, step)
    encoder = constriction.stream.queue.RangeEncoder()
    if len(coder.shares) > 1:
        encoder.encode(heaps.numpy().astype(np.int32), _shares(coder))
    places = heaps.numpy()
    symbols = numbers.numpy().astype(np.int32)
    encoder.encode(symbols.ravel(), _NORMAL, centres[places].ravel(), widths[places].ravel())
    words: np.ndarray = encoder.get_compressed()
    return words.astype("<u4").tobytes().rstrip(b"\0")  # the last word's zeros are put back by the reader


def from_bytes(data: bytes, count: int, coder: Coder, step: float) -> Tensor:
    """Read ``count`` rows of whole numbers, float (count, D), from what :func:`to_bytes` wrote.

    Args:
        data: the bytes.
        count: of images.
        coder: the one that they were written with.
        step: likewise.

    Raises:
        NumbersLost: the bytes are others.
    """
    words = np.frombuffer(data + b"\0" * (-len(data) % 4), "<u4").astype(np.uint32)
    centres, widths = _distributions(coder, step)
    try:
        decoder = constriction.stream.queue.RangeDecoder(words)
        places = decoder.decode(_shares(coder), count) if len(coder.shares) > 1 else np.zeros(count, np.int32)
        symbols = decoder.decode(_NORMAL, centres[places].ravel(), widths[places].ravel())
    except (ValueError, AssertionError):
        raise NumbersLost("The numbers in this file are damaged. Compress the pictures again.") from None
    return torch.from_numpy(symbols.reshape(count, -1).astype(np.float32))


def zlib_bytes(numbers: Tensor) -> int:
    """Return how many bytes zlib makes of whole numbers, float (N, D): a byte each where they fit, else two."""
    kind = np.int8 if float(numbers.abs().max()) <= 127 else np.int16
    return len(zlib.compress(np.ascontiguousarray(numbers.numpy().T.astype(kind)).tobytes(), 9))


_NORMAL = constriction.stream.model.QuantizedGaussian(-MOST, MOST)


def _shares(coder: Coder) -> constriction.stream.model.Categorical:
    return constriction.stream.model.Categorical(coder.shares.numpy().astype(np.float64), perfect=False)


def _distributions(coder: Coder, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres and widths of all heaps in steps, float64 (K, D), equal for the writer and the reader."""
    centres = coder.centres.numpy().astype(np.float64) / step
    return centres.clip(-MOST, MOST), (coder.widths.numpy().astype(np.float64) / step).clip(0.05, 10 * MOST)

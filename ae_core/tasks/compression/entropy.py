"""Entropy coding: whole numbers to bytes and back, by a range coder that knows how far each spreads."""

from __future__ import annotations

import zlib
from typing import Any

import constriction
import numpy as np
import numpy.typing as npt

from ae_core.tasks.compression.coder import LAPLACE

Symbols = npt.NDArray[np.int32]

FARTHEST = 1023  # steps from zero; what lies beyond is brought back to it
_WORD = 4  # bytes


def encode(symbols: Symbols, scales: np.ndarray, family: str) -> bytes:
    """Write whole numbers (N, K) as bytes.

    Args:
        symbols: from -:data:`FARTHEST` to :data:`FARTHEST`.
        scales: the standard deviation of each column, float64 (K,).
        family: of their distribution, "gaussian" or "laplace".
    """
    coder = constriction.stream.queue.RangeEncoder()
    if symbols.size:
        coder.encode(np.ascontiguousarray(symbols.T).ravel(), *_model(scales, len(symbols), family))
    words = coder.get_compressed().astype(">u4").tobytes()
    return words.rstrip(b"\0")  # the reader takes zeros for what is missing


def decode(data: bytes, count: int, scales: np.ndarray, family: str) -> Symbols:
    """Read what :func:`encode` wrote; of other bytes come numbers that mean nothing, or a ValueError.

    Args:
        data: the bytes.
        count: N, the number of rows.
        scales: as they were for :func:`encode`.
        family: as it was.

    Returns:
        int32 (N, K).
    """
    if not count or not len(scales):
        return np.zeros((count, len(scales)), np.int32)
    words = np.frombuffer(data + bytes(-len(data) % _WORD), ">u4").astype(np.uint32)
    coder = constriction.stream.queue.RangeDecoder(np.append(words, np.zeros(2, np.uint32)))
    try:
        flat = coder.decode(*_model(scales, count, family))
    except (AssertionError, LookupError, RuntimeError) as error:  # as its documentation calls invalid data
        raise ValueError("These bytes are no range coder's.") from error
    return np.ascontiguousarray(np.asarray(flat, np.int32).reshape(len(scales), count).T)


def zlib_bytes(symbols: Symbols) -> int:
    """Return how many bytes zlib makes of the same numbers, column after column, each of one byte or of two."""
    kind = np.int8 if symbols.size and np.abs(symbols).max() < 128 else np.int16
    return len(zlib.compress(np.ascontiguousarray(symbols.T).astype(kind).tobytes(), 9))


def _model(scales: np.ndarray, count: int, family: str) -> tuple[Any, np.ndarray, np.ndarray]:
    each = np.repeat(np.asarray(scales, np.float64), count)
    models = constriction.stream.model
    if family == LAPLACE:
        return models.QuantizedLaplace(-FARTHEST, FARTHEST), np.zeros_like(each), each / np.sqrt(2.0)
    return models.QuantizedGaussian(-FARTHEST, FARTHEST), np.zeros_like(each), each

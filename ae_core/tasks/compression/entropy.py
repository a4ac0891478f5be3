"""Entropy coding: whole numbers to bytes and back, by a range coder that knows what they are drawn from."""

from __future__ import annotations

import zlib

import constriction
import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from ae_core.tasks.compression.coder import Mixture

Symbols = npt.NDArray[np.int32]

FARTHEST = 1023  # steps from zero; what lies beyond is brought back to it
THINNEST = 0.05  # steps: a narrower distribution is taken for one so wide
_WORD = 4  # bytes
AT_ONCE = 50  # images whose heaps are found
UNLIKELY = 1e-9  # less than that is taken to be so likely
_NORMAL = constriction.stream.model.QuantizedGaussian(-FARTHEST, FARTHEST)


def encode(symbols: Symbols, mixture: Mixture) -> bytes:
    """Write whole numbers as bytes: of each row its heap, then its numbers as they are drawn there.

    Args:
        symbols: (N, K), from -:data:`FARTHEST` to :data:`FARTHEST`.
        mixture: that they are drawn from.
    """
    coder = constriction.stream.queue.RangeEncoder()
    if symbols.size:
        heaps = heaps_of(symbols, mixture)
        if len(mixture.shares) > 1:
            coder.encode(heaps, _shares(mixture))
        coder.encode(np.ascontiguousarray(symbols).ravel(), _NORMAL, *_drawn_from(mixture, heaps))
    words = coder.get_compressed().astype(">u4").tobytes()
    return words.rstrip(b"\0")  # the reader takes zeros for what is missing


def decode(data: bytes, count: int, mixture: Mixture) -> Symbols:
    """Read what :func:`encode` wrote; of other bytes come numbers that mean nothing, or a ValueError.

    Args:
        data: the bytes.
        count: N, the number of rows.
        mixture: as it was for :func:`encode`.

    Returns:
        int32 (N, K).
    """
    size = mixture.centres.shape[1]
    if not count or not size:
        return np.zeros((count, size), np.int32)
    words = np.frombuffer(data + bytes(-len(data) % _WORD), ">u4").astype(np.uint32)
    coder = constriction.stream.queue.RangeDecoder(np.append(words, np.zeros(2, np.uint32)))
    try:
        heaps = coder.decode(_shares(mixture), count) if len(mixture.shares) > 1 else np.zeros(count, np.int32)
        flat = coder.decode(_NORMAL, *_drawn_from(mixture, heaps))
    except (AssertionError, LookupError, RuntimeError) as error:  # as its documentation calls invalid data
        raise ValueError("These bytes are no range coder's.") from error
    return np.ascontiguousarray(np.asarray(flat, np.int32).reshape(count, size))


def heaps_of(symbols: np.ndarray, mixture: Mixture) -> np.ndarray:
    """Return the heap in which each row of whole numbers (N, K) takes the fewest bits."""
    widths = mixture.widths.clip(THINNEST)
    found = []
    for start in range(0, len(symbols), AT_ONCE):
        apart = symbols[start : start + AT_ONCE, None] - mixture.centres
        likely = ndtr((apart + 0.5) / widths) - ndtr((apart - 0.5) / widths)
        nats = np.log(mixture.shares.clip(UNLIKELY)) + np.log(likely.clip(UNLIKELY)).sum(2)
        found.append(nats.argmax(1))
    return np.concatenate(found).astype(np.int32)


def zlib_bytes(symbols: Symbols) -> int:
    """Return how many bytes zlib makes of the same numbers, column after column, each of one byte or of two."""
    kind = np.int8 if symbols.size and np.abs(symbols).max() < 128 else np.int16
    return len(zlib.compress(np.ascontiguousarray(symbols.T).astype(kind).tobytes(), 9))


def _shares(mixture: Mixture) -> constriction.stream.model.Categorical:
    return constriction.stream.model.Categorical(mixture.shares.clip(UNLIKELY), perfect=False)


def _drawn_from(mixture: Mixture, heaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the centre and the width of every number of rows from these heaps (N,), flat."""
    centres = mixture.centres[heaps].clip(-FARTHEST, FARTHEST)
    return centres.ravel(), mixture.widths[heaps].clip(THINNEST, 10.0 * FARTHEST).ravel()

"""A coder as a file, by which a compressed file is read where the images are not, or where sums are rounded otherwise."""

from __future__ import annotations

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ae_core.tasks.compression.coder import HEAPED, HEAPS, Coder
from ae_core.tasks.compression.container import CompressedError

SUFFIX = ".coder"
MOST_BYTES = 16_000_000
_TYPES = {"mean": "f4", "back": "f4", "spread": "f4", "shares": "f4", "centres": "f2", "widths": "f2"}


def to_bytes(coder: Coder) -> bytes:
    """Write a coder as a safetensors file."""
    return save({name: np.ascontiguousarray(array) for name, array in coder.to_arrays().items()})


def from_bytes(data: bytes, code_size: int) -> Coder:
    """Read what :func:`to_bytes` wrote, which may come from a stranger.

    Args:
        data: the file.
        code_size: of the run whose coder it is to be.

    Raises:
        CompressedError: it is none, damaged, or of codes of another size.
    """
    refusal = CompressedError("This file is no coder of this run. Take the one that was written beside the images.")
    try:
        arrays = load(data) if len(data) <= MOST_BYTES else {}
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        raise refusal from None
    heaps = arrays["shares"].size if "shares" in arrays else 0
    heaped = min(code_size, HEAPED)
    shapes = {
        "mean": (code_size,),
        "back": (code_size, code_size),
        "spread": (code_size,),
        "shares": (heaps,),
        "centres": (heaps, heaped),
        "widths": (heaps, heaped),
    }
    whole = set(arrays) == set(shapes) and 1 <= heaps <= HEAPS
    if not whole or not all(_is_one(arrays[name], shape, _TYPES[name]) for name, shape in shapes.items()):
        raise refusal
    if not (arrays["shares"] >= 0).all() or not (arrays["spread"] > 0).all() or not (arrays["widths"] >= 0).all():
        raise refusal
    return Coder.from_arrays(arrays)


def _is_one(array: np.ndarray, shape: tuple[int, ...], kind: str) -> bool:
    return array.shape == shape and array.dtype == np.dtype(kind) and bool(np.isfinite(array).all())

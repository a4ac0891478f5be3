"""A coder as a file, so that what was compressed on one machine is read on another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save

from ae_core.errors import LabError
from ae_core.tasks.compression.coder import HEAPS, Coder

_MAX_BYTES = 64 * 1024 * 1024


class CoderRejected(LabError):
    """A file that holds no coder of this run."""


def to_bytes(coder: Coder) -> bytes:
    """Write a coder as a safetensors file."""
    return save(coder.as_arrays())


def load(path: Path, code_size: int) -> Coder:
    """Read a file of :func:`to_bytes`.

    Raises:
        CoderRejected: it is none, damaged, or of codes of another size.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= _MAX_BYTES else b""
        return from_bytes(data, code_size)
    except OSError as error:
        raise CoderRejected(f"{path} cannot be read: {error.strerror or error}.") from None


def from_bytes(data: bytes, code_size: int) -> Coder:
    """Read what :func:`to_bytes` wrote, for codes of so many numbers. Raises :class:`CoderRejected`."""
    try:
        arrays = load_arrays(data)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        raise CoderRejected("This file holds no coder. Take the one that was written beside the pictures.") from None
    heaps = len(arrays["shares"]) if arrays.get("shares") is not None and arrays["shares"].ndim == 1 else 0
    shapes = {
        "mean": (code_size,),
        "analysis": (code_size, code_size),
        "synthesis": (code_size, code_size),
        "spread": (code_size,),
        "shares": (heaps,),
        "centres": (heaps, code_size),
        "widths": (heaps, code_size),
    }
    fits = set(arrays) == set(shapes) and 1 <= heaps <= HEAPS
    fits = fits and all(
        arrays[name].shape == shape and arrays[name].dtype == np.float32 for name, shape in shapes.items()
    )
    fits = fits and all(np.isfinite(array).all() for array in arrays.values())
    if (
        not fits
        or not (arrays["shares"] >= 0).all()
        or not (arrays["widths"] > 0).all()
        or not arrays["shares"].sum() > 0
    ):
        raise CoderRejected("This file holds no coder of this run.")
    return Coder.from_arrays(arrays)

"""Studies of one file: images that are written, and images that are read."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import torch

from ae_core.data.datasets import INFO, DatasetMissing
from ae_core.runs.run import Run
from ae_core.tasks.compression import coder_file
from ae_core.tasks.compression.container import HEADER_BYTES, CompressedError
from ae_core.tasks.compression.entropy import zlib_bytes
from ae_core.tasks.compression.files import Name, decoded, decompressed, file_of, quantised
from ae_core.tasks.compression.measures import psnr_of
from ae_core.tasks.compression.study import KIND, RUN, coder_of
from ae_core.tasks.study import Answer, Part, Study, key_of, own_of, run_of
from ae_core.tasks.study import file_of as run_file

_VERSION = 2  # of the answers
Pixels = npt.NDArray[np.uint8]


def study_of_file(run: Run, run_name: str, pixels: Pixels, step: int, search: bool) -> Study:
    """Return the study that writes one file.

    Args:
        run: that compresses.
        run_name: what names it in the study's key.
        pixels: the images, uint8 (N, C, H, W).
        step: the number of the step that codes are rounded to.
        search: whether better codes than the encoder's are searched for.
    """
    settings = {"images": _hash(pixels.tobytes()), "count": len(pixels), "step": step, "search": search}
    part = Part("file", "the file", written, (run_file(run), pixels, step, search))
    return Study(key_of(f"{KIND} file", run_name, settings | {"version": _VERSION}), [part], own_of(run))


def study_of_reading(run: Run, run_name: str, data: bytes, coder: bytes = b"") -> Study:
    """Return the study that reads a file.

    Args:
        run: that is to decode it.
        run_name: what names it in the study's key.
        data: the file, which may come from a stranger.
        coder: the file of its coder, likewise; empty for the one that is known or fitted here.
    """
    part = Part(
        "read", INFO[run.config.dataset].spoken("the images of the file"), read_again, (run_file(run), data, coder)
    )
    settings = {"file": _hash(data), "coder": _hash(coder), "version": _VERSION}
    return Study(key_of(f"{KIND} reading", run_name, settings), [part], own_of(run))


def written(file: bytes, pixels: Pixels, step: int, search: bool) -> Answer:
    """Write images as a file.

    Args:
        file: the run's.
        pixels: uint8 (N, C, H, W).
        step: the number of the step.
        search: whether better codes are searched for.

    Returns:
        "file", its bytes; "coder", those of the coder's file; "read", the images that are in it; "psnr" of those, and
        "zlib": how many bytes it would have with zlib instead of the range coder.
    """
    run, coder, images = run_of(file), coder_of(file, RUN), torch.from_numpy(pixels)
    symbols = quantised(run.model, coder, images, step, search=search)
    data = file_of(Name.of(run), coder, symbols, step)
    read = decoded(run.model, coder, symbols, step)
    return {
        "file": np.frombuffer(data, np.uint8),
        "coder": np.frombuffer(coder_file.to_bytes(coder), np.uint8),
        "read": read.numpy(),
        "psnr": psnr_of(read, images),
        "zlib": zlib_bytes(symbols) + HEADER_BYTES,
    }


def read_again(file: bytes, data: bytes, coder: bytes) -> Answer:
    """Read a compressed file.

    Args:
        file: the run's.
        data: the compressed one.
        coder: the file of its coder; empty for the one that is known or fitted here.

    Returns:
        "read", its images, uint8 (N, C, H, W); or "refusal", why it cannot be read.
    """
    run = run_of(file)
    try:
        found = coder_file.from_bytes(coder, run.config.code_size) if coder else coder_of(file, RUN)
        return {"read": decompressed(run, found, data).numpy()}
    except DatasetMissing:
        return {
            "refusal": "How the codes of this run are written was fitted on its training images, which are not on this machine. "
            f"Add its coder ({coder_file.SUFFIX}), which was offered beside the file."
        }
    except CompressedError as error:
        return {"refusal": str(error)}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

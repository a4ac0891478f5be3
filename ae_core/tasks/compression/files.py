"""Images to a file and back, by a run and its coder."""

from __future__ import annotations

import torch
from torch import Tensor

from ae_core.runs.run import Run
from ae_core.tasks.compression import entropy
from ae_core.tasks.compression.coder import Coder
from ae_core.tasks.compression.container import FileRejected, Header, from_file, to_file, weights_digest
from ae_core.tasks.compression.quantise import pictures, rounded, searched


def compress(run: Run, coder: Coder, images: Tensor, step: float, *, search: bool = True) -> bytes:
    """Write float images (N, C, H, W) in [0, 1] as a file.

    Args:
        run: whose autoencoder codes them.
        coder: that was fitted for it.
        images: of the run's size.
        step: of the whole numbers, one of :data:`ae_core.tasks.compression.container.STEPS`.
        search: whether better numbers than the rounded ones are looked for.
    """
    with torch.inference_mode():
        numbers = (searched if search else rounded)(run.model, coder, images, step)
    return write(run, coder, numbers, step)


def write(run: Run, coder: Coder, numbers: Tensor, step: float) -> bytes:
    """Write whole numbers (N, D) as a file.

    Args:
        run: whose codes they are.
        coder: that was fitted for it.
        numbers: from :mod:`ae_core.tasks.compression.quantise`.
        step: that they are in.
    """
    header = Header(run.config.key, weights_digest(run), coder.digest, step, len(numbers))
    return to_file(header, entropy.to_bytes(numbers, coder, step))


def decompress(data: bytes, run: Run, coder: Coder) -> Tensor:
    """Return the images of a file, float (N, C, H, W) in [0, 1].

    Args:
        data: the file, which may be a stranger's.
        run: that it was written by.
        coder: likewise.

    Raises:
        FileRejected: it is no such file, damaged, or was written by another run.
        NumbersLost: its numbers cannot be read.
    """
    header, numbers = from_file(data)
    if (header.run, header.weights) != (run.config.key, weights_digest(run)):
        raise FileRejected(
            f"This file was written by another run: its settings have the key {header.run}, and its weights begin with "
            f"{header.weights.hex()}. Put that run on screen, and upload the file again."
        )
    if header.coder != coder.digest:
        raise FileRejected(
            "This file was written with another coder of this run: one that was fitted elsewhere. Where it was written it "
            "can be read."
        )
    with torch.inference_mode():
        read = entropy.from_bytes(numbers, header.count, coder, header.step)
        return torch.cat([pictures(run.model, coder, part, header.step) for part in read.split(500)])

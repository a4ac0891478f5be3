"""What the page Photos opens with: a sample that every method has repaired already, so that nobody waits for it.

``python -m ae_core.tasks.restoration.opening`` makes it anew, from the networks that are shipped.
"""

from __future__ import annotations

import io
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ae_core.data.upload.photo import open_photo
from ae_core.paths import checkpoints_dir
from ae_core.tasks.piecewise import done_here
from ae_core.tasks.restoration.asked import Asked, sample_name
from ae_core.tasks.restoration.damage import DAMAGES, damaged
from ae_core.tasks.restoration.pixels import Pixels
from ae_core.tasks.restoration.samples import SAMPLES
from ae_core.tasks.restoration.work import NETWORK, Answer, Methods, box_around

SAMPLE, TASK, KIND = "cat", "denoise", "gaussian"
KEY = Asked(sample_name(SAMPLE), TASK, KIND, DAMAGES[TASK][KIND].usual).key


def file() -> Path:
    """Return where it lies."""
    return checkpoints_dir() / "photos" / "opening.safetensors"


def made() -> dict[str, Answer]:
    """Repair the sample by every method, here and now."""
    clean = open_photo(SAMPLES[SAMPLE].read()).pixels
    given = damaged(TASK, KIND, clean, DAMAGES[TASK][KIND].usual, 0)
    height, width = clean.shape[:2]
    methods = Methods(TASK, given.pixels, box_around(height, width, width / 2, height / 2), given.mask, clean)
    for _ in done_here(methods):
        pass
    return methods.answers


def answers(key: str) -> dict[str, Answer] | None:
    """Return what every method made of the sample, by its name; None for another key, or where the file is not here."""
    return _read() if key == KEY else None


@lru_cache(maxsize=1)
def _read() -> dict[str, Answer] | None:
    try:
        with safe_open(file(), "np") as stored:
            scores = json.loads(stored.metadata()["scores"])
            return {
                name: Answer(
                    np.array(Image.open(io.BytesIO(stored.get_tensor(name).tobytes()), formats=("WEBP", "JPEG"))),
                    tuple(found["psnr"]),
                    tuple(found["ssim"]),
                    found["sigma"],
                )
                for name, found in scores.items()
            }
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None  # it is made like any other, then


def _packed(pixels: Pixels, lossless: bool) -> np.ndarray:
    """Return a picture as the bytes of a WebP without loss, or of a JPEG, which is smaller."""
    packed = io.BytesIO()
    if lossless:
        Image.fromarray(pixels).save(packed, "WEBP", lossless=True, quality=100, method=6)
    else:
        Image.fromarray(pixels).save(packed, "JPEG", quality=95, subsampling=0)
    return np.frombuffer(packed.getvalue(), np.uint8)


def main() -> None:
    """Make it, and write it."""
    found = made()
    scores = {name: {"psnr": a.psnr, "ssim": a.ssim, "sigma": a.sigma} for name, a in found.items()}
    # The network's can be downloaded from the page, so it is without loss.
    packed = {name: _packed(answer.pixels, name == NETWORK) for name, answer in found.items()}
    save_file(packed, file(), {"scores": json.dumps(scores)})
    print(f"{file().name}: {file().stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

"""How far the network that colours may be believed, on photographs by other photographers than those that it learned from.

    python -m benchmarks.restraint FOLDER

Prints the error of the mean colour, and of what the network finds moved towards it by more and less. FOLDER holds
photographs; docs/benchmarks.md says which were used.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from ae_core.tasks.restoration.corruption import chroma, luma
from ae_core.tasks.restoration.crops import VIEW
from ae_core.tasks.restoration.pixels import to_tensor
from ae_core.tasks.restoration.weights import applied, mean_chroma
from benchmarks.machine import describe

SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)


def main() -> None:
    """Print the root mean squared error of the colour differences for each share of what is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    files = sorted(parser.parse_args().folder.rglob("*.jpg"))
    print(describe())
    mean = torch.tensor(mean_chroma()).view(1, 2, 1, 1)
    errors: dict[float, list[float]] = {share: [] for share in (0.0, *SHARES)}
    for file in files:
        picture = Image.open(file).convert("RGB")
        picture.thumbnail((2 * VIEW, 2 * VIEW), Image.Resampling.LANCZOS)
        clean = to_tensor(np.asarray(picture))
        true, bright = chroma(clean), luma(clean)
        small = F.interpolate(bright, scale_factor=VIEW / max(bright.shape[2:]), mode="bicubic", antialias=True)
        found = F.interpolate(applied("colour", small), bright.shape[2:], mode="bilinear", align_corners=False)
        for share, errors_of_share in errors.items():
            errors_of_share.append(float((mean + share * (found - mean) - true).square().mean()))
    for share, each in errors.items():
        print(f"{share:4.0%} of what is found: {np.sqrt(np.mean(each)):.4f}")
    print(f"{len(files)} photographs; 0% is the mean colour")


if __name__ == "__main__":
    main()

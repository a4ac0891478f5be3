"""How many of MNIST's held-out images are read with noise, as they are and after each repair, and scans made black and white."""

from __future__ import annotations

import os
from typing import Any

from ae_core.data.datasets import MAIN
from ae_core.runs import zoo
from ae_core.tasks.reading.methods import METHODS
from ae_core.tasks.reading.opening import ENDING
from ae_core.tasks.reading.reader import KINDS, card
from ae_core.tasks.reading.scan import SCANS, SIDES, THRESHOLDS, thresholded
from ae_core.tasks.reading.study import read_at, right_in
from ae_core.tasks.study import file_of

RUN = os.environ.get("READING_RUN", f"{MAIN}-{ENDING}")
_STRENGTHS = (0.0, 0.25, 0.5, 0.7, 0.9)
_GRAINS = (20, 40)  # of the scans' noise, of 255


def reading() -> dict[str, Any]:
    """Return the share of all held-out images that each way reads, by the strength of the noise that the run learned."""
    run = zoo.load(RUN)
    file, noise = file_of(run), run.config.corruption if run.config.corruption != "none" else "gaussian"
    figures: dict[str, Any] = {"run": RUN, "noise": noise}
    for kind in KINDS:
        figures[f"{kind}_reader_of_clean_images"] = card(run.config.dataset, kind)["accuracy"]
    for strength in _STRENGTHS:
        right = right_in(read_at(file, noise, strength, count=10_000)).mean(1)
        figures |= {f"{method}_at_{strength:g}": float(share) for method, share in zip(METHODS, right, strict=True)}
    return figures


def scans() -> dict[str, Any]:
    """Return the share of a noisy scan's pixels that are wrong once it is black and white, by what cleaned it first."""
    figures: dict[str, Any] = {}
    for name in SCANS:
        for grain in _GRAINS:
            for side in SIDES:
                answer = thresholded(name, grain, side)
                figures |= {f"{name}_{grain}_{side}_{way}": answer[f"{way}_wrong"] for way in THRESHOLDS}
    return figures


ROWS = {"reading": reading, "reading-scans": scans}

"""What the page opens on, computed once and shipped: whether images were read, no image of a data set; and the two scans."""

from __future__ import annotations

from collections.abc import Iterator

from ae_core.runs import zoo
from ae_core.tasks.reading.scan import SCANS, cleaning
from ae_core.tasks.reading.study import readings
from ae_core.tasks.study import Study

RUNS = ("digits-denoising", "mnist-denoising", "fashion-denoising", "shapes-denoising")
GRAIN = 20  # of the scan on which the page opens


def studies() -> Iterator[Study]:
    """Yield the study of each shipped denoising run with the noise that it learned, and both scans with and without noise."""
    for name in RUNS:
        run = zoo.load(name)
        yield readings(run, run.config.key, run.config.corruption)
    for scan in SCANS:
        for grain in (0, GRAIN):
            yield cleaning(scan, grain)

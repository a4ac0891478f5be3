"""What the page opens on, computed once and shipped: whether images were read, no image of a data set; and the two scans."""

from __future__ import annotations

from collections.abc import Iterator

from ae_core.runs import zoo
from ae_core.tasks.reading.reader import has_reader
from ae_core.tasks.reading.scan import SCANS, cleaning
from ae_core.tasks.reading.study import readings
from ae_core.tasks.study import Study

ENDING = "denoising"  # of the names of the runs that the page opens on
RUNS = tuple(
    name
    for name, entry in zoo.ZOO.items()
    if name == f"{entry.config.dataset}-{ENDING}" and has_reader(entry.config.dataset)
)
GRAIN = 20  # of the scan on which the page opens


def studies() -> Iterator[Study]:
    """Yield the study of each shipped denoising run with the noise that it learned, and both scans with noise."""
    for name in RUNS:
        run = zoo.load(name)
        yield readings(run, run.config.key, run.config.corruption)
    for scan in SCANS:
        yield cleaning(scan, GRAIN)

"""What the page opens on: its studies come with the lab, so that nobody waits for them.

``python -m ae_core.tasks.study_file few_labels`` computes them anew.
"""

from __future__ import annotations

from ae_core.data.datasets import BUNDLED, MAIN
from ae_core.runs import zoo
from ae_core.tasks.few_labels.study import study_of
from ae_core.tasks.study import Study

ENDING = "code-32"  # of the name of the run that the page opens on
RUNS = tuple(f"{dataset}-{ENDING}" for dataset in (BUNDLED, MAIN))


def studies() -> list[Study]:
    """Return the studies that come with the lab."""
    return [study_of(zoo.load(name), zoo.ZOO[name].config.key) for name in RUNS]

"""A run's few labels as a script to take home: the run's own script, and linear classifiers on codes and pixels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import mean

from ae_core.data.datasets import INFO
from ae_core.export import recipe
from ae_core.export.script import device_of, result_of, script
from ae_core.runs.run import Run
from ae_core.tasks.few_labels import draws, linear

_SKLEARN = r"\n    from sklearn\.[^\n]*"  # imports within a function, which the script has at its top


def few_labels_script(run: Run, count: int, codes: Sequence[float], pixels: Sequence[float]) -> str:
    """Write the script that repeats a run and then the errors of linear classifiers on its codes and on pixels.

    Args:
        run: trained by the lab.
        count: the number of labels.
        codes: the lab's errors on codes, one for each draw.
        pixels: the lab's errors on pixels.

    Returns:
        The text of a ``.py`` file, after whose last line ``errors`` holds both means.
    """
    info = INFO[run.config.dataset]
    own = [*recipe.used_by(linear.fitted), recipe.source_of(linear.fitted), recipe.source_of(linear.predicted)]
    parts = [recipe.source_of(draws.draw), *(re.sub(_SKLEARN, "", part) for part in own)]
    data = info.script(info, True).strip()
    template = recipe.ENVIRONMENT.get_template("few_labels.py.jinja")
    return (
        script(run.config, device_of(run), result_of(run))
        + "\n\n"
        + template.render(
            count=count,
            draws=len(codes),
            codes=mean(codes),
            pixels=mean(pixels),
            imports="",
            data=data,
            classes=list(run.config.canonical().classes),
            code_size=run.config.code_size,
            parts=parts,
        )
    )

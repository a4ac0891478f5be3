"""The study of a run on a table: how well each method ranks the held-out rows."""

from __future__ import annotations

import numpy as np

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO
from ae_core.runs.fit import images_of
from ae_core.runs.run import Run
from ae_core.tasks.study import Answer, Part, Study, file_of, key_of, own_of, run_of
from ae_core.tasks.tables.ranking import METHODS, first_of, measured, sought_of, table_of

KIND = "tables"
_VERSION = 1  # of the answers
_WEIGHTS = {"codes": 1, "pca": 1, "isolation": 3, "labels": 6}


def refusal(config: Config) -> str:
    """Return why the rows of a run's table cannot be ranked against their classes, as a sentence; empty where they can."""
    info = INFO[config.dataset]
    if not sought_of(config):
        return (
            f"{info.title} has no classes, so nobody knows which of its {info.items} are to be found: no method can be measured."
            if len(info.class_names) < 2
            else "This run has learned from every class by name, so none is left to be found."
        )
    sought = np.isin(table_of(config).held_out_labels, sought_of(config))
    return "" if sought.any() and not sought.all() else "Among the held-out rows there is nothing to be found."


def study_of(run: Run, run_name: str) -> Study:
    """Return the study of how well each method ranks the held-out rows.

    Args:
        run: of a table, of which :func:`refusal` says nothing.
        run_name: what names it, see :func:`ae_core.tasks.study.key_of`.
    """
    file = file_of(run)
    parts = [
        Part(name, f"the ranking of {method.title}", ranked, (file, name), _WEIGHTS[name])
        for name, method in METHODS.items()
    ]
    return Study(key_of(KIND, run_name, {"version": _VERSION}), parts, own_of(run))


def ranked(file: bytes, name: str) -> Answer:
    """Rank the held-out rows by one method, and measure it.

    Args:
        file: of the run.
        name: of the method.

    Returns:
        What :func:`ae_core.tasks.tables.ranking.measured` returns; ``first``, ``sought`` and ``held_out``: how many rows are
        looked at, are to be found, and there are.
    """
    run = run_of(file)
    held_out = images_of(run.config.dataset)[1]
    sought = np.isin(held_out.labels.numpy(), sought_of(run.config))
    first = first_of(sought)
    figures = measured(METHODS[name].score(run, held_out.images), sought, first)
    return figures | {"first": first, "sought": int(sought.sum()), "held_out": len(sought)}

"""The script that trains a run on documents and searches by its codes, without the lab."""

from __future__ import annotations

from ae_core.export.recipe import ENVIRONMENT, sections_of
from ae_core.export.script import with_classes
from ae_core.runs.run import Run
from ae_core.tasks.documents.retrieval import COUNT
from ae_core.tasks.documents.spaces import BITS, spaces_of
from ae_core.tasks.documents.study import QUESTIONS


def documents_script(run: Run) -> str:
    """Write the run's own script, and after it what measures each way of searching.

    Args:
        run: whose codes are searched.

    Returns:
        The text of a ``.py`` file.
    """
    given = {
        "config": run.config,
        "count": COUNT,
        "questions": QUESTIONS,
        "bits": BITS in spaces_of(run.config.code_size),
    }
    sections = sections_of(ENVIRONMENT.get_template("documents.py.jinja").render(given))
    return with_classes(run, sections)

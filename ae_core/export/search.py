"""The script that trains a run and searches by its codes, without the lab."""

from __future__ import annotations

from ae_core.export.recipe import ENVIRONMENT, sections_of
from ae_core.export.script import with_classes
from ae_core.runs.run import Run
from ae_core.tasks.search.index import Hashing
from ae_core.tasks.search.spaces import BITS
from ae_core.tasks.search.study import COUNT, QUESTIONS


def search_script(run: Run) -> str:
    """Write the run's own script, and after it what measures each way of searching.

    Args:
        run: whose codes are searched.

    Returns:
        The text of a ``.py`` file.
    """
    given = {"config": run.config, "count": COUNT, "questions": QUESTIONS, "bits": BITS, "hashing": Hashing}
    sections = sections_of(ENVIRONMENT.get_template("search.py.jinja").render(given))
    return with_classes(run, sections, "from __future__ import annotations\n\n")

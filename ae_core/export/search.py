"""The script that trains a run and searches by its codes, without the lab."""

from __future__ import annotations

from ae_core.data.datasets import INFO
from ae_core.export.recipe import ENVIRONMENT, imports_of, recipe, sections_of
from ae_core.export.script import device_of, headed, result_of, script
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
    config, info = run.config, INFO[run.config.dataset]
    given = {"config": config, "count": COUNT, "questions": QUESTIONS, "bits": BITS, "hashing": Hashing}
    sections = sections_of(ENVIRONMENT.get_template("search.py.jinja").render(given))
    steps = recipe(config, device_of(run))
    read, labelled = (info.script(info, with_labels).strip() for with_labels in (bool(config.classes), True))
    trains = script(config, device_of(run), result_of(run)).replace(read, labelled, 1)
    code = "\n".join(section.code for section in (*steps.sections, *sections))
    standard, others = imports_of(code).split("\n\n")
    ordered = "\n\n".join(["from __future__ import annotations", standard, others])
    return trains.replace(steps.imports, ordered, 1) + "\n\n" + "\n\n".join(f"{headed(one)}\n" for one in sections)

"""The script that trains a run on documents and searches by its codes, without the lab."""

from __future__ import annotations

from ae_core.data.datasets import INFO
from ae_core.export.recipe import ENVIRONMENT, imports_of, recipe, sections_of
from ae_core.export.script import device_of, headed, result_of, script
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
    config, info = run.config, INFO[run.config.dataset]
    given = {"config": config, "count": COUNT, "questions": QUESTIONS, "bits": BITS in spaces_of(config.code_size)}
    sections = sections_of(ENVIRONMENT.get_template("documents.py.jinja").render(given))
    steps = recipe(config, device_of(run))
    read, labelled = (info.script(info, with_labels).strip() for with_labels in (bool(config.classes), True))
    trains = script(config, device_of(run), result_of(run)).replace(read, labelled, 1)
    imports = imports_of("\n".join(section.code for section in (*steps.sections, *sections)))
    return trains.replace(steps.imports, imports, 1) + "\n\n" + "\n\n".join(f"{headed(one)}\n" for one in sections)

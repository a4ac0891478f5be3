"""A run as a Jupyter notebook (format 4.5, which is JSON): the script's sections, a cell each."""

from __future__ import annotations

import json
from typing import Any

from ae_core.config.schema import Config
from ae_core.export.recipe import packages, recipe
from ae_core.export.script import introduction
from ae_core.text import as_written


def notebook(config: Config, device: str = "cpu", measured: str = "") -> str:
    """Write the notebook that repeats a run, as JSON.

    It prints what the script of the run prints, and shows the picture at its end.

    Args:
        config: the settings of the run.
        device: where it is to be trained, one of :data:`ae_core.export.recipe.DEVICES`.
        measured: a sentence about what the lab's own run reached (:func:`ae_core.export.script.result_of`), or nothing;
            it may repeat what a stranger's file says, and is shown letter by letter.

    Returns:
        The text of an ``.ipynb`` file.

    Raises:
        LabError: there is no such device.
    """
    steps = recipe(config, device)
    title, about = introduction(config)
    opening = [f"# {title.rstrip('.')}", about, as_written(measured), f"`pip install {packages(config)}`"]
    cells = [_cell("markdown", "\n\n".join(filter(None, opening))), _cell("code", steps.imports)]
    for section in steps.sections:
        cells.append(_cell("markdown", f"## {section.title}\n\n{section.about}"))
        cells.append(_cell("code", section.code))
    cells[-1]["source"] += "\npicture"
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _cell(kind: str, source: str) -> dict[str, Any]:
    """Return a cell, "markdown" or "code", that has not been run."""
    more: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source, **more}

"""The script that trains a run and has images read that it repaired, without the lab, with the readers that it needs."""

from __future__ import annotations

import io
import re
import zipfile

from ae_core.config.schema import Config
from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO
from ae_core.export.recipe import ENVIRONMENT, imports_of, recipe, sections_of, source_of, used_by
from ae_core.export.script import device_of, headed, result_of, script
from ae_core.runs.run import Run
from ae_core.tasks.reading.reader import _SMALL, CLEAN, Reader, reader_file, rival_of
from ae_core.tasks.reading.study import COUNT, SEED

_STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reading_script(run: Run, noise: str) -> str:
    """Write the run's own script, and after it what has noisy and repaired images read.

    Args:
        run: whose autoencoder and PCA repair them.
        noise: its kind, a key of ``CORRUPTIONS``.

    Returns:
        The text of a ``.py`` file; it reads the readers' files beside it.
    """
    config, info = run.config, INFO[run.config.dataset]
    given = {
        "config": config,
        "info": info,
        "noise": CORRUPTIONS[noise],
        "damage": _damage(config, noise),
        "reader": Reader,
        "small": _SMALL,
        "files": [reader_file(config.dataset, kind).name for kind in (CLEAN, rival_of(noise))],
        "strengths": _STRENGTHS,
        "count": COUNT,
        "seed": SEED,
    }
    sections = sections_of(ENVIRONMENT.get_template("reading.py.jinja").render(given))
    steps = recipe(config, device_of(run))
    read, labelled = (info.script(info, with_labels).strip() for with_labels in (bool(config.classes), True))
    trains = script(config, device_of(run), result_of(run)).replace(read, labelled, 1)
    code = "\n".join(section.code for section in (*steps.sections, *sections))
    return (
        trains.replace(steps.imports, imports_of(code), 1)
        + "\n\n"
        + "\n\n".join(f"{headed(one)}\n" for one in sections)
    )


def reading_zip(run: Run, noise: str) -> bytes:
    """Return a ZIP file with the script of :func:`reading_script` and the two readers that it needs.

    Args:
        run: whose autoencoder and PCA repair the images.
        noise: its kind, a key of ``CORRUPTIONS``.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("reading.py", reading_script(run, noise))
        for kind in (CLEAN, rival_of(noise)):
            path = reader_file(run.config.dataset, kind)
            packed.writestr(path.name, path.read_bytes())
    return file.getvalue()


def _damage(config: Config, noise: str) -> list[str]:
    """Return the code of a function ``damage`` and of what it uses, in parts; none where the run's own is that noise."""
    if config.corruption == noise:
        return []
    kind = CORRUPTIONS[noise].apply
    there = [] if config.corruption == "none" else used_by(CORRUPTIONS[config.corruption].apply)
    needed = [part for part in used_by(kind) if part not in there]  # which stands with the run's own noise already
    return [*needed, re.sub(r"^def \w+", "def damage", source_of(kind), count=1)]

"""The script that trains a run and compresses held-out images with it, without the lab."""

from __future__ import annotations

from ae_core.export.recipe import _ENVIRONMENT, _imports, _sections, packages, recipe
from ae_core.export.script import _headed, device_of, result_of, script
from ae_core.runs.run import Run
from ae_core.tasks.compression import coder, entropy, images
from ae_core.tasks.compression import search as searching
from ae_core.tasks.compression.container import HEADER_BYTES


def compression_script(run: Run, step: int, *, search: bool) -> str:
    """Write the run's own script, and after it what compresses held-out images and counts the bytes.

    Args:
        run: that compresses.
        step: the number of the step that codes are rounded to.
        search: whether better codes than the encoder's are searched for.

    Returns:
        The text of a ``.py`` file.
    """
    config, device = run.config, device_of(run)
    text = _ENVIRONMENT.get_template("compression.py.jinja").render(
        config=config,
        step=step,
        search=search,
        header=HEADER_BYTES,
        most_fitted=coder.MOST_FITTED,
        nudge=coder._NUDGE,
        decoded=coder._DECODED,
        least=coder._LEAST,
        spreads=coder._SPREADS,
        first=coder._FIRST,
        per_octave=coder._PER_OCTAVE,
        never=coder._NEVER,
        narrowest=searching._NARROWEST,
        rate=searching._RATE,
        iterations=searching.ITERATIONS,
        farthest=entropy.FARTHEST,
        together=images.TOGETHER,
        most=images.MOST_TOGETHER,
    )
    sections = _sections(text)
    steps = recipe(config, device)
    code = "\n".join(section.code for section in (*steps.sections, *sections))
    needed = packages(config)
    trains = script(config, device, result_of(run)).replace(
        f"pip install {needed}", f"pip install {needed} constriction", 1
    )
    trains = trains.replace(steps.imports, _imports(code), 1)
    return trains + "\n\n" + "\n\n".join(f"{_headed(section)}\n" for section in sections)

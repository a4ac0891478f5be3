"""The script that trains a run and compresses held-out images with it, without the lab."""

from __future__ import annotations

from ae_core.data.datasets import INFO
from ae_core.export.recipe import ENVIRONMENT, imports_of, packages, recipe, sections_of
from ae_core.export.script import device_of, headed, result_of, script
from ae_core.runs.run import Run
from ae_core.tasks.compression import coder, entropy, images
from ae_core.tasks.compression import search as searching
from ae_core.tasks.compression.container import HEADER_BYTES


def compression_script(run: Run, step: int, source: str = images.OWN, *, search: bool) -> str:
    """Write the run's own script, and after it what compresses held-out images and counts the bytes.

    Args:
        run: that compresses.
        step: the number of the step that codes are rounded to.
        source: what the images are of, one of :func:`ae_core.tasks.compression.images.choices`.
        search: whether better codes than the encoder's are searched for.

    Returns:
        The text of a ``.py`` file.
    """
    config, device = run.config, device_of(run)
    other = None if source == images.OWN else INFO[source]
    text = ENVIRONMENT.get_template("compression.py.jinja").render(
        config=config,
        info=INFO[config.dataset],
        other=other,
        data=other.script(other, False).strip() if other else "",
        step=step,
        search=search,
        header=HEADER_BYTES,
        coder=coder,
        entropy=entropy,
        searching=searching,
        by_chance=searching.by_chance,
        together=images.TOGETHER,
        most=images.most_of(config),
    )
    sections = sections_of(text)
    steps = recipe(config, device)
    code = "\n".join(section.code for section in (*steps.sections, *sections))
    needed = packages(config)
    wanted = " ".join(name for name in ("constriction", "scikit-learn") if name not in needed)
    trains = script(config, device, result_of(run)).replace(
        f"pip install {needed}", f"pip install {needed} {wanted}", 1
    )
    trains = trains.replace(steps.imports, imports_of(code), 1)
    return trains + "\n\n" + "\n\n".join(f"{headed(section)}\n" for section in sections)

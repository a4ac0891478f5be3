"""A run as a plain Python script that needs PyTorch and not the lab."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from ae_core.config.schema import Config
from ae_core.config.variants import title_of
from ae_core.data.datasets import INFO
from ae_core.export.recipe import DEVICES, Section, imports_of, packages, recipe
from ae_core.runs.run import Run
from ae_core.text import plain

_WIDTH = 110


def script(config: Config, device: str = "cpu", measured: str = "") -> str:
    """Write the Python script that repeats a run.

    Args:
        config: the settings of the run.
        device: where it is to be trained, one of :data:`ae_core.export.recipe.DEVICES`.
        measured: a sentence about what the lab's own run reached (:func:`result_of`), or nothing; it may repeat what a
            stranger's file says, and becomes a part of the script's docstring.

    Returns:
        The text of a ``.py`` file.

    Raises:
        LabError: there is no such device.
    """
    parts = (*introduction(config), plain(measured))
    about = "\n\n".join(textwrap.fill(part, _WIDTH, break_on_hyphens=False) for part in parts if part)
    steps = recipe(config, device)
    body = "\n\n".join(f"{headed(section)}\n" for section in steps.sections)
    return f'"""{_in_docstring(about)}\n\n    pip install {packages(config)}\n"""\n\n{steps.imports}\n\n{body}'


def introduction(config: Config) -> tuple[str, str]:
    """Return a title for the script or the notebook of a run, and a paragraph that says what it is."""
    return (
        f"{title_of(config)}.",
        "Written by the Autoencoder Lab from the settings of a run, which it repeats: the same images, the same random "
        "numbers in the same order, the same steps. On the same machine, with the same PyTorch and as many threads "
        "(OMP_NUM_THREADS), it gives the same weights to the last bit; elsewhere sums are rounded otherwise, and the error "
        "comes out within a few per cent.",
    )


def result_of(run: Run) -> str:
    """Say in a sentence or two what the lab's own run reached."""
    m = run.metrics
    stopped = (
        "" if run.finished else f" It was stopped after {run.history['epoch'][-1]:.2f} epochs; this runs to the end."
    )
    return (
        f"The lab measured a held-out MSE of {m['mse']:.6f} (PCA {m['pca_mse']:.6f}) on {run.device} with PyTorch "
        f"{run.versions.get('torch', 'of another version')}.{stopped}"
    )


def with_classes(run: Run, sections: Sequence[Section], head: str = "") -> str:
    """Write a run's own script, which reads the classes of the items, too, and after it more sections.

    Args:
        run: that the script trains.
        sections: what follows.
        head: what stands before the imports.
    """
    config, info = run.config, INFO[run.config.dataset]
    steps = recipe(config, device_of(run))
    read, labelled = (info.script(info, with_labels).strip() for with_labels in (bool(config.classes), True))
    trains = script(config, device_of(run), result_of(run)).replace(read, labelled, 1)
    imports = head + imports_of("\n".join(section.code for section in (*steps.sections, *sections)))
    return trains.replace(steps.imports, imports, 1) + "\n\n" + "\n\n".join(f"{headed(one)}\n" for one in sections)


def device_of(run: Run) -> str:
    """Return where a run was trained as "cpu", "cuda" or "mps"; the CPU where that is not known."""
    kind = re.split(r"[ :]", run.device, maxsplit=1)[0]
    return kind if kind in DEVICES else DEVICES[0]


def _in_docstring(text: str) -> str:
    """Escape ``text`` so that a docstring says it: words of a run's file must not end the docstring."""
    return text.replace("\\", r"\\").replace('"', r"\"")


def headed(section: Section) -> str:
    """Write a section under its title and what it is about, as comments."""
    rule = f"# --- {section.title} ".ljust(_WIDTH, "-")
    about = textwrap.fill(section.about, _WIDTH, initial_indent="# ", subsequent_indent="# ")
    gap = "\n\n\n" if section.code.startswith(("def ", "class ", "@")) else "\n\n"
    return f"{rule}\n{about}{gap}{section.code}"

"""The script that repeats what the page Compress says of a run, without the lab."""

from __future__ import annotations

import inspect
import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from ae_core.export.script import device_of, result_of, script
from ae_core.runs.run import Run
from ae_core.tasks.compression import coder, entropy, quantise
from ae_core.tasks.compression.container import HEADER_BYTES

_SOURCES = (
    coder.Coder,
    coder.fit_coder,
    coder._turning,
    coder._heaps,
    quantise.rounded,
    quantise.pictures,
    quantise.estimated_bits,
    quantise.heaps_of,
    quantise.searched,
    quantise._search,
    quantise._descended,
    entropy._shares,
    entropy._distributions,
    entropy.to_bytes,
)
_CONSTANTS = {
    coder: ("FITTED_ON", "HEAPS", "_ROUNDS", "_NARROWEST", "_PROBED", "_NUDGE", "_DEAF"),
    quantise: ("MOST", "_ROUNDS", "_SWEEPS", "_CHUNK"),
}


def compression_script(run: Run, step: float, count: int = 100) -> str:
    """Write the run's own script with a section that compresses held-out images.

    Args:
        run: to repeat.
        step: of the whole numbers.
        count: of images in the file.

    Returns:
        The text of a ``.py`` file, which prints the bytes and the PSNR.
    """
    constants = [
        (_name(name, module is coder), getattr(module, name)) for module, names in _CONSTANTS.items() for name in names
    ]
    constants.append(("NORMAL", "constriction.stream.model.QuantizedGaussian(-MOST, MOST)"))
    section = _ENVIRONMENT.get_template("compression.py.jinja").render(
        config=run.config,
        step=step,
        count=count,
        header=HEADER_BYTES + (count > 127),
        constants=constants,
        sources=[_source(thing) for thing in _SOURCES],
    )
    # imports of the future come first in a file; of the script's own nothing needs them
    whole = script(run.config, device_of(run), result_of(run))
    docstring, rest = re.match(r'(""".*?"""\n)(.*)', whole, re.DOTALL).groups()  # type: ignore[union-attr]
    future = "from __future__ import annotations\n"
    return f"{docstring}\n{future}{rest}\n\n{section.replace(future, '', 1)}"


def _name(name: str, of_coder: bool) -> str:
    """Return a constant's name in the script, where two files' constants stand side by side."""
    return "FITTING_ROUNDS" if name == "_ROUNDS" and of_coder else name.lstrip("_")


def _source(thing: object) -> str:
    text = inspect.getsource(thing)  # type: ignore[arg-type]
    text = text.replace("max_iter=_ROUNDS", "max_iter=FITTING_ROUNDS")
    if inspect.isclass(thing):  # its digest is the lab's, to tell files apart
        text = re.sub(r"    @property\n    def digest.*?(?=    def to_turned)", "", text, flags=re.DOTALL)
    # one of the script's constructors may not be called as a function of this file is
    return re.sub(r"(?<![\w.])_(?=[A-Za-z])", "", text).replace(":func:", "").replace(":class:", "").strip()


_ENVIRONMENT = Environment(
    loader=PackageLoader("ae_core.export"),
    autoescape=False,  # it writes Python, not HTML
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

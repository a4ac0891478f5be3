"""A Config spelled out in plain PyTorch: sections of code that repeat its run without the lab.

``templates/script.py.jinja`` reads like the script that it writes, and here is gathered what it fills in. Layers are
written as PyTorch prints them, and what the lab has a small function for is that function's own source, so that the two
cannot drift apart; a test holds the weights of every kind to the bit.

What fills the template in comes from a validated Config and from the lab's own code alone: no text of a file or of a
visitor is given to it.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ae_core.config.activations import ACTIVATIONS
from ae_core.config.schema import Config, spec
from ae_core.config.sparsities import SPARSITIES
from ae_core.config.variants import variant_of
from ae_core.data import augmentation
from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO
from ae_core.errors import LabError
from ae_core.evaluation.metrics import SAMPLE
from ae_core.export.layers import layer_code, own_layers, starts
from ae_core.models import autoencoder
from ae_core.text import quoted
from ae_core.training import pretraining
from ae_core.training.objectives import contraction_is_exact

DEVICES = ("cpu", "cuda", "mps")

_IMPORTS = {  # what a piece of code mentions, and what it then needs, in the order of a script's imports
    "ast.": "import ast",
    "hashlib.": "import hashlib",
    "importlib.": "import importlib.util",
    "itertools.": "import itertools",
    "math.": "import math",
    "os.": "import os",
    "re.": "import re",
    "Callable[": "from collections.abc import Callable",
    "Iterator[": "from collections.abc import Iterator",
    "Sequence[": "from collections.abc import Sequence",
    "@dataclass": "from dataclasses import dataclass",
    "@lru_cache": "from functools import lru_cache",
    "Path(": "from pathlib import Path",
    "Literal[": "from typing import Literal",
    "Self:": "from typing import Self",
    "constriction.": "import constriction",
    "np.": "import numpy as np",
    "npt.": "import numpy.typing as npt",
    "torch.": "import torch",
    "sliding_window_view(": "from numpy.lib.stride_tricks import sliding_window_view",
    "Image.": "from PIL import Image",
    "safe_open(": "from safetensors import safe_open",
    "load_file(": "from safetensors.torch import load_file",
    "ndimage.": "from scipy import ndimage",
    "ndtr(": "from scipy.special import ndtr",
    "fetch_20newsgroups(": "from sklearn.datasets import fetch_20newsgroups",
    "load_breast_cancer(": "from sklearn.datasets import load_breast_cancer",
    "load_digits(": "from sklearn.datasets import load_digits",
    "TruncatedSVD(": "from sklearn.decomposition import TruncatedSVD",
    "TfidfTransformer(": "from sklearn.feature_extraction.text import TfidfTransformer",
    "GaussianMixture(": "from sklearn.mixture import GaussianMixture",
    "train_test_split(": "from sklearn.model_selection import train_test_split",
    "Tensor": "from torch import Tensor, nn",
    "F.": "from torch.nn import functional as F",
    "datasets.": "from torchvision import datasets",
}
_STANDARD = (
    "ast",
    "hashlib",
    "importlib.util",
    "itertools",
    "math",
    "os",
    "re",
    "collections.abc",
    "dataclasses",
    "functools",
    "pathlib",
    "typing",
)


@dataclass(frozen=True)
class Section:
    """A part of the recipe: its title, a sentence for a reader of the notebook, and its code."""

    title: str
    about: str
    code: str


@dataclass(frozen=True)
class Recipe:
    """A run as code: the lines that import, and the sections in the order in which they are read and run.

    After the last section ``mse`` is the held-out squared error and ``picture`` a PIL image.
    """

    imports: str
    sections: tuple[Section, ...]


def recipe(config: Config, device: str = "cpu") -> Recipe:
    """Write the code that repeats the run of ``config`` on ``device``. Raises LabError for none of :data:`DEVICES`."""
    if device not in DEVICES:
        raise LabError(f"Code can be written for {', '.join(DEVICES)}; not for {quoted(device)}.")
    config = config.canonical()
    template, given = ENVIRONMENT.get_template("script.py.jinja"), _given(config, device)
    unset = sections_of(template.render(given, constants=[]))
    code = "\n".join(section.code for section in unset)  # which shows what has to be imported and set above it
    constants = [
        (name.upper(), getattr(config, name), spec(name).help)
        for name in config.used_fields()
        if re.search(rf"\b{name.upper()}\b", code)
    ]
    return Recipe(imports_of(code), sections_of(template.render(given, constants=constants)))


def packages(config: Config) -> str:
    """Return the packages that the code needs, as ``pip install`` is given them."""
    return f"torch {INFO[config.dataset].packages} pillow"


# --- What the template is given -----------------------------------------------------------------------------


def _given(config: Config, device: str) -> dict[str, Any]:
    """Gather what the template fills in, by the names that it has for it."""
    info = INFO[config.dataset]
    model = autoencoder.blueprint(config, info.shape)
    return {
        "config": config,
        "device": device,
        "info": info,
        "data": info.script(info, bool(config.classes)).strip(),
        "own_layers": own_layers(config, model),
        "encoder": [layer_code(layer, config) for layer in model.encoder],
        "decoder": [layer_code(layer, config) for layer in model.decoder],
        "starts": [*starts(config, model)],
        "corruption": CORRUPTIONS[config.corruption],
        "corrupt": _corrupt(config),
        "variant": variant_of(config),
        "sparsity": SPARSITIES[config.sparsity],
        "code_activation": ACTIVATIONS[config.code_activation],
        "exact_contraction": contraction_is_exact(config),
        "augmentation": augmentation,
        "autoencoder": autoencoder,
        "pretraining": pretraining,
        "SAMPLE": SAMPLE,
    }


def _corrupt(config: Config) -> list[str]:
    """Return the code of a function ``corrupt`` and of what it uses, in parts; none where there is no noise."""
    if config.corruption == "none":
        return []
    kind = CORRUPTIONS[config.corruption].apply
    return [*used_by(kind), re.sub(r"^def \w+", "def corrupt", source_of(kind), count=1)]


def used_by(function: Callable[..., Any]) -> list[str]:
    """Return the code of the constants and functions of its own file that a function uses, in the file's order."""
    file = inspect.getmodule(function)
    assert file is not None
    defined: dict[str, ast.Assign | ast.FunctionDef] = {}
    for statement in ast.parse(inspect.getsource(file)).body:
        match statement:
            case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
                defined[name] = statement
    used, new = set[str](), {function.__name__}
    while new:
        used |= new
        named = {node.id for name in new for node in ast.walk(defined[name]) if isinstance(node, ast.Name)}
        new = named & defined.keys() - used
    return [
        source_of(getattr(file, name)) if isinstance(statement, ast.FunctionDef) else _public(ast.unparse(statement))
        for name, statement in defined.items()
        if name in used and name != function.__name__
    ]


def sections_of(text: str) -> tuple[Section, ...]:
    """Split what the template wrote at the lines that begin a section."""
    _, *parts = re.split(r"^# %% (.+)\n# (.+)\n", text, flags=re.MULTILINE)
    return tuple(Section(*map(str.strip, part)) for part in zip(parts[::3], parts[1::3], parts[2::3], strict=True))


def imports_of(code: str) -> str:
    """Return the lines that import what ``code`` mentions, one a module."""
    lines: dict[str, str] = {}  # by how they begin
    for word, line in _IMPORTS.items():
        if re.search(rf"(?<![\w.]){re.escape(word)}", code):
            begins, names = line.split("import ")
            start = begins or line
            lines[start] = f"{lines[start]}, {names}" if start in lines else line
    standard = [line for line in lines.values() if line.split()[1] in _STANDARD]
    others = [line for line in lines.values() if line.split()[1] not in _STANDARD]
    return "\n".join([*standard, "", *others]).strip()


# --- How the template writes --------------------------------------------------------------------------------


def _called(function: Callable[..., Any]) -> str:
    """Return the name that :func:`source_of` gives a function."""
    return str(function.__name__).lstrip("_")


def source_of(thing: Any) -> str:
    """Return the lab's own code of a function or a class, with nothing in it that only the lab knows."""
    source = _public(re.sub(r"  # type: ignore\S*", "", inspect.getsource(thing)).strip())
    return source.replace("Shape", "tuple[int, int, int]").replace("functional.pad", "F.pad")


def _public(source: str) -> str:
    """Return code with its private names made public: what is private in the lab is the reader's own."""
    return re.sub(r"\b_(?=[A-Za-z])", "", source)


ENVIRONMENT = Environment(
    loader=PackageLoader("ae_core.export"),
    autoescape=False,  # it writes Python, not HTML
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
ENVIRONMENT.filters |= {"pyrepr": repr, "source": source_of, "called": _called}

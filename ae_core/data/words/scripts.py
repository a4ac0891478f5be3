"""The code that makes the documents' word counts without the lab, for taking home."""

from __future__ import annotations

import inspect

from ae_core.data.words import counting, documentation

_IMPORTS = """import ast
import hashlib
import importlib.util
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
"""


def documentation_code(labelled: bool) -> str:
    """Return the code that makes the documentation's ``train`` and ``held_out``, and their labels where asked."""
    constants = "\n".join(
        (
            f'VOCABULARY = """{" ".join(documentation.vocabulary())}""".split()',
            f"LIBRARIES = {documentation.LIBRARIES!r}",
            f"TRAIN_COUNT, TEST_COUNT = {documentation.TRAIN_COUNT}, {documentation.TEST_COUNT}",
            f"_SHORTEST = {documentation._SHORTEST}",
            f'_START = re.compile(r"{documentation._START.pattern}", re.MULTILINE)',
            f'_NEXT = re.compile(r"{documentation._NEXT.pattern}", re.MULTILINE)',
            f'_PLAIN = r"{counting._PLAIN}"',
        )
    )
    functions = (
        counting.counts_of,
        counting.scaled,
        counting.vectors_of,
        documentation.Document,
        documentation.docstrings,
        documentation._documents_of,
        documentation._hash,
        documentation.is_held_out,
        documentation.every_document,
        documentation.documents,
    )
    made = """
parts = [documents("train"), documents("test")]
train, held_out = (torch.from_numpy(vectors_of([each.text for each in part], VOCABULARY)) for part in parts)
"""
    if labelled:
        made += "labels, held_out_labels = (torch.tensor([LIBRARIES.index(each.library) for each in part]) for part in parts)\n"
    return "\n\n".join((_IMPORTS, constants, *(inspect.getsource(each) for each in functions), made.lstrip()))


def newsgroups_code(labelled: bool) -> str:
    """Return the code that makes the newsgroups' ``train`` and ``held_out``, and their labels where asked."""
    functions = (counting.commonest, counting.counts_of, counting.scaled, counting.vectors_of)
    made = """
from sklearn.datasets import fetch_20newsgroups

folder = Path(os.environ.get("AE_DATA_DIR", "data")) / "20newsgroups"
parts = [
    fetch_20newsgroups(data_home=folder, subset=part, remove=("headers", "footers", "quotes"), shuffle=False)
    for part in ("train", "test")
]
words = commonest(parts[0].data)
train, held_out = (torch.from_numpy(vectors_of(part.data, words)) for part in parts)
"""
    if labelled:
        made += "labels, held_out_labels = (torch.from_numpy(part.target).long() for part in parts)\n"
    constants = f'WORDS = {counting.WORDS}\n_PLAIN = r"{counting._PLAIN}"'
    return "\n\n".join(
        ("import os\n" + _IMPORTS, constants, *(inspect.getsource(each) for each in functions), made.lstrip())
    )

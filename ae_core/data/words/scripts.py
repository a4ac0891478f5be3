"""The code that makes the documents' word counts without the lab, for taking home."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any

from ae_core.data.words import counting, documentation


def documentation_code(labelled: bool) -> str:
    """Return the code that makes the documentation's ``train`` and ``held_out``, and their labels where asked."""
    words = textwrap.fill(" ".join(documentation.vocabulary()), 110, break_on_hyphens=False)
    libraries = ", ".join(f'"{library}"' for library in documentation.LIBRARIES)
    constants = f'''
VOCABULARY = """
{words}
""".split()
LIBRARIES = ({libraries})
TRAIN_COUNT, TEST_COUNT = {documentation.TRAIN_COUNT}, {documentation.TEST_COUNT}
_SHORTEST = {documentation._SHORTEST}
_START = re.compile(r"{documentation._START.pattern}")
_NEXT = re.compile(r"{documentation._NEXT.pattern}")
_PLAIN = r"{counting._PLAIN}"
'''
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
    return _written(constants, functions, made)


def newsgroups_code(labelled: bool) -> str:
    """Return the code that makes the newsgroups' ``train`` and ``held_out``, and their labels where asked."""
    constants = f'WORDS = {counting.WORDS}\n_PLAIN = r"{counting._PLAIN}"'
    functions = (counting.commonest, counting.counts_of, counting.scaled, counting.vectors_of)
    made = """
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
    return _written(constants, functions, made)


def _written(constants: str, functions: tuple[Callable[..., Any], ...], made: str) -> str:
    """Put the parts below each other; what is private in the lab is the reader's own."""
    parts = (constants, *(inspect.getsource(each) for each in functions), made)
    return re.sub(r"\b_(?=[A-Za-z])", "", "\n\n\n".join(part.strip() for part in parts)) + "\n"

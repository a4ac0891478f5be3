"""The documentation of installed scientific packages: the docstrings of their public functions and classes.

Sources are read, never imported. A version of a package adds and drops a few documents: the vocabulary is shipped, the order
and the split depend on a document's title alone, and the counts of documents are fixed, so that a network fits everywhere.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

LIBRARIES = ("numpy", "scipy", "sklearn", "skimage", "torch", "networkx", "pandas")
TRAIN_COUNT, TEST_COUNT = 4800, 1200
_SHORTEST = 200  # characters of a document: less is a cross-reference
_START = re.compile(r"\n(?:def|class) ([A-Za-z]\w*)")
_NEXT = re.compile(r"\n[^\s)#]")  # where the next thing begins


@dataclass(frozen=True)
class Document:
    """A docstring, with the qualified name of what it documents."""

    title: str  # "scipy.stats.ttest_ind"
    text: str

    @property
    def library(self) -> str:
        """The package that it comes from, of :data:`LIBRARIES`."""
        return self.title.partition(".")[0]

    @property
    def module(self) -> str:
        """The part of the library: "scipy.stats"."""
        return ".".join(self.title.split(".")[:-1][:2])


def docstrings(source: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring of each public function and class at the top of a module's source.

    Only what stands before a docstring's end is parsed: a whole module's syntax would take ten times as long.
    """
    for start in _START.finditer(source):
        opening = source.find('"""', start.end())
        closing = source.find('"""', opening + 3) if opening >= 0 else -1
        if closing < 0 or _NEXT.search(source, start.end(), closing):  # the quotes are another's
            continue
        try:
            node = ast.parse(source[start.start() + 1 : closing + 3]).body[0]
        except SyntaxError:  # the quotes were no docstring's
            continue
        assert isinstance(node, (ast.FunctionDef, ast.ClassDef))
        if text := ast.get_docstring(node):
            yield node.name, text


def _documents_of(library: str) -> Iterator[Document]:
    found = importlib.util.find_spec(library)
    if found is None or found.origin is None:
        return
    root = Path(found.origin).parent
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if any("test" in part for part in parts) or any(part.startswith("_") for part in parts[:-1]):
            continue
        module = ".".join((library, *(part for part in parts if not part.startswith("_"))))
        for name, text in docstrings(path.read_text(encoding="utf-8", errors="replace")):
            if len(text) >= _SHORTEST:
                yield Document(f"{module}.{name}", text)


def _hash(title: str) -> int:
    return int.from_bytes(hashlib.sha256(title.encode()).digest()[:8], "big")


def is_held_out(title: str) -> bool:
    """Return whether a document is for measuring: a fifth of them is, by their titles alone."""
    return _hash(title) % 5 == 0


@lru_cache(maxsize=1)
def every_document() -> tuple[Document, ...]:
    """Return all documents, each title and each text once, in the order of their titles' hashes."""
    by_text: dict[str, Document] = {}
    for library in LIBRARIES:
        for document in _documents_of(library):
            by_text.setdefault(document.text, document)
    by_title = {document.title: document for document in by_text.values()}
    return tuple(sorted(by_title.values(), key=lambda document: _hash(document.title)))


def documents(split: Literal["train", "test"]) -> tuple[Document, ...]:
    """Return the documents of a split, in the order of the data set."""
    chosen = [each for each in every_document() if is_held_out(each.title) == (split == "test")]
    return tuple(chosen[: TRAIN_COUNT if split == "train" else TEST_COUNT])


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Return the shipped words, those of training documents: networks are shipped for them."""
    return tuple((Path(__file__).parent / "documentation_words.txt").read_text(encoding="utf-8").split())

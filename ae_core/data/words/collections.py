"""The collections of documents by the names of their data sets: their words, their titles, and a sentence to search for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ae_core.data.words import documentation, newsgroups
from ae_core.text import plain

BUNDLED_TEXT = "documentation"  # that is on every machine
_LONGEST = 60  # characters of a title


@dataclass(frozen=True)
class Collection:
    """Documents: the words that are counted, the documents' titles, and a sentence of such words."""

    vocabulary: Callable[[], tuple[str, ...]]
    titles: Callable[[Literal["train", "test"]], list[str]]
    sentence: str


def _names(split: Literal["train", "test"]) -> list[str]:
    return [document.title for document in documentation.documents(split)]


def _beginnings(split: Literal["train", "test"]) -> list[str]:
    """Return how messages begin: they come without their headers."""
    texts, _ = newsgroups.messages(split)
    return [beginning(text) or f"empty, no. {number}" for number, text in enumerate(texts)]


def beginning(text: str) -> str:
    """Return how a text begins, as a title."""
    line = plain(text[: 10 * _LONGEST]).lstrip(">|:-=*#. ")
    return line if len(line) <= _LONGEST else line[:_LONGEST].rpartition(" ")[0] + " …"


COLLECTIONS = {
    BUNDLED_TEXT: Collection(documentation.vocabulary, _names, "nearest neighbors of the points in a graph"),
    "newsgroups": Collection(newsgroups.vocabulary, _beginnings, "the engine of my car makes a strange noise"),
}

"""Search by what somebody types: a sentence as an item of the data set."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from ae_core.data.words import counting
from ae_core.data.words.collections import COLLECTIONS
from ae_core.data.words.counting import vectors_of
from ae_core.errors import LabError


class NoKnownWord(LabError):
    """A sentence without a word that the networks know. The message says what to do."""


def vocabulary_of(dataset: str) -> tuple[str, ...]:
    """Return the words of a data set of documents."""
    return COLLECTIONS[dataset].vocabulary()


def known_words(sentence: str, vocabulary: Collection[str]) -> list[str]:
    """Return the words of a sentence that are counted, each once, in its order: as scikit-learn would, but without it."""
    return list(dict.fromkeys(word for word in re.findall(counting._PLAIN, sentence.lower()) if word in vocabulary))


def item_of(sentence: str, vocabulary: Sequence[str]) -> Tensor:
    """Return a typed sentence as an item, uint8 (1, 1, 1, words); NoKnownWord where no word of it is in the vocabulary."""
    item = torch.from_numpy(vectors_of([sentence], vocabulary))
    if not item.any():
        raise NoKnownWord(
            "None of these words is among those that are counted. Type others, such as longer or commoner ones."
        )
    return item

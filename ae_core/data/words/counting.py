"""Count the words of documents, and scale the counts to what a network reads.

scikit-learn is imported where it is needed only: it takes 140 MB and a second, which a web process can do without.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

WORDS = 2000  # of a vocabulary
_PLAIN = r"[a-z]{2,}"  # so that n_samples counts as "samples"


def commonest(documents: Sequence[str], count: int = WORDS) -> list[str]:
    """Return the words that most documents' text consists of, in alphabetical order; stop words are left out."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectoriser = CountVectorizer(token_pattern=_PLAIN, stop_words="english", max_features=count)
    vectoriser.fit(documents)
    return [str(word) for word in vectoriser.get_feature_names_out()]


def counts_of(documents: Sequence[str], vocabulary: Sequence[str]) -> npt.NDArray[np.int32]:
    """Return how often each word of a vocabulary stands in each document, (N, words)."""
    number = {word: n for n, word in enumerate(vocabulary)}
    counts = np.zeros((len(documents), len(number)), np.int32)
    for row, text in zip(counts, documents, strict=True):
        row += np.bincount([number[w] for w in re.findall(_PLAIN, text.lower()) if w in number], minlength=len(row))
    return counts


def scaled(counts: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    """Return log(1 + n), divided by each document's largest entry, as bytes.

    The largest entry and not the length: a document of 100 words with length 1 has entries of about .1, of which a byte
    keeps but 25 steps; this way every document uses all 255. Cosines do not see the difference.
    """
    items = np.zeros(counts.shape, np.uint8)
    there = documents, _ = counts.nonzero()  # a document has few of the words
    items[there] = np.rint(255 * np.log1p(counts[there]) / np.log1p(counts.max(axis=1))[documents])
    return items


def vectors_of(documents: Sequence[str], vocabulary: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return documents, or typed sentences, as items of a data set: uint8 (N, 1, 1, words)."""
    return scaled(counts_of(documents, vocabulary))[:, None, None]


def strongest(item: npt.NDArray[np.uint8], vocabulary: Sequence[str], count: int = 5) -> list[str]:
    """Return the words that stand most often in a document, the most frequent first.

    Args:
        item: of a data set, with as many numbers as there are words.
        vocabulary: its words.
        count: how many at most; words that are not in the document are not among them.
    """
    flat = item.ravel()
    order = np.argsort(-flat.astype(np.int32), kind="stable")[:count]
    return [vocabulary[i] for i in order if flat[i]]

"""What documents are called, and the words that stand most often in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data.words.collections import COLLECTIONS
from ae_core.runs.fit import images_of

STRONGEST = 5  # words that stand beside a title
NO_WORD = 65535  # where a document has fewer


def titles_of(config: Config, split: Literal["train", "test"]) -> list[str]:
    """Return the titles of the documents of a split, of the classes of a run, in the order of the data set."""
    titles = COLLECTIONS[config.dataset].titles(split)
    if not config.canonical().classes:
        return titles
    labels = images_of(config.dataset)[split == "test"].labels
    kept = torch.isin(labels, torch.tensor(config.canonical().classes)).tolist()
    return [title for title, keep in zip(titles, kept, strict=True) if keep]


def strongest_words(items: Tensor) -> npt.NDArray[np.uint16]:
    """Return, of each document of uint8 (N, 1, 1, words), which words stand most often in it, (N, :data:`STRONGEST`).

    The most frequent first, as :func:`ae_core.data.words.counting.strongest` has them; :data:`NO_WORD` fills up.
    """
    counts = items.flatten(1)
    order = counts.argsort(dim=1, descending=True, stable=True)[:, :STRONGEST]
    words = np.where(counts.gather(1, order).numpy() > 0, order.numpy(), NO_WORD)
    return words.astype(np.uint16)


def in_words(words: Sequence[int], vocabulary: Sequence[str]) -> str:
    """Return a row of :func:`strongest_words` as words with commas."""
    return ", ".join(vocabulary[word] for word in words if word != NO_WORD)

"""Three ways in which documents can be near each other: by code, by LSA of the same size, and by all words (TF-IDF).

A code of some length can be cut to bits, too: semantic hashing (Salakhutdinov & Hinton 2009).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ae_core.evaluation.metrics import encode_all
from ae_core.runs.run import Run
from ae_core.tasks.search.index import FlatIndex

SPACES = {"codes": "Code", "lsa": "LSA", "tfidf": "All words"}
BITS = "bits"  # of a code that has as many numbers as FEWEST_BITS: of fewer too many documents have the same
FEWEST_BITS = 8
Vectors = Callable[[Tensor], Tensor]  # of items uint8 (N, 1, 1, words): float (N, D), each of length 1


def code_vectors(run: Run) -> Vectors:
    """Return what makes vectors of documents by the code of a run.

    Of length 1, so that the nearest are those of the largest cosine: a code is the longer, the more it has to say.
    """
    return lambda items: F.normalize(encode_all(run.model, items))


def tfidf_vectors(train: Tensor) -> Vectors:
    """Return what makes TF-IDF vectors: log(1 + n) times the rareness of a word among training documents."""
    weights = _weights(train)
    return lambda items: torch.from_numpy(weights.transform(_rows(items)).toarray()).float()


def lsa_vectors(train: Tensor, size: int) -> Vectors:
    """Return what makes latent semantic vectors of a size: a truncated SVD of the TF-IDF of training documents."""
    project = lsa_projection(train, size)
    return lambda items: F.normalize(project(items))


def lsa_projection(train: Tensor, size: int) -> Vectors:
    """Return what makes vectors as :func:`lsa_vectors` does, of the length that they come in: on a map it counts."""
    # scikit-learn is imported where it is needed only: it takes 140 MB, which a web process can do without.
    from sklearn.decomposition import TruncatedSVD

    weights = _weights(train)
    # Training documents alone decide, and the seed is fixed: the same vectors every time.
    directions = TruncatedSVD(size, random_state=0).fit(weights.transform(_rows(train)))
    return lambda items: torch.from_numpy(directions.transform(weights.transform(_rows(items)))).float()


def bit_vectors(run: Run, train: Tensor) -> Vectors:
    """Return what makes bits of codes: whether each number is above its median among the training documents.

    As 1 and -1, divided by the root of their count, so that a vector's length is 1: of two documents whose bits differ in
    n of D, the cosine is 1 - 2n / D.
    """
    medians = encode_all(run.model, train).median(0).values
    return lambda items: F.normalize(torch.where(encode_all(run.model, items) > medians, 1.0, -1.0))


def spaces_of(code_size: int) -> dict[str, str]:
    """Return the ways in which a run's documents can be near each other, and what they are called."""
    return SPACES | ({BITS: f"{code_size} bits"} if code_size >= FEWEST_BITS else {})


def vectors_by(space: str, run: Run, train: Tensor) -> Vectors:
    """Return what makes the vectors of one of :func:`spaces_of`.

    Args:
        space: which.
        run: whose code it is; LSA has as many numbers.
        train: its training documents, uint8 (N, 1, 1, words).
    """
    if space == "codes":
        return code_vectors(run)
    if space == BITS:
        return bit_vectors(run, train)
    return tfidf_vectors(train) if space == "tfidf" else lsa_vectors(train, run.config.code_size)


def nearest(vectors: Tensor, questions: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the numbers of the nearest documents and their cosines, each (Q, count), nearest first.

    Args:
        vectors: of the documents that are searched, of length 1.
        questions: vectors of length 1.
        count: how many to find for each.
    """
    found, apart = FlatIndex(vectors).search(questions, count)
    return found, 1 - apart.square() / 2  # of vectors of length 1


def _weights(train: Tensor) -> Any:
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer().fit(_rows(train))


def _rows(items: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return items.flatten(1).double().numpy()

"""Three ways in which documents can be near each other: by code, by LSA of the same size, and by all words (TF-IDF)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from torch import Tensor
from torch.nn import functional as F

from ae_core.evaluation.metrics import encode_all
from ae_core.runs.run import Run
from ae_core.tasks.search.index import FlatIndex

SPACES = {"codes": "Code", "lsa": "LSA", "tfidf": "All words"}
Vectors = Callable[[Tensor], Tensor]  # of items uint8 (N, 1, 1, words): float (N, D), each of length 1


def code_vectors(run: Run) -> Vectors:
    """Return what makes vectors of documents by the code of a run.

    Of length 1, so that the nearest are those of the largest cosine: a code is the longer, the more it has to say.
    """
    return lambda items: F.normalize(encode_all(run.model, items))


def tfidf_vectors(train: Tensor) -> Vectors:
    """Return what makes TF-IDF vectors, with the weights of training documents: log(1 + n) times the rareness of a word."""
    weights = TfidfTransformer().fit(_rows(train))
    return lambda items: torch.from_numpy(weights.transform(_rows(items)).toarray()).float()


def lsa_vectors(train: Tensor, size: int) -> Vectors:
    """Return what makes latent semantic vectors of a size: a truncated SVD of the TF-IDF of training documents."""
    weights = TfidfTransformer().fit(_rows(train))
    # Training documents alone decide, and the seed is fixed: the same vectors every time.
    directions = TruncatedSVD(size, random_state=0).fit(weights.transform(_rows(train)))

    def vectors(items: Tensor) -> Tensor:
        return F.normalize(torch.from_numpy(directions.transform(weights.transform(_rows(items)))).float())

    return vectors


def vectors_by(space: str, run: Run, train: Tensor) -> Vectors:
    """Return what makes the vectors of one of :data:`SPACES`.

    Args:
        space: which.
        run: whose code it is; LSA has as many numbers.
        train: its training documents, uint8 (N, 1, 1, words).
    """
    if space == "codes":
        return code_vectors(run)
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


def _rows(items: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return items.flatten(1).double().numpy()

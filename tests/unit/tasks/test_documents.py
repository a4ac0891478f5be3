"""Search among documents and topics: scikit-learn's LSA, precision by hand, a code that is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from torch import Tensor
from torch.nn import functional as F

from ae_core.data.words.counting import vectors_of
from ae_core.tasks.documents.retrieval import precision, precision_against_recall
from ae_core.tasks.documents.sentence import NoKnownWord, item_of
from ae_core.tasks.documents.spaces import lsa_vectors, nearest, tfidf_vectors
from ae_core.tasks.documents.topics import topics

TEXTS = ["cat dog", "cat bird", "sum array mean", "array mean", "dog bird cat", "sum mean"]  # each word once
WORDS = ["array", "bird", "cat", "dog", "mean", "sum"]


def test_tfidf_and_lsa_are_those_of_scikit_learn() -> None:
    items = torch.from_numpy(vectors_of(TEXTS, WORDS))
    theirs = TfidfVectorizer(vocabulary=WORDS).fit_transform(TEXTS)
    np.testing.assert_allclose(tfidf_vectors(items)(items), theirs.toarray(), atol=1e-6)
    reduced = torch.from_numpy(TruncatedSVD(2, random_state=0).fit_transform(theirs)).float()
    # Cosines, as two directions that weigh the same may come turned.
    ours, right = lsa_vectors(items, 2)(items), F.normalize(reduced)
    torch.testing.assert_close(ours @ ours.T, right @ right.T, atol=1e-5, rtol=0)


def test_the_nearest_have_the_largest_cosines() -> None:
    found, cosines = nearest(torch.eye(3), torch.tensor([[0.0, 0.6, 0.8]]), 2)
    assert found.tolist() == [[2, 1]]
    torch.testing.assert_close(cosines, torch.tensor([[0.8, 0.6]]))


def _on_a_circle(count: int) -> Tensor:
    turns = torch.arange(count) * 0.1
    return torch.stack((turns.cos(), turns.sin()), 1)


def test_precision_at_ten_by_hand() -> None:
    labels = torch.tensor([1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1])  # of the ten nearest to the first, four
    assert precision(_on_a_circle(12), labels, _on_a_circle(1), torch.tensor([1])).tolist() == [pytest.approx(0.4)]


def test_precision_against_recall_by_hand() -> None:
    recall, found = precision_against_recall(
        _on_a_circle(5), torch.tensor([1, 0, 1, 0, 0]), _on_a_circle(1).repeat(2, 1), torch.tensor([1, 7])
    )  # nobody can find the group 7, and it does not count
    torch.testing.assert_close(recall, torch.tensor([0.5, 0.5, 1.0, 1.0]))
    torch.testing.assert_close(found, torch.tensor([1.0, 0.5, 0.5, 0.4]))


class _KnownCodec:
    code_size = 2

    def encode(self, images: Tensor) -> Tensor:
        return images.flatten(1)[:, :2]

    def decode(self, codes: Tensor) -> Tensor:
        return torch.stack((codes[:, 0], -2 * codes[:, 0], codes[:, 1]), 1)[:, None, None]


def test_topics_name_the_words_that_a_number_turns() -> None:
    items = torch.tensor([[0, 0, 0], [255, 0, 0]], dtype=torch.uint8)[:, None, None]  # a spread of sqrt(1/2)
    found = topics(_KnownCodec(), items, 0, ["mean", "sum", "array"], 2)
    assert [word for word, _ in found] == ["sum", "mean"]
    assert [change for _, change in found] == pytest.approx([-(8**0.5), 2**0.5])


def test_a_typed_sentence_becomes_an_item_and_unknown_words_a_sentence() -> None:
    assert item_of("The mean of an array", WORDS).flatten().tolist() == [255, 0, 0, 0, 255, 0]
    with pytest.raises(NoKnownWord, match="Type others"):
        item_of("of the 12", WORDS)

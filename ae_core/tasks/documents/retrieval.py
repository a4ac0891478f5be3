"""How good a search among documents is: precision at ten, and precision against recall."""

from __future__ import annotations

import torch
from torch import Tensor

from ae_core.tasks.documents.spaces import nearest
from ae_core.tasks.search.index import right_share

COUNT = 10


def precision(vectors: Tensor, labels: Tensor, questions: Tensor, right: Tensor) -> Tensor:
    """Return the share of relevant documents among the :data:`COUNT` nearest, for each question.

    Args:
        vectors: of the documents that are searched, (N, D), of length 1.
        labels: their groups, (N,).
        questions: vectors, (Q, D), of length 1.
        right: the questions' groups, (Q,): a document of the same group is relevant.
    """
    return right_share(nearest(vectors, questions, COUNT)[0], labels, right)


def precision_against_recall(
    vectors: Tensor, labels: Tensor, questions: Tensor, right: Tensor
) -> tuple[Tensor, Tensor]:
    """Return mean precision and mean recall after 1, 2, 4, ... and all documents, over questions with a relevant one.

    Args:
        vectors: of the documents that are searched, (N, D), of length 1.
        labels: their groups, (N,).
        questions: vectors, (Q, D), of length 1.
        right: the questions' groups, (Q,).

    Returns:
        Recall and precision, each float (steps,).
    """
    total = len(vectors)
    steps = torch.tensor([*(2**n for n in range(total.bit_length()) if 2**n < total), total])
    recalls, precisions = [], []
    for part, groups in zip(questions.split(250), right.split(250), strict=True):
        relevant = labels[nearest(vectors, part, total)[0]] == groups[:, None]
        relevant = relevant[relevant.any(1)]
        found = relevant.cumsum(1)[:, steps - 1].float()
        recalls.append(found / relevant.sum(1, keepdim=True))
        precisions.append(found / steps)
    return torch.cat(recalls).mean(0), torch.cat(precisions).mean(0)

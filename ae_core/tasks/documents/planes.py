"""Maps of documents: their codes on a plane, and the first two directions of LSA."""

from __future__ import annotations

import torch
from torch import Tensor

from ae_core.evaluation.metrics import encode_all
from ae_core.models.codec import Codec
from ae_core.tasks.documents.spaces import lsa_projection
from ae_core.training.loop import plane_of


def code_places(codec: Codec, items: Tensor) -> Tensor:
    """Return where documents lie by their codes, (N, 2).

    A code of two numbers is drawn as it is, of more numbers are drawn the first two principal components. One number lies
    along x, and y only spreads the points.

    Args:
        codec: whose codes they are.
        items: the documents, uint8 (N, 1, 1, words).
    """
    codes = encode_all(codec, items)
    centre, axes = plane_of(codes)
    places = (codes - centre) @ axes
    if codes.shape[1] == 1:
        spread = torch.rand(len(codes), generator=torch.Generator().manual_seed(0)) - 0.5
        places[:, 1] = spread * codes.std() * 0.8
    return places


def lsa_places(train: Tensor, items: Tensor) -> Tensor:
    """Return where documents lie by LSA of two numbers, (N, 2).

    Args:
        train: the documents that it is fitted to, uint8 (N, 1, 1, words).
        items: those that are drawn.
    """
    return lsa_projection(train, 2)(items)

"""Topics: the words that a number of the code raises and lowers when it is turned."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ae_core.evaluation.metrics import encode_all
from ae_core.models.codec import Codec


def topics(
    codec: Codec, items: Tensor, dimension: int, vocabulary: Sequence[str], count: int = 10
) -> list[tuple[str, float]]:
    """Return the words that differ most between two decoded codes: the mean code, with one number turned up and down.

    Args:
        codec: whose code it is.
        items: documents whose codes give the mean, and the spread by which the number is turned; uint8 (N, 1, 1, words).
        dimension: which number.
        vocabulary: the words.
        count: how many of them.

    Returns:
        Words and how much more they are with the number up than down, in [-1, 1], the largest difference first.
    """
    codes = encode_all(codec, items)
    turned = codes.mean(0).repeat(2, 1)
    turned[:, dimension] += codes[:, dimension].std() * torch.tensor([-1.0, 1.0])
    with torch.inference_mode():
        down, up = codec.decode(turned).flatten(1)
    differences = up - down
    order = differences.abs().argsort(descending=True, stable=True)[:count]
    return [(vocabulary[i], float(differences[i])) for i in order.tolist()]

"""Topics: the words that a number of the code raises and lowers when it is turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
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


HALF = 6  # steps of a grid from the mean to either end
SHOWN = 8  # words that are raised and as many that are lowered, at each place of a slider
MOST = 64  # numbers of a code that can be turned: of more, those that change the words most
_END = 0.01  # of the training documents lie beyond either end of a slider


@dataclass(frozen=True, eq=False)
class Turned:
    """What a number of a code does to the words when it is turned and all others stay at their mean.

    Attributes:
        number: which.
        values: of the number: from that below which one in a hundred documents lies, over the mean, to that above which one
            does, (G,).
        words: the numbers of the words that are among the most raised or lowered somewhere, (K,).
        weights: of the words at each of the values, (G, K); the row in the middle is that of the mean code.
    """

    number: int
    values: npt.NDArray[np.float32]
    words: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


def grid_of(codes: Tensor) -> Tensor:
    """Return the values that each number of codes (N, D) is turned to, (D, 2 * :data:`HALF` + 1).

    The mean is in the middle.
    """
    ends = torch.from_numpy(np.quantile(codes.numpy(), [_END, 1 - _END], axis=0)).float()
    mean = codes.mean(0)
    low, high = torch.minimum(ends[0], mean), torch.maximum(ends[1], mean)
    steps = torch.linspace(0, 1, HALF + 1)
    below = low[:, None] + (mean - low)[:, None] * steps
    above = mean[:, None] + (high - mean)[:, None] * steps
    return torch.cat([below[:, :-1], mean[:, None], above[:, 1:]], 1)


def turned(codec: Codec, items: Tensor) -> list[Turned]:
    """Return what each number of a code does to the words, the number that changes them most first.

    Args:
        codec: whose code it is.
        items: documents whose codes give the means and the ends, uint8 (N, 1, 1, words).
    """
    codes = encode_all(codec, items)
    grid = grid_of(codes)
    answers = []
    for number, values in enumerate(grid):
        places = codes.mean(0).repeat(len(values), 1)
        places[:, number] = values
        with torch.inference_mode():
            weights = codec.decode(places).flatten(1).clamp(0, 1)  # a linear output may leave that
        changes = weights - weights[HALF]
        count = min(SHOWN, changes.shape[1])
        most = [changes.topk(count, 1, largest=raised) for raised in (True, False)]
        words = torch.cat([one.indices.flatten() for one in most]).unique()
        words = words[changes[:, words].abs().amax(0) > 0]
        answers.append(Turned(number, values.numpy(), words.int().numpy(), weights[:, words].contiguous().numpy()))
    return sorted(answers, key=_change, reverse=True)[:MOST]


def _change(one: Turned) -> float:
    return float(np.square(one.weights - one.weights[HALF]).sum(1).max()) if one.words.size else 0.0


def turned_code(codec: Codec, items: Tensor, number: int, turn: float) -> Tensor:
    """Return the mean code with one number turned, (1, D).

    Args:
        codec: whose code it is.
        items: as :func:`turned` was given them.
        number: which number.
        turn: how far, from -1, the lower end of its grid, over 0, the mean, to 1.
    """
    codes = encode_all(codec, items)
    low, mean, high = grid_of(codes)[number, [0, HALF, -1]]
    code = codes.mean(0, keepdim=True)
    code[0, number] = mean + turn * ((high - mean) if turn > 0 else (mean - low))
    return code

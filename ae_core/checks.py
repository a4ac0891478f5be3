"""Check the tensors that the library's public functions are given, before PyTorch fails on them or, worse, does not."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ae_core.errors import LabError


class WrongTensor(LabError):
    """A tensor of another shape or type than a call wants. The message says what was given and what is wanted."""


def check_images(images: Tensor, shape: Sequence[int] | None = None, dtype: torch.dtype | None = None) -> None:
    """Raise :class:`WrongTensor` unless ``images`` is a tensor of images (N, C, H, W).

    Args:
        images: what was given; nothing of it is read but its shape and type.
        shape: (C, H, W) that they must have; None for any.
        dtype: of their values; None for any floating point.

    Raises:
        WrongTensor: the message says what was given and what is wanted.
    """
    _check("images", images, ("C", "H", "W") if shape is None else shape, dtype)


def check_codes(codes: Tensor, size: int | None = None, dtype: torch.dtype | None = None) -> None:
    """Raise :class:`WrongTensor` unless ``codes`` is a tensor of codes (N, D).

    Args:
        codes: what was given; nothing of it is read but its shape and type.
        size: D that they must have; None for any.
        dtype: of their values; None for any floating point.

    Raises:
        WrongTensor: the message says what was given and what is wanted.
    """
    _check("codes", codes, ("D",) if size is None else (size,), dtype)


def check_alike(name: str, first: Sequence[object] | Tensor, other: str, second: Sequence[object] | Tensor) -> None:
    """Raise :class:`WrongTensor` unless two sequences are of the same length.

    Args:
        name: what the first holds, for the message.
        first: a sequence or a tensor.
        other: what the second holds, for the message.
        second: a sequence or a tensor.

    Raises:
        WrongTensor: the message says how many of each there were.
    """
    if len(first) != len(second):
        raise WrongTensor(f"There must be as many {name} as {other}; they were {len(first)} and {len(second)}.")


def _check(name: str, given: object, shape: Sequence[int | str], dtype: torch.dtype | None) -> None:
    if isinstance(given, Tensor):
        right_type = given.is_floating_point() if dtype is None else given.dtype == dtype
        right_shape = given.ndim == 1 + len(shape) and all(
            isinstance(wanted, str) or wanted == length for wanted, length in zip(shape, given.shape[1:], strict=True)
        )
        if right_type and right_shape:
            return
        found = f"{_of(given.dtype)} of shape {tuple(given.shape)}"
    else:
        found = f"of type {type(given).__name__}"
    kind = "floating-point numbers" if dtype is None else _of(dtype)
    sentence = (
        f"The {name} must be a tensor of {kind} of shape ({', '.join(map(str, ('N', *shape)))}); given was {found}."
    )
    if isinstance(given, Tensor) and given.dtype == torch.uint8 and name == "images":
        sentence += " Bytes become numbers from 0 to 1 by ae_core.data.items.to_float."
    raise WrongTensor(sentence)


def _of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")

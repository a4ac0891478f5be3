"""The trained networks of the repairs, as their files in checkpoints/photos hold them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from ae_core.errors import LabError
from ae_core.paths import checkpoints_dir
from ae_core.tasks.restoration.network import RestorationNet, in_half_precision
from ae_core.tasks.restoration.repairs import REPAIRS


class RepairMissing(LabError):
    """The weights of a repair are not on this machine, or its file is damaged."""


def weights_file(name: str) -> Path:
    """Return where the weights of a repair lie."""
    return checkpoints_dir() / "photos" / f"{name}.safetensors"


@lru_cache(maxsize=16)
def network(name: str) -> RestorationNet:
    """Return the trained network of a repair, a key of REPAIRS; read once, not to be changed.

    Raises:
        RepairMissing: its file is missing or damaged.
    """
    model = RestorationNet(REPAIRS[name].layout)
    try:
        model.load_state_dict(read_weights(weights_file(name)))
    except (OSError, SafetensorError, RuntimeError):
        raise _missing(name) from None
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model.eval().requires_grad_(False)


def read_weights(file: Path) -> dict[str, Tensor]:
    """Return the weights in a network's file, which holds them in 16 bits, as float32."""
    return {key: value.float() for key, value in load_file(file).items()}


def read_card(file: Path) -> dict[str, Any]:
    """Return what a network's file says of its training, see :mod:`.training`."""
    with safe_open(file, "pt") as opened:
        return json.loads(opened.metadata()["card"])  # type: ignore[no-any-return]


def _missing(name: str) -> RepairMissing:
    return RepairMissing(
        f"The network for “{REPAIRS[name].title}” is missing here or damaged: restore the folder checkpoints/photos."
    )


def card(name: str) -> dict[str, Any]:
    """Return what the file of a network says of its training, see :mod:`.training`.

    Raises:
        RepairMissing: its file is missing or damaged.
    """
    try:
        return read_card(weights_file(name))
    except (OSError, SafetensorError, TypeError, KeyError, ValueError):
        raise _missing(name) from None


def mean_chroma() -> tuple[float, float]:
    """Return the mean colour differences Cb and Cr of the photographs that colouring was learned from."""
    blue, red = card("colour")["mean_chroma"]
    return blue, red


_WAYS = tuple((turned, axes) for axes in ((), (2, 3), (2,), (3,)) for turned in (False, True))


def mean_answer(name: str, given: Tensor, ways: int) -> Tensor:
    """Return the mean of what a network makes of pictures that are turned and mirrored; each answer is turned back.

    What the answers do not agree on is averaged away (Timofte et al., CVPR 2016).

    Args:
        name: of a repair, a key of REPAIRS.
        given: (N, inputs, H, W).
        ways: in how many of the eight ways that a square can be turned and mirrored; the first leaves it as it is.
    """
    total = torch.zeros(())
    for turned, axes in _WAYS[:ways]:
        answer = applied(name, (given.mT if turned else given).flip(axes)).flip(axes)
        total = total + (answer.mT if turned else answer)
    return total / ways


def applied(name: str, given: Tensor) -> Tensor:
    """Return what the network of a repair makes of a batch (N, inputs, H, W), on as many cores as PyTorch has."""
    with torch.inference_mode(), in_half_precision("cpu"):
        return network(name)(given.contiguous(memory_format=torch.channels_last)).float()  # type: ignore[no-any-return]

"""The non-linearities that layers and codes pass through. Adding one is adding an entry to :data:`ACTIVATIONS`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


def _linear_slope(code: Tensor) -> Tensor:
    return torch.ones_like(code)


def _relu_slope(code: Tensor) -> Tensor:
    return (code > 0).to(code.dtype)


def _elu_slope(code: Tensor) -> Tensor:
    return torch.where(code > 0, 1.0, code + 1)


def _sigmoid_slope(code: Tensor) -> Tensor:
    return code * (1 - code)


def _tanh_slope(code: Tensor) -> Tensor:
    return 1 - code.square()


@dataclass(frozen=True)
class Activation:
    """One non-linearity.

    ``gain`` over the root of the number of inputs is the standard deviation that weights before it start from (He et al.
    2015); where it is None they start from Glorot & Bengio's 2010, which suits what is linear about zero. ``code_gain`` is
    the same before a code. ``slope`` gives the derivative where the non-linearity says what it is given (any shape), for
    the exact penalty of a contractive autoencoder; None where the derivative is no function of that.
    """

    label: str
    module: type[nn.Module]  # of torch.nn: a take-home script writes it as PyTorch prints it
    gain: float | None
    code_gain: float | None
    slope: Callable[[Tensor], Tensor] | None = None


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation("ReLU", nn.ReLU, math.sqrt(2), math.sqrt(2), _relu_slope),
    "gelu": Activation("GELU", nn.GELU, math.sqrt(2), math.sqrt(2)),
    "elu": Activation("ELU", nn.ELU, math.sqrt(1.55), math.sqrt(1.55), _elu_slope),
    # a code of sigmoids has nothing after it whose signal its saturation would starve: it starts near one half
    "sigmoid": Activation("sigmoid", nn.Sigmoid, 4.0, None, _sigmoid_slope),
    "tanh": Activation("tanh", nn.Tanh, 1.0, 1.0, _tanh_slope),
    "linear": Activation("linear", nn.Identity, None, None, _linear_slope),
}

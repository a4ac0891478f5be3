"""Adam and Adadelta, and a one-cycle learning rate: PyTorch's arithmetic without its optimiser objects.

Those import PyTorch's compiler at the first step, 75 MB and 1.2 s in every worker, and keep books that a small network's
step has no time for. The numbers are the same to the last bit; a test holds them to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adadelta import adadelta
from torch.optim.adam import adam

_WARM_UP = 0.15  # of the steps
_FIRST, _LAST = 10, 10 * 10_000  # the peak over the first rate, and over the last


class Adam:
    """The optimiser of Kingma & Ba 2015, with its usual constants. Gradients are dropped after use."""

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        self.parameters = list(parameters)
        device = self.parameters[0].device
        self._fused = device.type != "mps"
        self._means = [torch.zeros_like(p, requires_grad=False) for p in self.parameters]
        self._squares = [torch.zeros_like(p, requires_grad=False) for p in self.parameters]
        self._steps = [torch.zeros((), device=device if self._fused else "cpu") for _ in self.parameters]

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """Move every parameter against its gradient, at the learning rate ``rate``.

        It is a number, or where the arithmetic is recorded to be repeated (:class:`ae_core.training.step.CapturedStep`)
        a scalar on the parameters' device.
        """
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        adam(  # type: ignore[no-untyped-call]
            self.parameters,
            gradients,
            self._means,
            self._squares,
            [],
            self._steps,
            fused=self._fused,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )
        for parameter in self.parameters:
            parameter.grad = None


class Adadelta:
    """The optimiser of Zeiler 2012, with the constants of Keras's tutorials. Gradients are dropped after use."""

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        self.parameters = list(parameters)
        self._squares = [torch.zeros_like(p, requires_grad=False) for p in self.parameters]
        self._moves = [torch.zeros_like(p, requires_grad=False) for p in self.parameters]
        self._steps = [torch.zeros(()) for _ in self.parameters]

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """Move every parameter against its gradient, at the learning rate ``rate`` (1 in the paper).

        A scalar tensor is read, for which it waits.
        """
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        adadelta(  # type: ignore[no-untyped-call]
            self.parameters,
            gradients,
            self._squares,
            self._moves,
            self._steps,
            lr=float(rate),
            rho=0.95,
            eps=1e-7,
            weight_decay=0.0,
            maximize=False,
        )
        for parameter in self.parameters:
            parameter.grad = None


OPTIMISERS: dict[str, type[Adam] | type[Adadelta]] = {"adam": Adam, "adadelta": Adadelta}


def one_cycle(peak: float, step: int, steps: int) -> float:
    """Return the learning rate of a step in a one-cycle schedule: up along a cosine, then down to nothing.

    Smith & Topin 2018. On brief budgets this halves the error of a constant rate.

    Args:
        peak: the highest rate.
        step: the number of the step, from 0.
        steps: of the whole schedule.
    """
    turn, end = _WARM_UP * steps - 1, steps - 1
    if step <= turn:
        return _cosine(peak / _FIRST, peak, step / turn)
    return _cosine(peak, peak / _LAST, (step - turn) / (end - turn))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)

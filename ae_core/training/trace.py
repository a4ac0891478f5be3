"""Trace a training step: make it as :mod:`ae_core.training.loop` does, and keep every number on the way.

The steps are the loop's own, made of the same functions in the same order with the same draws: a walk over a few
batches leaves the weights that training on the same images leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ae_core.config.schema import Config
from ae_core.config.sparsities import TopK
from ae_core.models.autoencoder import ForwardOutput, build
from ae_core.training.objectives import objective, part_names
from ae_core.training.optimiser import OPTIMISERS
from ae_core.training.pretraining import pretrain, pretraining_steps
from ae_core.training.step import allowed_units, batch_of, kl_discount, rate_at, training_loss


@dataclass(frozen=True)
class Layer:
    """The weights, gradient and update of one layer in a step, as Euclidean norms over all numbers, biases too."""

    name: str  # "encoder 1", counted from the image; "decoder 1", counted from the code
    kind: str  # "Linear", "Conv2d", ...
    parameters: int
    weights: float  # before the update
    gradient: float
    update: float  # of the difference that the update made


@dataclass(frozen=True)
class TracedStep:
    """All that is computed in one training step, in the order it happens.

    For a batch of N images and a code of D numbers: images are float (N, C, H, W); codes (N, D). Terms are what each
    part of the loss adds to the loss whose gradient the step follows, so that they sum to ``terms["loss"]``.
    """

    step: int  # from 0
    steps: int  # in the whole run
    rate: float  # the learning rate
    clean: Tensor
    corrupted: Tensor  # what the encoder is given
    code: Tensor  # what the encoder says; of a variational one the mean, of a k-sparse one before units are silenced
    deviation: Tensor | None  # of a variational code: its standard deviation
    decoded: Tensor  # the code that the decoder is given
    active: int | None  # units of a k-sparse code that may fire in this step
    outputs: Tensor
    parts: dict[str, float]  # see objectives.objective; here without the weights they have in the loss
    terms: dict[str, float]
    layers: tuple[Layer, ...]
    outputs_after: Tensor  # the same batch, corrupted and drawn as before, once the weights have moved
    terms_after: dict[str, float]


@dataclass
class _Seen:
    """The inputs of modules of a network, kept by forward hooks."""

    tensors: dict[str, Tensor] = field(default_factory=dict)

    def enter(self, name: str, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        """Keep a module's first input under ``name``; the other arguments are those of a forward hook."""
        self.tensors[name] = inputs[0].detach().float()


class Trace:
    """A training run that is made one step at a time, each of them traced.

    Args:
        config: what is trained; its batch size is that of the steps.
        images: uint8 (M, C, H, W) on the CPU, all that there is to train on.
    """

    def __init__(self, config: Config, images: Tensor) -> None:
        self.config, self.images = config, images
        _, channels, height, width = images.shape
        self.model = build(config, (channels, height, width))
        self.model.train()
        self.each = config.steps_per_epoch(len(images))
        self.steps = config.epochs * self.each
        self.step_number = 0
        self.machines: list[list[float]] = []  # squared errors of each Boltzmann machine, where layers are pretrained
        if pretraining_steps(config, len(images)):
            for learned in pretrain(config, self.model, images, torch.Generator().manual_seed(config.seed)):
                if learned.layer == len(self.machines):
                    self.machines.append([])
                self.machines[-1].append(learned.error)
        self._generator = torch.Generator().manual_seed(config.seed)
        self._optimiser = OPTIMISERS[config.optimiser](self.model.parameters())
        self._order = torch.empty(0, dtype=torch.long)
        self._top_k = next((module for module in self.model.modules() if isinstance(module, TopK)), None)

    def step(self) -> TracedStep:
        """Make the next training step and return everything computed in it. Raises IndexError after the last one."""
        config, model, step = self.config, self.model, self.step_number
        if step >= self.steps:
            raise IndexError("the run has no more steps")
        if step % self.each == 0:
            self._order = torch.randperm(len(self.images), generator=self._generator)
        at = step % self.each * config.batch_size
        batch = self.images[self._order[at : at + config.batch_size]]
        clean, corrupted = batch_of(config, batch, self._generator)
        active = None
        if self._top_k is not None:
            active = self._top_k.k = allowed_units(config, step / self.steps)

        drawn = self._generator.get_state()  # the same draws serve to look again after the update
        seen = _Seen()
        hooks = [model.decoder.register_forward_pre_hook(partial(seen.enter, "decoded"))]
        if self._top_k is not None:
            hooks.append(self._top_k.register_forward_pre_hook(partial(seen.enter, "code")))
        result = self._pass(corrupted, self._generator)
        for hook in hooks:
            hook.remove()
        parts = objective(config, model, result, clean, self._generator)
        discount = kl_discount(config, step, self.steps)
        loss = training_loss(parts, discount)
        loss.backward()  # type: ignore[no-untyped-call]

        rate = rate_at(config, step, self.steps)
        grouped = _layers(model)
        gradients = [_norm([p.grad for p in parameters if p.grad is not None]) for _, _, parameters in grouped]
        before = [[p.detach().clone() for p in parameters] for _, _, parameters in grouped]
        self._optimiser.step(rate)
        layers = tuple(
            Layer(
                name,
                kind,
                sum(p.numel() for p in parameters),
                weights=_norm(old),
                gradient=gradient,
                update=_norm([p.detach() - was for p, was in zip(parameters, old, strict=True)]),
            )
            for (name, kind, parameters), gradient, old in zip(grouped, gradients, before, strict=True)
        )
        with torch.no_grad():
            again = torch.Generator()
            again.set_state(drawn)
            result_after = self._pass(corrupted, again)
            parts_after = objective(config, model, result_after, clean, again)
            loss_after = training_loss(parts_after, discount)
        self.step_number += 1
        spread = result.log_variance
        return TracedStep(
            step=step,
            steps=self.steps,
            rate=rate,
            clean=clean,
            corrupted=corrupted,
            code=seen.tensors.get("code", result.mean.detach()),
            deviation=None if spread is None else (0.5 * spread.detach()).exp(),
            decoded=seen.tensors["decoded"],
            active=active,
            outputs=model.pixels(result.outputs.detach()),
            parts={name: float(parts[name].detach()) for name in part_names(config)},
            terms=_terms(config, parts, discount, loss),
            layers=layers,
            outputs_after=model.pixels(result_after.outputs),
            terms_after=_terms(config, parts_after, discount, loss_after),
        )

    def _pass(self, corrupted: Tensor, generator: torch.Generator) -> ForwardOutput:
        coarse = self.config.precision == "bfloat16"
        with torch.autocast("cpu", torch.bfloat16, enabled=coarse):
            result: ForwardOutput = self.model(corrupted, generator)
        return result.float() if coarse else result


def _terms(config: Config, parts: dict[str, Tensor], discount: float | None, loss: Tensor) -> dict[str, float]:
    """Return what each part adds to the loss whose gradient is followed, and that loss."""
    weighed = {
        "reconstruction": ("reconstruction", 1.0),
        "kl": ("kl_charged", config.beta - (discount or 0.0)),
        "sparsity": ("sparsity", config.sparsity_weight),
        "contraction": ("contraction", config.contraction),
    }
    terms = {name: weight * float(parts[part].detach()) for name, (part, weight) in weighed.items() if part in parts}
    return terms | {"loss": float(loss.detach())}


def _layers(model: nn.Module) -> list[tuple[str, str, list[nn.Parameter]]]:
    """Return (name, kind, parameters) of each layer with weights, from the image to the image."""
    found = []
    for side in ("encoder", "decoder"):
        owners = [one for one in getattr(model, side).modules() if list(one.parameters(recurse=False))]
        for number, owner in enumerate(owners, 1):
            found.append((f"{side} {number}", type(owner).__name__, list(owner.parameters(recurse=False))))
    return found


def _norm(tensors: list[Tensor]) -> float:
    return float(torch.stack([tensor.norm() for tensor in tensors]).norm())

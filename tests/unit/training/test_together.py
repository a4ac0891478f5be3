"""Settings together: what a step of any Config goes down is the loss that its formula says and that its curves show.

Each setting has tests of its own elsewhere. Here whole small Configs are drawn, so that every pair of settings that may
go together is met at least once; :func:`missing` names those that never were.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import LEVELS, SMALL, configs, fitted
from torch import Tensor
from torch.nn import functional as F

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO, Images
from ae_core.data.items import to_float
from ae_core.models.autoencoder import Autoencoder, build
from ae_core.runs.fit import images_of
from ae_core.training import step as steps_module
from ae_core.training.loop import run_to_end, train
from ae_core.training.objectives import part_names
from ae_core.training.step import Step, batch_of
from ae_core.training.trace import Trace

COUNT, STEPS = 24, 6

Setting = tuple[str, Any]
Pair = frozenset[Setting]
met: set[Pair] = set()


def pairs_of(config: Config) -> set[Pair]:
    """Every two settings that make a difference to a Config together."""
    used = [(name, getattr(config, name)) for name in config.used_fields() if name in LEVELS]
    return {frozenset(pair) for pair in itertools.combinations(used, 2)}


@cache
def some(dataset: str, name: str, count: int) -> Images:
    images = images_of(dataset)[name == "test"]
    return Images(images.images[:count], images.labels[:count])


# --- What is expected ---------------------------------------------------------------------------------------


def slope_of(name: str, code: Tensor) -> Tensor:
    """The derivative of a non-linearity where it says ``code``; GELU's is not a function of that."""
    return {
        "linear": torch.ones_like(code),
        "relu": (code > 0).to(code),
        "elu": torch.where(code > 0, torch.ones_like(code), code + 1),
        "sigmoid": code * (1 - code),
        "tanh": 1 - code**2,
    }[name]


class Textbook:
    """The loss of one batch as its formula has it, with what is drawn for it drawn once."""

    def __init__(self, config: Config, images: Tensor, step: int) -> None:
        self.config = config
        generator = torch.Generator().manual_seed(config.seed)
        chosen = torch.randperm(len(images), generator=generator)[: config.batch_size]
        self.clean, self.corrupted = batch_of(config, images[chosen], generator)
        count, size = len(self.clean), config.code_size
        self.corruption = torch.randn(count, size, generator=generator) if config.variational else None
        self.deep = config.architecture != "dense" or bool(config.hidden_sizes) or config.sparsity == "top_k"
        self.deep |= config.code_activation == "gelu"
        if config.contraction and self.deep:
            self.projection = torch.randn(count, size, generator=generator, dtype=self.clean.dtype)
        self.grown = min(1.0, step / (config.kl_warmup * STEPS)) if config.kl_warmup else 1.0

    def __call__(self, model: Autoencoder, grown: float) -> Tensor:
        """The loss where ``grown`` of the KL term's weight counts."""
        config = self.config
        code = model.encoder(self.corrupted)
        if config.variational:
            mean, log_variance = code.chunk(2, dim=1)
            code = mean + self.corruption * (log_variance / 2).exp()
        outputs = model.decoder(code)
        if config.loss == "bce":
            loss = F.binary_cross_entropy(outputs.sigmoid(), self.clean)
        elif config.loss == "categorical":
            said, shares = outputs.exp().flatten(1), self.clean.flatten(1)
            said, shares = said / said.sum(1, keepdim=True), shares / shares.sum(1, keepdim=True)
            loss = -(shares * said.log()).sum() / len(shares)
        else:
            pixels = {"sigmoid": torch.sigmoid, "relu": torch.relu, "linear": lambda x: x}[config.output_activation](
                outputs
            )
            loss = ((pixels - self.clean) ** 2).mean()
        if config.variational:
            divergence = (mean**2 + log_variance.exp() - log_variance - 1).mean(0) / 2
            charged = torch.where(divergence > config.free_bits, divergence, config.free_bits)
            loss = loss * self.clean[0].numel() + grown * config.beta * charged.sum()
        if config.sparsity == "l1":
            loss = loss + config.sparsity_weight * code.abs().mean()
        if config.sparsity == "kl":
            p, q = config.target_activity, code.mean(0)
            one, other = p * (p / q).log(), (1 - p) * ((1 - p) / (1 - q)).log()
            loss = loss + config.sparsity_weight * (one + other).mean()
        if config.contraction:
            loss = loss + config.contraction * self.contraction(model, code)
        return loss

    def contraction(self, model: Autoencoder, code: Tensor) -> Tensor:
        """The squared norm of the Jacobian, mean over images, or of its product with what was drawn."""
        if not self.deep:
            rows = slope_of(self.config.code_activation, code)[:, :, None] * model.encoder[1].weight
            return (rows**2).sum() / len(code)
        _, pull = torch.func.vjp(model.encoder, self.corrupted)
        return (pull(self.projection)[0] ** 2).sum() / len(code)


class Recorder:
    """In an optimiser's place: keeps the gradients and moves nothing."""

    def __init__(self, model: Autoencoder) -> None:
        self.model = model

    def step(self, rate: float) -> None:
        self.gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.model.parameters()]


def slopes_along(
    way: list[Tensor], start: list[Tensor], model: Autoencoder, formula: Textbook, size: float
) -> tuple[float, float]:
    """How steep a formula is from the weights ``start`` against ``way`` and along it, over a step of ``size`` each."""
    losses = []
    for sign in (-1, 0, 1):
        for p, origin, direction in zip(model.parameters(), start, way, strict=True):
            p.copy_(origin + sign * size * direction)
        losses.append(float(formula(model, formula.grown)))
    return (losses[1] - losses[0]) / size, (losses[2] - losses[1]) / size


def assert_a_step_goes_down_the_formula(config: Config, step: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Hold the gradient and the shown loss of one step to the formula's, in 64 bits.

    Returns:
        how many of three directions were compared: along others lies a kink, where it is not as steep before as after.
    """
    config = replace(config, precision="float32")
    monkeypatch.setattr(steps_module, "to_float", lambda images: to_float(images).double())
    images = some(config.dataset, "train", COUNT).images
    model = build(config, INFO[config.dataset].shape).double()
    with torch.no_grad():  # at the start biases are zero, and under black pixels every unit lies on its kink
        for p in model.parameters():
            p += 0.05 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel()))
    stepping = Step(config, model, images, STEPS)
    recorder = stepping._optimiser = Recorder(model)  # type: ignore[assignment]
    stepping(step)
    with torch.no_grad():
        formula = Textbook(config, images, step)
        assert stepping.means()["loss"] == pytest.approx(float(formula(model, 1.0)), rel=1e-5)
        compared = 0
        start = [p.clone() for p in model.parameters()]
        for seed in range(3):
            generator = torch.Generator().manual_seed(seed)
            way = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in start]
            analytic = sum(float((g * d).sum()) for g, d in zip(recorder.gradients, way, strict=True))
            for size in (2e-6, 1e-7, 5e-9):  # kinks may lie on both sides alike; nearer by there are fewer
                before, after = slopes_along(way, start, model, formula, size)
                smooth = before == pytest.approx(after, rel=1e-3, abs=1e-7)
                right = analytic == pytest.approx((before + after) / 2, rel=1e-3, abs=1e-7)
                if smooth and right:
                    break
            assert right or not smooth, (analytic, before, after)
            compared += smooth
    return compared


def assert_a_walk_is_the_loop_and_shows_what_it_descends(config: Config) -> None:
    walk = Trace(config, some(config.dataset, "train", COUNT).images)
    steps = [walk.step() for _ in range(walk.steps)]
    assert len(steps) == STEPS
    trained = run_to_end(train(config, some(config.dataset, "train", COUNT), some(config.dataset, "test", 12)))
    for (name, one), other in zip(walk.model.named_parameters(), trained.model.parameters(), strict=True):
        assert torch.equal(one, other), name
    for number, at in enumerate(steps):
        assert set(at.terms) == set(at.parts) == set(part_names(config))
        assert at.terms["loss"] == pytest.approx(sum(v for n, v in at.terms.items() if n != "loss"), rel=1e-4, abs=1e-6)
        for name, value in at.parts.items():  # the loop looks after every step of a run as short as this
            assert trained.history[f"train_{name}"][number + 1] == pytest.approx(value, rel=1e-4, abs=1e-7)
        if not config.variational or number >= config.kl_warmup * STEPS:
            assert at.terms["loss"] == pytest.approx(at.parts["loss"], rel=1e-5)


def hold(config: Config) -> int:
    """Hold one Config to all of it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        compared = sum(assert_a_step_goes_down_the_formula(config, step, monkeypatch) for step in (0, STEPS // 2))
    assert_a_walk_is_the_loop_and_shows_what_it_descends(config)
    if config.dataset == "digits":  # as those of the table are
        met.update(pairs_of(config))
    return compared


# --- Which go together --------------------------------------------------------------------------------------


def with_pair(pair: Pair, random_: random.Random, tries: int) -> Iterator[Config]:
    """Configs that have a pair of settings, the others drawn."""
    for _ in range(tries):
        config = fitted({name: random_.choice(levels) for name, levels in SMALL.items()} | dict(pair))
        if pair in pairs_of(config):
            yield config


@cache
def possible() -> dict[Pair, Config]:
    """Every pair of settings that may go together, with a Config that shows it."""
    random_ = random.Random(0)
    every = [(name, level) for name, levels in LEVELS.items() for level in levels]
    pairs = {frozenset(pair) for pair in itertools.combinations(every, 2) if pair[0][0] != pair[1][0]}
    found = {pair: next(with_pair(pair, random_, 100), None) for pair in sorted(pairs, key=str)}
    return {pair: config for pair, config in found.items() if config is not None}


def missing() -> list[str]:
    """The table of pairs that may go together and were never met, a line each."""
    return sorted(" with ".join(sorted(f"{name} {level}" for name, level in pair)) for pair in possible().keys() - met)


# --- The tests ----------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(configs(**{name: st.sampled_from(levels) for name, levels in SMALL.items()}))
def test_settings_do_together_what_each_does_alone(config: Config) -> None:
    hold(config)


@settings(max_examples=8)
@given(
    configs(
        **{name: st.sampled_from(levels) for name, levels in SMALL.items()}
        | {"dataset": st.just("documentation"), "loss": st.just("categorical"), "variational": st.just(False)}
    )
)
def test_a_distribution_over_words_goes_with_what_else_there_is(config: Config) -> None:
    hold(config)


def test_every_two_settings_that_may_go_together_were_met() -> None:
    random_ = random.Random(1)
    compared = held = 0
    while left := sorted(possible().keys() - met, key=str):
        candidates = [possible()[left[0]], *with_pair(left[0], random_, 20)]
        compared += hold(max(candidates, key=lambda config: len(pairs_of(config) - met)))
        held += 1
    assert not missing()
    assert compared > 0.8 * 6 * held  # most directions lead over no kink

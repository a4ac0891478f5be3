"""A step taken apart is a step of the training loop, for every kind of autoencoder."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import Images
from ae_core.runs.fit import images_of
from ae_core.training.loop import run_to_end, train
from ae_core.training.objectives import objective, part_names
from ae_core.training.trace import Trace, TracedStep

COUNT, BATCH = 40, 8
SETTINGS = {
    "a warm-up of the KL term": VARIANTS["vae"].config("digits", kl_warmup=0.8, free_bits=0.1),
    "noise of many strengths": VARIANTS["denoising"].config("digits", corruption_min=0.1, corruption_strength=0.6),
    "shifted images": VARIANTS["dense"].config("digits", shift=1),
    "Adadelta at a constant rate": VARIANTS["dense"].config("digits", optimiser="adadelta", schedule="constant"),
    "16 bits": VARIANTS["dense"].config("digits", precision="bfloat16"),
    "a deep contractive encoder": VARIANTS["contractive"].config("digits", hidden_sizes=(16,)),
}


def brief(config: Config, epochs: int = 2) -> Config:
    """The same in two epochs of five batches."""
    return replace(config, batch_size=BATCH, epochs=epochs, pretraining_epochs=1)


def some() -> Images:
    """So few training images that a run is ten steps."""
    images = images_of("digits")[0]
    return Images(images.images[:COUNT], images.labels[:COUNT])


def walked(config: Config) -> tuple[Trace, list[TracedStep]]:
    walk = Trace(config, some().images)
    return walk, [walk.step() for _ in range(walk.steps)]


@pytest.mark.parametrize("name", [*VARIANTS, *SETTINGS])
def test_ten_steps_leave_the_very_weights_of_the_training_loop(name: str) -> None:
    config = brief(VARIANTS[name].config("digits") if name in VARIANTS else SETTINGS[name])
    walk, steps = walked(config)
    trained = run_to_end(train(config, some(), images_of("digits")[1])).model
    assert len(steps) == 10
    for (which, one), other in zip(walk.model.named_parameters(), trained.parameters(), strict=True):
        assert torch.equal(one, other), which


@pytest.mark.parametrize("name", VARIANTS)
def test_gradients_and_updates_are_those_of_autograd(name: str) -> None:
    """At the first step, without noise that is drawn anew, against derivatives taken by hand."""
    config = brief(VARIANTS[name].config("digits"))
    walk = Trace(config, some().images)
    before = {which: p.detach().clone() for which, p in walk.model.named_parameters()}
    twin = Trace(config, some().images)
    anatomy = walk.step()

    # the twin's first step by hand: its generator is brought to where the damage is done
    order = torch.randperm(COUNT, generator=twin._generator)
    assert torch.equal(anatomy.clean, some().images[order[:BATCH]] / 255)
    if config.corruption != "none":
        torch.randn(anatomy.clean.shape, generator=twin._generator)  # the Gaussian noise of the denoising kinds
    if twin._top_k is not None:
        twin._top_k.k = config.code_size  # at the start all units may fire
    result = twin.model(anatomy.corrupted, twin._generator)
    parts = objective(config, twin.model, result, anatomy.clean, twin._generator)
    gradients = torch.autograd.grad(parts["loss"], list(twin.model.parameters()), allow_unused=True)
    norms = [0.0 if g is None else float(g.norm()) for g in gradients]

    total = sum(layer.gradient**2 for layer in anatomy.layers) ** 0.5
    assert total == pytest.approx(sum(norm**2 for norm in norms) ** 0.5, rel=1e-4)
    moved = sum(float((p.detach() - before[which]).square().sum()) for which, p in walk.model.named_parameters())
    assert sum(layer.update**2 for layer in anatomy.layers) == pytest.approx(moved, rel=1e-4)
    assert sum(layer.parameters for layer in anatomy.layers) == sum(p.numel() for p in walk.model.parameters())
    assert all(layer.gradient > 0 and layer.update > 0 and layer.weights > 0 for layer in anatomy.layers)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_terms_are_those_of_the_kind_and_sum_to_what_is_descended(name: str) -> None:
    config = brief(VARIANTS[name].config("digits"))
    _, steps = walked(config)
    for step in steps:
        assert set(step.terms) == set(step.terms_after) == set(part_names(config))
        total = sum(value for part, value in step.terms.items() if part != "loss")
        assert step.terms["loss"] == pytest.approx(total, rel=1e-5)
        assert step.terms["loss"] == pytest.approx(step.parts["loss"], rel=1e-5)  # no warm-up here


def test_during_a_warm_up_the_kl_term_weighs_less_than_in_the_loss() -> None:
    _, steps = walked(brief(SETTINGS["a warm-up of the KL term"]))
    assert steps[0].terms["loss"] < steps[0].parts["loss"]
    assert steps[-1].terms["loss"] == pytest.approx(steps[-1].parts["loss"], rel=1e-5)


def test_the_loss_after_the_update_is_of_the_same_draws() -> None:
    """With a rate of next to nothing the weights stand still, and so must every number that is drawn again."""
    for name in ("conv-denoising", "vae", "k-sparse", "contractive"):
        config = replace(brief(VARIANTS[name].config("digits")), learning_rate=1e-6)
        _, steps = walked(config)
        for step in steps:
            assert step.terms_after["loss"] == pytest.approx(step.terms["loss"], rel=1e-3)
            assert (step.outputs_after - step.outputs).abs().max() < 1e-2


def test_the_network_learns_what_it_is_shown() -> None:
    _, steps = walked(brief(VARIANTS["dense"].config("digits"), epochs=10))
    assert steps[-1].terms["loss"] < 0.7 * steps[0].terms["loss"]
    assert sum(step.terms_after["loss"] < step.terms["loss"] for step in steps) > 0.9 * len(steps)


def test_what_a_kind_adds_is_there_to_be_seen() -> None:
    of = {name: walked(brief(kind.config("digits")))[1] for name, kind in VARIANTS.items()}
    for name, steps in of.items():
        first = steps[0]
        assert (first.deviation is not None) == ("vae" in name)
        assert (first.active is not None) == (name == "k-sparse")
        assert torch.equal(first.clean, first.corrupted) == ("denoising" not in name)
        assert torch.equal(first.code, first.decoded) == ("vae" not in name)  # at first all k-sparse units may fire
    active = [step.active for step in of["k-sparse"]]
    assert active[0] == 100  # all of them, until the code narrows
    assert active[-1] == 10
    last = of["k-sparse"][-1]
    assert (last.decoded != 0).sum(dim=1).max() <= 10 < (last.code != 0).sum(dim=1).min()


def test_pretraining_comes_before_the_first_step() -> None:
    walk = Trace(brief(VARIANTS["rbm"].config("digits")), some().images)
    assert len(walk.machines) == 3
    plain = Trace(replace(walk.config, pretraining="none"), some().images)
    assert not plain.machines
    weights = next(walk.model.encoder.parameters())
    assert not torch.equal(weights, next(plain.model.encoder.parameters()))


def test_there_are_no_steps_beyond_the_run() -> None:
    walk, _ = walked(brief(VARIANTS["single"].config("digits")))
    with pytest.raises(IndexError):
        walk.step()

"""Objectives: every part of the loss against its textbook formula."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, Normal
from torch.distributions import kl_divergence as torch_kl

from ae_core.config.schema import Config
from ae_core.models.autoencoder import Autoencoder, ForwardOutput, build
from ae_core.training.objectives import kl_by_dimension, kl_divergence, objective, reconstruction
from ae_core.training.step import training_loss

SHAPE = (1, 4, 4)


def model_of(**changes: object) -> tuple[Config, Autoencoder]:
    config = Config(**{"hidden_sizes": (6,), "code_size": 3, "activation": "tanh", **changes})  # type: ignore[arg-type]
    return config, build(config, SHAPE).double()


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


IMAGES = drawn(5, *SHAPE).sigmoid()
LOGITS = 3 * drawn(5, *SHAPE, seed=1)


# --- Reconstruction -----------------------------------------------------------------------------------------


def test_cross_entropy_from_logits_is_the_textbook_formula() -> None:
    p = LOGITS.sigmoid()
    textbook = -(IMAGES * p.log() + (1 - IMAGES) * (1 - p).log()).mean()
    torch.testing.assert_close(reconstruction("bce", model_of(loss="bce")[1], LOGITS, IMAGES), textbook)


def test_squared_error_is_that_of_the_pixels_and_not_of_the_logits() -> None:
    textbook = ((LOGITS.sigmoid() - IMAGES) ** 2).sum() / IMAGES.numel()
    torch.testing.assert_close(reconstruction("mse", model_of()[1], LOGITS, IMAGES), textbook)


def test_squared_error_of_a_linear_output_is_that_of_the_output() -> None:
    textbook = ((LOGITS - IMAGES) ** 2).sum() / IMAGES.numel()
    torch.testing.assert_close(reconstruction("mse", model_of(output_activation="linear")[1], LOGITS, IMAGES), textbook)


def test_a_perfect_reconstruction_costs_nothing_in_squared_error_and_the_entropy_in_cross_entropy() -> None:
    perfect = IMAGES.logit()
    entropy = -(IMAGES * IMAGES.log() + (1 - IMAGES) * (1 - IMAGES).log()).mean()
    assert reconstruction("mse", model_of()[1], perfect, IMAGES) == pytest.approx(0, abs=1e-20)
    torch.testing.assert_close(reconstruction("bce", model_of(loss="bce")[1], perfect, IMAGES), entropy)


def documents() -> tuple[Config, Autoencoder]:
    return model_of(dataset="documentation", loss="categorical", output_activation="softmax")


def test_cross_entropy_of_distributions_is_their_divergence_and_the_entropy_of_the_documents() -> None:
    shares = IMAGES.flatten(1) / IMAGES.flatten(1).sum(1, keepdim=True)
    theirs = torch_kl(Categorical(probs=shares), Categorical(logits=LOGITS.flatten(1))) + Categorical(shares).entropy()
    torch.testing.assert_close(reconstruction("categorical", documents()[1], LOGITS, IMAGES), theirs.mean())


def test_a_document_of_one_word_costs_what_was_not_expected_of_it_and_an_empty_one_nothing() -> None:
    words = torch.zeros_like(IMAGES)
    words[0, 0, 1, 2] = 0.5  # number 6 of 16
    likely = LOGITS.flatten(1).log_softmax(1)
    torch.testing.assert_close(reconstruction("categorical", documents()[1], LOGITS, words), -likely[0, 6] / len(words))


def test_a_perfect_distribution_is_decoded_as_its_document() -> None:
    items = IMAGES / IMAGES.amax((1, 2, 3), keepdim=True)  # the commonest word is 1
    torch.testing.assert_close(documents()[1].pixels(items.log() + 7), items)


@pytest.mark.parametrize("sign", [-1, 1])
def test_cross_entropy_stays_finite_and_keeps_its_gradient_at_enormous_logits(sign: int) -> None:
    logits = torch.full((2, *SHAPE), sign * 1e4, requires_grad=True)
    target = torch.full((2, *SHAPE), 0.25)
    loss = reconstruction("bce", model_of(loss="bce")[1], logits, target)
    loss.backward()
    # softplus(|logit|) is |logit| out there: the loss is linear
    assert loss.item() == pytest.approx(1e4 * (0.75 if sign > 0 else 0.25))
    expected = (0.75 if sign > 0 else -0.25) / logits.numel()
    torch.testing.assert_close(logits.grad, torch.full_like(logits, expected))


# --- KL -----------------------------------------------------------------------------------------------------

MEAN, LOG_VARIANCE = drawn(4, 3, seed=2), drawn(4, 3, seed=3)


def test_kl_is_zero_for_the_standard_normal_and_positive_for_any_other() -> None:
    assert kl_divergence(torch.zeros(1, 3), torch.zeros(1, 3)).tolist() == [0.0]
    assert (kl_divergence(MEAN, LOG_VARIANCE) > 0).all()


def test_kl_is_that_of_torch_distributions() -> None:
    theirs = torch_kl(Normal(MEAN, (0.5 * LOG_VARIANCE).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(kl_divergence(MEAN, LOG_VARIANCE), theirs)


def test_kl_is_the_mean_log_ratio_of_many_draws() -> None:
    posterior = Normal(MEAN, (0.5 * LOG_VARIANCE).exp())
    draws = MEAN + (0.5 * LOG_VARIANCE).exp() * drawn(50_000, 4, 3, seed=4)
    ratios = (posterior.log_prob(draws) - Normal(0.0, 1.0).log_prob(draws)).sum(2)
    standard_error = ratios.std(0) / math.sqrt(len(ratios))
    assert ((ratios.mean(0) - kl_divergence(MEAN, LOG_VARIANCE)).abs() < 4 * standard_error).all()


# --- The whole ----------------------------------------------------------------------------------------------


def test_the_loss_of_a_plain_autoencoder_is_its_reconstruction() -> None:
    config, model = model_of()
    result = ForwardOutput(IMAGES, LOGITS, MEAN, None)
    parts = objective(config, model, result, IMAGES)
    assert set(parts) == {"reconstruction", "loss"}
    assert parts["loss"] == parts["reconstruction"] == reconstruction("mse", model, LOGITS, IMAGES)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_a_variational_loss_is_reconstruction_plus_beta_times_kl(loss: str, beta: float) -> None:
    config, model = model_of(variational=True, beta=beta, loss=loss)
    parts = objective(config, model, ForwardOutput(IMAGES[:4], LOGITS[:4], MEAN, LOG_VARIANCE), IMAGES[:4])
    assert set(parts) == {"reconstruction", "kl", "kl_charged", "loss"}
    torch.testing.assert_close(parts["kl"], kl_divergence(MEAN, LOG_VARIANCE).mean())
    torch.testing.assert_close(parts["loss"], parts["reconstruction"] + beta * parts["kl"])


@pytest.mark.parametrize("discount", [None, 0.7, 2.0])
def test_below_its_allowance_divergence_is_neither_punished_nor_rewarded(discount: float | None) -> None:
    """Free bits (Kingma et al. 2016), at every moment of a warm-up from nothing to a beta of 2."""
    config, model = model_of(variational=True, beta=2.0, free_bits=0.4)
    means = torch.tensor([[0.1, 0.5, 3.0]] * 4, dtype=torch.float64, requires_grad=True)
    assert (kl_by_dimension(means, torch.zeros_like(means)) < 0.4).tolist() == [True, True, False]
    parts = objective(config, model, ForwardOutput(IMAGES[:4], LOGITS[:4], means, torch.zeros_like(means)), IMAGES[:4])
    (gradient,) = torch.autograd.grad(training_loss(parts, discount), means)
    grown = 2.0 - (discount or 0.0)
    torch.testing.assert_close(gradient.sum(0), torch.tensor([0.0, 0.0, grown * 3.0], dtype=torch.float64))


def test_a_variational_reconstruction_is_summed_over_the_pixels_of_an_image() -> None:
    config, model = model_of(variational=True, loss="bce")
    parts = objective(config, model, ForwardOutput(IMAGES[:4], LOGITS[:4], MEAN, LOG_VARIANCE), IMAGES[:4])
    p = LOGITS[:4].sigmoid()
    nats = -(IMAGES[:4] * p.log() + (1 - IMAGES[:4]) * (1 - p).log()).flatten(1).sum(1)
    torch.testing.assert_close(parts["reconstruction"], nats.mean())


def test_the_variational_loss_bounds_the_true_likelihood_of_a_model_that_can_be_integrated() -> None:
    # one number of code, a flat decoder: p(x) is known, so the negative evidence lower bound must lie above -log p(x)
    config, model = model_of(variational=True, loss="bce", code_size=1, hidden_sizes=())
    grid = torch.linspace(-8, 8, 4001, dtype=torch.float64)[:, None]
    target = (IMAGES[:1] > 0.5).double()
    with torch.no_grad():
        logits = model.decoder(grid)
        log_likelihood = (target * logits - torch.nn.functional.softplus(logits)).flatten(1).sum(1)
        integrand = (log_likelihood + Normal(0.0, 1.0).log_prob(grid[:, 0])).exp()
        evidence = torch.trapezoid(integrand, grid[:, 0]).log()
        generator = torch.Generator().manual_seed(0)
        many = target.expand(20_000, *SHAPE)
        bound = objective(config, model, model(many, generator), many)["loss"]
    assert bound > -evidence
    assert bound < -evidence + 50


@pytest.mark.parametrize(
    "changes", [{}, {"loss": "bce"}, {"output_activation": "linear"}, {"variational": True, "beta": 3.0}]
)
def test_the_gradient_of_the_loss_is_that_of_finite_differences(changes: dict[str, object]) -> None:
    config, model = model_of(**changes)
    names, weights = zip(*model.named_parameters(), strict=True)

    def loss(*values: Tensor) -> Tensor:
        parameters = dict(zip(names, values, strict=True))
        generator = torch.Generator().manual_seed(0)
        result = torch.func.functional_call(model, parameters, (IMAGES, generator))
        return objective(config, model, result, IMAGES)["loss"]

    assert torch.autograd.gradcheck(loss, weights)

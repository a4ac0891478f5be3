"""What defines each kind of network and of code: the tutorials' layers, top-k, penalties, machines, likelihood."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from scipy.linalg import subspace_angles
from torch import Tensor, nn

from ae_core.config.schema import Config
from ae_core.config.sparsities import TopK
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import load
from ae_core.data.items import to_float
from ae_core.evaluation.likelihood import negative_log_likelihood
from ae_core.evaluation.metrics import firing, jacobian_norm, sparsity_metrics
from ae_core.models.autoencoder import build
from ae_core.models.pca import PCACodec
from ae_core.runs.fit import fit
from ae_core.training.loop import Diverged, Progress, run_to_end, train
from ae_core.training.objectives import contraction, contraction_is_exact, objective, part_names, sparsity
from ae_core.training.pretraining import RBM, pretrain, pretraining_steps

SHAPE = (1, 8, 8)
IMAGES = torch.rand(6, *SHAPE, generator=torch.Generator().manual_seed(0))
BASE = Config(dataset="digits", hidden_sizes=(), code_size=12, epochs=2, batch_size=32)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --- The tutorials' own networks ----------------------------------------------------------------------------


def outputs_of(layers: nn.Sequential, images: Tensor) -> list[tuple[int, ...]]:
    """The shape after each layer that has weights or changes the size."""
    shapes = []
    for layer in layers:
        with torch.no_grad():
            images = layer(images)
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d, nn.MaxPool2d, nn.Upsample)):
            shapes.append(tuple(images.shape[1:]))
    return shapes


def test_the_tutorials_convolutional_48_has_its_layers() -> None:
    config = Config(
        architecture="conv48", hidden_sizes=(), code_size=48, code_activation="sigmoid", output_activation="relu"
    )
    model = build(config, (1, 28, 28))
    image = torch.rand(1, 1, 28, 28)
    assert outputs_of(model.encoder, image) == [(16, 28, 28), (16, 14, 14), (8, 14, 14), (48,)]
    assert [tuple(layer.weight.shape[2:]) for layer in model.modules() if isinstance(layer, nn.Conv2d)] == [(4, 4)] * 5
    grids = [(196,), (8, 7, 7), (8, 14, 14), (4, 14, 14), (4, 28, 28), (1, 28, 28)]
    assert outputs_of(model.decoder, model(image).mean) == grids
    assert 0 <= model.encode(image).min() <= model.encode(image).max() <= 1  # a sigmoid
    assert model.decode(100 * torch.randn(20, 48)).min() == 0  # a rectifier


def test_the_tutorials_denoiser_has_its_layers() -> None:
    model = build(Config(architecture="denoiser", hidden_sizes=(), code_size=2048), (1, 28, 28))
    image = torch.rand(1, 1, 28, 28)
    grids = [(32, 28, 28), (32, 14, 14), (64, 14, 14), (64, 7, 7), (128, 7, 7), (128, 4, 4)]
    assert outputs_of(model.encoder, image) == grids
    assert outputs_of(model.decoder, model(image).mean) == [(128, 8, 8), (64, 16, 16), (32, 16, 16), (1, 32, 32)]
    assert model.decode(model.encode(image)).shape == image.shape  # cropped from 32 to 28


@pytest.mark.parametrize(
    ("downsampling", "upsampling"), list(itertools.product(("stride", "pool"), ("transposed", "nearest")))
)
@pytest.mark.parametrize("side", [8, 28, 27])
def test_every_way_to_halve_and_double_comes_back_to_the_size(downsampling: str, upsampling: str, side: int) -> None:
    config = Config(
        architecture="conv", hidden_sizes=(4, 6, 8), code_size=5, downsampling=downsampling, upsampling=upsampling
    )
    images = torch.rand(2, 1, side, side)
    assert build(config, (1, side, side))(images).outputs.shape == images.shape


# --- Recurrent ----------------------------------------------------------------------------------------------


def test_a_recurrent_encoder_reads_the_rows_from_top_to_bottom() -> None:
    """Rows below change nothing of what it said after a row above, which is what it says of the image cut there."""
    encoder = build(Config(architecture="lstm", hidden_sizes=(5,), code_size=3), SHAPE).encoder[0]
    changed = IMAGES.clone()
    changed[:, :, 4:] = 0
    torch.testing.assert_close(encoder(changed[:, :, :4]), encoder(IMAGES[:, :, :4]))
    assert not torch.allclose(encoder(changed), encoder(IMAGES))


def test_a_recurrent_decoder_writes_a_row_from_the_rows_before_it() -> None:
    decoder = build(Config(architecture="lstm", hidden_sizes=(5,), code_size=3), SHAPE).decoder[0]
    codes = torch.randn(2, 3)
    whole = decoder(codes)
    decoder.shape = (1, 4, 8)  # asked for half of the image it writes the same upper half
    torch.testing.assert_close(decoder(codes), whole[:, :, :4])


def test_a_recurrent_decoder_knows_which_row_it_writes() -> None:
    """From a code of nothing, an empty memory and equal weights for every row, only the row's place can differ."""
    decoder = build(Config(architecture="lstm", hidden_sizes=(5,), code_size=3), SHAPE).decoder[0]
    with torch.no_grad():
        decoder.layers[0].weight_hh_l0.zero_()
        decoder.layers[0].bias_ih_l0[5:10] = -100  # forgets at once
        rows = decoder(torch.zeros(1, 3))[0, 0]
        assert not torch.allclose(rows[0], rows[1])
        decoder.place.weight.copy_(decoder.place.weight[0].expand(8, -1))
        rows = decoder(torch.zeros(1, 3))[0, 0]
    torch.testing.assert_close(rows, rows[:1].expand(8, -1))


def test_counting_a_networks_parameters_or_making_it_loads_no_more_of_pytorch() -> None:
    """Pages count with every moved knob, and the web process has 500 MB: some layers' own initialisation, on a device
    without memory, imports PyTorch's compiler, and to fetch memory for them imports sympy."""
    code = (
        "import sys; from ae_core.models.autoencoder import build, count_parameters\n"
        "from ae_core.config.variants import VARIANTS\n"
        "before = set(sys.modules)\n"
        "for one in VARIANTS.values(): count_parameters(one.config('mnist'), (1, 28, 28))\n"
        "for one in VARIANTS.values(): build(one.config('mnist'), (1, 28, 28))\n"
        "print(len(set(sys.modules) - before))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(found.stdout) < 20


# --- Sparse -------------------------------------------------------------------------------------------------


def test_top_k_keeps_the_largest_and_their_gradients_alone() -> None:
    codes = torch.tensor([[3.0, -5.0, 1.0, 2.0], [-1.0, -2.0, -3.0, -4.0]], requires_grad=True)
    kept = TopK(2)(codes)
    assert kept.tolist() == [[3.0, 0.0, 0.0, 2.0], [-1.0, -2.0, 0.0, 0.0]]
    kept.sum().backward()
    assert codes.grad is not None
    assert codes.grad.tolist() == [[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0]]


def test_the_codes_of_a_k_sparse_network_have_k_numbers() -> None:
    model = build(replace(BASE, code_size=100, sparsity="top_k", k=7), SHAPE)
    assert ((model.encode(IMAGES) != 0).sum(1) == 7).all()


def test_the_kl_to_a_target_activity_is_its_closed_form() -> None:
    config = replace(BASE, sparsity="kl", code_activation="sigmoid", target_activity=0.1)
    codes = torch.rand(50, 4, generator=generator()) * 0.5
    expected = torch.distributions.kl_divergence(
        torch.distributions.Bernoulli(torch.full((4,), 0.1)), torch.distributions.Bernoulli(codes.mean(0))
    ).mean()
    torch.testing.assert_close(sparsity(config, codes), expected)
    assert float(sparsity(config, torch.full((5, 4), 0.1))) == pytest.approx(0, abs=1e-6)


def test_l1_is_the_mean_of_absolute_values() -> None:
    assert float(sparsity(replace(BASE, sparsity="l1"), torch.tensor([[1.0, -3.0], [0.0, 2.0]]))) == 1.5


@pytest.mark.parametrize("name", ["sparse", "sparse-kl"])
def test_a_heavier_penalty_lowers_what_it_penalises(name: str) -> None:
    ends = []
    for weight in (0.0, 1.0):
        config = VARIANTS[name].config("digits", sparsity_weight=weight, epochs=15)
        ends.append(fit(config, "cpu").history["held_out_sparsity"][-1])
    assert ends[1] < 0.4 * ends[0]


def test_firing_is_told_from_whispering() -> None:
    codes = torch.tensor([[10.0, 0.0, 1e-4], [0.5, 0.0, 1e-4]])
    assert firing(codes).tolist() == [[True, False, False], [False, False, False]]


def test_sparsity_is_counted_over_images() -> None:
    model = build(replace(BASE, code_size=20, sparsity="top_k", k=5), SHAPE)
    measured = sparsity_metrics(model, (IMAGES * 255).to(torch.uint8))
    assert 0 < measured["active_share"] <= 0.25
    assert 0 <= measured["dead_share"] < 1


# --- Contractive --------------------------------------------------------------------------------------------


def jacobian_by_autograd(config: Config) -> tuple[float, Tensor]:
    """Squared norm, mean over IMAGES, by torch.autograd's Jacobian of each image's code; and the estimate's samples."""
    model = build(config, SHAPE)
    with torch.no_grad():
        for parameter in model.parameters():  # biases, too, are to matter
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator(3)))
    squares = [
        torch.autograd.functional.jacobian(lambda x: model.encoder(x[None])[0], image).square().sum()
        for image in IMAGES
    ]
    result = model(IMAGES)
    draws = generator()
    with torch.no_grad():
        samples = torch.stack([contraction(config, model, result, draws) for _ in range(400)])
    torch.testing.assert_close(jacobian_norm(model, IMAGES), float(torch.stack(squares).mean()), rtol=1e-4, atol=1e-6)
    return float(torch.stack(squares).mean()), samples


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "elu", "linear"])
def test_the_contraction_of_one_layer_is_the_jacobians_norm(activation: str) -> None:
    config = replace(BASE, code_activation=activation, contraction=1.0)
    assert contraction_is_exact(config)
    expected, samples = jacobian_by_autograd(config)
    torch.testing.assert_close(samples, torch.full_like(samples, expected), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_sizes": (16,), "activation": "tanh"},
        {"architecture": "conv", "hidden_sizes": (4,), "downsampling": "pool"},
        {"code_activation": "gelu"},
        {"sparsity": "top_k", "k": 4},
    ],
    ids=["two layers", "convolutional", "gelu", "top-k"],
)
def test_of_deeper_encoders_it_is_estimated_without_bias(changes: dict[str, object]) -> None:
    config = replace(BASE, contraction=1.0, **changes)  # type: ignore[arg-type]
    assert not contraction_is_exact(config)
    expected, samples = jacobian_by_autograd(config)
    assert abs(float(samples.mean()) - expected) < 5 * float(samples.std()) / math.sqrt(len(samples))


@pytest.mark.parametrize("hidden_sizes", [(), (16,)])
def test_training_against_the_contraction_lowers_it(hidden_sizes: tuple[int, ...]) -> None:
    def norm(weight: float) -> float:
        config = replace(BASE, hidden_sizes=hidden_sizes, code_activation="sigmoid", contraction=weight, epochs=15)
        return jacobian_norm(fit(config, "cpu").model, to_float(load("digits", "test").images[:50]))

    assert norm(0.01) < 0.7 * norm(1e-9)


# --- Parts of the loss --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"variational": True, "beta": 2.0, "free_bits": 0.0},
        {"sparsity": "l1", "sparsity_weight": 0.3, "contraction": 0.2},
        {"sparsity": "kl", "code_activation": "sigmoid", "sparsity_weight": 0.3},
        {"sparsity": "top_k", "k": 3},
    ],
)
def test_the_loss_is_the_weighted_sum_of_its_named_parts(changes: dict[str, object]) -> None:
    config = replace(BASE, **changes)  # type: ignore[arg-type]
    model = build(config, SHAPE)
    parts = objective(config, model, model(IMAGES, generator()), IMAGES, generator())
    assert set(parts) - {"kl_charged"} == set(part_names(config))
    weights = {"reconstruction": 1, "kl": config.beta, "sparsity": config.sparsity_weight}
    weights["contraction"] = config.contraction
    total = sum(weights[name] * float(part.detach()) for name, part in parts.items() if name in weights)
    assert float(parts["loss"].detach()) == pytest.approx(total, rel=1e-5)


def test_free_bits_charge_the_allowance_where_less_is_carried() -> None:
    config = replace(BASE, variational=True, free_bits=10.0)
    model = build(config, SHAPE)
    parts = objective(config, model, model(IMAGES, generator()), IMAGES)
    assert float((parts["loss"] - parts["reconstruction"]).detach()) == pytest.approx(12 * 10.0, rel=1e-5)
    assert float(parts["kl"].detach()) < 60  # what is carried is told as it is


def test_warm_up_of_the_kl_term_lets_codes_carry_more_at_first() -> None:
    def early_kl(warm_up: float) -> float:
        config = VARIANTS["vae"].config("digits", epochs=8, kl_warmup=warm_up)
        return fit(config, "cpu").history["held_out_kl"][20]

    assert early_kl(1.0) > 1.3 * early_kl(0.0)


# --- Linear -------------------------------------------------------------------------------------------------


def test_a_linear_autoencoder_finds_the_subspace_of_pca() -> None:
    """Baldi & Hornik 1989: principal angles between the decoder's columns and the principal components."""
    config = VARIANTS["linear"].config("digits", code_size=4, epochs=150)
    model = fit(config, "cpu").model
    components = PCACodec.fit(load("digits", "train").images, 4).components.T
    angles = subspace_angles(model.decoder[0].weight.detach().numpy(), components.numpy())
    assert max(angles) < math.radians(3)
    sigmoid = fit(
        replace(config, output_activation="sigmoid", hidden_sizes=(32,), epochs=30), "cpu"
    ).model  # another kind does not
    assert max(subspace_angles(sigmoid.decoder[-2].weight.detach().numpy()[:, :4], components.numpy())) > math.radians(
        20
    )


# --- Boltzmann machines -------------------------------------------------------------------------------------

STACK = Config(
    dataset="digits",
    hidden_sizes=(40, 20),
    code_size=6,
    activation="sigmoid",
    pretraining="rbm",
    batch_size=32,
    epochs=2,
)


def test_a_machine_lowers_the_free_energy_of_what_it_saw() -> None:
    """Data must become more probable than noise of the same mean: F(v) = -b'v - sum log(1 + exp(Wv + c))."""
    visible = (load("digits", "train").images.flatten(1) > 127).float()
    draws = generator()
    machine = RBM(64, 32, False, draws)
    for step in range(1500):
        machine.step(visible[step % 44 * 32 :][:32], 0.5, draws)

    def free_energy(units: Tensor) -> Tensor:
        total = torch.nn.functional.softplus(units @ machine.weight.T + machine.hidden_bias).sum(1)
        return -(units @ machine.visible_bias) - total

    unseen = (load("digits", "test").images.flatten(1) > 127).float()
    shuffled = torch.stack([column[torch.randperm(len(unseen), generator=draws)] for column in unseen.T], 1)
    assert (free_energy(unseen) < free_energy(shuffled)).float().mean() > 0.9


def test_machines_are_unrolled_into_the_network() -> None:
    model = build(STACK, SHAPE)
    images = load("digits", "train").images
    with torch.no_grad():
        before = (model.pixels(model(to_float(images)).outputs) - to_float(images)).square().mean()
    seen = list(pretrain(replace(STACK, pretraining_epochs=20), model, images, generator()))
    assert [learned.layer for learned in seen] == sorted(learned.layer for learned in seen)
    assert {learned.layer for learned in seen} == {0, 1, 2}
    for first, last in ((seen[0], [one for one in seen if one.layer == 0][-1]),):
        assert last.error < 0.5 * first.error
    encoder = [layer for layer in model.encoder if isinstance(layer, nn.Linear)]
    decoder = [layer for layer in model.decoder if isinstance(layer, nn.Linear)]
    for layer, mirror in zip(encoder, reversed(decoder), strict=True):
        torch.testing.assert_close(layer.weight, mirror.weight.T)
    with torch.no_grad():
        after = (model.pixels(model(to_float(images)).outputs) - to_float(images)).square().mean()
    assert after < 0.6 * before  # unrolled and not yet fine-tuned


def test_the_same_network_is_better_with_pretraining() -> None:
    config = VARIANTS["rbm"].config("digits")
    without = replace(config, pretraining="none")
    assert fit(config, "cpu").metrics["mse"] < 0.85 * fit(without, "cpu").metrics["mse"]


def test_progress_tells_of_every_machine_and_can_be_stopped_among_them() -> None:
    images, held_out = load("digits", "train"), load("digits", "test")
    reports: list[Progress] = []
    trained = run_to_end(train(STACK, images, held_out), reports.append)
    assert reports[-1].step == reports[-1].steps == pretraining_steps(STACK, 1437) + 2 * 44
    assert len(trained.pretraining) == 3
    assert all(math.isfinite(error) for errors in trained.pretraining for error in errors)
    asked = iter([False, False, True])
    loop = train(STACK, images, held_out, should_stop=lambda: next(asked))
    stopped = run_to_end(loop)
    assert not stopped.finished
    assert len(stopped.history["epoch"]) == 1  # what it was worth when it was stopped


def test_a_machine_that_runs_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ae_core.training.pretraining._GAUSSIAN_RATE", 1e6)
    with pytest.raises(Diverged, match="Boltzmann machine 3"):
        for _ in train(STACK, load("digits", "train"), load("digits", "test")):
            pass


# --- Likelihood ---------------------------------------------------------------------------------------------


def test_the_likelihood_is_the_sum_over_all_codes() -> None:
    """With one number as code the integral over it can be done on a grid."""
    config = replace(BASE, hidden_sizes=(), code_size=1, variational=True, loss="bce")
    model = build(config, SHAPE)
    with torch.no_grad():
        model.encoder[1].weight.mul_(0.1)  # clouds wide enough to meet the codes that matter
    images = (IMAGES > 0.5).float()
    grid = torch.linspace(-8, 8, 4001)[:, None]
    with torch.no_grad():
        logits = model.decoder(grid).flatten(1)
    log_likelihood = torch.distributions.Bernoulli(logits=logits[:, None]).log_prob(images.flatten(1)).sum(2)
    log_prior = torch.distributions.Normal(0, 1).log_prob(grid)
    exact = -(log_likelihood + log_prior + math.log(16 / 4000)).logsumexp(0)
    estimated = negative_log_likelihood(model, images, 4000, generator())
    torch.testing.assert_close(estimated, exact, atol=0.05, rtol=0)
    one_sample = [negative_log_likelihood(model, images, 1, generator(seed)) for seed in range(300)]
    assert torch.stack(one_sample).mean() > exact.mean()  # the evidence lower bound, looser

"""Networks: what goes in, what comes out, how many numbers they hold and how they start."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ae_core.config.activations import ACTIVATIONS
from ae_core.config.schema import Config
from ae_core.models.autoencoder import Shape, build, count_parameters
from ae_core.models.codec import reconstruct

SHAPES: list[Shape] = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 27, 33)]
ARCHITECTURES = ("dense", "conv", "lstm")  # those of any size; the tutorials' own networks are in test_networks
HIDDEN = {"dense": [(), (24,), (24, 12)], "conv": [(4,), (4, 6), (4, 6, 8)], "lstm": [(6,), (6, 5)]}
NETWORKS = [(architecture, hidden) for architecture in ARCHITECTURES for hidden in HIDDEN[architecture]]


def images_of(shape: Shape, count: int = 5) -> Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(0))


# --- Shapes and ranges --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("architecture", "hidden_sizes"), NETWORKS)
@pytest.mark.parametrize("variational", [False, True])
def test_codes_and_images_have_their_shapes(
    architecture: str, hidden_sizes: tuple[int, ...], shape: Shape, variational: bool
) -> None:
    model = build(
        Config(architecture=architecture, hidden_sizes=hidden_sizes, code_size=3, variational=variational), shape
    )
    images = images_of(shape)
    codes = model.encode(images)
    assert codes.shape == (5, 3)
    assert model.decode(codes).shape == images.shape
    result = model(images, torch.Generator().manual_seed(0))
    assert result.outputs.shape == images.shape
    assert result.mean.shape == (5, 3)
    assert (None if result.log_variance is None else result.log_variance.shape) == ((5, 3) if variational else None)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_sigmoid_keeps_every_pixel_between_0_and_1_whatever_the_code(architecture: str, activation: str) -> None:
    config = Config(architecture=architecture, hidden_sizes=(8, 8), code_size=4, activation=activation)
    decoded = build(config, (1, 28, 28)).decode(torch.linspace(-1e4, 1e4, 40).view(10, 4))
    assert decoded.min() >= 0
    assert decoded.max() <= 1
    assert decoded.isfinite().all()


def test_a_linear_output_may_leave_0_to_1() -> None:
    decoded = build(Config(hidden_sizes=(8,), code_size=4, output_activation="linear"), (1, 8, 8)).decode(
        torch.full((1, 4), 100.0)
    )
    assert decoded.min() < 0
    assert decoded.max() > 1


def test_a_linear_dense_network_is_an_affine_map() -> None:
    model = build(Config(hidden_sizes=(16,), activation="linear", output_activation="linear", code_size=4), (1, 8, 8))
    images = images_of((1, 8, 8), 3)
    mixed = 0.2 * images[:1] + 0.3 * images[1:2] + 0.5 * images[2:]
    weighed = (reconstruct(model, images) * torch.tensor([0.2, 0.3, 0.5]).view(3, 1, 1, 1)).sum(0, keepdim=True)
    torch.testing.assert_close(reconstruct(model, mixed), weighed)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_using_a_network_keeps_no_gradients(architecture: str) -> None:
    model = build(Config(architecture=architecture, hidden_sizes=(4,), code_size=3), (1, 8, 8))
    codes = model.encode(images_of((1, 8, 8)))
    assert not codes.requires_grad
    assert not model.decode(codes).requires_grad


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_images_give_no_codes_and_no_codes_no_images(architecture: str) -> None:
    model = build(Config(architecture=architecture, hidden_sizes=(4,), code_size=3), (1, 8, 8))
    assert model.encode(torch.empty(0, 1, 8, 8)).shape == (0, 3)
    assert model.decode(torch.empty(0, 3)).shape == (0, 1, 8, 8)


def test_thousands_of_images_give_the_codes_that_each_gives_alone() -> None:
    model = build(Config(hidden_sizes=(8,), code_size=3), (1, 8, 8))
    images = images_of((1, 8, 8), 5000)
    codes = model.encode(images)
    torch.testing.assert_close(codes[[0, 2047, 2048, 4999]], model.encode(images[[0, 2047, 2048, 4999]]))


def test_encoding_takes_the_mean_of_a_variational_code() -> None:
    model = build(Config(variational=True, hidden_sizes=(8,), code_size=3), (1, 8, 8))
    images = images_of((1, 8, 8))
    torch.testing.assert_close(model.encode(images), model(images, torch.Generator()).mean)


def test_a_variational_code_is_drawn_with_its_own_spread() -> None:
    model = build(Config(variational=True, hidden_sizes=(), code_size=1, output_activation="linear"), (1, 2, 2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.encoder[1].bias.copy_(torch.tensor([0.5, math.log(0.09)]))  # mean 0.5, standard deviation 0.3
        model.decoder[0].weight.fill_(1)
        drawn = model(torch.zeros(20_000, 1, 2, 2), torch.Generator().manual_seed(0)).outputs[:, 0, 0, 0]
    assert drawn.mean() == pytest.approx(0.5, abs=4 * 0.3 / math.sqrt(20_000))
    assert drawn.std() == pytest.approx(0.3, rel=4 / math.sqrt(2 * 20_000))


def test_without_a_generator_a_variational_pass_is_its_mean() -> None:
    model = build(Config(variational=True, hidden_sizes=(8,), code_size=3), (1, 8, 8))
    images = images_of((1, 8, 8))
    torch.testing.assert_close(model.pixels(model(images).outputs), reconstruct(model, images))


def test_an_absurd_log_variance_does_not_overflow() -> None:
    model = build(Config(variational=True, hidden_sizes=(), code_size=2), (1, 8, 8))
    with torch.no_grad():
        model.encoder[1].bias.fill_(1e6)
    result = model(images_of((1, 8, 8)), torch.Generator().manual_seed(0))
    assert result.log_variance.exp().isfinite().all()
    assert result.outputs.isfinite().all()


# --- Sizes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden_sizes", [(), (128,), (512, 256), (7, 5, 3)])
@pytest.mark.parametrize(("shape", "variational"), [((1, 8, 8), False), ((3, 32, 32), True)])
def test_a_dense_network_has_as_many_parameters_as_its_layers_say(
    hidden_sizes: tuple[int, ...], shape: Shape, variational: bool
) -> None:
    config = Config(hidden_sizes=hidden_sizes, code_size=10, variational=variational)
    pixels = math.prod(shape)
    encoder = [pixels, *hidden_sizes, 20 if variational else 10]
    decoder = [10, *reversed(hidden_sizes), pixels]
    expected = sum((a + 1) * b for widths in (encoder, decoder) for a, b in itertools.pairwise(widths))
    assert count_parameters(config, shape) == expected
    assert sum(p.numel() for p in build(config, shape).parameters()) == expected


def test_a_convolutional_network_has_as_many_parameters_as_its_filters_say() -> None:
    config = Config(architecture="conv", hidden_sizes=(8, 16), code_size=10)
    grid = 16 * 7 * 7
    encoder = (9 * 1 + 1) * 8 + (9 * 8 + 1) * 16 + (grid + 1) * 10
    decoder = (10 + 1) * grid + (9 * 16) * 8 + 8 + (9 * 8) * 1 + 1
    assert count_parameters(config, (1, 28, 28)) == encoder + decoder


def test_counting_the_largest_network_allocates_nothing() -> None:
    huge = Config(hidden_sizes=(4096,) * 8, code_size=1024)  # a gigabyte, if it were built
    assert count_parameters(huge, (1, 28, 28)) > 200_000_000


# --- Starts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_same_seed_gives_the_same_weights(architecture: str) -> None:
    config = Config(architecture=architecture, hidden_sizes=(8,), seed=5)
    first, second = (build(config, (1, 8, 8)).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_another_seed_gives_other_weights(architecture: str) -> None:
    first, second = (build(Config(architecture=architecture, hidden_sizes=(8,), seed=s), (1, 8, 8)) for s in (5, 6))
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert a.ndim == 1 or not torch.equal(a, b)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_building_touches_no_global_random_state(architecture: str) -> None:
    before = torch.random.get_rng_state(), str(np.random.get_state()), random.getstate()  # noqa: NPY002
    build(Config(architecture=architecture, hidden_sizes=(8, 8), variational=True), (1, 28, 28))
    after = torch.random.get_rng_state(), str(np.random.get_state()), random.getstate()  # noqa: NPY002
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


@pytest.mark.parametrize("activation", ["relu", "gelu", "elu", "tanh", "sigmoid"])
@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_every_bias_starts_at_zero_and_every_weight_is_drawn(architecture: str, activation: str) -> None:
    model = build(Config(architecture=architecture, hidden_sizes=(8, 8), activation=activation), (1, 28, 28))
    for parameter in model.parameters():
        if parameter.ndim == 1:
            assert (parameter == 0).all()
        else:
            assert parameter.std() > 0.005
            assert parameter.abs().max() < 5


@pytest.mark.parametrize(("part", "kept"), [("encoder", math.exp(-1)), ("decoder", 0.0)])
def test_a_recurrent_layer_starts_by_remembering(part: str, kept: float) -> None:
    """With no input, its memory after as many steps as there are rows: the encoder's still holds the first row."""
    layer = getattr(build(Config(architecture="lstm", hidden_sizes=(8,)), (1, 28, 28)), part)[0].layers[0]
    assert (layer.bias_hh_l0 == 0).all()
    weight = layer.weight_hh_l0.detach().clone()
    torch.testing.assert_close(weight.T @ weight, torch.eye(8), atol=1e-5, rtol=0)
    with torch.no_grad():
        layer.weight_hh_l0.zero_()
        start = (torch.zeros(1, 1, 8), torch.ones(1, 1, 8))
        _, (_, memory) = layer(torch.zeros(1, 28, layer.input_size), start)
    torch.testing.assert_close(memory, torch.full_like(memory, kept), atol=0.01, rtol=0)


def test_the_signal_neither_dies_nor_explodes_through_six_rectified_layers() -> None:
    model = build(Config(hidden_sizes=(256,) * 6, code_size=64, seed=1), (1, 28, 28))  # other numbers than the signal's
    signal = torch.randn(500, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    powers = []
    with torch.inference_mode():
        for layer in model.encoder:
            signal = layer(signal)
            if isinstance(layer, nn.Linear):
                powers.append(float(signal.square().mean()))
    # He et al. 2015: the mean square before each rectifier stays 2 times the input's
    assert all(1 < power < 4 for power in powers[:-1])
    assert 0.2 < powers[-1] < 4


def test_the_signal_neither_dies_nor_explodes_through_a_convolutional_network() -> None:
    model = build(
        Config(architecture="conv", hidden_sizes=(32, 64, 64), code_size=64, output_activation="linear", seed=2),
        (1, 32, 32),
    )
    noise = torch.randn(64, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    codes = model.encode(noise)
    assert 0.1 < codes.square().mean() < 10
    assert 0.1 < model.decode(torch.randn(64, 64, generator=torch.Generator().manual_seed(1))).square().mean() < 10


# --- Gradients ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["gelu", "tanh", "sigmoid", "linear"])  # smooth ones
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_gradients_are_those_of_finite_differences(architecture: str, activation: str) -> None:
    config = Config(architecture=architecture, hidden_sizes=(3,), code_size=2, activation=activation)
    model = build(config, (1, 4, 4)).double()
    names, weights = zip(*model.named_parameters(), strict=True)
    images = images_of((1, 4, 4), 2).double()

    def loss(*values: Tensor) -> Tensor:
        outputs = torch.func.functional_call(model, dict(zip(names, values, strict=True)), images).outputs
        return (model.pixels(outputs) - images).square().mean()

    assert torch.autograd.gradcheck(loss, weights)

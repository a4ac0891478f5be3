"""The objective that training minimises: reconstruction, KL divergence, sparsity and contraction, and their sum."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ae_core.config.activations import ACTIVATIONS
from ae_core.config.schema import Config
from ae_core.config.sparsities import SPARSITIES
from ae_core.models.autoencoder import Autoencoder, ForwardOutput


def objective(
    config: Config,
    model: Autoencoder,
    result: ForwardOutput,
    target: Tensor,
    generator: torch.Generator | None = None,
) -> dict[str, Tensor]:
    """Return the parts of the loss for one batch and, under "loss", their weighted sum.

    Beside the parts that are shown (see :func:`part_names`) "kl_charged" is what a variational loss counts of "kl":
    free bits let it be more. A plain autoencoder's loss is a mean over pixels, to which a sparse one adds
    ``sparsity_weight`` times "sparsity" and a contractive one ``contraction`` times "contraction". A variational one's
    is the negative evidence lower bound in nats per image (Kingma & Welling 2014, eq. 10; beta after Higgins et al.
    2017): the reconstruction summed over pixels plus ``beta`` times the KL divergence as it is charged. With MSE the
    sum of squares stands for a Gaussian likelihood of variance one half.

    Args:
        config: says which parts there are, and their weights.
        model: the network, whose encoder a contractive penalty differentiates.
        result: what the network made of the batch.
        target: the images to reconstruct, (N, C, H, W) in [0, 1].
        generator: draws the projections of :func:`contraction` where it is estimated.

    Returns:
        Scalars by name, each a mean over images.
    """
    parts = {"reconstruction": reconstruction(config.loss, model, result.outputs, target)}
    loss = parts["reconstruction"]
    if result.log_variance is not None:
        parts["reconstruction"] = loss = loss * target[0].numel()
        each = kl_by_dimension(result.mean, result.log_variance)
        parts["kl"] = each.sum()
        # free bits (Kingma et al. 2016): what a number carries below its allowance costs the same as the allowance
        parts["kl_charged"] = each.clamp_min(config.free_bits).sum() if config.free_bits else parts["kl"]
        loss = loss + config.beta * parts["kl_charged"]
    if SPARSITIES[config.sparsity].penalty:
        parts["sparsity"] = sparsity(config, result.mean)
        loss = loss + config.sparsity_weight * parts["sparsity"]
    if config.contraction:
        parts["contraction"] = contraction(config, model, result, generator)
        loss = loss + config.contraction * parts["contraction"]
    parts["loss"] = loss
    return parts


def part_names(config: Config) -> tuple[str, ...]:
    """Return the names of the parts of the loss that the curves show, "loss" itself last.

    A plain autoencoder's only other part is its reconstruction.
    """
    names = ["reconstruction"]
    if config.variational:
        names.append("kl")
    if SPARSITIES[config.sparsity].penalty:
        names.append("sparsity")
    if config.contraction:
        names.append("contraction")
    return (*names, "loss")


def reconstruction(loss: str, model: Autoencoder, outputs: Tensor, target: Tensor) -> Tensor:
    """Return the reconstruction error, mean over images and pixels: squared, or the binary cross-entropy in nats.

    With "categorical" an item's numbers, over their sum, are the shares of the words in a document, and the decoder's
    softmax is to say them: the cross-entropy of the two distributions in nats, mean over documents (Hinton &
    Salakhutdinov 2006). A document without a word costs nothing.

    Args:
        loss: "mse", "bce" or "categorical".
        model: whose output non-linearity the squared error is taken after.
        outputs: (N, C, H, W) of the decoder, before the sigmoid or the softmax: cross-entropy from logits neither overflows nor
            loses gradient where these would saturate.
        target: (N, C, H, W) in [0, 1].

    Returns:
        A scalar.
    """
    if loss == "bce":
        return F.binary_cross_entropy_with_logits(outputs, target)
    if loss == "categorical":
        return F.cross_entropy(outputs.flatten(1), F.normalize(target.flatten(1), p=1))
    return F.mse_loss(model.pixels(outputs), target)


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, variance) || N(0, 1)) in nats, summed over the code: (N, D) and (N, D) to (N,)."""
    return _kl(mean, log_variance).sum(dim=1)


def kl_by_dimension(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, variance) || N(0, 1)) in nats of each number of the code, mean over images: (D,).

    It is near zero where a number is not used.
    """
    return _kl(mean, log_variance).mean(dim=0)


def _kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def sparsity(config: Config, codes: Tensor) -> Tensor:
    """Return the sparsity penalty of codes (N, D), a scalar, by :data:`ae_core.config.sparsities.SPARSITIES`."""
    entry = SPARSITIES[config.sparsity]
    assert entry.penalty is not None
    return entry.penalty(codes, *(getattr(config, name) for name in entry.settings))


def contraction_is_exact(config: Config) -> bool:
    """Return whether :func:`contraction` computes the norm; otherwise it estimates it without bias."""
    plain = config.architecture == "dense" and not config.hidden_sizes and SPARSITIES[config.sparsity].layer is None
    return plain and ACTIVATIONS[config.code_activation].slope is not None


def contraction(config: Config, model: Autoencoder, result: ForwardOutput, generator: torch.Generator | None) -> Tensor:
    """Return the squared Frobenius norm of the encoder's Jacobian at its inputs, mean over images (Rifai et al. 2011).

    Exact for one layer: row j of the Jacobian is the slope of unit j times its weights. For deeper encoders the
    expected squared length of a random projection is the norm (Hutchinson 1990): one drawn for each image and step.

    Args:
        config: says whether it can be exact.
        model: whose encoder it is.
        result: what the network made of the batch.
        generator: on the device of the batch, for the projections; None draws from PyTorch's own.

    Returns:
        A scalar.
    """
    slope = ACTIVATIONS[config.code_activation].slope
    if contraction_is_exact(config) and slope is not None:
        weight = next(model.encoder.parameters())
        slopes = slope(result.mean)
        return (slopes.square() @ weight.square().sum(dim=1)).mean()
    inputs = result.inputs
    projection = torch.randn(
        len(inputs), config.code_size, generator=generator, device=inputs.device, dtype=inputs.dtype
    )
    wanted = torch.is_grad_enabled()
    with torch.enable_grad():
        inputs = inputs.detach().requires_grad_()
        codes = model.encoder(inputs)
        (gradient,) = torch.autograd.grad(codes, inputs, projection, create_graph=wanted)
    return gradient.flatten(1).square().sum(dim=1).mean()

"""What training minimises, part by part."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from ae_core.config import Config
from ae_core.models import Autoencoder, Pass


def objective(config: Config, model: Autoencoder, result: Pass, target: Tensor) -> dict[str, Tensor]:
    """The parts of the loss for one batch and, under "loss", their weighted sum; all scalars, mean over images.

    A plain autoencoder's loss is a mean over pixels. A variational one's is the negative evidence lower bound in
    nats per image (Kingma & Welling 2014, eq. 10; beta after Higgins et al. 2017): the reconstruction summed over
    pixels plus ``beta`` times the KL divergence. With MSE the sum of squares stands for a Gaussian likelihood of
    variance one half.
    """
    parts = {"reconstruction": reconstruction(config.loss, model, result.outputs, target)}
    if result.log_variance is None:
        parts["loss"] = parts["reconstruction"]
        return parts
    parts["reconstruction"] = parts["reconstruction"] * target[0].numel()
    parts["kl"] = kl_divergence(result.mean, result.log_variance).mean()
    parts["loss"] = parts["reconstruction"] + config.beta * parts["kl"]
    return parts


def reconstruction(loss: str, model: Autoencoder, outputs: Tensor, target: Tensor) -> Tensor:
    """Mean over images and pixels of the squared error, or of the binary cross-entropy in nats.

    ``outputs`` are the decoder's, before the sigmoid: cross-entropy from logits neither overflows nor loses
    gradient where a sigmoid would saturate.
    """
    if loss == "bce":
        return F.binary_cross_entropy_with_logits(outputs, target)
    return F.mse_loss(model.pixels(outputs), target)


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)) in nats, summed over the code: (N, D) and (N, D) to (N,)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)

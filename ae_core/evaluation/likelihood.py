"""How probable a variational autoencoder finds images: an importance-sampled bound on their log-likelihood."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ae_core.models.autoencoder import Autoencoder


@torch.inference_mode()
def negative_log_likelihood(model: Autoencoder, images: Tensor, samples: int, generator: torch.Generator) -> Tensor:
    """Estimate -log p(x) in nats of each image from above (Burda et al. 2016, eq. 8).

    The mean of importance weights p(x, z) / q(z | x) underestimates p(x) in the logarithm, less with more samples. The
    pixels' distribution is Bernoulli, so a true likelihood needs binary images and a sigmoid output.

    Args:
        model: a variational autoencoder.
        images: float (N, C, H, W) in [0, 1].
        samples: how many codes are drawn for each image.
        generator: on the CPU; draws the codes.

    Returns:
        (N,), in nats.
    """
    mean, log_variance = model.posterior(images)
    deviation = (0.5 * log_variance).exp()
    total = torch.full((len(images),), -math.inf)
    for _ in range(samples):
        noise = torch.randn(mean.shape, generator=generator)
        codes = mean + noise * deviation
        outputs = model.decoder(codes)
        likelihood = -F.binary_cross_entropy_with_logits(outputs, images, reduction="none").flatten(1).sum(1)
        # log N(z; 0, 1) - log N(z; mean, variance): the constants cancel
        prior = 0.5 * (noise.square() + log_variance - codes.square()).sum(1)
        total = torch.logaddexp(total, likelihood + prior)
    return math.log(samples) - total

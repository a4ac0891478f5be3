"""What an autoencoder has to beat: PCA at the same code size, the mean image, a median filter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class PCACodec:
    """Principal component analysis as a Codec: the best linear code of its size in squared error.

    ``mean`` is (P,), ``components`` (D, P) with orthonormal rows, most variance first; P = C * H * W.
    """

    mean: Tensor
    components: Tensor
    shape: Shape

    @property
    def code_size(self) -> int:
        return len(self.components)

    @classmethod
    def fit(cls, images: Tensor, code_size: int | None = None) -> PCACodec:
        """Fit scikit-learn's PCA on uint8 images (N, C, H, W); at most min(N, P) components, by default all."""
        from sklearn.decomposition import PCA  # a second to import, and only fitting needs it

        shape = (images.shape[1], images.shape[2], images.shape[3])
        most = min(len(images), math.prod(shape))
        pixels = images.flatten(1).numpy().astype(np.float32)
        pixels *= np.float32(1 / 255)
        solver = "covariance_eigh" if len(images) >= pixels.shape[1] else "full"  # the covariance of few is the larger
        pca = PCA(min(code_size or most, most), svd_solver=solver).fit(pixels)
        return cls(torch.from_numpy(pca.mean_).float(), torch.from_numpy(pca.components_).float(), shape)

    def truncated(self, code_size: int) -> PCACodec:
        """The first ``code_size`` components (fewer where there are no more)."""
        return PCACodec(self.mean, self.components[:code_size].clone(), self.shape)

    def encode(self, images: Tensor) -> Tensor:
        return (images.flatten(1) - self.mean.to(images.device)) @ self.components.T.to(images.device)

    def decode(self, codes: Tensor) -> Tensor:
        flat = codes @ self.components.to(codes.device) + self.mean.to(codes.device)
        return flat.unflatten(1, self.shape)

    @property
    def mean_image(self) -> Tensor:
        """(C, H, W): what the training images look like on average, the best code of no numbers at all."""
        return self.mean.unflatten(0, self.shape)


def median_filter(images: Tensor, size: int = 3) -> Tensor:
    """Each pixel becomes the median of its ``size`` x ``size`` neighbourhood; (N, C, H, W) to the same."""
    from scipy import ndimage

    filtered = ndimage.median_filter(images.numpy(), size=(1, 1, size, size), mode="nearest")
    return torch.from_numpy(filtered)

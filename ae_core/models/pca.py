"""Principal component analysis as a Codec, fitted by scikit-learn: what an autoencoder has to beat."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ae_core.checks import WrongTensor, check_codes, check_images

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
        """D, the number of components."""
        return len(self.components)

    @classmethod
    def fit(cls, images: Tensor, code_size: int | None = None) -> PCACodec:
        """Fit scikit-learn's PCA on uint8 images (N, C, H, W); at most min(N, P) components, by default all.

        Raises:
            WrongTensor: images of another shape or type, or none.
        """
        from sklearn.decomposition import PCA  # a second to import, and only fitting needs it

        check_images(images, dtype=torch.uint8)
        if len(images) < 2:
            raise WrongTensor(f"Principal components are of two images or more; there were {len(images)}.")
        shape = (images.shape[1], images.shape[2], images.shape[3])
        most = min(len(images), math.prod(shape))
        pixels = images.flatten(1).numpy().astype(np.float32)
        pixels *= np.float32(1 / 255)
        solver = "covariance_eigh" if len(images) >= pixels.shape[1] else "full"  # the covariance of few is the larger
        pca = PCA(min(code_size or most, most), svd_solver=solver).fit(pixels)
        return cls(torch.from_numpy(pca.mean_).float(), torch.from_numpy(pca.components_).float(), shape)

    def truncated(self, code_size: int) -> PCACodec:
        """Return the Codec of the first ``code_size`` components (fewer where there are no more)."""
        return PCACodec(self.mean, self.components[:code_size].clone(), self.shape)

    def encode(self, images: Tensor) -> Tensor:
        """Encode images (N, C, H, W) in [0, 1] as codes (N, D).

        Raises:
            WrongTensor: images of another shape or type.
        """
        check_images(images, self.shape, self.mean.dtype)
        return (images.flatten(1) - self.mean.to(images.device)) @ self.components.T.to(images.device)

    def decode(self, codes: Tensor) -> Tensor:
        """Decode codes (N, D) to images (N, C, H, W).

        Raises:
            WrongTensor: codes of another size or type.
        """
        check_codes(codes, self.code_size, self.mean.dtype)
        flat = codes @ self.components.to(codes.device) + self.mean.to(codes.device)
        return flat.unflatten(1, self.shape)

    @property
    def mean_image(self) -> Tensor:
        """The mean of the training images, (C, H, W): the best code of no numbers at all."""
        return self.mean.unflatten(0, self.shape)

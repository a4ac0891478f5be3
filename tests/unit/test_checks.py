"""The library's own calls, given what they do not take: a sentence of ours that says what was given and what is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from ae_core.checks import WrongTensor
from ae_core.config.schema import Config
from ae_core.data.corruption import corrupt
from ae_core.errors import LabError
from ae_core.evaluation import metrics
from ae_core.evaluation.baselines import median_filter
from ae_core.models.autoencoder import build
from ae_core.models.codec import reconstruct
from ae_core.models.pca import PCACodec

CONFIG = Config(dataset="digits", hidden_sizes=(8,), code_size=3)
AE = build(CONFIG, (1, 8, 8)).eval()
VAE = build(replace(CONFIG, variational=True), (1, 8, 8)).eval()
BYTES = torch.randint(0, 256, (20, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
FLOATS = BYTES / 255
PCA = PCACodec.fit(BYTES, 3)

WRONG_IMAGES = {
    "bytes": BYTES,
    "doubles": FLOATS.double(),
    "one image": FLOATS[0],
    "flat": FLOATS.flatten(1),
    "colours": FLOATS.expand(20, 3, 8, 8),
    "narrow": FLOATS[..., :7],
    "low": FLOATS[:, :, :7],
    "transposed, as of another library": FLOATS.permute(0, 2, 3, 1),
    "no tensor": FLOATS.numpy(),
}
TAKE_IMAGES: dict[str, Callable[[Tensor], object]] = {
    "Autoencoder.encode": AE.encode,
    "Autoencoder.posterior": VAE.posterior,
    "PCACodec.encode": PCA.encode,
    "reconstruct": lambda images: reconstruct(AE, images),
    "jacobian_norm": lambda images: metrics.jacobian_norm(AE, images),
}


@pytest.mark.parametrize("call", TAKE_IMAGES)
@pytest.mark.parametrize("kind", WRONG_IMAGES)
def test_images_of_another_shape_or_type_are_refused(call: str, kind: str) -> None:
    with pytest.raises(
        WrongTensor, match=r"^The images must be a tensor of float32 of shape \(N, 1, 8, 8\); given was .+\.$"
    ):
        TAKE_IMAGES[call](WRONG_IMAGES[kind])
    assert TAKE_IMAGES[call](FLOATS) is not None


@pytest.mark.parametrize("codec", [AE, VAE, PCA], ids=["autoencoder", "variational", "PCA"])
@pytest.mark.parametrize(
    "codes", [torch.zeros(2, 4), torch.zeros(3), torch.zeros(2, 3, dtype=torch.int64), torch.zeros(0, 2)]
)
def test_codes_of_another_size_are_refused(codec: PCACodec, codes: Tensor) -> None:
    given = re.escape(f"{str(codes.dtype)[6:]} of shape {tuple(codes.shape)}")
    with pytest.raises(WrongTensor, match=rf"^The codes must be .+ float32 of shape \(N, 3\); given was {given}\.$"):
        codec.decode(codes)
    assert codec.decode(torch.zeros(0, 3)).shape == (0, 1, 8, 8)


OTHERS: dict[str, tuple[Callable[[], object], str]] = {
    "fitting PCA to floats": (lambda: PCACodec.fit(FLOATS), "of uint8 of shape (N, C, H, W); given was float32"),
    "fitting PCA to one image": (lambda: PCACodec.fit(BYTES[:1]), "two images or more; there were 1"),
    "damaging bytes": (lambda: corrupt(BYTES, "gaussian", 0.1, torch.Generator()), "given was uint8"),
    "damaging one image": (lambda: corrupt(FLOATS[0], "none", 0.1, torch.Generator()), "given was float32 of shape (1, 8, 8)"),
    "too few strengths": (
        lambda: corrupt(FLOATS, "blur", torch.zeros(3), torch.Generator()),
        "of shape (20,), one an image; given was (3,)",
    ),
    "the error of floats": (lambda: metrics.squared_error(AE, FLOATS), "of uint8"),
    "the codes of floats": (lambda: metrics.encode_all(AE, FLOATS), "of uint8"),
    "the error of images of another size": (lambda: metrics.squared_error(AE, BYTES[..., :7]), "given was float32 of shape (20, 1, 8, 7)"),
    "the sparsity of floats": (lambda: metrics.sparsity_metrics(AE, FLOATS), "of uint8"),
    "the median of bytes": (lambda: median_filter(BYTES), "Bytes become numbers from 0 to 1 by ae_core.data.items.to_float"),
    "PSNR of bytes": (lambda: metrics.psnr(BYTES, BYTES), "given was uint8"),
    "PSNR to one": (lambda: metrics.psnr(FLOATS, FLOATS[:1]), "as many images as reference images; they were 20 and 1"),
    "SSIM to another size": (lambda: metrics.ssim(FLOATS, FLOATS[..., :7]), "of shape (N, 1, 8, 8); given was float32 of shape (20, 1, 8, 7)"),
    "neighbours in another space": (
        lambda: metrics.knn_accuracy(FLOATS[:, 0, 0], torch.zeros(20), FLOATS[:, 0, 0, :3], torch.zeros(20)),
        "The codes must be a tensor of floating-point numbers of shape (N, 8); given was float32 of shape (20, 3)",
    ),
    "labels of others": (
        lambda: metrics.knn_accuracy(FLOATS[:, 0, 0], torch.zeros(19), FLOATS[:, 0, 0], torch.zeros(20)),
        "as many labels as training codes; they were 19 and 20",
    ),
    "a map of others": (lambda: metrics.trustworthiness(FLOATS, torch.zeros(19, 2)), "as many codes as images"),
    "the activity of images": (lambda: metrics.firing(FLOATS), "The codes must be"),
}  # fmt: skip


@pytest.mark.parametrize("what", OTHERS)
def test_what_a_call_does_not_take_is_refused_by_a_sentence(what: str) -> None:
    call, sentence = OTHERS[what]
    with pytest.raises(WrongTensor, match=re.escape(sentence)):
        call()


def test_a_plain_autoencoder_has_no_posterior() -> None:
    with pytest.raises(LabError, match=r"use encode\(\)"):
        AE.posterior(FLOATS)

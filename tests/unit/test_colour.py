"""Colour: every kind of autoencoder learns, is measured, kept and exported with all three channels of its images."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO, Images, load
from ae_core.data.items import to_float
from ae_core.evaluation.metrics import metric_names
from ae_core.export.figures import images_png
from ae_core.export.onnx import decoder_onnx
from ae_core.models.codec import reconstruct
from ae_core.runs import checkpoint, fit
from ae_core.training.loop import run_to_end, train
from ae_core.training.trace import Trace

BRIEF = Config(dataset="shapes", hidden_sizes=(8,), code_size=8, epochs=1, batch_size=64)
TUTORIALS = {
    "conv48": replace(BRIEF, architecture="conv48", hidden_sizes=(), output_activation="relu"),
    "denoiser": replace(BRIEF, architecture="denoiser", hidden_sizes=(), code_size=2048),
    "pool": replace(BRIEF, architecture="conv", hidden_sizes=(4, 8), downsampling="pool", upsampling="nearest"),
}
BRIEFLY = {"epochs": 1, "batch_size": 64}
KINDS = {
    name: variant.config("shapes", **BRIEFLY, **({"pretraining_epochs": 1} if name == "rbm" else {}))
    for name, variant in VARIANTS.items()
} | TUTORIALS


@pytest.fixture(scope="module")
def few() -> Iterator[tuple[Images, Images]]:
    """The data set made small for this file: 192 training images and 64 held-out ones."""
    caches = (fit.images_of, fit.pca_of, fit.pca_metrics)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(INFO, "shapes", replace(INFO["shapes"], train_count=192, test_count=64))
        for cache in caches:
            cache.cache_clear()
        yield load("shapes", "train"), load("shapes", "test")
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_trained_kept_and_exported_in_colour(name: str, few: tuple[Images, Images]) -> None:
    run = fit.fit(KINDS[name], "cpu")
    assert set(run.metrics) == metric_names(run.config) >= {"mig", "pca_mig"}
    assert run.film is not None
    assert run.film.images.shape[1:] == (12, 3, 32, 32)

    back = checkpoint.from_bytes(checkpoint.to_bytes(run))
    assert back.metrics == run.metrics
    assert all(torch.equal(a, b) for a, b in zip(back.model.parameters(), run.model.parameters(), strict=True))
    images = to_float(few[1].images)
    torch.testing.assert_close(reconstruct(back.model, images), reconstruct(run.model, images))

    codes = run.model.encode(images[:3])
    session = onnxruntime.InferenceSession(decoder_onnx(run.model))
    (decoded,) = session.run(["image"], {"code": codes.numpy()})
    assert decoded.shape == (3, 3, 32, 32)
    np.testing.assert_allclose(decoded, run.model.decode(codes).clamp(0, 1).numpy(), atol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [{"corruption": noise, "corruption_strength": 0.4} for noise in CORRUPTIONS if noise != "none"] + [{"shift": 2}],
)
def test_a_step_taken_apart_is_that_of_training_in_colour_under_every_noise(
    changes: dict[str, object], few: tuple[Images, Images]
) -> None:
    config = replace(BRIEF, **changes)  # type: ignore[arg-type]
    walk = Trace(config, few[0].images)
    steps = [walk.step() for _ in range(walk.steps)]
    assert steps[0].corrupted.shape == (64, 3, 32, 32)
    trained = run_to_end(train(config, *few)).model
    assert all(torch.equal(a, b) for a, b in zip(walk.model.parameters(), trained.parameters(), strict=True))


def test_what_goes_in_red_comes_out_red(few: tuple[Images, Images]) -> None:
    config = replace(BRIEF, hidden_sizes=(), code_size=32, epochs=40, learning_rate=1e-2)
    images = to_float(few[1].images)
    restored = reconstruct(run_to_end(train(config, *few)).model, images)
    channels = torch.cat([images.mean((2, 3)), restored.mean((2, 3))], dim=1)  # how much of each colour an image has
    alike = torch.corrcoef(channels.T)[:3, 3:]
    assert float(alike.diagonal().min()) > 0.3
    assert alike.argmax(1).tolist() == [0, 1, 2]


def test_the_picture_of_a_run_is_in_colour(few: tuple[Images, Images]) -> None:
    run = fit.fit(BRIEF, "cpu")
    sheet = np.asarray(Image.open(io.BytesIO(images_png(run, few[1]))))
    column = np.flatnonzero((sheet[24 : 24 + 64] == 0).all(2).any(0))[0]  # where the first image's ground begins
    first = few[1].images[int(few[1].labels.argmin())]  # of the first class, as it comes first
    tile = sheet[24 : 24 + 64 : 2, column : column + 64 : 2]
    assert (tile == first.permute(1, 2, 0).numpy()).all()

"""The published figures on MNIST's 10,000 test images, and what the lab's own training reaches.

    AE_DATA_DIR=... python -m benchmarks.published [ROW ...]      train and measure on the test images
    AE_DATA_DIR=... python -m benchmarks.published --choose ROW   the same on training images 55,001 to 60,000

Settings were chosen with --choose; the test images are for the table alone. A row takes minutes on two cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data.corruption import corrupt
from ae_core.data.datasets import Images, load
from ae_core.data.items import to_float
from ae_core.evaluation.likelihood import negative_log_likelihood
from ae_core.evaluation.metrics import encode_all, knn_accuracy, squared_error, trustworthiness, variational_metrics
from ae_core.models.autoencoder import Autoencoder
from ae_core.training.loop import choose_device, run_to_end, train
from ae_core.training.objectives import reconstruction
from benchmarks.machine import describe

Measured = dict[str, float]
HELD_BACK = 5000


def sse(config: Config, model: Autoencoder, train_images: Images, test: Images) -> Measured:
    """Measure the squared error summed over an image, the unit of Hinton & Salakhutdinov 2006.

    Args:
        config: of the trained network; not used.
        model: the trained network.
        train_images: what it was trained on; not used.
        test: the images that it is measured on.

    Returns:
        The measure under its name.
    """
    return {"SSE": squared_error(model, test.images) * 784}


def mse(config: Config, model: Autoencoder, train_images: Images, test: Images) -> Measured:
    """Measure the squared error a pixel.

    Args:
        config: of the trained network; not used.
        model: the trained network.
        train_images: what it was trained on; not used.
        test: the images that it is measured on.

    Returns:
        The measure under its name.
    """
    return {"MSE": squared_error(model, test.images)}


def plane(config: Config, model: Autoencoder, train_images: Images, test: Images) -> Measured:
    """Measure a two-dimensional code: squared error, 5-NN accuracy and trustworthiness.

    Args:
        config: of the trained network; not used.
        model: the trained network, with a code of two numbers.
        train_images: the neighbours that the classifier looks among.
        test: the images that it is measured on; trustworthiness is of all their codes.

    Returns:
        The measures by name.
    """
    codes = encode_all(model, test.images)
    return {
        "MSE": squared_error(model, test.images),
        "5-NN": knn_accuracy(encode_all(model, train_images.images), train_images.labels, codes, test.labels),
        "trust": trustworthiness(to_float(test.images), codes),
    }


@torch.inference_mode()
def denoised(config: Config, model: Autoencoder, train_images: Images, test: Images) -> Measured:
    """Measure the cross-entropy between denoised and clean images, nats a pixel.

    Args:
        config: says which noise is put on the images.
        model: the trained denoiser.
        train_images: what it was trained on; not used.
        test: the clean images.

    Returns:
        The measure under its name.
    """
    generator, total = torch.Generator().manual_seed(0), 0.0
    for part in test.images.split(1000):
        clean = to_float(part)
        noisy = corrupt(clean, config.corruption, config.corruption_strength, generator)
        total += float(reconstruction("bce", model, model(noisy).outputs, clean)) * len(part)
    return {"BCE": total / len(test.images)}


def elbo(config: Config, model: Autoencoder, train_images: Images, test: Images) -> Measured:
    """Measure the negative evidence lower bound, nats an image.

    Args:
        config: of the trained network: its likelihood and its beta.
        model: the trained variational autoencoder.
        train_images: what it was trained on; not used.
        test: the images that it is measured on.

    Returns:
        The measure under its name.
    """
    return {"-ELBO": variational_metrics(config, model, test.images)["loss"]}


def likelihood(config: Config, model: Autoencoder, train_images: Images, test: Images) -> Measured:
    """Measure the negative log-likelihood by importance sampling, and the bound on it, nats an image.

    Args:
        config: of the trained network: its likelihood and its beta.
        model: the trained variational autoencoder.
        train_images: what it was trained on; not used.
        test: the images that it is measured on.

    Returns:
        The measures by name.
    """
    generator = torch.Generator().manual_seed(0)
    each = [negative_log_likelihood(model, to_float(part), 5000, generator) for part in test.images.split(500)]
    return {"NLL": float(torch.cat(each).mean())} | elbo(config, model, train_images, test)


def classified(config: Config, model: Autoencoder, train_images: Images, test: Images) -> Measured:
    """Measure the test error of a linear classifier on the codes, and the squared error.

    As in the paper more units may be active than in training, four times as many; the model is left that way.

    Args:
        config: says how many units were active in training.
        model: the trained k-sparse network.
        train_images: what the classifier is trained on.
        test: the images that it is measured on.

    Returns:
        The measures by name; the error is a share of the images.
    """
    from sklearn.linear_model import LogisticRegression

    model.encoder[-1].k = 4 * config.k  # type: ignore[assignment]

    def features(images: Tensor) -> Any:
        codes = encode_all(model, images)
        return (codes / scale).numpy()

    scale = encode_all(model, train_images.images[:5000]).square().mean().sqrt()
    classifier = LogisticRegression(C=0.01, max_iter=200, tol=1e-3)
    classifier.fit(features(train_images.images), train_images.labels.numpy())
    error = 1 - classifier.score(features(test.images), test.labels.numpy())
    return {"error": error, "MSE": squared_error(model, test.images)}


@dataclass(frozen=True)
class Row:
    """A published figure: what it is of, how it is measured, the bound on each measure, and the lab's settings."""

    what: str
    measure: Callable[[Config, Autoencoder, Images, Images], Measured]
    bounds: Mapping[str, float]  # at most; at least where the figure is one of quality
    config: Config
    aims: Mapping[str, float] = field(default_factory=dict)


#: Deep and wide nets know 60,000 images by heart before they know digits; shifted ones keep them from it.
_SHIFTED = Config(activation="gelu", shift=1, batch_size=256, learning_rate=3e-3, precision="bfloat16")
_CONVOLUTIONAL = Config(
    architecture="conv", hidden_sizes=(32, 64, 128), activation="gelu", learning_rate=3e-3, precision="bfloat16"
)
_LOGISTIC = replace(_SHIFTED, hidden_sizes=(1000, 500, 250), code_size=30, activation="sigmoid", loss="bce", epochs=60)

ROWS: dict[str, Row] = {
    "deep-30": Row(
        "784-1000-500-250-30 dense",
        sse,
        {"SSE": 2.65},
        replace(_SHIFTED, hidden_sizes=(1000, 500, 250), code_size=30, epochs=100),
        {"SSE": 2.3},
    ),
    "rbm-30": Row(
        "the same, logistic units, RBM-pretrained",
        sse,
        {"SSE": 3.00},
        replace(_LOGISTIC, pretraining="rbm", pretraining_epochs=15),
    ),
    "logistic-30": Row("the same without pretraining, same fine-tuning", sse, {}, _LOGISTIC),
    "code-64": Row(
        "code of 64",
        mse,
        {"MSE": 0.0016},
        replace(_SHIFTED, hidden_sizes=(1000, 500), code_size=64, epochs=120),
    ),
    "code-2": Row(
        "code of 2, deterministic",
        plane,
        {"MSE": 0.0355, "5-NN": 0.80, "trust": 0.925},
        Config(hidden_sizes=(256, 128, 64), code_size=2, activation="gelu", epochs=40, learning_rate=3e-3),
    ),
    "denoiser": Row(
        "convolutional denoiser, noise 0.4, clipped",
        denoised,
        {"BCE": 0.0839},
        Config(
            architecture="denoiser",
            hidden_sizes=(),
            code_size=2048,
            loss="bce",
            corruption="gaussian",
            corruption_strength=0.4,
            corruption_min=0.4,
            epochs=12,
            learning_rate=3e-3,
            precision="bfloat16",
        ),
    ),
    "vae-20": Row(
        "VAE 784-400-20, 10 epochs",
        elbo,
        {"-ELBO": 105.5},
        Config(hidden_sizes=(400,), code_size=20, variational=True, loss="bce", epochs=10, learning_rate=3e-3),
    ),
    "vae-50": Row(
        "50-D VAE, statically binarised, 5,000 samples",
        likelihood,
        {"NLL": 89.8},
        Config(
            dataset="binary",
            hidden_sizes=(200, 200),
            code_size=50,
            activation="tanh",
            variational=True,
            loss="bce",
            epochs=150,
            batch_size=100,
            learning_rate=2e-3,
            kl_warmup=0.2,
        ),
        {"NLL": 87.8},
    ),
    "k-sparse": Row(
        "k-sparse, 1000 units, k = 25, behind two convolutions, undoing warps: linear classifier on the codes",
        classified,
        {"error": 0.015},
        replace(
            _CONVOLUTIONAL,
            hidden_sizes=(32, 64),
            code_size=1000,
            sparsity="top_k",
            k=25,
            downsampling="pool",
            corruption="warp",
            corruption_strength=0.4,
            corruption_min=0.2,
            epochs=16,
        ),
    ),
    "conv-32": Row(
        "convolutional, code of 32",
        mse,
        {"MSE": 0.0038},
        replace(_CONVOLUTIONAL, code_size=32, epochs=25),
    ),
}
_QUALITY = {"5-NN", "trust"}  # the more the better


def verdict(what: str, bound: float | None, name: str, value: float, missed: str) -> str:
    """Say whether a measure meets its bound.

    Args:
        what: what the bound is called, "bound" or "aim".
        bound: the published figure; None where there is none.
        name: of the measure, which says whether more or less of it is better.
        value: the measure.
        missed: the word for a bound that is not met.

    Returns:
        The words in brackets; empty where there is no bound.
    """
    if bound is None:
        return ""
    met = value >= bound if name in _QUALITY else value <= bound
    return f" ({what} {bound}: {'met' if met else missed})"


def images_for(config: Config, choosing: bool) -> tuple[Images, Images]:
    """Return the images to train on and those to measure on.

    While settings are being chosen (``choosing``), the last training images stand in for the test images.
    """
    whole = load(config.dataset, "train")
    if not choosing:
        return whole, load(config.dataset, "test")
    return (
        Images(whole.images[:-HELD_BACK], whole.labels[:-HELD_BACK]),
        Images(whole.images[-HELD_BACK:], whole.labels[-HELD_BACK:]),
    )


def trained(config: Config, train_images: Images, test: Images) -> tuple[Autoencoder, float]:
    """Train ``config`` and return the network and the seconds of training.

    Args:
        config: the settings.
        train_images: what it is trained on.
        test: held-out images, which the loop looks at on its way.

    Returns:
        The network, and the seconds.
    """
    result = run_to_end(train(config, train_images, test, choose_device()))
    return result.model, result.seconds


def main() -> None:
    """Train the rows that were asked for, or all, and print each measure beside the published figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--choose", action="store_true", help="measure on held-back training images")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="change a setting")
    options = parser.parse_args()
    changes, notes = Config.from_query(dict(one.split("=", 1) for one in options.set))
    print(describe(), *notes, sep="\n")
    for name in options.rows or ROWS:
        row = ROWS[name]
        config = replace(
            row.config, **{field.split("=")[0]: getattr(changes, field.split("=")[0]) for field in options.set}
        )
        train_images, test = images_for(config, options.choose)
        model, seconds = trained(config, train_images, test)
        measured = row.measure(config, model, train_images, test)
        words = [
            f"{measure} {value:.4f}"
            + verdict("bound", row.bounds.get(measure), measure, value, "MISSED")
            + verdict("aim", row.aims.get(measure), measure, value, "missed")
            for measure, value in measured.items()
        ]
        print(f"{name:12} {row.what}: {', '.join(words)}; {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()

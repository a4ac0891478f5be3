"""How good a Codec is, on held-out images only.

Squared errors are over every held-out image. SSIM, trustworthiness and the denoising figures cost a thousand times
more an image and use the first :data:`SAMPLE`; 5-NN accuracy compares every held-out code with every training code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ae_core.checks import check_alike, check_codes, check_images
from ae_core.config.schema import Config
from ae_core.data.corruption import corrupt
from ae_core.data.datasets import INFO, Images
from ae_core.data.items import to_float
from ae_core.evaluation.baselines import median_filter
from ae_core.evaluation.disentanglement import mutual_information, mutual_information_gap
from ae_core.models.autoencoder import Autoencoder
from ae_core.models.codec import Codec, reconstruct
from ae_core.models.pca import PCACodec
from ae_core.training.objectives import objective, part_names

SAMPLE = 2000
JACOBIANS = 200
FIRING = 0.1  # a unit fires when it is above this share of the largest value that any image gives it
NEIGHBOURS = 5
# dB that equal images count for in a run's mean, which is kept as JSON and so is finite: above all that float32 can tell
# apart. PCA with as many components as an item has numbers gives some back to the last bit.
EQUAL_PSNR = 200.0
_CHUNK = 1000  # bounds memory: the images are kept as bytes and become floats a chunk at a time


def evaluate(config: Config, model: Autoencoder, pca: PCACodec, train: Images, test: Images) -> dict[str, float]:
    """Measure a trained model in every way that suits it.

    Args:
        config: what it was trained from.
        model: the trained model.
        pca: with the model's code size; what denoising is compared with.
        train: the training images, whose codes vote on the classes of the held-out ones.
        test: the held-out images.

    Returns:
        Metrics by name: ``mse``, ``sse`` (squared error summed over an image, the unit of Hinton & Salakhutdinov 2006),
        ``psnr`` (dB, mean over images, equal ones as :data:`EQUAL_PSNR`), ``knn_accuracy``, ``trustworthiness``; where items
        have a height and a width ``ssim``; of images whose factors are known ``mig``
        (:mod:`ae_core.evaluation.disentanglement`); for a variational model ``loss``, ``reconstruction`` and ``kl`` in nats;
        for a denoising one ``noisy_mse``, ``denoised_mse``, ``pca_denoised_mse`` and ``median_denoised_mse``, all
        against the clean images; for one with a sparse code ``active_share`` and ``dead_share``
        (:func:`sparsity_metrics`); for a contractive one ``contraction``, the squared Frobenius norm of the encoder's
        Jacobian, exact, mean over the first :data:`JACOBIANS` images.
    """
    metrics = _codec_metrics(model, train, test)
    if config.sparsity != "none":
        metrics |= sparsity_metrics(model, test.images)
    if config.contraction:
        metrics["contraction"] = jacobian_norm(model, to_float(test.images[:JACOBIANS]))
    if config.variational:
        metrics |= variational_metrics(config, model, test.images)
    if config.corruption != "none":
        metrics |= denoising_metrics(config, model, pca, test.images[:SAMPLE])
    return metrics


def evaluate_baselines(pca: PCACodec, train: Images, test: Images) -> dict[str, float]:
    """Measure what an autoencoder is compared with.

    Args:
        pca: PCA with the autoencoder's code size.
        train: the training images.
        test: the held-out images.

    Returns:
        The metrics of every Codec for PCA, with the prefix ``pca_``, and as ``mean_image_mse`` the error of the mean image.
    """
    metrics = {f"pca_{name}": value for name, value in _codec_metrics(pca, train, test).items()}
    metrics["mean_image_mse"] = _mean_over_chunks(test.images, lambda images: (images - pca.mean_image).square().mean())
    return metrics


def metric_names(config: Config) -> set[str]:
    """Return the keys of :func:`evaluate` and :func:`evaluate_baselines` together for a run of ``config``."""
    names = {"mse", "sse", "psnr", "knn_accuracy", "trustworthiness"}
    if has_ssim(INFO[config.dataset].shape):
        names.add("ssim")
    if INFO[config.dataset].factors:
        names.add("mig")
    names |= {f"pca_{name}" for name in names} | {"mean_image_mse"}
    if config.variational:
        names |= {"loss", "reconstruction", "kl"}
    if config.sparsity != "none":
        names |= {"active_share", "dead_share"}
    if config.contraction:
        names.add("contraction")
    if config.corruption != "none":
        names |= {"noisy_mse", "denoised_mse", "pca_denoised_mse"}
        if INFO[config.dataset].has_neighbours:
            names.add("median_denoised_mse")
    return names


def squared_error(codec: Codec, images: Tensor) -> float:
    """Return the mean squared error per pixel of ``codec``'s reconstructions of uint8 images (N, C, H, W)."""
    check_images(images, dtype=torch.uint8)
    return _mean_over_chunks(images, lambda part: (reconstruct(codec, part) - part).square().mean())


def variational_metrics(config: Config, model: Autoencoder, images: Tensor) -> dict[str, float]:
    """Measure the negative evidence lower bound and its parts, with one drawn code an image.

    Args:
        config: what the model was trained from: its noise, its beta, and the seed of the draws.
        model: a variational autoencoder.
        images: uint8 (N, C, H, W).

    Returns:
        "reconstruction", "kl" and their weighted sum "loss" in nats, mean over images.
    """
    generator = torch.Generator().manual_seed(config.seed)
    totals: dict[str, float] = {}
    with torch.inference_mode():
        for part in images.split(_CHUNK):
            clean = to_float(part)
            corrupted = corrupt(clean, config.corruption, config.corruption_strength, generator)
            parts = objective(config, model, model(corrupted, generator), clean)
            parts["loss"] = parts["reconstruction"] + config.beta * parts["kl"]  # without the allowance of free bits
            for name in part_names(config):
                totals[name] = totals.get(name, 0.0) + float(parts[name]) * len(part)
    return {name: total / len(images) for name, total in totals.items()}


def denoising_metrics(config: Config, model: Autoencoder, pca: PCACodec, images: Tensor) -> dict[str, float]:
    """Measure the squared error to the clean images before and after denoising, at the full noise strength.

    Args:
        config: the noise, and the seed that it is drawn from.
        model: the autoencoder that was trained to remove it.
        pca: with the model's code size, for comparison.
        images: uint8 (N, C, H, W), clean.

    Returns:
        Mean squared errors per pixel: "noisy_mse" of the damaged images, "denoised_mse", "pca_denoised_mse" and
        "median_denoised_mse" of what the model, PCA and a median filter make of them; that filter is for items whose
        numbers have neighbours.
    """
    clean = to_float(images)
    noisy = corrupt(clean, config.corruption, config.corruption_strength, torch.Generator().manual_seed(config.seed))
    attempts = {
        "noisy_mse": noisy,
        "denoised_mse": reconstruct(model, noisy),
        "pca_denoised_mse": reconstruct(pca, noisy),
    }
    if INFO[config.dataset].has_neighbours:
        attempts["median_denoised_mse"] = median_filter(noisy)
    return {name: float((attempt - clean).square().mean()) for name, attempt in attempts.items()}


def firing(codes: Tensor) -> Tensor:
    """Tell which units fire for which images: codes (N, D) to bool (N, D).

    Penalties press a silent unit towards nothing and never quite to it, so a unit counts as firing above
    :data:`FIRING` of its largest magnitude over the images, and never where that is as good as nothing.
    """
    check_codes(codes)
    largest = codes.abs().amax(dim=0)
    floor = 1e-3 * largest.max()
    return (codes.abs() > FIRING * largest) & (largest > floor)


def sparsity_metrics(model: Autoencoder, images: Tensor) -> dict[str, float]:
    """Measure how silent a code is, on uint8 images (N, C, H, W).

    "active_share" is the mean share of units that fire for an image, "dead_share" the share of units that fire for none.
    """
    fires = firing(encode_all(model, images))
    return {"active_share": float(fires.float().mean()), "dead_share": float((~fires.any(dim=0)).float().mean())}


def jacobian_norm(model: Autoencoder, images: Tensor) -> float:
    """Return the squared Frobenius norm of the encoder's Jacobian, exact, mean over float images (N, C, H, W)."""
    check_images(images, model.shape, model.dtype)
    parameters = {name: tensor.detach() for name, tensor in model.encoder.named_parameters()}

    def code(image: Tensor) -> Tensor:
        result: Tensor = torch.func.functional_call(model.encoder, parameters, (image[None],))
        return result[0]

    squares = torch.func.vmap(lambda image: torch.func.jacrev(code)(image).square().sum(), chunk_size=8)(images)
    return float(squares.mean())


def psnr(images: Tensor, reference: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio in dB of each image (N, C, H, W) in [0, 1]: (N,), infinite for equal ones."""
    _check_pair(images, reference)
    return -10 * (images - reference).square().flatten(1).mean(1).log10()


def has_ssim(shape: Sequence[int]) -> bool:
    """Return whether items of a shape (..., H, W) have a structural similarity, which wants a height and a width."""
    return min(shape[-2:]) > 1


def ssim(images: Tensor, reference: Tensor) -> Tensor:
    """Return the structural similarity of each image (N, C, H, W) to its reference: (N,), 1 when equal.

    Wang et al. 2004. Their Gaussian window of 11 x 11 (sigma 1.5) does not fit the smallest images; those get 7 x 7 (sigma 0.8).
    """
    _check_pair(images, reference)
    from skimage.metrics import structural_similarity

    # one tall picture for all, as each call costs more than a small image; its window reaches no farther than the border
    sigma, border = (1.5, 5) if min(images.shape[2:]) >= 11 else (0.8, 3)
    n, channels, height, width = images.shape
    tall, target = (each.transpose(0, 1).reshape(channels, n * height, width).numpy() for each in (images, reference))
    _, similarity = structural_similarity(
        tall,
        target,
        data_range=1.0,
        channel_axis=0,
        gaussian_weights=True,
        sigma=sigma,
        use_sample_covariance=False,
        full=True,
    )
    inner = torch.from_numpy(similarity).view(channels, n, height, width)[..., border:-border, border:-border]
    return inner.mean((0, 2, 3))


def knn_accuracy(train_codes: Tensor, train_labels: Tensor, codes: Tensor, labels: Tensor) -> float:
    """Return the share of codes whose five nearest training codes agree, by majority, on their label.

    Args:
        train_codes: float (M, D).
        train_labels: int64 (M,).
        codes: float (N, D).
        labels: int64 (N,).

    Returns:
        From 0 to 1.

    Raises:
        WrongTensor: codes of different sizes, or not as many labels as codes.
    """
    check_codes(train_codes)
    check_codes(codes, train_codes.shape[1])
    check_alike("labels", train_labels, "training codes", train_codes)
    check_alike("labels", labels, "codes", codes)
    from sklearn.neighbors import KNeighborsClassifier

    # a tree pays only in few dimensions
    algorithm = "kd_tree" if codes.shape[1] <= 4 else "brute"
    classifier = KNeighborsClassifier(NEIGHBOURS, algorithm=algorithm)
    classifier.fit(train_codes.numpy(), train_labels.numpy())
    return float(classifier.score(codes.numpy(), labels.numpy()))


def trustworthiness(images: Tensor, codes: Tensor) -> float:
    """Say from 0 to 1 how far neighbours among codes (N, D) are neighbours among images, too (Venna & Kaski 2001)."""
    check_images(images)
    check_codes(codes)
    check_alike("codes", codes, "images", images)
    from sklearn import manifold

    return float(manifold.trustworthiness(images.flatten(1).numpy(), codes.numpy(), n_neighbors=NEIGHBOURS))


def encode_all(codec: Codec, images: Tensor) -> Tensor:
    """Return the codes (N, D) of uint8 images (N, C, H, W)."""
    check_images(images, dtype=torch.uint8)
    # one block: pieces would lie between the images that come and go, and hold their room
    codes = torch.empty(len(images), codec.code_size)
    for part, rows in zip(images.split(_CHUNK), codes.split(_CHUNK), strict=True):
        rows.copy_(codec.encode(to_float(part)))
    return codes


def _codec_metrics(codec: Codec, train: Images, test: Images) -> dict[str, float]:
    """Measure what can be measured of every Codec, PCA among them: see :func:`evaluate`, which has the same arguments."""
    sample = to_float(test.images[:SAMPLE])
    codes = encode_all(codec, test.images)
    shown = codec.decode(codes[:SAMPLE]).clamp(0, 1)
    mse = squared_error(codec, test.images)
    metrics = {
        "mse": mse,
        "sse": mse * test.images[0].numel(),
        "psnr": float(psnr(shown, sample).clamp(max=EQUAL_PSNR).mean()),
        "knn_accuracy": knn_accuracy(encode_all(codec, train.images), train.labels, codes, test.labels),
        "trustworthiness": trustworthiness(sample, codes[:SAMPLE]),
    }
    if has_ssim(sample.shape):
        metrics["ssim"] = float(ssim(shown, sample).mean())
    if test.factors is not None:
        metrics["mig"] = mutual_information_gap(mutual_information(codes, test.factors))
    return metrics


def _check_pair(images: Tensor, reference: Tensor) -> None:
    """Require as many references as images, of the same size: one alone would be stretched over all."""
    check_images(images)
    check_images(reference, images.shape[1:], images.dtype)
    check_alike("images", images, "reference images", reference)


def _mean_over_chunks(images: Tensor, measure: Callable[[Tensor], Tensor]) -> float:
    """Return the mean over uint8 images of a measure that is a mean over a chunk of them, as floats."""
    total = 0.0
    for part in images.split(_CHUNK):
        total += float(measure(to_float(part))) * len(part)
    return total / len(images)

"""Make a finished Run of a Config: load the images, fit PCA, train, measure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch

from ae_core import __version__
from ae_core.config.schema import Config
from ae_core.data.datasets import Images, load
from ae_core.data.items import to_float
from ae_core.evaluation.metrics import encode_all, evaluate, evaluate_baselines
from ae_core.models.autoencoder import Autoencoder
from ae_core.models.pca import PCACodec
from ae_core.runs.run import MAP_POINTS, LatentMap, Run
from ae_core.training.loop import Progress, choose_device, run_to_end, train


def fit(
    config: Config,
    device: str | torch.device = "auto",
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
    on_measuring: Callable[[], None] = lambda: None,
) -> Run:
    """Train ``config`` on its data set and measure the result on the held-out images.

    Args:
        config: what to train.
        device: "auto", or the name of one.
        on_progress: called with each report of the training loop.
        should_stop: asked about ten times a second; when it says so, the run ends with what was learned so far.
        on_measuring: called once, when training is over and measuring begins.

    Returns:
        The run, its network on the CPU.

    Raises:
        DatasetMissing: the images are not on this machine.
        DatasetDamaged: one of their files is unreadable.
        Diverged: the loss became infinite or not a number.
        LabError: this machine has no such device.
    """
    device = choose_device(str(device))
    train_images, held_out = images_of_classes(config)
    pca = pca_of(config.dataset, config.canonical().classes)
    trained = run_to_end(train(config, train_images, held_out, device, should_stop), on_progress)
    on_measuring()
    return Run(
        config=config.canonical(),
        model=trained.model,
        pca=pca.truncated(max(2, config.code_size)),
        history=trained.history,
        metrics=measure(config, trained.model, train_images, held_out),
        latent_map=latent_map(trained.model, pca, images_of(config.dataset)[1]),
        film=trained.film,
        seconds=trained.seconds,
        device=device_name(device),
        pretraining=tuple(tuple(errors) for errors in trained.pretraining),
        finished=trained.finished,
        versions={"torch": torch.__version__, "ae_core": __version__},
    )


def measure(config: Config, model: Autoencoder, train_images: Images, held_out: Images) -> dict[str, float]:
    """Return every metric of a model on held-out images, and of PCA at its code size.

    Args:
        config: what the model was trained as.
        model: the trained network.
        train_images: those of :func:`images_of_classes`, among which neighbours are searched.
        held_out: those of :func:`images_of_classes`.

    Returns:
        Metrics by name; see :func:`ae_core.evaluation.metrics.metric_names`.
    """
    classes = config.canonical().classes
    pca = pca_of(config.dataset, classes).truncated(config.code_size)
    ours = evaluate(config, model, pca, train_images, held_out)
    return ours | pca_metrics(config.dataset, config.code_size, classes)


def latent_map(model: Autoencoder, pca: PCACodec, held_out: Images) -> LatentMap:
    """Return where the first held-out images lie in the model's latent space and on PCA's plane.

    Args:
        model: the trained network.
        pca: of two components or more.
        held_out: images of every class.

    Returns:
        The map of at most :data:`ae_core.runs.run.MAP_POINTS` images.
    """
    sample = held_out.images[:MAP_POINTS]
    return LatentMap(
        codes=encode_all(model, sample),
        labels=held_out.labels[:MAP_POINTS].to(torch.uint8),
        pca=pca.truncated(2).encode(to_float(sample)),
    )


@lru_cache(maxsize=1)  # 55 MB each
def images_of(dataset: str) -> tuple[Images, Images]:
    """Load the training and the held-out images of a data set; they are kept for the next run of a warm worker."""
    return load(dataset, "train"), load(dataset, "test")


def images_of_classes(config: Config) -> tuple[Images, Images]:
    """Return the training and the held-out images of the classes that ``config`` names."""
    train_images, held_out = images_of(config.dataset)
    classes = config.canonical().classes
    return train_images.of_classes(classes), held_out.of_classes(classes)


@lru_cache(maxsize=4)
def pca_of(dataset: str, classes: tuple[int, ...] = ()) -> PCACodec:
    """Fit PCA with every component: each code size is a prefix of it, so one fit serves them all."""
    return PCACodec.fit(images_of(dataset)[0].of_classes(classes).images)


@lru_cache(maxsize=64)
def pca_metrics(dataset: str, code_size: int, classes: tuple[int, ...] = ()) -> dict[str, float]:
    """Measure PCA on held-out images; the result is kept, as it is the same for every run of this data and code size.

    Args:
        dataset: one of :data:`ae_core.data.datasets.INFO`.
        code_size: the number of components.
        classes: the classes to fit and measure on; all where none is named.

    Returns:
        The metrics of :func:`ae_core.evaluation.metrics.evaluate_baselines`, by name.
    """
    shown = [images.of_classes(classes) for images in images_of(dataset)]
    return evaluate_baselines(pca_of(dataset, classes).truncated(code_size), *shown)


def forget_images() -> None:
    """Keep none of the images and of what was computed from them alone any longer."""
    for kept in (images_of, pca_of, pca_metrics):
        kept.cache_clear()


def device_name(device: torch.device) -> str:
    """Return the name of a device in words: "cpu (2 threads)", "cuda (NVIDIA ...)"."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu ({threads} thread{'s' if threads > 1 else ''})"
    return str(device)

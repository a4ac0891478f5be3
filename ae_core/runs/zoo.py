"""The shipped runs: which there are, how each was trained, and how to train them again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS, variant_of
from ae_core.data.datasets import INFO, default_dataset, on_disk
from ae_core.errors import LabError
from ae_core.paths import checkpoints_dir
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit, images_of, images_of_classes, latent_map, measure, pca_of
from ae_core.runs.provenance import commit, is_current
from ae_core.runs.run import Run
from ae_core.training.loop import Progress

FOLDER = checkpoints_dir()
CODE_SIZES = (1, 2, 4, 8, 16, 32, 64)
DATASETS = ("digits", "mnist", "fashion")  # that runs of every sort are shipped of
BUDGET = 44 * 1024 * 1024  # bytes, for all of them together; without films, 32 MB would do

# Of these the film is shipped, since pages open on them, and of all digits', which are small. Films of all would be another
# 14 MB (a film of MNIST is 0.34 MB, as large as its network), and most of them are never played.
_FILMED = ("code-2", "code-32", "default", "denoising", "vae-2")
_FILM_BYTES = 600_000  # as much as a page is sent of one, see ui/figures/film.py; of colour images half the frames


class ZooError(LabError):
    """A shipped run that is unknown or cannot be rebuilt here."""


@dataclass(frozen=True)
class ZooEntry:
    """One shipped run."""

    name: str
    title: str
    config: Config

    @property
    def file_name(self) -> str:
        """The name of its checkpoint's file."""
        return f"{self.name}.safetensors"

    @property
    def path(self) -> Path:
        """The file of its checkpoint."""
        return FOLDER / self.file_name

    @property
    def filmed(self) -> bool:
        """Whether its film is shipped with it."""
        return self.config.dataset == "digits" or self.name.removeprefix(f"{self.config.dataset}-") in _FILMED


def _entries() -> Iterator[ZooEntry]:
    for dataset in DATASETS:
        small = dataset == "digits"
        label = INFO[dataset].title
        base = Config(
            dataset=dataset,
            hidden_sizes=(256,) if dataset == "mnist" else (128,),
            epochs={"digits": 150, "mnist": 40, "fashion": 20}[dataset],
            batch_size=32 if small else 128,
            learning_rate=5e-3,
            loss="bce",
        )
        widths = (256, 128, 64) if dataset == "mnist" else (128, 64)
        deep = replace(base, hidden_sizes=widths, activation="gelu", loss="mse", learning_rate=3e-3)
        for size in CODE_SIZES:
            if size == 2:
                plane = replace(deep, code_size=2)
                # With hidden layers of tanh the code is bounded: no far points, and the classes share the map evenly. On
                # MNIST that costs error, which wider layers make up for. Chosen by benchmarks/map.py.
                plane = replace(plane, activation="tanh")
                if dataset == "mnist":
                    plane = replace(plane, hidden_sizes=(512, 256, 128))
                else:
                    plane = replace(plane, learning_rate=6e-3)
                yield ZooEntry(f"{dataset}-code-2", f"{label}: 2-D autoencoder", plane)
                continue
            config = replace(deep if size <= 4 else base, code_size=size)
            if size == 1:
                config = replace(config, hidden_sizes=(128, 64))
            if size >= 16 and dataset == "mnist":
                config = replace(config, hidden_sizes=(512,), epochs=60, learning_rate=4e-3)
            yield ZooEntry(f"{dataset}-code-{size}", f"{label}: code of {size}", config)
        if dataset != "fashion":
            yield ZooEntry(f"{dataset}-default", f"{label}: deep dense", VARIANTS["dense"].config(dataset))
            yield from _kinds(dataset)
        noisy = replace(base, code_size=32 if small else 64, corruption="gaussian", corruption_strength=0.7)
        yield ZooEntry(f"{dataset}-denoising", f"{label}: denoising", noisy)
        vae = replace(deep, variational=True, loss="bce")
        yield ZooEntry(f"{dataset}-vae-2", f"{label}: 2-D VAE", replace(vae, code_size=2))
        yield ZooEntry(
            f"{dataset}-vae-16", f"{label}: 16-D VAE", replace(vae, code_size=16, hidden_sizes=base.hidden_sizes)
        )
    yield from _of_shapes()
    yield _of_patches()
    yield from _of_one_class()
    yield ZooEntry(
        "mnist-vae-20",
        "MNIST: 20-D VAE (784-400-20)",
        Config(
            dataset="mnist",
            hidden_sizes=(400,),
            code_size=20,
            variational=True,
            loss="bce",
            epochs=10,
            learning_rate=3e-3,
        ),
    )
    yield from _of_heartbeats()
    yield from _of_tables()
    yield from _of_documents()


def _of_shapes() -> Iterator[ZooEntry]:
    """Yield the runs of the coloured shapes: convolutional but for the default.

    A dense network of 3,072 numbers a side takes 3 MB. Their settings are the starts of
    :mod:`ae_core.config.variants`, chosen on the last 1,000 training images, and more epochs.
    """
    for size in CODE_SIZES:
        title = "Shapes: 2-D autoencoder" if size == 2 else f"Shapes: code of {size}"
        yield ZooEntry(f"shapes-code-{size}", title, VARIANTS["conv"].config("shapes", code_size=size, epochs=20))
    yield ZooEntry("shapes-default", "Shapes: deep dense", VARIANTS["dense"].config("shapes"))
    noisy = VARIANTS["conv-denoising"].config("shapes", code_size=32, epochs=20)
    yield ZooEntry("shapes-denoising", "Shapes: denoising", noisy)
    for size in (2, 16):
        cloud = VARIANTS["conv-vae"].config("shapes", code_size=size, epochs=20)
        yield ZooEntry(f"shapes-vae-{size}", f"Shapes: {size}-D VAE", cloud)


def _of_heartbeats() -> Iterator[ZooEntry]:
    """Yield the runs of the heartbeats, a series.

    Dense ones, a convolutional one along time, and a recurrent one; one learned normal beats alone.
    """
    dense = Config(
        dataset="heartbeats", hidden_sizes=(128, 64), code_size=8, epochs=40, batch_size=32, learning_rate=5e-3
    )
    kinds = {
        "default": ("dense", dense),
        "code-2": ("2-D autoencoder", replace(dense, code_size=2, activation="tanh", epochs=60)),
        "conv": ("convolutional along time", VARIANTS["conv"].config("heartbeats", epochs=15)),
        "lstm": (
            "recurrent (LSTM)",
            VARIANTS["lstm"].config("heartbeats", hidden_sizes=(64,), learning_rate=1e-2, epochs=20),
        ),
        "denoising": ("denoising", replace(dense, code_size=16, corruption="gaussian", corruption_strength=0.2)),
        "vae-2": ("2-D VAE", replace(dense, code_size=2, variational=True, loss="bce", epochs=60)),
        "one-class": ("normal beats alone", replace(dense, classes=(0,), epochs=60)),
    }
    yield from _named(kinds)


def _of_tables() -> Iterator[ZooEntry]:
    """Yield the runs of the tables: dense ones, each data set's with one that learned from what is not sought alone.

    The settings of the payments' one were chosen by ``python -m benchmarks.apply payments-choice``.
    """
    few = Config(
        dataset="cancer",
        hidden_sizes=(64, 32),
        code_size=4,
        activation="gelu",
        epochs=200,
        batch_size=32,
        learning_rate=3e-3,
    )
    many = replace(few, dataset="payments", epochs=20, batch_size=256)
    for base, strength, usual, alone in ((few, 0.3, 1, "benign alone"), (many, 0.1, 0, "genuine alone")):
        noisy: dict[str, Any] = {"corruption": "gaussian", "corruption_strength": strength}
        one_class = replace(base, classes=(usual,), code_size=2, **{**noisy, "corruption_strength": 0.1})
        kinds = {
            "default": ("dense", base),
            "code-2": ("2-D autoencoder", replace(base, code_size=2, activation="tanh")),
            "denoising": ("denoising", replace(base, code_size=8, **noisy)),
            "vae-2": ("2-D VAE", replace(base, code_size=2, variational=True, beta=0.01)),
            "one-class": (alone, one_class),
        }
        yield from _named(kinds)


def _named(kinds: Mapping[str, tuple[str, Config]]) -> Iterator[ZooEntry]:
    """Yield runs of a data set by the end of their names, each with the end of its title."""
    for name, (title, config) in kinds.items():
        yield ZooEntry(f"{config.dataset}-{name}", f"{INFO[config.dataset].title}: {title}", config)


def _of_documents() -> Iterator[ZooEntry]:
    """Yield the runs of the documentation: a code of 32 to search by, and a deep one of 2 for a map.

    Both say a distribution over words, as Hinton & Salakhutdinov's 2006 do. They were chosen on held-back training documents, the
    first by ``python -m benchmarks.apply documents-choice``: it has no hidden layer, and most words of a document are hidden
    from it. The second has the last layers of theirs: with the layer of 500 a file would take 4.7 MB.
    """
    chosen = VARIANTS["denoising"].config("documentation")
    plane = replace(
        chosen,
        hidden_sizes=(250, 125),
        code_size=2,
        activation="tanh",
        corruption_strength=0.5,
        corruption_min=0.0,
        learning_rate=2e-3,
        epochs=40,
    )
    yield ZooEntry("documentation-default", "Documentation: code of 32", chosen)
    yield ZooEntry("documentation-code-2", "Documentation: 2-D autoencoder", plane)


def _of_patches() -> ZooEntry:
    """Return the run whose features are edges of photographs, as Olshausen & Field's 1996 are.

    Few of many units may fire, and noise on the input leaves nothing to learn that is finer than an edge. It was chosen for
    its edges among the features of units that fire for the last 2,000 training images. A code of 256 has more of them, and
    a file of 0.9 MB for one of 0.6.
    """
    config = VARIANTS["k-sparse"].config(
        "patches16",
        code_size=160,
        k=10,
        output_activation="linear",
        corruption="gaussian",
        corruption_strength=0.3,
        batch_size=128,
        epochs=60,
        learning_rate=8e-3,
    )
    return ZooEntry("patches16-k-sparse", "Grey patches 16 × 16: edges, by a k-sparse autoencoder", config)


def _of_one_class() -> Iterator[ZooEntry]:
    """Yield the runs that know one class alone, to which all others are strange: eights, which look like many others.

    MNIST's is deep, as it is the error along many layers that tells them apart (Kim et al. 2020). Of Digits there are 139
    eights to learn from. Shifted images and noise keep them from being learned by heart, so that held-out ones score as
    they do. Both were chosen on held-back training images.
    """
    few = Config(
        dataset="digits",
        classes=(8,),
        hidden_sizes=(32,),
        code_size=8,
        activation="gelu",
        corruption="gaussian",
        corruption_strength=0.3,
        epochs=150,
        batch_size=16,
    )
    many = Config(
        dataset="mnist", classes=(8,), hidden_sizes=(256, 128, 64), code_size=12, activation="gelu", shift=1, epochs=40
    )
    for config in (few, many):
        yield ZooEntry(f"{config.dataset}-one-class", f"{INFO[config.dataset].title}: eights alone", config)


# what a kind is shipped with where its defaults would be too large a file, and where a longer training pays
_SHIPPED_KINDS: dict[str, dict[str, dict[str, Any]]] = {
    "linear": {},
    "single": {},
    "conv": {"mnist": {"epochs": 8}},
    "conv-denoising": {"mnist": {"epochs": 8}},
    "conv-vae": {"mnist": {"epochs": 8}},
    "sparse": {"mnist": {"code_size": 64, "epochs": 10}},
    "sparse-kl": {"mnist": {"code_size": 64, "epochs": 10}},
    "k-sparse": {"mnist": {"code_size": 64, "k": 8, "epochs": 10}},
    "contractive": {"mnist": {"epochs": 10}},
    "rbm": {"mnist": {"hidden_sizes": (128, 32), "code_size": 16, "pretraining_epochs": 3, "epochs": 15}},
    "lstm": {"mnist": {"epochs": 4}},
}


def _kinds(dataset: str) -> Iterator[ZooEntry]:
    """Yield a run of each kind that the code-size sweep, the denoiser and the VAEs are not of."""
    for name, changes in _SHIPPED_KINDS.items():
        variant = VARIANTS[name]
        title = f"{INFO[dataset].title}: {variant.title_within}"
        yield ZooEntry(f"{dataset}-{name}", title, variant.config(dataset, **changes.get(dataset, {})))


ZOO: dict[str, ZooEntry] = {entry.name: entry for entry in _entries()}
BY_KEY: dict[str, ZooEntry] = {entry.config.key: entry for entry in ZOO.values()}


def present() -> list[ZooEntry]:
    """Return the shipped runs whose files are here."""
    # one look at the folder, as pages ask several times each time they are drawn
    here = set(os.listdir(FOLDER)) if FOLDER.is_dir() else set()
    return [entry for entry in ZOO.values() if entry.file_name in here]


def suiting(dataset: str, *endings: str) -> ZooEntry | None:
    """Return the shipped run whose name is a data set's and the first of ``endings`` that there is one of.

    Where there is none of that data set, it is one of another.
    """
    here = {entry.name: entry for entry in present()}
    names = (f"{images}-{ending}" for images in (dataset, default_dataset(), *DATASETS) for ending in endings)
    return next((here[name] for name in names if name in here), None)


def load(name: str) -> Run:
    """Read a shipped run.

    Raises:
        ZooError: there is none of that name, or its file is not on this machine.
        CheckpointError: its file is damaged.
    """
    entry = _entry(name)
    if not entry.path.is_file():
        raise ZooError(
            f"The shipped run {name} is not on this machine: shipped runs come with the repository, not with the "
            f"installed package. Train it with python -m ae_core zoo --build {name}."
        )
    return checkpoint.load(entry.path)


def is_built(name: str) -> bool:
    """Return whether a shipped run was trained with today's settings by today's source, committed and unchanged."""
    entry = _entry(name)
    try:
        run = checkpoint.load(entry.path)
    except checkpoint.CheckpointError:
        return False
    return run.config == entry.config.canonical() and is_current(run.versions.get("commit", ""))


def build(name: str, on_progress: Callable[[Progress], None] = lambda progress: None) -> Run:
    """Train a shipped run again and replace its file.

    Its weights are stored in 16 bits, and its metrics are those of the rounded weights. No image of a data set is
    shipped: of the map only codes, labels and principal components are kept, and a film shows what the network draws of
    twelve held-out images, as its decoder does from the codes of the map.

    Raises:
        ZooError: there is none of that name, or its images are not on this machine.
        Diverged: its loss became infinite or not a number.
        CheckpointError: its file could not be written.
    """
    entry, source = _entry(name), commit()  # as it is before hours of training, during which somebody may change it
    if not on_disk(entry.config.dataset):
        raise ZooError(
            f"{entry.name} needs the images of {entry.config.dataset}: "
            f"run python -m ae_core datasets --download {entry.config.dataset} first."
        )
    run = fit(entry.config, "cpu", on_progress)
    model = checkpoint.halved(run.model)
    classes = entry.config.classes
    run = replace(
        run,
        film=run.film.within(_FILM_BYTES) if run.film is not None and entry.filmed else None,
        metrics=measure(entry.config, model, *images_of_classes(entry.config)),
        latent_map=latent_map(model, pca_of(entry.config.dataset, classes), images_of(entry.config.dataset)[1]),
        versions=run.versions | ({"commit": source} if source else {}),
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    checkpoint.save(run, entry.path, half=True)
    return run


def named_or_in(text: str) -> Run:
    """Return the shipped run of a name, or else the run in the file that the text is the path of.

    Raises:
        LabError: there is neither, or the file is damaged.
    """
    if text in ZOO:
        return load(text)
    if not Path(text).exists():
        raise ZooError(f"There is neither a shipped run nor a file named {text!r}; zoo --list shows the shipped ones.")
    return checkpoint.load(Path(text))


def write_cards() -> None:
    """Write checkpoints/README.md: what each shipped run is, how it was trained and what it reached."""
    lines = [
        "# Shipped runs",
        "",
        "Written by `python -m ae_core zoo --build`, which trains them. Each file carries all of this, and its whole",
        "training history, in its safetensors header. Weights are 16-bit; the metrics are theirs. Held-out images only.",
        "",
        "`photos/` holds the networks for photographs, each with its card: data, seconds, seed and, after",
        "`python -m benchmarks.photos --record`, figures. `studies/` holds what pages of the section Apply open on,",
        "`reading/` the readers of the page Can it be read?.",
        "",
        "| run | network | code | loss | epochs | seed | seconds | MSE | PCA MSE | 5-NN | version | commit |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for entry in present():
        run = load(entry.name)
        config, m = run.config, run.metrics
        kind = f"{variant_of(config).title}, {'-'.join(map(str, config.hidden_sizes))}, {config.activation}"
        lines.append(
            f"| {entry.name} | {kind} | {config.code_size} | {config.loss} | {config.epochs} | {config.seed} | "
            f"{run.seconds:.0f} on {run.device} | {m['mse']:.5f} | {m['pca_mse']:.5f} | {m['knn_accuracy']:.3f} | "
            f"{run.versions.get('ae_core', '')} | {run.versions.get('commit', '')} |"
        )
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n")


def _entry(name: str) -> ZooEntry:
    if name not in ZOO:
        raise ZooError(f"There is no shipped run named {name!r}; zoo --list shows them.")
    return ZOO[name]

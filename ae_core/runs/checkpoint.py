"""Write and read runs as files: safetensors for the numbers, JSON in its header for the rest. Nothing is ever executed.

A checkpoint may come from a stranger. Everything in it is compared with what its own Config says should be there
before any of it is believed.
"""

from __future__ import annotations

import errno
import json
import math
import re
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from ae_core.config.schema import Config, ConfigError
from ae_core.data.datasets import INFO
from ae_core.errors import LabError
from ae_core.evaluation.metrics import metric_names
from ae_core.models.autoencoder import Autoencoder, blueprint
from ae_core.models.pca import PCACodec
from ae_core.runs.files import write_whole
from ae_core.runs.run import MAP_POINTS, LatentMap, Run
from ae_core.text import quoted
from ae_core.training.film import FILM_IMAGES, Film, History, history_columns
from ae_core.training.objectives import part_names

FORMAT = "autoencoder-lab"
FORMAT_VERSION = 1
KIND = "autoencoder"  # of run; other tasks (see ae_core.tasks) file theirs under names of their own
MAX_BYTES = 96 * 1024 * 1024
_MAX_HEADER = 6 * 1024 * 1024  # bytes: the longest history that is read, twice over
_MAX_ENTRIES = 500  # of the header: the largest network has some sixty tensors
_LARGEST = 3.5e38  # the lab's numbers are of 32 bits
_MAX_FRAMES = 200
_MAX_POINTS = 20_000
_MAX_HISTORY = 10_000
_MAX_LAYERS = 9  # Boltzmann machines: one for each hidden layer and one for the code
_MAX_VERSIONS = 10

# What is free to be any text in a file. It ends up on pages, in tables and in code that is taken home: it is allowed
# nothing but the letters of what the lab itself writes there.
_DEVICE = re.compile(r"(?:cpu|cuda|mps)(?::\d{1,2})?(?= |\Z)")
_NOT_IN_A_DEVICES_NAME = re.compile(r"[^A-Za-z0-9 .,()/+_-]")
_PACKAGE = re.compile(r"[a-z][a-z0-9_]{0,19}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,39}")


_DAMAGED = (
    "This is not a whole safetensors file: it is damaged, cut short, or of another kind. "
    "Download the checkpoint again and upload that file."
)


class CheckpointError(LabError):
    """A file that is not a checkpoint of this lab, or not a whole one."""


def to_bytes(run: Run, *, half: bool = False) -> bytes:
    """Return a run as the bytes of a checkpoint. ``half`` stores weights and codes in 16 bits (see :func:`halved`)."""
    tensors = {f"model.{name}": tensor for name, tensor in run.model.state_dict().items()}
    tensors |= {"pca.mean": run.pca.mean, "pca.components": run.pca.components}
    tensors |= {
        "map.codes": run.latent_map.codes,
        "map.labels": run.latent_map.labels,
        "map.pca": run.latent_map.pca,
    }
    if run.film is not None:
        tensors |= {
            "film.epochs": run.film.epochs,
            "film.images": run.film.images,
            "film.points": run.film.points,
        }
    if half:
        tensors = {name: t.half() if t.dtype == torch.float32 else t for name, t in tensors.items()}
    about = {
        "config": json.loads(run.config.to_json()),
        "history": run.history,
        "metrics": run.metrics,
        "seconds": run.seconds,
        "device": run.device,
        "pretraining": run.pretraining,
        "finished": run.finished,
        "versions": run.versions,
    }
    return pack(KIND, tensors, about)


def pack(kind: str, tensors: dict[str, Tensor], about: dict[str, Any]) -> bytes:
    """Write tensors, and what JSON can say about them, as a file of the lab.

    Args:
        kind: of run, the name that its task is registered under.
        tensors: its numbers by name.
        about: everything else. Floats must be finite.
    """
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "kind": kind,
        "about": json.dumps(about, allow_nan=False),
    }
    return save_tensors({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)


def unpack(kind: str, data: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a file of :func:`pack`. What its tensors and its description should hold is for the caller to check.

    Raises:
        CheckpointError: when it is too large, damaged, of another version of the lab, or of another kind.
    """
    if len(data) > MAX_BYTES:
        raise CheckpointError(_too_large())
    metadata = _metadata(data)
    try:
        tensors = load_tensors(data)  # checks the header against the length of the file
    except (SafetensorError, ValueError, RecursionError, KeyError, AttributeError, TypeError, RuntimeError):
        raise CheckpointError(_DAMAGED) from None
    about = _about(metadata, kind)
    # Copies: safetensors' tensors lie anywhere in the file's buffer, and matrix products over memory that is aligned
    # otherwise differ in their last bits, so that the same run loaded twice would draw not quite the same pictures.
    return {name: t.float() if t.dtype == torch.float16 else t.clone() for name, t in tensors.items()}, about


def kind_of(data: bytes) -> str:
    """Return the name of the task whose run a file holds.

    Raises:
        CheckpointError: it is no safetensors file.
    """
    return _metadata(data).get("kind", KIND)  # the first files did not say it, and were all of one kind


def halved(model: Autoencoder) -> Autoencoder:
    """Round a model's weights, in place, to what 16 bits can hold, and return it: measure after this, not before."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return model


def save(run: Run, path: str | Path, *, half: bool = False) -> None:
    """Write a run as a checkpoint file, in one piece.

    Args:
        run: what to write.
        path: of the file.
        half: whether weights and codes are stored in 16 bits (see :func:`halved`).

    Raises:
        CheckpointError: the disk is full or the place cannot be written.
    """
    path = Path(path)
    try:
        write_whole(path, to_bytes(run, half=half))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            reason = "the disk is full; make room and save again"
        else:
            reason = f"{error.strerror or error}; choose another place"
        raise CheckpointError(f"The checkpoint could not be written to {path}: {reason}.") from error


def load(path: str | Path) -> Run:
    """Read a checkpoint file. Raises :class:`CheckpointError` for whatever is wrong with it."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CheckpointError(_too_large())
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"The checkpoint {path} cannot be read: {error.strerror or error}.") from error
    return from_bytes(data)


def from_bytes(data: bytes) -> Run:
    """Read a checkpoint from memory. Raises :class:`CheckpointError` for whatever is wrong with it."""
    tensors, about = unpack(KIND, data)
    config = _config(about)
    shape = INFO[config.dataset].shape
    expected = _expected_tensors(config, shape)
    _compare(tensors, expected)
    if len(tensors["map.labels"]) < min(MAP_POINTS, INFO[config.dataset].test_count):
        raise CheckpointError("The checkpoint's map has fewer points than the lab ever writes.")
    if int(tensors["map.labels"].max()) >= len(INFO[config.dataset].class_names):
        raise CheckpointError("The checkpoint's map has points of a class that its data set does not have.")
    model = blueprint(config, shape)
    model.load_state_dict(
        {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")},
        assign=True,
    )
    model.eval().requires_grad_(False)
    film = None
    if "film.images" in tensors:
        film = Film(tensors["film.epochs"], tensors["film.images"], tensors["film.points"])
        if not 0 <= float(film.epochs.min()) <= float(film.epochs.max()) <= config.epochs:
            raise CheckpointError("The checkpoint's film has epochs that its settings do not have.")
    return Run(
        config=config,
        model=model,
        pca=PCACodec(tensors["pca.mean"], tensors["pca.components"], shape),
        history=_columns(about.get("history"), config),
        metrics=_metrics(about.get("metrics"), config),
        latent_map=LatentMap(tensors["map.codes"], tensors["map.labels"], tensors["map.pca"]),
        film=film,
        seconds=_number(about.get("seconds")),
        device=_device(about.get("device")),
        pretraining=_pretraining(about.get("pretraining")),
        finished=about.get("finished") is not False,
        versions=_versions(about.get("versions")),
    )


def _too_large() -> str:
    return f"A checkpoint may be at most {MAX_BYTES // 2**20} MB; this file is larger."


def _metadata(data: bytes) -> dict[str, str]:
    """Return what the header says beside its tensors, once that is known to be of a size that takes no time to read."""
    length = int.from_bytes(data[:8], "little")
    if length > min(_MAX_HEADER, len(data)):
        raise CheckpointError(_DAMAGED)
    try:
        header = json.loads(data[8 : 8 + length])
        if len(header) > _MAX_ENTRIES:
            raise CheckpointError(
                f"The checkpoint names {len(header):,} tensors, more than any network of the lab has. Download the "
                "checkpoint again and upload that file."
            )
        metadata = header.get("__metadata__") or {}
        return {str(name): str(text) for name, text in metadata.items()}
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise CheckpointError(_DAMAGED) from None


def _about(metadata: dict[str, str], kind: str) -> dict[str, Any]:
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            "This safetensors file was not saved by the Autoencoder Lab, so nothing says what network its numbers "
            "belong to. Upload a file that was downloaded from the run shelf."
        )
    version = metadata.get("format_version", "")
    if version != str(FORMAT_VERSION):
        raise CheckpointError(
            f"This checkpoint is of format version {quoted(version)}; this lab reads version {FORMAT_VERSION}. "
            "Update the lab, or train the run again."
        )
    if (other := metadata.get("kind", KIND)) != kind:
        raise CheckpointError(
            f"This file holds a run of another kind ({ascii(other)[:40]}) than was asked for ({kind}). Open it where runs "
            "of its kind are shown."
        )
    try:
        about = json.loads(metadata["about"])
    except (KeyError, ValueError, RecursionError):
        about = None
    if not isinstance(about, dict):
        raise CheckpointError("The checkpoint's description is damaged. Download it again and upload that file.")
    return about


def _config(about: dict[str, Any]) -> Config:
    try:
        return Config.from_json(json.dumps(about.get("config")))
    except ConfigError as error:
        raise CheckpointError(f"The checkpoint's settings are not valid. {error}") from None


_Expected = dict[str, tuple[tuple[int | str, ...], torch.dtype]]


def _expected_tensors(config: Config, shape: tuple[int, int, int]) -> _Expected:
    """Return the shapes and types of a checkpoint's tensors by name; a word stands for any length."""
    pixels, size = math.prod(shape), config.code_size
    # of some classes alone there may be fewer images than components were asked for; how many, the images would tell
    exact = min(max(2, size), pixels, INFO[config.dataset].train_count)
    components: int | str = "components" if config.classes else exact
    expected: _Expected = {
        f"model.{name}": (tuple(t.shape), torch.float32) for name, t in blueprint(config, shape).state_dict().items()
    }
    expected |= {
        "pca.mean": ((pixels,), torch.float32),
        "pca.components": ((components, pixels), torch.float32),
        "map.codes": (("points", size), torch.float32),
        "map.labels": (("points",), torch.uint8),
        "map.pca": (("points", 2), torch.float32),
        "film.epochs": (("frames",), torch.float32),
        "film.images": (("frames", FILM_IMAGES, *shape), torch.uint8),
        "film.points": (("frames", "dots", 2), torch.float32),
    }
    return expected


def _compare(tensors: dict[str, Tensor], expected: _Expected) -> None:
    present = set(tensors)
    film = {name for name in expected if name.startswith("film.")}
    allowed = (set(expected), set(expected) - film)
    if present not in allowed:
        odd = sorted(present ^ min(allowed, key=lambda names: len(present ^ names)))
        raise CheckpointError(
            f"The checkpoint does not hold what its settings call for: {', '.join(map(quoted, odd[:3]))} "
            f"{'is' if len(odd) == 1 else 'are'} missing or not expected."
        )
    lengths: dict[str, int] = {}
    for name, tensor in tensors.items():
        shape, dtype = expected[name]
        fits = tensor.dtype == dtype and tensor.ndim == len(shape)
        for wanted, actual in zip(shape, tensor.shape, strict=False):
            if isinstance(wanted, str):
                wanted = lengths.setdefault(wanted, actual)
            fits = fits and wanted == actual
        if not fits:
            raise CheckpointError(f"The checkpoint's {name} has not the shape or type that its settings call for.")
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise CheckpointError(f"The checkpoint's {name} holds values that are not finite numbers.")
    if min(lengths.values()) < 1:
        raise CheckpointError("The checkpoint's map or film is empty.")
    if any(length > (_MAX_FRAMES if name == "frames" else _MAX_POINTS) for name, length in lengths.items()):
        raise CheckpointError("The checkpoint holds more map points or film frames than the lab ever writes.")


def _finite(value: Any) -> bool:
    """Return whether a value read from JSON is a number that 32 bits can hold."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _number(value: Any) -> float:
    return float(value) if _finite(value) else 0.0


def _metrics(value: Any, config: Config) -> dict[str, float]:
    """Check that all metrics that a page may show of a run are there, and return them, without any others."""
    known = metric_names(config)
    items = {name: number for name, number in value.items() if name in known} if isinstance(value, dict) else {}
    if not all(_finite(number) for number in items.values()):
        raise CheckpointError("The checkpoint's metrics are not numbers.")
    if any(number < 0 for name, number in items.items() if name.endswith(("mse", "sse"))):  # SSIM and decibels may be
        raise CheckpointError("The checkpoint's metrics hold squared errors below zero, which do not exist.")
    missing = known - set(items)
    if missing:
        raise CheckpointError(f"The checkpoint's metrics lack {', '.join(sorted(missing)[:3])}.")
    return {name: float(number) for name, number in items.items()}


def _columns(value: Any, config: Config) -> History:
    known = {"epoch"} | {f"{of}_{name}" for of in ("train", "held_out") for name in part_names(config)}
    columns = {name: column for name, column in value.items() if name in known} if isinstance(value, dict) else {}
    lengths = {len(column) if isinstance(column, list) else 0 for column in columns.values()}
    whole = history_columns(config) <= set(columns) and len(lengths) == 1
    if not whole or not 1 <= lengths.pop() <= _MAX_HISTORY or not all(map(_finite, chain(*columns.values()))):
        raise CheckpointError("The checkpoint's training history is damaged.")
    if not 0 <= min(columns["epoch"]) <= max(columns["epoch"]) <= config.epochs:
        raise CheckpointError("The checkpoint's training history has epochs that its settings do not have.")
    return {name: [float(number) for number in column] for name, column in columns.items()}


def _pretraining(value: Any) -> tuple[tuple[float, ...], ...]:
    layers = value if isinstance(value, list) else []
    whole = len(layers) <= _MAX_LAYERS and all(isinstance(one, list) and len(one) <= _MAX_HISTORY for one in layers)
    if not whole or not all(map(_finite, chain(*layers))):
        raise CheckpointError("The checkpoint's record of pretraining is damaged.")
    return tuple(tuple(float(error) for error in errors) for errors in layers)


def _device(value: Any) -> str:
    """Return the device's name as the lab writes it: "cpu (2 threads)", "cuda (NVIDIA H100)"."""
    kind = _DEVICE.match(str(value))
    if kind is None:
        return "an unknown device"
    return kind[0] + _NOT_IN_A_DEVICES_NAME.sub("", str(value)[kind.end() : 100])


def _versions(value: Any) -> dict[str, str]:
    """Return the versions that it was trained with, those of them that are well formed."""
    items = value.items() if isinstance(value, dict) else ()
    proper = [(name, str(text)) for name, text in items if _PACKAGE.fullmatch(name) and _VERSION.fullmatch(str(text))]
    return dict(proper[:_MAX_VERSIONS])

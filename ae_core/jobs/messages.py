"""What workers tell the web process: typed on both sides, and plain numbers, lists, bytes and arrays on the way.

A worker may be of another version of the lab than the web process. What cannot be read raises :class:`Unreadable`
here and nothing else, whatever it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ae_core.tasks.trainable import Event, Loading, Measuring
from ae_core.training.cost import Pace
from ae_core.training.loop import Progress

VERSION = 1
_POINTS = 400  # of a curve that are sent with a report: the latest
_MOST_CURVES = 50
_FAR = 65504.0  # the largest number of 16 bits


class Unreadable(ValueError):
    """A message that is damaged, or of another version. Its text is for the log."""


@dataclass(frozen=True)
class Report:
    """Message of a worker: how its job goes on."""

    job: str
    event: Event


@dataclass(frozen=True)
class Done:
    """Message of a worker: a job's training has ended, and ``data`` is its result as a file."""

    data: bytes


@dataclass(frozen=True)
class Failed:
    """Message of a worker: a job cannot be done, for the reason that ``sentence`` tells its visitor."""

    sentence: str


@dataclass(frozen=True)
class Answer:
    """Message of a worker: a piece is computed, and ``value`` is what its function returned; its work knows what that is."""

    value: Any


@dataclass(frozen=True)
class Warm:
    """Message of a worker: it is ready, and its machine is of this pace."""

    pace: Pace


Message = Report | Done | Failed | Answer | Warm


def to_wire(message: Message) -> dict[str, Any]:
    """Convert a message to the dictionary that a worker sends."""
    return {"version": VERSION} | _said(message)


def _said(message: Message) -> dict[str, Any]:
    match message:
        case Report(job, Loading(baseline)):
            return {"says": "loading", "job": job, "baseline": baseline}
        case Report(job, Measuring()):
            return {"says": "measuring", "job": job}
        case Report(job, Progress() as progress):
            return {"says": "training", "job": job} | _progress_to_wire(progress)
        case Done(data):
            return {"says": "done", "data": data}
        case Failed(sentence):
            return {"says": "failed", "sentence": sentence}
        case Answer(value):
            return {"says": "answer", "value": value}
        case Warm(pace):
            return {"says": "warm", "pace": pace.to_dict() | {"kinds": dict(pace.kinds)}}
    raise TypeError(f"not a message: {message!r}")


def from_wire(wire: Any) -> Message:
    """Convert a dictionary from a worker to a message. Raises :class:`Unreadable` for one that is none."""
    if not isinstance(wire, dict):
        raise Unreadable(f"a message is a dict, and this is {type(wire).__name__}")
    if wire.get("version") != VERSION:
        raise Unreadable(f"a message of version {str(wire.get('version'))[:20]}, where version {VERSION} is read")
    try:
        match wire["says"]:
            case "loading":
                baseline = wire["baseline"]
                return Report(_text(wire["job"]), Loading(None if baseline is None else _number(baseline)))
            case "measuring":
                return Report(_text(wire["job"]), Measuring())
            case "training":
                return Report(_text(wire["job"]), _progress_from_wire(wire))
            case "done":
                return Done(_bytes(wire["data"]))
            case "failed":
                return Failed(_text(wire["sentence"]))
            case "answer":
                return Answer(wire["value"])
            case "warm":
                return Warm(_pace(wire["pace"]))
    except (KeyError, AttributeError, TypeError, ValueError, OverflowError) as error:
        raise Unreadable(f"a damaged message: {type(error).__name__}: {str(error)[:200]}") from error
    raise Unreadable(f"a message that says {str(wire['says'])[:40]!r}, which nobody knows")


def _progress_to_wire(progress: Progress) -> dict[str, Any]:
    snapshot, points = progress.snapshot, progress.points
    return {
        "step": progress.step,
        "steps": progress.steps,
        "epoch": progress.epoch,
        "seconds": progress.seconds,
        "seconds_left": progress.seconds_left,
        "images_per_second": progress.images_per_second,
        "history": {name: column[-_POINTS:] for name, column in progress.history.items()},
        "pretraining": progress.pretraining,
        "snapshot": None if snapshot is None else _array_to_wire(snapshot),
        "points": None if points is None else _array_to_wire(points.clamp(-_FAR, _FAR).half()),  # for drawing
    }


def _progress_from_wire(wire: dict[str, Any]) -> Progress:
    step, steps = _count(wire["step"]), _count(wire["steps"])
    if step > steps:
        raise ValueError("more steps than there are")
    history = {_text(name): _curve(column) for name, column in wire["history"].items()}
    if len(history) > _MOST_CURVES or len({len(column) for column in history.values()}) > 1:
        raise ValueError("curves of different lengths, or too many")
    snapshot, points = wire["snapshot"], wire["points"]
    return Progress(
        step=step,
        steps=steps,
        epoch=_number(wire["epoch"]),
        seconds=_number(wire["seconds"]),
        seconds_left=_number(wire["seconds_left"], unknown=True),
        images_per_second=_number(wire["images_per_second"]),
        history=history,
        snapshot=None if snapshot is None else _array(snapshot, np.dtype(np.uint8), 4),
        points=None if points is None else _array(points, np.dtype(np.float16), 3).float(),
        pretraining=[_curve(column) for column in wire["pretraining"]],
    )


def _array_to_wire(tensor: Tensor) -> dict[str, Any]:
    return {"bytes": tensor.numpy().tobytes(), "shape": list(tensor.shape)}


def _array(wire: dict[str, Any], dtype: np.dtype[Any], dimensions: int) -> Tensor:
    shape = [_count(length) for length in wire["shape"]]
    if len(shape) != dimensions:
        raise ValueError(f"an array of {len(shape)} dimensions instead of {dimensions}")
    array = np.frombuffer(_bytes(wire["bytes"]), dtype).reshape(shape).copy()
    if not np.isfinite(array).all():
        raise ValueError("an array of what are not finite numbers")
    return torch.from_numpy(array)


def _number(value: Any, unknown: bool = False) -> float:
    """Return a number as a float, or raise for what is none; NaN, for not known yet, only where ``unknown``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("not a number")
    if not math.isfinite(value) and not (unknown and math.isnan(value)):
        raise ValueError("not a finite number")
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("not a count")
    return value


def _curve(value: Any) -> list[float]:
    if not isinstance(value, (list, tuple)):
        raise TypeError("not a list")
    return [_number(number) for number in value]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError("not bytes")
    return bytes(value)


def _pace(value: dict[str, Any]) -> Pace:
    kinds = {_text(name): _number(factor) for name, factor in value["kinds"].items()}
    rates = {_text(name): _number(rate) for name, rate in value.items() if name != "kinds"}
    if min([*kinds.values(), *rates.values()]) <= 0:
        raise ValueError("a pace is positive")
    return Pace(**rates, kinds=kinds)

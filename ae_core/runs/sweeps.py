"""Sweeps: runs in which one setting takes several values and everything else stays.

So what changes from run to run is that setting's doing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from ae_core.config.schema import Config, ConfigError, spec
from ae_core.data.datasets import INFO
from ae_core.errors import LabError
from ae_core.runs import zoo
from ae_core.training.cost import Pace

MOST_POINTS = 12  # runs of one sweep: more than a screen shows
_BETWEEN = "_"  # values in a link: numbers hold dots and minus signs, and a browser leaves this as it is


class SweepError(LabError):
    """A sweep that cannot be made of this run. The message says what to choose instead."""


@dataclass(frozen=True)
class Axis:
    """A setting that can be swept: the values on offer, and those that are chosen at first."""

    values: tuple[float, ...]
    start: tuple[float, ...]
    error: str = "mse"  # the metric that the sweep is judged by; PCA's is the same with "pca_" before it


AXES = {
    "code_size": Axis((1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256), zoo.CODE_SIZES),
    # the images are to come back clean, and that is harder the more was done to them
    "corruption_strength": Axis(
        (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0), (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), "denoised_mse"
    ),
    "beta": Axis((0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0), (0.1, 0.5, 1.0, 2.0, 4.0, 16.0)),
    "sparsity_weight": Axis((0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0), (0.01, 0.05, 0.1, 0.5, 1.0, 5.0)),
    "k": Axis((1, 2, 3, 5, 8, 10, 15, 25, 50, 100), (1, 2, 5, 10, 25, 50)),
}


@dataclass(frozen=True)
class Point:
    """One run of a sweep: the swept setting's value, and the whole Config."""

    value: float
    config: Config


@dataclass(frozen=True)
class Sweep:
    """Runs in the order of the swept setting ``field``; ``left_out`` has a sentence for each value that has no run."""

    field: str
    points: tuple[Point, ...]
    left_out: tuple[str, ...] = ()

    @property
    def error(self) -> str:
        """The name of the metric that its curve shows."""
        return AXES[self.field].error

    @property
    def measures(self) -> tuple[str, ...]:
        """The metrics to draw over the setting: its error and, where the factors of the images are known, "mig".

        That is how nearly each factor has a number of the code to itself.
        """
        known = INFO[self.points[0].config.dataset].factors
        return (self.error, "mig") if known else (self.error,)

    @property
    def also_differs(self) -> tuple[str, ...]:
        """The settings that differ between its runs besides the swept one."""
        configs = [point.config.canonical() for point in self.points]
        return tuple(
            f.name
            for f in fields(Config)
            if f.name != self.field and len({getattr(config, f.name) for config in configs}) > 1
        )

    def title(self, point: Point) -> str:
        """Return the point in words: "noise strength 0.4"."""
        return f"{spec(self.field).name_within} {point.value:g}"

    def without(self, keys: Collection[str]) -> list[Config]:
        """Return the Configs whose keys are not among ``keys``: what is still to be trained."""
        return [point.config for point in self.points if point.config.key not in keys]

    def seconds(self, pace: Pace, known: Collection[str] = ()) -> float:
        """Estimate the seconds of training in all its runs together but the ``known`` ones (keys)."""
        return sum(pace.seconds(config) for config in self.without(known))


def of(base: Config, field: str, values: Iterable[float]) -> Sweep:
    """Make a sweep: ``base`` with each of ``values`` for ``field``, in ascending order and each once.

    A value that does not go with the other settings is left out, and a sentence in the sweep says so.

    Args:
        base: the settings that stay.
        field: the setting that changes, one of :data:`AXES`.
        values: what it takes.

    Returns:
        The sweep.

    Raises:
        SweepError: the setting means nothing for this run, there are too many values, or none is left.
    """
    label = spec(field).name_within
    if field not in AXES or field not in base.used_fields():
        raise SweepError(f"The {label} makes no difference to this run. Choose a run that uses it, or another setting.")
    wanted = sorted(set(values))
    if len(wanted) > MOST_POINTS:
        raise SweepError(f"A sweep has at most {MOST_POINTS} runs; {len(wanted)} values were chosen. Take fewer.")
    whole = spec(field).kind == "int"
    points, left_out = [], []
    for value in wanted:
        try:
            change: Any = {field: int(value) if whole and value == int(value) else value}
            config = replace(base, **change).canonical()
        except ConfigError as error:
            left_out.append(f"{spec(field).name} {value:g} is left out. {error}")
        else:
            points.append(Point(value, config))
    if not points:
        raise SweepError(" ".join(left_out) or f"Choose at least one value for the {label}.")
    return Sweep(field, tuple(points), tuple(left_out))


def fields_of(base: Config) -> tuple[str, ...]:
    """Return the settings that can be swept from ``base``: those it uses, and that may take at least two values."""
    return tuple(name for name in AXES if name in base.used_fields() and len(valid(base, name, AXES[name].values)) > 1)


def valid(base: Config, field: str, values: Iterable[float]) -> tuple[float, ...]:
    """Return those values of a setting that go with the other settings of a run.

    Args:
        base: the other settings.
        field: the setting, one of :data:`AXES`.
        values: to choose from.

    Returns:
        The valid ones, in their order.
    """
    return tuple(value for value in values if _goes(base, field, value))


def _goes(base: Config, field: str, value: float) -> bool:
    try:
        of(base, field, [value])
    except SweepError:
        return False
    return True


def code_size_sweep(dataset: str) -> Sweep | None:
    """Return the sweep of the shipped runs over code sizes of ``dataset``, or None where one of them is missing."""
    here = {entry.name: entry.config for entry in zoo.present()}
    rungs = {size: here.get(f"{dataset}-code-{size}") for size in zoo.CODE_SIZES}
    points = tuple(Point(size, config) for size, config in rungs.items() if config is not None)
    return Sweep("code_size", points) if len(points) == len(rungs) else None


def to_text(values: Iterable[float]) -> str:
    """Return values as a link carries them."""
    return _BETWEEN.join(f"{value:g}" for value in values)


def from_text(field: str, text: str) -> tuple[tuple[float, ...], bool]:
    """Read the values of a link, each moved into the range of ``field``; return also whether all were taken as written.

    Never raises. Beyond :data:`MOST_POINTS` values the rest are dropped.
    """
    parts = [part for part in text.split(_BETWEEN) if part.strip()]
    read = [spec(field).nearest(part, None) for part in parts[:MOST_POINTS]]
    values = tuple(sorted({value for value, _ in read if value is not None}))
    return values, len(parts) <= MOST_POINTS and all(as_written for _, as_written in read)

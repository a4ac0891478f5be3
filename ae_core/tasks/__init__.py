"""What can be trained: a module or folder here for each kind, or an entry point of an installed package.

A kind's module names its class ``TASK``. Nothing else lists it: see :mod:`.trainable` for what the class has to have,
and docs/adding.md for an example.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any

from ae_core.config.schema import Config
from ae_core.data import own
from ae_core.errors import LabError
from ae_core.runs import checkpoint
from ae_core.tasks.autoencoder import Autoencoder
from ae_core.tasks.trainable import Result, Trainable

ENTRY_POINTS = "autoencoder_lab.tasks"  # the group in which other packages register theirs
KIND = "kind"  # the parameter by which a link says what it is a link to, where that is no autoencoder


class UnknownTask(LabError):
    """A kind of run that this lab does not have."""


@lru_cache(maxsize=64)  # entry points are searched for on disk
def find(kind: str) -> type[Trainable]:
    """Return the class registered under ``kind``, which may come from a link or a file. Raises :class:`UnknownTask`."""
    name = f"{__name__}.{kind}"
    task: Any = None
    if kind.isidentifier() and importlib.util.find_spec(name) is not None:
        task = getattr(importlib.import_module(name), "TASK", None)
    elif found := entry_points(group=ENTRY_POINTS, name=kind):
        task = next(iter(found)).load()
    if task is None:
        raise UnknownTask(
            f"This lab cannot train or read {ascii(kind)[:40]}: it has no task of that name. It may come from a later "
            "version of the lab, or belong to a package that is not installed here."
        )
    return task  # type: ignore[no-any-return]


def trainable(config: Config | Trainable) -> Trainable:
    """Return what the queue and the workers take: an autoencoder's Config in its most plain form, or a task as it is.

    Of a data set of somebody's own its picture or table goes along, where whoever calls this has it.
    """
    if not isinstance(config, Config):
        return config
    source = own.held().get(config.dataset) if own.is_own(config.dataset) else None
    return Autoencoder(config.canonical(), source)


def read(data: bytes) -> Result:
    """Read a result file of any kind. Raises LabError for what is damaged or of an unknown kind."""
    return find(checkpoint.kind_of(data)).from_bytes(data)


def to_query(config: Config | Trainable) -> dict[str, str]:
    """Return the parameters of a link to a run. One to an autoencoder is what it always was."""
    if isinstance(config, Config):
        return config.to_query()
    return {KIND: config.kind} | config.to_query()


def from_query(params: Mapping[str, str]) -> tuple[Any, list[str]]:
    """Return the nearest valid settings to a link's, as pages know them, and a sentence for each that had to change.

    Raises :class:`UnknownTask` when the link is to something that this lab does not have.
    """
    work, notes = find(params.get(KIND, Autoencoder.kind)).from_query(params)
    return work.config, notes


def commands() -> Iterator[Callable[[Any], None]]:
    """Yield, of each task that has a module ``command``, its ``add``: it adds the task's commands to a parser's."""
    for module in pkgutil.iter_modules(__path__):
        name = f"{__name__}.{module.name}.command"
        if module.ispkg and importlib.util.find_spec(name) is not None:
            yield importlib.import_module(name).add

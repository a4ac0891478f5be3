"""Data sets of somebody's own: patches of a picture, or the rows of a table. Who has what they are made of.

The name of each ends with a digest of what it is made of, so that equal names mean equal items, and a Config says what it
depends on as any other. The name opens nothing: the items are there for whoever has their source (:func:`held`), and for
nobody else. Of a web process that is the visit that asks; to a worker the source is lent with the job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TypeAlias

from ae_core.data import own_patches
from ae_core.data.own_patches import PatchPicture
from ae_core.data.tables import own_table
from ae_core.data.tables.own_table import PreparedTable

#: What such a data set is made of.
Source: TypeAlias = PatchPicture | PreparedTable

_KINDS: Mapping[type[Source], Callable[[object], bool]] = MappingProxyType(
    {PatchPicture: own_patches.is_patches, PreparedTable: own_table.is_table}
)


def is_own(name: object) -> bool:
    """Return whether a data set of this name is one of somebody's own."""
    return any(is_one(name) for is_one in _KINDS.values())


def file_name(name: str) -> str:
    """Return what the source's file is called where a run of the data set of this name is taken home."""
    return own_patches.file_name(name) if own_patches.is_patches(name) else own_table.file_name(name)


def from_file(name: str, data: bytes) -> Source:
    """Read the source of a data set from its :meth:`as_file`.

    Args:
        name: of the data set.
        data: the file.

    Raises:
        LabError: it is damaged.
        ValueError: it is another one than the name says.
    """
    (of,) = (of for of, is_one in _KINDS.items() if is_one(name))
    return of.from_file(name, data)


_lent: ContextVar[Mapping[str, Source]] = ContextVar("lent", default=MappingProxyType({}))
_own: Callable[[], Mapping[str, Source]] = dict


def ask(own: Callable[[], Mapping[str, Source]]) -> None:
    """Have :func:`held` ask ``own`` from now on: it returns the sources of whoever asks, by the data sets' names."""
    global _own
    _own = own


def held() -> Mapping[str, Source]:
    """Return the sources that whoever asks has, by the names of the data sets that are made of them."""
    return {**_own(), **_lent.get()}


def picture_of(name: str) -> PatchPicture | None:
    """Return the picture that patches are cut from; None for whoever does not have it."""
    found = held().get(name)
    return found if isinstance(found, PatchPicture) else None


def table_of(name: str) -> PreparedTable | None:
    """Return the table of a data set; None for whoever does not have it."""
    found = held().get(name)
    return found if isinstance(found, PreparedTable) else None


@contextmanager
def lent(name: str, source: Source) -> Iterator[None]:
    """Lend a source to what runs within this, and in this thread, as the one of the data set ``name``."""
    token = _lent.set({**_lent.get(), name: source})
    try:
        yield
    finally:
        _lent.reset(token)

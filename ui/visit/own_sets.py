"""The data sets of the visitor's own, patches of a picture or the rows of a table, and what they are made of.

They are kept for the visitor alone, as the runs on them are. Of all visitors together they take no more memory than
:data:`MOST_BYTES`: beyond that the visit that asked longest ago loses its own, and is told.
"""

from __future__ import annotations

from collections.abc import Mapping

from ae_core.data import datasets, own
from ae_core.data.datasets import DatasetMissing, Images
from ae_core.data.own import Source
from ui.visit.room import Room
from ui.visit.state import OwnSetsState, visit

MOST_SETS = 4  # of one visit
MOST_BYTES = 100_000_000  # of all visits together


def sources() -> Mapping[str, Source]:
    """Return the visit's pictures and tables, by the names of the data sets that are made of them."""
    return visit().own_sets.sources


own.ask(sources)


def keep(name: str, source: Source) -> None:
    """Make a data set of the visit of a picture or table, in place of the oldest where there are :data:`MOST_SETS`.

    Args:
        name: of the data set.
        source: that it is made of.
    """
    mine = visit().own_sets
    mine.sources = {other: of for other, of in mine.sources.items() if other != name} | {name: source}
    for oldest in list(mine.sources)[:-MOST_SETS]:
        del mine.sources[oldest]
    mine.held_out = {name: items for name, items in mine.held_out.items() if name in mine.sources}
    mine.lost = False
    take_room(mine)


def take_room(mine: OwnSetsState) -> None:
    """Note that a visitor has just taken something in; others lose theirs where there is no room for all."""
    _room.take(mine, MOST_BYTES)


def forget(kind: type[Source]) -> None:
    """Forget the visit's data sets that are made of what is of this kind."""
    mine = visit().own_sets
    mine.sources = {name: source for name, source in mine.sources.items() if not isinstance(source, kind)}
    mine.held_out = {name: items for name, items in mine.held_out.items() if name in mine.sources}


def held_out(name: str) -> Images:
    """Return the held-out items of one of the visit's data sets.

    Raises:
        DatasetMissing: the visit does not have what it is made of.
    """
    mine = visit().own_sets
    if name not in mine.sources:
        raise DatasetMissing(datasets.absence(name))
    if name not in mine.held_out:
        mine.held_out[name] = datasets.load(name, "test")
    return mine.held_out[name]


def _bytes_of(state: OwnSetsState) -> int:
    """Return what a visit's pictures and tables take, with room for the held-out items of each."""
    return sum(
        source.nbytes + (datasets.INFO[name].test_count * datasets.INFO[name].pixels)
        for name, source in state.sources.items()
    )


def _forget_for_room(state: OwnSetsState) -> None:
    state.sources, state.held_out, state.lost = {}, {}, True


_room = Room(_bytes_of, _forget_for_room)

"""The data sets of patches that the visitor asked for, of a picture on Photos, and the pictures that they are cut from.

They are kept for the visitor alone, as the runs on them are. Of all visitors together they take no more memory than
:data:`MOST_BYTES`: beyond that the visit that asked longest ago loses its own, and is told.
"""

from __future__ import annotations

from collections.abc import Mapping

from ae_core.data import datasets, own_patches
from ae_core.data.datasets import DatasetMissing, Images
from ae_core.data.own_patches import PatchPicture
from ui.visit.room import Room
from ui.visit.state import PatchesState, visit

MOST_SETS = 4  # of one visit
MOST_BYTES = 100_000_000  # of all visits together


def pictures() -> Mapping[str, PatchPicture]:
    """Return the visit's pictures, by the names of the data sets that are cut from them."""
    return visit().patches.pictures


own_patches.ask(pictures)


def keep(name: str, picture: PatchPicture) -> None:
    """Take a picture's patches for a data set of the visit, in place of the oldest where there are :data:`MOST_SETS`.

    Args:
        name: of the data set, see :meth:`ae_core.data.own_patches.PatchPicture.name`.
        picture: that it is cut from.
    """
    mine = visit().patches
    mine.pictures = {other: of for other, of in mine.pictures.items() if other != name} | {name: picture}
    for oldest in list(mine.pictures)[:-MOST_SETS]:
        del mine.pictures[oldest]
    mine.held_out = {name: images for name, images in mine.held_out.items() if name in mine.pictures}
    mine.lost = False
    take_room(mine)


def take_room(mine: PatchesState) -> None:
    """Note that a visitor has just taken pictures in; others lose theirs where there is no room for all."""
    _room.take(mine, MOST_BYTES)


def forget() -> None:
    """Forget all of the visit's pictures and their patches."""
    mine = visit().patches
    mine.pictures, mine.held_out = {}, {}


def held_out(name: str) -> Images:
    """Return the held-out patches of one of the visit's data sets.

    Raises:
        DatasetMissing: the visit does not have its picture.
    """
    mine = visit().patches
    if name not in mine.pictures:
        raise DatasetMissing(datasets.absence(name))
    if name not in mine.held_out:
        mine.held_out[name] = datasets.load(name, "test")
    return mine.held_out[name]


def _bytes_of(state: PatchesState) -> int:
    """Return what a visit's pictures take, with room for the held-out patches of each."""
    return sum(
        picture.pixels.nbytes + own_patches.TEST_COUNT * datasets.INFO[name].pixels
        for name, picture in state.pictures.items()
    )


def _forget_for_room(state: PatchesState) -> None:
    state.pictures, state.held_out, state.lost = {}, {}, True


_room = Room(_bytes_of, _forget_for_room)

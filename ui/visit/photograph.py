"""The visitor's own photograph for the page Photos, at its full size, and the memory that all of them share."""

from __future__ import annotations

from ae_core.data.upload import UploadRejected
from ae_core.data.upload.photo import open_photo
from ui.visit.room import Room
from ui.visit.state import OwnPhoto

MOST_BYTES = 600_000_000  # of all visitors' own photographs together, at full size and repaired


def take(state: OwnPhoto, name: str, data: bytes) -> bool:
    """Take a file as the visitor's own photograph, in place of the one before, or note why it cannot be.

    Args:
        state: the visitor's.
        name: of the file.
        data: its content.

    Returns:
        Whether it was taken. Otherwise the one before stays.
    """
    state.refused = ""
    try:
        state.photo = open_photo(data)
        state.name, state.data = name, data
        state.mask, state.mask_refused = None, ""
        _room.take(state, MOST_BYTES)
    except UploadRejected as error:
        state.refused = str(error)
        return False
    return True


def forget(state: OwnPhoto) -> None:
    """Forget the photograph, and the mask that is for it."""
    state.photo, state.mask, state.name, state.data = None, None, "", b""
    state.refused = state.mask_refused = ""


def _bytes_of(state: OwnPhoto) -> int:
    """Return what a visit's photograph takes of this server's memory, with room for the repaired one, doubled even."""
    return 0 if state.photo is None else 5 * state.photo.pixels.nbytes + len(state.data)


def _forget_for_room(state: OwnPhoto) -> None:
    state.photo, state.data = None, b""
    state.refused = "Your picture was forgotten, as this server ran out of room for them. Please upload it again."


_room = Room(_bytes_of, _forget_for_room)

"""The CSV file that the visitor has given, as a table whose columns can be chosen. It is kept for the visitor alone.

Of all visitors together such tables take no more memory than :data:`MOST_BYTES`: beyond that the one who gave a file longest
ago loses it, and is told.
"""

from __future__ import annotations

from ae_core.data.tables.csv_text import UnsuitedTable
from ae_core.data.tables.own_table import OwnTable, PreparedTable
from ui.visit.room import Room
from ui.visit.state import OwnTableState, visit

MOST_BYTES = 300_000_000
_LOST = "This server ran out of room for tables, and forgot yours. Upload it again."


def take(name: str, data: bytes) -> None:
    """Take a file in place of the one before, or note why it cannot be.

    Args:
        name: of the file.
        data: its content.
    """
    mine = visit().table
    mine.offered += 1
    mine.table, mine.prepared, mine.refused, mine.name = None, None, "", name[:200]
    try:
        mine.table = OwnTable.of(data)
    except UnsuitedTable as error:
        mine.refused = str(error)
    else:
        _room.take(mine, MOST_BYTES)


def forget() -> None:
    """Forget the file; data sets that were made of it stay."""
    mine = visit().table
    mine.table, mine.prepared, mine.refused, mine.name = None, None, "", ""
    mine.offered += 1


def prepared(columns: tuple[str, ...], class_column: str) -> PreparedTable:
    """Return the file's table, ready to be learned from; the last one is kept.

    Args:
        columns: to learn from.
        class_column: that says the rows' class; empty for none.

    Raises:
        UnsuitedTable: what is chosen is too little or too much.
    """
    mine = visit().table
    assert mine.table is not None, "a file was taken"
    asked = (columns, class_column)
    if mine.prepared is None or mine.prepared[0] != asked:
        mine.prepared = (asked, mine.table.prepare(columns, class_column))
    return mine.prepared[1]


def _forget_for_room(state: OwnTableState) -> None:
    state.table, state.prepared, state.refused = None, None, _LOST


def _bytes_of(state: OwnTableState) -> int:
    return (state.table.nbytes if state.table else 0) + (state.prepared[1].nbytes if state.prepared else 0)


_room = Room(_bytes_of, _forget_for_room)

"""Read the cells of a CSV file as text: its encoding, its separator, its header. No cell is taken for anything but text.

A file may come from a stranger: everything is bounded, and what is wrong is said with its line. Only the csv module reads
it; no formula, no address and no path in it is followed.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from ae_core.errors import LabError
from ae_core.text import plain

__all__ = ["MOST_BYTES", "MOST_COLUMNS", "MOST_ROWS", "CellTable", "UnsuitedTable", "is_missing", "read_cells"]

MOST_BYTES = 10_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 200
_LONGEST_CELL = 200  # characters that are kept of a cell; longer text is none of few categories
_LONGEST_NAME = 60
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_LOOKED_AT = 50  # lines, from which the separator is told
_MISSING = frozenset({"", "-", "--", "?", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing"})
_BINARY = {  # what files begin with that are often taken for CSV
    b"PK\x03\x04": "a workbook (Excel or LibreOffice) or a ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "packed by gzip",
    b"PAR1": "a Parquet file",
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_EXCELS_LINE = re.compile(
    rb'(?:\xef\xbb\xbf)?"?sep=([,;\t])"?\r?\n', re.IGNORECASE
)  # above the table, for Excel itself
_NUMBER = re.compile(r"[+\-−$€£]?\s?[\d.,']*\d[\d.,']*(?:e[+-]?\d+)?\s?[%€]?", re.ASCII | re.IGNORECASE)


class UnsuitedTable(LabError):
    """A file that is no table to learn from. The message says why, where, and what to do instead."""


@dataclass(frozen=True, eq=False)
class CellTable:
    """The cells of a table as text.

    The cells of a column lie in one string, a line each, as they would take many times the memory in as many strings.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    separator: str
    notes: tuple[str, ...]  # what was made of the file, in sentences

    def cells(self, name: str) -> list[str]:
        """Return the cells of a column, one a row."""
        return self.columns[self.names.index(name)].split("\n")


def is_missing(cell: str) -> bool:
    """Return whether a cell says that there is no value: empty, a dash, "NA" and the like."""
    return cell.casefold() in _MISSING


def read_cells(data: bytes) -> CellTable:
    """Read the cells of a CSV file, separated by commas, semicolons or tabs.

    Args:
        data: the file, in UTF-8, Latin-1 (as Windows has it), or UTF-16 with its mark.

    Raises:
        UnsuitedTable: it is too large, no such file, or its lines do not have equally many values.
    """
    if len(data) > MOST_BYTES:
        raise UnsuitedTable(
            f"This file has {len(data) / 1e6:.0f} MB, and at most {MOST_BYTES / 1e6:.0f} MB are read. Keep fewer rows or columns."
        )
    encoding, notes = _encoding(data)
    if told := _EXCELS_LINE.match(data):
        data = data[told.end() :]
    separator = told[1].decode() if told else _separator(data, encoding)
    rows = _rows(data, encoding, separator)
    head = next(rows, None)
    if head is None:
        raise UnsuitedTable("This file is empty. A table has a row with the columns' names, and a row for each item.")
    width = len(head.cells)
    if width == 1:
        raise UnsuitedTable(
            "This file has a single column, or other separators than commas, semicolons and tabs. A table needs two or more."
        )
    if width > MOST_COLUMNS:
        raise UnsuitedTable(
            f"This table has {width:,} columns, and at most {MOST_COLUMNS} are read. Keep those that matter."
        )
    notes.append(f"Its values are separated by {_SEPARATORS[separator]}.")
    names = _names(head.cells)
    if any(map(_NUMBER.fullmatch, head.cells)):
        notes.append("The first row holds a number, so it was taken for data, and the columns are numbered.")
        rows, names = chain([head], rows), _names([""] * width)
    count, columns = _columns(rows, head)
    return CellTable(names, columns, count, separator, tuple(notes))


# --- Bytes to lines -----------------------------------------------------------------------------------------


def _encoding(data: bytes) -> tuple[str, list[str]]:
    """Return how a file is written, and what is to be said of it."""
    for start, what in _BINARY.items():
        if data.startswith(start):
            raise UnsuitedTable(f"This file is {what}, not text. Open it and save the table as CSV.")
    if data[:2] in _UTF16:  # Excel's "Unicode text"
        return "utf-16", []
    if b"\0" in data:
        raise UnsuitedTable("This file holds bytes that no text has. Save the table as CSV, in UTF-8.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding, [] if encoding == "utf-8-sig" else [_NOT_UTF8]
    return "latin-1", [_NOT_UTF8]


# Windows' Latin-1 has typographic quotes where the other has nothing to be seen, and leaves five bytes open.
_NOT_UTF8 = "It is not in UTF-8 and was read as Latin-1; look whether letters with accents are right."


def _separator(data: bytes, encoding: str) -> str:
    """Return the separator by which most of the first lines have equally many values, and more than one."""

    def agreement(separator: str) -> float:
        lines = islice(csv.reader(_text(data, encoding), delimiter=separator), _LOOKED_AT)
        widths = Counter(len(line) for line in lines if line)
        width, count = max(widths.items(), key=lambda found: (found[0] > 1, found[1]), default=(1, 0))
        return count / widths.total() if width > 1 else 0.0

    # Where several would do, commas are decimal ones, and semicolons within text.
    try:
        return max(("\t", ";", ","), key=agreement)
    except csv.Error as error:
        raise UnsuitedTable(f"This file cannot be read as CSV ({error}). {_QUOTES}") from error


_QUOTES = "A quotation mark that opens a value must be closed, and one within it be doubled."


@dataclass(frozen=True)
class _Row:
    line: int  # of the file, its last
    cells: list[str]


def _text(data: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="")


def _rows(data: bytes, encoding: str, separator: str) -> Iterator[_Row]:
    """Yield the rows that are not empty.

    Args:
        data: the file.
        encoding: how it is written.
        separator: what parts its values.
    """
    reader = csv.reader(_text(data, encoding), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield _Row(reader.line_num, [_clean(cell) for cell in cells])
    except csv.Error as error:
        raise UnsuitedTable(
            f"Line {reader.line_num} of this file cannot be read as CSV ({error}). {_QUOTES}"
        ) from error


def _clean(cell: str) -> str:
    """Return a cell in one line of bounded length."""
    cell = cell.strip()
    return (cell if cell.isprintable() else plain(cell))[:_LONGEST_CELL]


def _columns(rows: Iterable[_Row], head: _Row) -> tuple[int, tuple[str, ...]]:
    """Return how many rows there are, and the cells of each column, a line each."""
    width, count = len(head.cells), 0
    blocks: list[tuple[str, ...]] = []
    rows = iter(rows)
    while block := list(islice(rows, 1000)):
        for row in block:
            while len(row.cells) > width and not row.cells[-1]:  # a separator at the end of the line
                row.cells.pop()
            if len(row.cells) != width:
                raise UnsuitedTable(
                    f"Line {row.line} of this file has {_values(len(row.cells))}, and line {head.line} has {width}. "
                    "Every line of a table has as many values as the first; nothing may stand above or below it."
                )
        count += len(block)
        if count > MOST_ROWS:
            raise UnsuitedTable(f"This table has more than the {MOST_ROWS:,} rows that are read. Keep a part of them.")
        blocks.append(tuple(map("\n".join, zip(*(row.cells for row in block), strict=True))))
    if not blocks:
        raise UnsuitedTable("This table has names of columns and no rows.")
    return count, tuple(map("\n".join, zip(*blocks, strict=True)))


def _values(count: int) -> str:
    return f"{count:,} value{'s' if count != 1 else ''}"


def _names(head: Sequence[str]) -> tuple[str, ...]:
    """Return names of columns that are all different."""
    names: list[str] = []
    for number, cell in enumerate(head, start=1):
        name = wanted = cell[:_LONGEST_NAME] or f"column {number}"
        again = 1
        while name in names:
            again += 1
            name = f"{wanted} ({again})"
        names.append(name)
    return tuple(names)

"""A visitor's own table: read from a CSV file, its columns recognised, filled, split and scaled as a data set is.

Whatever is done to the table is said in a sentence each. Nothing of the held-out rows goes into what fills or scales them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ae_core.data.tables.csv_text import MOST_ROWS, CellTable, UnsuitedTable, read_cells
from ae_core.data.tables.recognition import (
    MOST_CATEGORIES,
    CategoryColumn,
    LeftOut,
    NumberColumn,
    classes_of,
    recognised,
)
from ae_core.data.tables.scaled import ScaledTable
from ae_core.data.tables.scaling import Scaling, one_hot
from ae_core.text import quoted

__all__ = ["FEWEST_ROWS", "MOST_NUMBERS", "OwnTable", "PreparedTable", "digest_of", "file_name", "is_table", "sizes_in"]

FEWEST_ROWS = 100
MOST_NUMBERS = 400  # in an item, after categories have become a column each
_FEWEST_OF_CLASS = 5  # of which one is held out
_SKEWED = 2.0  # from this skewness on logarithms are taken of a column without negative numbers
_NO_CLASS = "row"


@dataclass(frozen=True, eq=False)
class PreparedTable:
    """A table that is ready to be learned from, and what was made of it, in sentences."""

    table: ScaledTable
    columns: tuple[str, ...]  # of the items
    class_names: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the data set of its rows: how many columns, rows to learn from, others and classes, and a digest."""
        counts = (len(self.columns), len(self.table.train), len(self.table.held_out), len(self.class_names))
        return f"own-table-{'x'.join(map(str, counts))}-{digest_of(self._arrays(), self._names())}"

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return sum(array.nbytes for array in self._arrays().values())

    def as_file(self) -> bytes:
        """Return the table as a safetensors file, which is read without running anything of it."""
        scaling = self.table.scaling
        arrays = self._arrays() | {
            "means": scaling.means,
            "deviations": scaling.deviations,
            "logged": scaling.logged,
            "flags": scaling.flags,
        }
        about = {"names": self._names(), "notes": json.dumps(self.notes), "limit": str(scaling.limit)}
        return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, about)

    @classmethod
    def from_file(cls, name: str, data: bytes) -> PreparedTable:
        """Read the table of the data set ``name`` from its :meth:`as_file`.

        Raises:
            ValueError: it is damaged, or another one than its name says.
        """
        try:
            length = int.from_bytes(data[:8], "little")  # of the header, which says what the file holds
            about = json.loads(data[8 : 8 + length])["__metadata__"]
            arrays = load(data)
            columns, class_names = json.loads(about["names"])
            scaling = Scaling(
                arrays["means"], arrays["deviations"], arrays["logged"], arrays["flags"], float(about["limit"])
            )
            table = ScaledTable(
                arrays["train"], arrays["train_labels"], arrays["held_out"], arrays["held_out_labels"], scaling
            )
            found = cls(table, tuple(columns), tuple(class_names), tuple(json.loads(about["notes"])))
        except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"a damaged table: {error}") from None
        if found.name != name:
            raise ValueError("another table than its name says")
        return found

    def _arrays(self) -> dict[str, np.ndarray]:
        table = self.table
        return {
            "train": table.train,
            "train_labels": table.train_labels,
            "held_out": table.held_out,
            "held_out_labels": table.held_out_labels,
        }

    def _names(self) -> str:
        return json.dumps([self.columns, self.class_names])


def digest_of(arrays: dict[str, np.ndarray], names: str) -> str:
    """Return 24 hexadecimal digits that name a table.

    Args:
        arrays: ``train``, ``train_labels``, ``held_out`` and ``held_out_labels``.
        names: of its columns and classes, as JSON.
    """
    parts = hashlib.blake2b(names.encode(), digest_size=12)
    for name in ("train", "train_labels", "held_out", "held_out_labels"):
        array = arrays[name].astype(arrays[name].dtype.newbyteorder("<"))
        parts.update(repr((array.shape, array.dtype.kind, array.dtype.itemsize)).encode() + array.tobytes())
    return parts.hexdigest()


_NAME = re.compile(r"own-table-([1-9]\d{0,2})x([1-9]\d{0,4})x([1-9]\d{0,4})x([1-9]\d?)-([0-9a-f]{24})")


def is_table(name: object) -> bool:
    """Return whether a data set of this name is somebody's own table, of a size that the lab takes."""
    if not isinstance(name, str) or (found := _NAME.fullmatch(name)) is None:
        return False
    columns, train, held_out, classes = map(int, found.groups()[:4])
    return 2 <= columns <= MOST_NUMBERS and train + held_out <= MOST_ROWS and classes <= MOST_CATEGORIES


def sizes_in(name: str) -> tuple[int, int, int, int]:
    """Return how many columns, rows to learn from, held-out rows and classes the data set of this name has."""
    columns, train, held_out, classes = map(int, _parts_of(name)[:4])
    return columns, train, held_out, classes


def digest_in(name: str) -> str:
    """Return the digest of the table of the data set of this name."""
    return _parts_of(name)[4]


def file_name(name: str) -> str:
    """Return what the table's file is called where a run of the data set of this name is taken home."""
    return f"table-{digest_in(name)}.safetensors"


def _parts_of(name: str) -> tuple[str, ...]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"not an own table: {name!r}")
    return found.groups()


@dataclass(frozen=True, eq=False)
class OwnTable:
    """A table of somebody's own, with the columns that can be learned from."""

    cells: CellTable
    columns: tuple[NumberColumn | CategoryColumn, ...]
    notes: tuple[str, ...]  # what was made of the file, in sentences

    @classmethod
    def of(cls, data: bytes) -> OwnTable:
        """Read a CSV file.

        Raises:
            UnsuitedTable: it is too large or too small, is no CSV file, or has no two columns to learn from.
        """
        cells = read_cells(data)
        if cells.rows < FEWEST_ROWS:
            raise UnsuitedTable(
                f"This table has {cells.rows} rows. An autoencoder needs at least {FEWEST_ROWS} to learn from and to be tested on."
            )
        found = [recognised(cells, name) for name in cells.names]
        columns = tuple(column for column in found if not isinstance(column, LeftOut))
        left_out = [column.why for column in found if isinstance(column, LeftOut)]
        if not columns:
            raise UnsuitedTable(f"This table has no column to learn from. {' '.join(left_out[:3])}")
        commas = [quoted(each.name) for each in columns if isinstance(each, NumberColumn) and each.decimal_comma]
        if commas:
            left_out.append(f"Read with a decimal comma: {_listed(commas)}.")
        return cls(cells, columns, (*cells.notes, *left_out))

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        values = sum(
            column.values.nbytes if isinstance(column, NumberColumn) else 8 * len(column.values)
            for column in self.columns
        )
        return values + sum(map(len, self.cells.columns))

    def possible_classes(self) -> tuple[str, ...]:
        """Return the names of the columns that can be the rows' class: of 2 to 20 values, each in several rows."""
        return tuple(column.name for column in self.columns if self._class_problem(column.name) is None)

    def prepare(self, chosen: Collection[str] = (), class_column: str = "", seed: int = 0) -> PreparedTable:
        """Make the table ready to be learned from.

        A fifth of the rows is held out, of each class alike. Missing numbers become the median of the rows for training,
        missing categories the commonest of them. Numbers are scaled by the rows for training, categories become a column
        of 0 and 1 each.

        Args:
            chosen: the names of the columns to learn from; all where none is named. The class is never among them.
            class_column: the name of one of :meth:`possible_classes`, or nothing.
            seed: of the split.

        Raises:
            UnsuitedTable: there is no such column, too few rows have a class, or what remains is too little or too much.
        """
        if unknown := {*chosen, *([class_column] if class_column else [])} - {column.name for column in self.columns}:
            raise UnsuitedTable(f"This table has no column {quoted(min(unknown))} to learn from.")
        notes: list[str] = []
        rows, labels = np.arange(self.cells.rows), np.zeros(self.cells.rows, np.int64)
        class_names: tuple[str, ...] = (_NO_CLASS,)
        if class_column:
            if problem := self._class_problem(class_column):
                raise UnsuitedTable(problem)
            texts, class_names = classes_of(self.cells, class_column)
            labels = np.array([class_names.index(text) if text else -1 for text in texts])
            rows = rows[labels >= 0]
            if missing := self.cells.rows - len(rows):
                notes.append(f"{_rows(missing)} without a value of {quoted(class_column)} left out.")
            if len(rows) < FEWEST_ROWS:
                raise UnsuitedTable(
                    f"Only {_rows(len(rows))} of this table have a value of {quoted(class_column)}, and at least {FEWEST_ROWS} are needed."
                )
        train, held_out = _split(rows, labels[rows], seed)
        notes.append(f"{_rows(len(train))} to learn from; {_rows(len(held_out))} drawn at random are held out.")

        names: list[str] = []
        parts: list[np.ndarray] = []
        flags: list[bool] = []
        for column in self.columns:
            if column.name == class_column or (chosen and column.name not in chosen):
                continue
            made = _numbers(column, train, notes) if isinstance(column, NumberColumn) else _flags(column, train, notes)
            names += made[0]
            parts.append(made[1])
            flags += made[2]
        if len(names) < 2:
            raise UnsuitedTable(
                f"Only {len(names)} column of this table would be learned from, and at least two are needed. {' '.join(notes)}"
            )
        if len(names) > MOST_NUMBERS:
            raise UnsuitedTable(
                f"With a column for each category this table has {len(names):,} columns, and at most {MOST_NUMBERS} are learned from. "
                "Choose fewer columns."
            )
        values = np.concatenate(parts, axis=1)
        logged = [number for number, flag in enumerate(flags) if not flag and _is_skewed(values[train, number])]
        if logged:
            notes.append(
                f"Of large numbers among many small ones the logarithm is taken: {_listed([quoted(names[n]) for n in logged])}."
            )
        scaling = Scaling.fit(values[train], tuple(logged), tuple(np.flatnonzero(flags)))
        items = scaling.transform(values)
        if twice := _seen_before(items, train, held_out):
            notes.append(
                f"{_rows(twice)} held out {'is' if twice == 1 else 'are'} equal to one to learn from, which makes the model look "
                "better than it is."
            )
        return PreparedTable(
            ScaledTable(items[train], labels[train], items[held_out], labels[held_out], scaling),
            tuple(names),
            class_names,
            tuple(notes),
        )

    def _class_problem(self, name: str) -> str | None:
        """Say why a column cannot be the class of the rows, if it cannot."""
        texts, classes = classes_of(self.cells, name)
        if not 2 <= len(classes) <= MOST_CATEGORIES:
            return (
                f"{quoted(name)} has {len(classes):,} different values, and a class has 2 to {MOST_CATEGORIES}. "
                "Choose another column, or none."
            )
        rarest, count = Counter(filter(None, texts)).most_common()[-1]
        if count < _FEWEST_OF_CLASS:
            return (
                f"The class {quoted(rarest)} of {quoted(name)} has {_rows(count)}, and each needs at least {_FEWEST_OF_CLASS}. "
                "Choose another column, or none."
            )
        return None


def _split(rows: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to learn from and a fifth of each class to hold out, both in an order that is drawn.

    Args:
        rows: int (N,).
        labels: int (N,), the class of each.
        seed: of the draw.
    """
    random = np.random.RandomState(seed)
    mixed = random.permutation(len(rows))
    held_out = np.zeros(len(rows), bool)
    for label in np.unique(labels):
        of_class = mixed[labels[mixed] == label]
        held_out[of_class[: round(len(of_class) / 5)]] = True
    return rows[mixed[~held_out[mixed]]], rows[mixed[held_out[mixed]]]


_Made = tuple[list[str], np.ndarray, list[bool]]  # names of columns, float (N, K), and which are 0 or 1 alone


def _numbers(column: NumberColumn, train: np.ndarray, notes: list[str]) -> _Made:
    """Return a column of numbers, filled; none where it would say nothing.

    Args:
        column: as it was read.
        train: the rows to learn from.
        notes: what was done to it is added to these.
    """
    values, called = column.values.copy(), quoted(column.name)
    known = values[train][~np.isnan(values[train])]
    if len(known) == 0 or known.min() == known.max():
        notes.append(f"{called} is left out: in the rows to learn from it is always the same.")
        return [], np.zeros((len(values), 0)), []
    if column.missing:
        middle = float(np.median(known))
        values[np.isnan(values)] = middle
        notes.append(f"{_missing(column)} became {middle:.6g}, the median of the rows to learn from.")
    return [column.name], values[:, None], [bool(np.isin(values[train], (0, 1)).all())]


def _flags(column: CategoryColumn, train: np.ndarray, notes: list[str]) -> _Made:
    """Return a column of 0 and 1 for each category; none where they would say nothing.

    Args:
        column: as it was read.
        train: the rows to learn from.
        notes: what was done to it is added to these.
    """
    counts = Counter(column.values[row] for row in train)
    del counts[""]
    categories = sorted(counts, key=lambda category: (-counts[category], category))
    if len(categories) < 2:
        notes.append(f"{quoted(column.name)} is left out: in the rows to learn from it is always the same.")
        return [], np.zeros((len(column.values), 0)), []
    if column.missing:
        notes.append(f"{_missing(column)} became {quoted(categories[0])}, the commonest of the rows to learn from.")
    if unseen := sorted({*column.values} - {*categories, ""}):
        notes.append(
            f"{quoted(column.name)} is none of its categories where only held-out rows have it: {_listed([quoted(each) for each in unseen])}."
        )
    flags = one_hot([value or categories[0] for value in column.values], categories)
    return [f"{column.name}: {category}" for category in categories], flags, [True] * len(categories)


def _is_skewed(values: np.ndarray) -> bool:
    """Return whether a few numbers of a column without negative ones are far larger than the others."""
    if values.min() < 0 or values.std() == 0:
        return False
    deviations = (values - values.mean()) / values.std()
    return bool((deviations**3).mean() > _SKEWED)


def _seen_before(items: np.ndarray, train: np.ndarray, held_out: np.ndarray) -> int:
    """Return how many of the held-out items are equal to one to learn from.

    Args:
        items: of all rows.
        train: the rows to learn from.
        held_out: the others.
    """
    seen = {item.tobytes() for item in items[train]}
    return sum(item.tobytes() in seen for item in items[held_out])


def _missing(column: NumberColumn | CategoryColumn) -> str:
    count = column.missing
    return f"{count:,} missing value{'s' if count != 1 else ''} of {quoted(column.name)}"


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count != 1 else ''}"


def _listed(names: Sequence[str]) -> str:
    """Return names in a sentence, the first of many."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")

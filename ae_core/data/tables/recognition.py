"""Tell what a column of text holds: numbers, with a decimal point or comma, or one of few categories, or neither."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ae_core.data.tables.csv_text import CellTable, is_missing
from ae_core.text import quoted

__all__ = ["MOST_CATEGORIES", "CategoryColumn", "LeftOut", "NumberColumn", "recognised"]

MOST_CATEGORIES = 20
_LARGEST = 1e100  # of a number: the squares of larger ones are beyond what a computer counts

_POINT = re.compile(
    r"[+-]?(?:\d{1,3}(?:[,'\u00a0\u202f ]\d{3})+|\d*)(?:\.\d*)?(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE
)
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:[.'\u00a0\u202f ]\d{3})+|\d*)(?:,\d*)?(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """A column of numbers."""

    name: str
    values: np.ndarray  # float (N,), NaN where there is none
    decimal_comma: bool

    @property
    def missing(self) -> int:
        """How many values there are not."""
        return int(np.isnan(self.values).sum())


@dataclass(frozen=True, eq=False)
class CategoryColumn:
    """A column of a few different texts."""

    name: str
    values: tuple[str, ...]  # "" where there is none

    @property
    def missing(self) -> int:
        """How many values there are not."""
        return self.values.count("")


@dataclass(frozen=True)
class LeftOut:
    """A column that nothing can be learned from, and why, in a sentence."""

    name: str
    why: str


def recognised(table: CellTable, name: str) -> NumberColumn | CategoryColumn | LeftOut:
    """Tell what a column of a table holds."""
    cells = ["" if is_missing(cell) else cell for cell in table.cells(name)]
    different = {*cells} - {""}
    called = quoted(name)
    if not different:
        return LeftOut(name, f"{called} is left out: it has no values.")
    if len(different) == 1:
        return LeftOut(
            name, f"{called} is left out: it is {quoted(next(iter(different)))} in every row that has a value."
        )
    numbers, decimal_comma = _numbers(different, prefers_comma=table.separator == ";")
    if numbers:
        # what is too large to count with is as good as no value
        values = np.array([numbers.get(cell, math.nan) for cell in cells])
        return NumberColumn(name, np.where(np.abs(values) <= _LARGEST, values, np.nan), decimal_comma)
    if len(different) <= MOST_CATEGORIES:
        return CategoryColumn(name, tuple(cells))
    return LeftOut(
        name,
        f"{called} is left out: it has {len(different):,} different values that are not all numbers, such as "
        f"{quoted(_no_number(different))}, and at most {MOST_CATEGORIES} categories are told apart.",
    )


def _numbers(cells: Iterable[str], prefers_comma: bool) -> tuple[dict[str, float], bool]:
    """Return the numbers that texts are, and whether with a decimal comma; none where one of them is none.

    "1,234" is one and a bit or a thousand and more. Where semicolons part the values the comma is a decimal one, if there
    is any; elsewhere it is one only where otherwise these were no numbers.
    """
    plain = {cell: _bare(cell) for cell in cells}
    with_comma = prefers_comma and any("," in text for text in plain.values())
    for comma in (True, False) if with_comma else (False, True):
        form = _COMMA if comma else _POINT
        if all(form.fullmatch(text) and any(map(str.isdigit, text)) for text in plain.values()):
            return {cell: _read(text, comma) for cell, text in plain.items()}, comma
    return {}, False


def _bare(cell: str) -> str:
    """Return a number without a sign of percent or of money, and with the minus of a keyboard."""
    return cell.strip("%€$£ \u00a0").replace("−", "-")


def _read(text: str, comma: bool) -> float:
    thousands = ".'\u00a0\u202f " if comma else ",'\u00a0\u202f "
    return float(text.translate(dict.fromkeys(map(ord, thousands))).replace(",", "."))


def _no_number(cells: Iterable[str]) -> str:
    """Return the first text, in the alphabet, that is no number."""
    return min((cell for cell in cells if not _POINT.fullmatch(_bare(cell))), default=min(cells))


def classes_of(table: CellTable, name: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the class of each row by a column, "" where there is none, and all classes in order.

    Numbers are in their order, other texts in that of the alphabet.
    """
    cells = ["" if is_missing(cell) else cell for cell in table.cells(name)]
    different: Sequence[str] = sorted({*cells} - {""})
    numbers, _ = _numbers(different, prefers_comma=table.separator == ";")
    return cells, tuple(sorted(different, key=lambda text: numbers.get(text, 0.0)))

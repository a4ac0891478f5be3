"""A stranger's CSV file: read as it was meant, or refused by a sentence; filled and scaled by the rows to learn from."""

from __future__ import annotations

import contextlib
import csv
import io
import random
from collections.abc import Sequence

import numpy as np
import pytest

from ae_core.data.tables.csv_text import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, UnsuitedTable, read_cells
from ae_core.data.tables.own_table import OwnTable
from ae_core.data.tables.recognition import CategoryColumn, NumberColumn
from ae_core.errors import LabError

ROWS = 120
DRAW = random.Random(0)
AGES = [DRAW.randint(18, 80) for _ in range(ROWS)]
PRICES = [round(DRAW.lognormvariate(2, 1), 2) for _ in range(ROWS)]
COLOURS = [DRAW.choice(["red", "blue", "grün"]) for _ in range(ROWS)]
KINDS = [DRAW.choice(["yes", "no"]) for _ in range(ROWS)]


def text_of(
    *columns: Sequence[object], separator: str = ",", header: Sequence[str] = ("age", "price", "colour", "kind")
) -> str:
    """A table as text, quoted where it must be."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\n")
    if header:
        writer.writerow(header[: len(columns)])
    writer.writerows(zip(*columns, strict=True))
    return file.getvalue()


def commas(numbers: Sequence[object]) -> list[str]:
    return [str(number).replace(".", ",") for number in numbers]


PLAIN = text_of(AGES, PRICES, COLOURS, KINDS)
SEMICOLONS = text_of(AGES, commas(PRICES), COLOURS, KINDS, separator=";")
GOOD: dict[str, bytes] = {
    "UTF-8": PLAIN.encode(),
    "with a byte order mark": PLAIN.encode("utf-8-sig"),
    "Latin-1": PLAIN.encode("latin-1"),
    "UTF-16, as Excel's Unicode text": PLAIN.replace(",", "\t").encode("utf-16"),
    "lines of Windows": PLAIN.replace("\n", "\r\n").encode(),
    "lines of an old Macintosh": PLAIN.replace("\n", "\r").encode(),
    "no last end of line": PLAIN.rstrip().encode(),
    "empty lines between": PLAIN.replace("\n", "\n\n").encode() + b"\n \n",
    "tabs": text_of(AGES, PRICES, COLOURS, KINDS, separator="\t").encode(),
    "semicolons": text_of(AGES, PRICES, COLOURS, KINDS, separator=";").encode(),
    "semicolons and decimal commas": SEMICOLONS.encode(),
    "Excel's line above": b"sep=;\r\n" + SEMICOLONS.encode(),
    "commas and quoted decimal commas": text_of(AGES, commas(PRICES), COLOURS, KINDS).encode(),
    "tabs and decimal commas": text_of(AGES, commas(PRICES), COLOURS, KINDS, separator="\t").encode(),
    "everything quoted": "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in PLAIN.splitlines()
    ).encode(),
    "spaces around": PLAIN.replace(",", " , ").encode(),
    "a separator at the end of each line": PLAIN.replace("\n", ",\n").replace("kind,", "kind", 1).encode(),
    "signs of money and percent": text_of(
        [f"{age}%" for age in AGES], [f"${price}" for price in PRICES], COLOURS, KINDS
    ).encode(),
    "exponents": text_of(AGES, [f"{price:.6e}" for price in PRICES], COLOURS, KINDS).encode(),
    "separators within quotes": text_of(
        AGES, PRICES, [f"{c}" for c in COLOURS], KINDS, header=("age", "price", "colour", "kind")
    )
    .replace("red", '"red"')
    .encode(),
}


@pytest.mark.parametrize("name", GOOD)
def test_the_same_table_is_read_however_it_is_written(name: str) -> None:
    table = OwnTable.of(GOOD[name])
    assert [column.name for column in table.columns] == ["age", "price", "colour", "kind"]
    age, price, colour, kind = table.columns
    assert isinstance(age, NumberColumn)
    assert isinstance(price, NumberColumn)
    assert age.values.tolist() == AGES
    assert price.values.tolist() == pytest.approx(PRICES)
    assert isinstance(colour, CategoryColumn)
    assert list(colour.values) == COLOURS
    assert isinstance(kind, CategoryColumn)
    assert list(kind.values) == KINDS
    assert table.possible_classes() == ("colour", "kind")


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blanks": (b" \n\n\t\n", "is empty"),
    "a header alone": (b"a,b,c\n", "no rows"),
    "few rows": (text_of(AGES[:99], PRICES[:99]).encode(), "99 rows.*at least 100"),
    "one column": (text_of(AGES).encode(), "single column"),
    "another separator": (PLAIN.replace(",", "|").encode(), "single column, or other separators"),
    "a line too short": (PLAIN.replace(f"{AGES[7]},", "", 1).encode(), "Line .* has 3 values, and line 1 has 4"),
    "a line too long": (f"{PLAIN}1,2,red,no,more\n".encode(), "Line 122 .* has 5 values"),
    "a title above": (f"My table\n{PLAIN}".encode(), "single column|has 4 values"),
    "a quote left open": (f'{PLAIN}1,2,"red,no\n'.encode(), "cannot be read as CSV.*must be closed"),
    "text after a quote": (f'{PLAIN}1,2,"red"dish,no\n'.encode(), "Line 122 .*cannot be read as CSV"),
    "a workbook": (b"PK\x03\x04" + bytes(999), "a workbook.*save the table as CSV"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(999), "an old Excel workbook"),
    "a PDF": (b"%PDF-1.7 and more", "is a PDF"),
    "packed": (b"\x1f\x8b\x08 and more", "packed by gzip"),
    "bytes of no text": (PLAIN.encode() + b"\0\0\0", "bytes that no text has"),
    "an endless value": (f"{PLAIN}1,2,{'x' * 200_000},no\n".encode(), "cannot be read as CSV"),
    "too many bytes": (b"1,2\n" * (MOST_BYTES // 4 + 1), "at most 10 MB"),
    "too many rows": (b"a,b\n" + b"1,2\n" * (MOST_ROWS + 1), "more than the 50,000 rows"),
    "too many columns": ((",".join("x" * (MOST_COLUMNS + 1)) + "\n").encode() * 200, "201 columns, and at most 200"),
    "nothing to tell rows apart": (text_of(["a"] * ROWS, [7] * ROWS).encode(), "no column to learn from"),
    "too many different texts": (text_of([f"t{n}" for n in range(ROWS)], [7] * ROWS).encode(), "120 different values"),
    "nothing but gaps": (text_of(["NA"] * ROWS, [""] * ROWS).encode(), "no column to learn from.*no values"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_table_is_refused_by_a_sentence(name: str) -> None:
    data, said = BAD[name]
    with pytest.raises(UnsuitedTable, match=f"(?s){said}") as refused:
        OwnTable.of(data)
    assert isinstance(refused.value, LabError)
    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 700


@pytest.mark.parametrize("seed", range(30))
def test_any_bytes_are_read_or_refused(seed: int) -> None:
    draw = random.Random(seed)
    data = bytearray(PLAIN.encode())
    for _ in range(draw.choice((1, 5, 200))):
        data[draw.randrange(len(data))] = draw.randrange(256)
    with contextlib.suppress(UnsuitedTable):
        OwnTable.of(bytes(data)).prepare()


def test_most_rows_and_most_columns_are_read() -> None:
    assert read_cells(b"a,b\n" + b"1,2\n" * MOST_ROWS).rows == MOST_ROWS
    assert len(read_cells((",".join(["x"] * MOST_COLUMNS) + "\n").encode() * 2).names) == MOST_COLUMNS


# ------------------------------------------------------------------------------------------------- what is read


def test_nothing_of_a_strangers_is_interpreted() -> None:
    formulas = ["=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "../../etc/passwd", "file:///etc/passwd"]
    column = [formulas[row % 5] for row in range(ROWS)]
    table = OwnTable.of(text_of(AGES, column, header=("=HYPERLINK(1)", "/etc/passwd")).encode())
    assert [each.name for each in table.columns] == ["=HYPERLINK(1)", "/etc/passwd"]
    assert isinstance(table.columns[1], CategoryColumn)
    assert list(table.columns[1].values) == column


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,234", "12,345.5"], [1234, 12345.5]),
        (["1.234,5", "2,5"], [1234.5, 2.5]),
        (["1 234.5", "3"], [1234.5, 3]),
        (["−3", "+4"], [-3, 4]),
        ([".5", "5."], [0.5, 5]),
        (["1e400", "7"], [np.nan, 7]),
        (["1e-3", "2E+2"], [0.001, 200]),
    ],
)
def test_numbers_are_read_as_they_are_written(cells: list[str], numbers: list[float]) -> None:
    column = OwnTable.of(text_of(cells * 60, AGES).encode()).columns[0]
    assert isinstance(column, NumberColumn)
    assert column.values[:2].tolist() == pytest.approx(numbers, nan_ok=True)


@pytest.mark.parametrize(("separator", "number"), [(",", 1234.0), ("\t", 1234.0), (";", 1.234)])
def test_a_comma_before_three_digits_is_a_decimal_one_among_semicolons(separator: str, number: float) -> None:
    column = OwnTable.of(text_of(["1,234", "2,345"] * 60, AGES, separator=separator).encode()).columns[0]
    assert isinstance(column, NumberColumn)
    assert column.values[0] == number


@pytest.mark.parametrize("cell", ["nan", "inf", "1_000", "0x1F", "1,2,3", "१२", "e5", ".", "12abc"])
def test_what_only_python_takes_for_a_number_is_none(cell: str) -> None:
    column = OwnTable.of(text_of([cell, *(f"v{n % 3}" for n in range(ROWS - 1))], AGES).encode()).columns[0]
    assert isinstance(column, CategoryColumn)


def test_names_are_made_different_and_in_one_line() -> None:
    header = ("age", "age", "", "a\nb\u202e" + "c" * 200)
    names = read_cells(text_of(AGES, AGES, AGES, AGES, header=header).encode()).names
    assert names[:3] == ("age", "age (2)", "column 3")
    assert names[3].startswith("a bccc")
    assert len(names[3]) == 60


def test_a_table_without_names_has_its_columns_numbered() -> None:
    table = OwnTable.of(text_of(AGES, PRICES, COLOURS, header=()).encode())
    assert table.cells.names == ("column 1", "column 2", "column 3")
    assert table.cells.rows == ROWS
    assert any("first row holds a number" in note for note in table.notes)


def test_columns_that_say_nothing_are_left_out_each_in_a_sentence() -> None:
    data = text_of(AGES, [3] * ROWS, [""] * ROWS, [f"2026-{n}" for n in range(ROWS)])
    table = OwnTable.of(data.encode())
    assert [column.name for column in table.columns] == ["age"]
    said = " ".join(table.notes)
    assert "“price” is left out: it is “3” in every row" in said
    assert "“colour” is left out: it has no values." in said
    assert "“kind” is left out: it has 120 different values that are not all numbers" in said


# ----------------------------------------------------------------------------------------- what is made of it


def gaps(cells: Sequence[object], every: int, word: str = "") -> list[object]:
    return [word if row % every == 0 else cell for row, cell in enumerate(cells)]


def test_a_fifth_of_each_class_is_held_out_and_the_seed_decides_which() -> None:
    table = OwnTable.of(PLAIN.encode())
    made = table.prepare(class_column="kind")
    assert made.class_names == ("no", "yes")
    counts = np.array([KINDS.count("no"), KINDS.count("yes")])
    assert np.bincount(made.table.held_out_labels).tolist() == [round(count / 5) for count in counts]
    assert (np.bincount(made.table.train_labels) + np.bincount(made.table.held_out_labels)).tolist() == counts.tolist()
    assert made.name == table.prepare(class_column="kind").name
    assert made.name != table.prepare(class_column="kind", seed=1).name
    assert "kind: yes" not in made.columns
    assert {*table.prepare().table.train_labels} == {0}


def test_columns_can_be_chosen() -> None:
    table = OwnTable.of(PLAIN.encode())
    assert table.prepare().columns == (
        "age",
        "price",
        *table.prepare(["colour"]).columns,
        *table.prepare(["kind"]).columns,
    )
    assert table.prepare(["price", "age"]).columns == ("age", "price")
    assert table.prepare(["age", "price", "kind"], class_column="kind").columns == ("age", "price")


def test_categories_become_a_column_each_the_commonest_first() -> None:
    made = OwnTable.of(PLAIN.encode()).prepare(["colour"])
    assert sorted(made.columns) == ["colour: blue", "colour: grün", "colour: red"]
    items = made.table.train.reshape(-1, 3)
    assert {*items.ravel()} == {0, 255}
    assert (items.sum(1, dtype=int) == 255).all()
    assert (np.diff(items.astype(int).sum(0)) <= 0).all()


def test_gaps_are_filled_by_the_rows_to_learn_from_and_said() -> None:
    data = text_of(gaps(AGES, 10, "NA"), PRICES, gaps(COLOURS, 15), KINDS)
    table = OwnTable.of(data.encode())
    made = table.prepare()
    said = " ".join(made.notes)
    assert "12 missing values of “age” became" in said
    assert "8 missing values of “colour” became" in said
    # the same with the gaps filled by hand gives the same items
    shuffled = np.random.RandomState(0).permutation(ROWS)  # of one class a fifth of the first ones is held out
    train = shuffled[ROWS // 5 :]
    known = [AGES[row] for row in train if row % 10]
    ages = gaps(AGES, 10, str(np.median(known)))
    colours = [COLOURS[row] for row in train if row % 15]
    filled = text_of(ages, PRICES, gaps(COLOURS, 15, max({*colours}, key=colours.count)), KINDS)
    assert OwnTable.of(filled.encode()).prepare().name == made.name


def test_held_out_rows_have_no_say_in_what_is_scaled() -> None:
    train = np.random.RandomState(0).permutation(ROWS)[ROWS // 5 :]
    others = [age if row in train else age * 1000 for row, age in enumerate(AGES)]
    before, after = (OwnTable.of(text_of(ages, PRICES, COLOURS).encode()).prepare().table for ages in (AGES, others))
    assert np.array_equal(before.train, after.train)
    assert np.array_equal(before.scaling.means, after.scaling.means)
    assert not np.array_equal(before.held_out, after.held_out)


def test_what_is_always_the_same_in_the_rows_to_learn_from_is_left_out() -> None:
    held_out = np.random.RandomState(0).permutation(ROWS)[: ROWS // 5]
    rare = ["1" if row == held_out[0] else "0" for row in range(ROWS)]
    words = ["odd" if row == held_out[0] else "even" for row in range(ROWS)]
    made = OwnTable.of(text_of(AGES, PRICES, rare, words).encode()).prepare()
    assert made.columns == ("age", "price")
    assert sum("always the same" in note for note in made.notes) == 2


def test_rows_without_a_class_are_left_out() -> None:
    data = text_of(AGES, PRICES, COLOURS, gaps(KINDS, 12, "?"))
    made = OwnTable.of(data.encode()).prepare(class_column="kind")
    assert len(made.table.train) + len(made.table.held_out) == ROWS - 10
    assert any("10 rows without a value of “kind” left out" in note for note in made.notes)


def test_classes_that_are_numbers_are_in_their_order() -> None:
    data = text_of(AGES, PRICES, [(10, 9, 2)[row % 3] for row in range(ROWS)])
    assert OwnTable.of(data.encode()).prepare(class_column="colour").class_names == ("2", "9", "10")


def test_a_long_tail_is_said_and_its_logarithm_taken() -> None:
    made = OwnTable.of(PLAIN.encode()).prepare()
    assert made.table.scaling.logged.tolist()[:2] == [False, True]
    assert any("the logarithm is taken: “price”" in note for note in made.notes)


def test_equal_rows_in_both_parts_are_said() -> None:
    data = text_of([row % 7 for row in range(ROWS)], [row % 7 % 3 for row in range(ROWS)])
    assert any(
        "24 rows held out are equal to one to learn from" in note for note in OwnTable.of(data.encode()).prepare().notes
    )


@pytest.mark.parametrize(
    ("chosen", "class_column", "said"),
    [
        (["weight"], "", "no column “weight”"),
        ([], "weight", "no column “weight”"),
        (["age"], "", "at least two are needed"),
        ([], "price", "different values, and a class has 2 to 20"),
        (["kind"], "kind", "at least two are needed"),
    ],
)
def test_choices_that_leave_nothing_to_learn_are_refused(chosen: list[str], class_column: str, said: str) -> None:
    with pytest.raises(UnsuitedTable, match=said):
        OwnTable.of(PLAIN.encode()).prepare(chosen, class_column)


def test_a_class_of_very_few_rows_is_refused() -> None:
    data = text_of(AGES, PRICES, ["rare" if row < 4 else "common" for row in range(ROWS)])
    table = OwnTable.of(data.encode())
    assert "colour" not in table.possible_classes()
    with pytest.raises(UnsuitedTable, match=r"class “rare” of “colour” has 4 rows"):
        table.prepare(class_column="colour")


def test_a_table_that_becomes_too_wide_is_refused() -> None:
    columns = [[f"c{(row * (column + 1)) % 19}" for row in range(ROWS)] for column in range(30)]
    with pytest.raises(UnsuitedTable, match="at most 400 are learned from"):
        OwnTable.of(text_of(*columns, header=[f"n{n}" for n in range(30)]).encode()).prepare()

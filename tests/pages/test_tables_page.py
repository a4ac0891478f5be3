"""The page Tables: rows column by column, the ranking, and a CSV file that becomes a data set of the visit."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from apptest_helpers import (
    InstantManager,
    address,
    assert_opens,
    errors,
    link_of,
    on_screen,
    open_lab,
    press,
    remembered,
    said,
    tables,
    turn_to,
    visit,
    warnings,
)
from streamlit.testing.v1 import AppTest
from tables import csv_table
from titles import TITLES

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO
from ae_core.runs import zoo
from ae_core.tasks.tables.opening import run_to_open
from ae_core.tasks.tables.ranking import METHODS
from ui.shell.navigation import PAGES
from ui.tables import columns, ranking
from ui.visit import own_table, studies


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "no data"))
    studies._kept.clear()
    studies._going.clear()
    return open_lab(tmp_path / "runs", monkeypatch)


def uploaded(data: bytes, at: AppTest | None = None) -> AppTest:
    at = at or visit("tables")
    return (
        at.file_uploader(key=f"tables_file_{remembered(at).table.offered}").upload("mine.csv", data, "text/csv").run()
    )


def taken(data: bytes = csv_table(), normal: str = "all") -> AppTest:
    """A visit that has made a data set of a file, and has come to Train with it."""
    at = uploaded(data)
    at.selectbox(key="tables_class_1").select("state").run()
    at.selectbox(key="tables_normal_1_state").select(normal).run()
    at.button(key="tables_take").click().run()
    return turn_to(at, "train") if [title.value for title in at.title] == [TITLES["train"]] else at


def trained(normal: str = "all") -> tuple[AppTest, Config]:
    """A visit with a run on its own table on screen."""
    at = taken(normal=normal)
    turn_to(at, "denoise")  # where there are no knobs, which would set what they stand at
    state = remembered(at).settings
    assert state.draft is not None
    state.draft = replace(state.draft, epochs=3, hidden_sizes=(16,), code_size=3)
    turn_to(at, "train")
    config = state.draft.canonical()
    press(at, "Train").run()
    assert_opens(at, "train")
    return at, config


def test_it_opens_on_payments_with_a_ranking_that_nobody_waits_for(lab: InstantManager) -> None:
    at = visit("tables")
    assert_opens(at, "tables")
    assert lab.piece_jobs == []
    entry = run_to_open()
    assert entry is not None
    assert on_screen(at) == f"zoo:{entry.name}"
    assert "number **1** of 26,058" in said(at)
    assert all(method.title in "".join(tables(at)) for method in METHODS.values())
    assert "beats them all" in said(at)


def test_a_link_says_the_row_and_the_order() -> None:
    at = visit("tables", order="stored", row="7")
    assert_opens(at, "tables")
    assert "Row 7, class" in said(at)
    assert address(at)["row"] == "7"
    assert address(at)["order"] == "stored"


@pytest.mark.parametrize("row", ["-1", "999999", "many", ""])
def test_an_absurd_row_is_moved_into_the_table(row: str) -> None:
    at = visit("tables", row=row)
    assert not at.exception
    assert "of 26,058 held-out ones" in said(at)


def test_a_run_that_learned_images_is_offered_one_that_learned_a_table() -> None:
    at = visit("tables", **link_of(zoo.ZOO["digits-default"].config))
    assert_opens(at, "tables")
    assert "have no columns" in said(at)
    button = next(button for button in at.button if button.label.startswith("Open Card payments"))
    button.click().run()
    assert "of 26,058 held-out ones" in said(at)


def test_the_chart_shows_a_row_in_its_own_units_and_draws_no_markup() -> None:
    names = ["<b>bold</b>", "two"]
    figure = columns.chart(
        np.array([[0.5, 1.0], [0.75, 0.5], [0.5, 0.5]]),
        np.array([[10.0, 20.0], [11.0, 15.0], [12.0, 15.0]]),
        names,
    )
    row, error = figure.data[0], figure.data[1]
    assert list(row.x) == [0.0, 1.0]
    assert list(error.base) == [0.0, 1.0]
    assert list(error.x) == [0.5, -1.0]
    assert row.customdata[0][:3] == [10.0, 11.0, 12.0]
    assert "<b>" not in figure.layout.yaxis.ticktext[0]
    assert "<b>" not in row.customdata[0][3]


def test_the_numbers_that_are_taken_home_are_those_of_the_table() -> None:
    answers = {name: dict(auroc=0.9, precision=0.4, top=7, first=10, sought=9, held_out=90) for name in METHODS}
    found = list(csv.DictReader(io.StringIO(ranking.numbers(answers))))
    assert [row["method"] for row in found] == list(METHODS)
    assert found[0]["precision"] == "0.4"


# --- A table of one's own -----------------------------------------------------------------------------------


def test_a_file_becomes_a_data_set_with_which_train_opens() -> None:
    at = taken(normal="fine")
    assert_opens(at, "train")
    draft = remembered(at).settings.draft
    assert draft is not None
    info = INFO[draft.dataset]
    assert (info.kind, info.train_count, info.test_count) == ("table", 192, 48)
    assert draft.classes == (1,)
    assert at.selectbox(key="knob_dataset").value == draft.dataset


def test_what_was_done_to_it_is_said() -> None:
    at = uploaded(csv_table())
    text = said(at)
    assert "240 rows, 6 columns, of which 6 can be learned from" in text
    assert "missing values of" in text
    assert "192 rows to learn from; 48 rows drawn at random are held out" in text


def test_every_page_shows_a_run_on_it_and_its_rows_are_ranked(lab: InstantManager) -> None:
    at, config = trained(normal="fine")
    for page in [page or "home" for page in PAGES]:
        turn_to(at, page)
        assert_opens(at, page)
        if page not in ("home", "compare", "photos"):
            assert "does not have" not in said(at), page
    turn_to(at, "tables")
    assert "class **broken**" in said(at) or "class **fine**" in said(at)
    assert "Forest with labels" in "".join(tables(at))
    assert config.key not in lab.store


def test_nobody_else_is_shown_it_and_the_same_file_brings_it_back() -> None:
    _, config = trained()
    other = visit("tables", **link_of(config))
    assert not other.exception
    assert "a table that this visit does not have" in said(other) + warnings(other)
    other = visit("train", **link_of(config))
    assert "Upload the same file on Tables" in said(other)
    assert next(button for button in other.button if button.label == "Train").disabled
    turn_to(other, "tables")
    uploaded(csv_table(), other)
    other.selectbox(key="tables_class_1").select("state").run()
    other.button(key="tables_take").click().run()
    turn_to(other, "train")
    assert_opens(other, "train")
    assert not next(button for button in other.button if button.label == "Train").disabled


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rubbish", "workbook"),
        (b"a,b\n1,2\n", "at least 100"),
        (b"\x00\x01\x02" * 50, "bytes that no text has"),
        (csv_table(60), "at least 100"),
    ],
)
def test_what_is_no_table_is_refused_by_a_sentence_and_the_next_file_is_taken(data: bytes, why: str) -> None:
    at = uploaded(data)
    assert not at.exception
    assert why in errors(at)
    at = uploaded(csv_table(), at)
    assert not errors(at)
    assert "240 rows" in said(at)


def test_names_in_a_file_inject_nothing() -> None:
    data = csv_table().replace(b"speed,heat", b"![x](//evil.example/x.png),<script>alert(1)</script>")
    at = uploaded(data)
    assert not at.exception
    assert "![x](" not in said(at)
    assert "<script>" not in "".join(tables(at))


def test_too_few_columns_are_said() -> None:
    at = uploaded(csv_table())
    at.multiselect(key="tables_columns_1_").set_value(["speed"]).run()
    assert "at least two are needed" in errors(at)
    at.multiselect(key="tables_columns_1_").set_value([]).run()
    assert "Choose two columns or more" in said(at)


def test_a_removed_file_leaves_what_was_made_of_it() -> None:
    at, config = trained()
    turn_to(at, "tables")
    at.button(key="tables_remove").click().run()
    assert remembered(at).table.table is None
    assert config.dataset in remembered(at).own_sets.sources
    assert_opens(at, "tables")


def test_beyond_the_room_of_this_server_the_first_file_is_forgotten_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = uploaded(csv_table())
    monkeypatch.setattr(own_table, "MOST_BYTES", 30_000)
    second = uploaded(csv_table(seed=1))
    assert remembered(second).table.table is not None
    assert remembered(first).table.table is None
    first.run()
    assert "ran out of room for tables" in errors(first)

"""A table of the visitor's own: a CSV file, its columns, and what becomes of it; with it Train opens."""

from __future__ import annotations

import streamlit as st
import torch

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import INFO
from ae_core.data.tables.csv_text import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, UnsuitedTable
from ae_core.data.tables.own_table import OwnTable, PreparedTable
from ae_core.text import as_written
from ui.figures.pictures import Row, strip_html
from ui.settings import controls
from ui.shell.navigation import PAGES
from ui.visit import own_sets, own_table, widget_values
from ui.visit.state import visit

_NONE = "none"
_SHOWN = 5  # rows that are drawn


@st.fragment
def offer() -> None:
    """Ask for a CSV file, show what is made of it, and offer to make it a data set."""
    mine = visit().table
    key = widget_values.table_file(mine.offered)
    st.file_uploader(
        f"A CSV file: up to {MOST_ROWS:,} rows, {MOST_COLUMNS} columns and {MOST_BYTES / 1e6:.0f} MB",
        key=key,
        on_change=_take,
        args=(key,),
        max_upload_size=MOST_BYTES // 10**6,
        help="A line of names, then a line for each row; numbers or a few categories, separated by commas, semicolons or tabs. "
        "It is kept for you alone, and is in no link.",
    )
    if mine.refused:
        st.error(as_written(mine.refused), icon=":material/broken_image:")
    if mine.table is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"**{as_written(mine.name)}**: {mine.table.cells.rows:,} rows, {len(mine.table.cells.names)} columns, of which "
            f"{len(mine.table.columns)} can be learned from.",
            width="stretch",
        )
        st.button("Remove", key="tables_remove", on_click=own_table.forget, icon=":material/delete:")
    _choose(mine.table, mine.offered)


def _choose(table: OwnTable, offered: int) -> None:
    """Ask which columns are learned from and what the class is, and show what becomes of the table.

    Args:
        table: that was read.
        offered: how many files the visitor has given: each has choices of its own.
    """
    names = [column.name for column in table.columns]
    left, right = st.columns([3, 2], gap="large")
    with right:
        chosen_class = st.selectbox(
            "Class",
            [_NONE, *table.possible_classes()],
            key=f"tables_class_{offered}",
            format_func=lambda name: "No class" if name == _NONE else name,
            help="A column that says what a row is. It is not learned from; it tells which rows are normal, and measures.",
        )
    class_column = "" if chosen_class == _NONE else chosen_class
    with left:
        columns = st.multiselect(
            "Columns to learn from",
            [name for name in names if name != class_column],
            default=[name for name in names if name != class_column],
            key=f"tables_columns_{offered}_{class_column}",
        )
    if not columns:
        st.info("Choose two columns or more.")
        return
    try:
        prepared = own_table.prepared(tuple(columns), class_column)
    except UnsuitedTable as error:
        st.error(as_written(error), icon=":material/broken_image:")
        return
    with right:
        classes = ["all", *prepared.class_names] if class_column else ["all"]
        normal = st.selectbox(
            "Learn from",
            classes,
            key=f"tables_normal_{offered}_{class_column}",
            format_func=lambda name: "all rows" if name == "all" else f"{name} alone",
            help="What is normal, where strange rows are to be found; all rows for everything else.",
            disabled=not class_column,
        )
    notes = [*table.notes, *prepared.notes]
    st.markdown("\n".join(f"- {as_written(note)}" for note in notes))
    _first_rows(prepared)
    if st.button("Make it a data set and go to Train", key="tables_take", type="primary", icon=":material/table:"):
        own_sets.keep(prepared.name, prepared)
        controls.set_draft(_start(prepared, classes.index(normal) - 1))
        st.switch_page(PAGES["train"].script)


def _first_rows(prepared: PreparedTable) -> None:
    items = torch.from_numpy(prepared.table.train[:_SHOWN])
    st.html(strip_html([Row("First rows", items, small="to learn from")], INFO[prepared.name]))


def _start(prepared: PreparedTable, normal: int) -> Config:
    """Return the settings with which Train opens.

    Args:
        prepared: the table.
        normal: the number of the class to learn from; -1 for all rows.
    """
    return VARIANTS["dense"].config(prepared.name, classes=() if normal < 0 else (normal,))


def _take(key: widget_values.WidgetKey) -> None:
    if (file := widget_values.read_file(key)) is not None:
        own_table.take(*file)

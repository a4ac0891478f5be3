"""What is taken home from a page: its numbers, and scripts that repeat them without the lab."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import streamlit as st

_MIMES = {"csv": "text/csv", "py": "text/x-python"}


class Taken(NamedTuple):
    """A file to take home: what its button says, its name, what writes it when it is asked for, and what it holds."""

    label: str
    file_name: str
    make: Callable[[], str]
    about: str


def numbers_taken(file_name: str, make: Callable[[], str], about: str) -> Taken:
    """Return the numbers of a page as a CSV file to take home.

    Args:
        file_name: of the file.
        make: writes it.
        about: what it holds, in a sentence.
    """
    return Taken("Numbers (CSV)", file_name, make, about)


def script_taken(file_name: str, make: Callable[[], str], about: str) -> Taken:
    """Return a script that repeats a page's numbers as a file to take home.

    Args:
        file_name: of the file.
        make: writes it.
        about: what it does, in a sentence.
    """
    return Taken("Script (Python)", file_name, make, about)


def take_home(*files: Taken) -> None:
    """Show a button for each file, in a row."""
    with st.container(horizontal=True):
        for file in files:
            st.download_button(
                file.label,
                data=file.make,
                file_name=file.file_name,
                mime=_MIMES[file.file_name.rpartition(".")[2]],
                on_click="ignore",
                icon=":material/download:",
                help=file.about,
            )


def csv_of(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Write rows under a heading as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return buffer.getvalue()

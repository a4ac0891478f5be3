"""What is taken home from a page: its numbers, and scripts that repeat them without the lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

_MIMES = {"csv": "text/csv", "py": "text/x-python", "zip": "application/zip"}


class Taken(NamedTuple):
    """A file to take home: what its button says, its name, what writes it when it is asked for, and what it holds."""

    label: str
    file_name: str
    make: Callable[[], str | bytes]
    about: str
    ready: bool = True  # whether there is enough to write it of


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
                disabled=not file.ready,
                help=file.about,
            )

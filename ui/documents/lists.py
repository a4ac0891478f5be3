"""What was found, as lists: the title of each document, its class, its strongest words and how far it is."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ui.documents.planes import mark_of


class Row(NamedTuple):
    """A document that was found: its title, the number of its class, its strongest words, and its distance."""

    title: str
    label: int
    words: str
    apart: float


def lists_html(
    columns: Mapping[str, tuple[str, str, Sequence[Row]]], names: Sequence[str], right: int | None = None
) -> str:
    """Return lists beside each other as HTML. Titles and words are shown letter by letter, whatever they are.

    Args:
        columns: by what names them: title, size in words, and rows, the nearest first; without rows where they are not
            computed yet.
        names: of the classes.
        right: the class of what was searched for; None where nobody knows it.
    """
    return f'<div class="documents">{"".join(_list(*column, names, right) for column in columns.values())}</div>'


def document_html(row: Row, names: Sequence[str]) -> str:
    """Return a document that is searched for as HTML: its title, its class and its words.

    Args:
        row: the document; its distance does not matter.
        names: of the classes.
    """
    return f'<div class="documents asked">{_item(row, names, None, distance=False)}</div>'


def _list(title: str, about: str, rows: Sequence[Row], names: Sequence[str], right: int | None) -> str:
    share = ""
    if rows and right is not None:
        share = f" · {sum(row.label == right for row in rows)} of {len(rows)} of its class"
    body = "".join(f"<li>{_item(row, names, right)}</li>" for row in rows)
    return (
        f"<section><h4>{html.escape(title)}</h4><p>{html.escape(about + share)}</p>"
        + (f"<ol>{body}</ol>" if rows else "<p>It is being searched.</p>")
        + "</section>"
    )


def _item(row: Row, names: Sequence[str], right: int | None, *, distance: bool = True) -> str:
    colour, _, letter = mark_of(row.label)
    wrong = "✗ " if right is not None and row.label != right else ""
    apart = f'<span class="apart">{_apart(row.apart)}</span>' if distance else ""
    return (
        f'<div class="title"><b>{_breakable(row.title)}</b>{apart}</div>'
        f'<div class="about"><span style="color:{colour}" aria-hidden="true">{letter}</span> '
        f"{wrong}{html.escape(names[row.label])}: {html.escape(row.words) or 'no word that is counted'}</div>"
    )


def _apart(distance: float) -> str:
    return f"{distance:.2f}" if distance >= 0.01 else "&lt; 0.01"


def _breakable(title: str) -> str:
    """Return a title as HTML whose lines may break after each dot and underscore."""
    return html.escape(title).replace(".", ".<wbr>").replace("_", "_<wbr>")

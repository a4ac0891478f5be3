"""Numbers with their words as HTML: a row of facts, a table that compares, a caption.

What follows a slider is HTML in one element with its picture: Markdown costs the browser 3 ms more a redraw.
"""

from __future__ import annotations

import html
from collections.abc import Sequence


def facts_html(facts: Sequence[tuple[str, str, str]]) -> str:
    """Return large numbers with their words as HTML: (number, words, actor), actor "ae", "pca" or ""."""
    return (
        '<div class="facts">'
        + "".join(
            f'<div class="{actor}"><b>{html.escape(number)}</b><small>{html.escape(words)}</small></div>'
            for number, words, actor in facts
        )
        + "</div>"
    )


def table_html(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as HTML: ``columns`` are (title, actor), the first column of ``rows`` names the row."""
    head = "".join(f'<th class="{actor}">{html.escape(title)}</th>' for title, actor in columns)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="figures"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def caption_html(text: str) -> str:
    """Return small print as HTML, as ``st.caption`` sets it."""
    return f'<p class="caption">{html.escape(text)}</p>'

"""Whether Markdown shows words and nothing else: no link, picture, heading, list, code, formula, icon or HTML."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_WORDS = {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
# What Streamlit makes something of in the words that Markdown leaves: addresses, and names between or behind colons.
# The lab parts them by a character that is not seen.
_BEYOND_MARKDOWN = re.compile(r"(?i)\b(?:https?|ftp|mailto|xmpp):[^\s\u2060]|www\.|[^\s\u2060]@|:[a-z0-9_+-]+[:\[/]")
_FORMULA = re.compile(r"(?<!\\)(?:\\\\)*\$")  # told apart from a price by the sign before it


def more_than_words(markdown: str) -> str:
    """Return the first thing in ``markdown`` that would be drawn as more than words; empty where there is none."""
    blocks = _MARKDOWN.parse(markdown)
    parts = [part for block in blocks for part in block.children or ()]
    for token in [*blocks, *parts]:
        if token.type not in _WORDS:
            return token.type
    shown = "".join(part.content for part in parts)
    if found := _BEYOND_MARKDOWN.search(shown):
        return found[0]
    return "$" if _FORMULA.search(markdown) else ""

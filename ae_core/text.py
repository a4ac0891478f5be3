"""Make text that came from a file, a link or a person fit for a sentence of the lab's, and for Markdown."""

from __future__ import annotations

import re
import unicodedata

_QUOTED = 40  # characters of what somebody wrote that a sentence repeats
_WORD_JOINER = "\u2060"  # is not seen, and is no part of an address


def plain(text: str) -> str:
    """Return ``text`` in one line, without characters that cannot be seen or that turn the direction of what follows."""
    readable = (
        character
        for character in text
        if character.isspace() or character in "\u200c\u200d" or unicodedata.category(character)[0] != "C"
    )  # the two that join or part letters are part of Persian words and of emoji
    return " ".join(unicodedata.normalize("NFC", "".join(readable)).split())


def capital(words: str) -> str:
    """Return words as they begin a sentence: the first letter is a capital, the others are as they were."""
    return words[:1].upper() + words[1:]


def quoted(value: object) -> str:
    """Return a value in a few words for a sentence: text between quotation marks, anything else as Python writes it."""
    if not isinstance(value, str):
        try:
            text = ascii(value)
        except (ValueError, RecursionError):  # a number of thousands of digits, or lists in lists without end
            return "something beyond all bounds"
        return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
    text = plain(value[: 10 * _QUOTED])  # what is left out may have been most of it
    return f"“{text}”" if len(text) <= _QUOTED else f"“{text[:_QUOTED]}…”"


def as_written(text: object) -> str:
    """Return Markdown that shows ``text`` letter by letter, in one line.

    No link, picture, formula, icon or colour is left in it. Addresses, and what Streamlit makes of colons, are found after
    Markdown's own escapes are resolved: these are parted by a character that is not seen.
    """
    # A backslash is shut off from what follows, and in the same step: later, it could be told from no other's escape.
    line = re.sub(r"[\\`*_\[\]<>#$~|&]", _escaped, plain(str(text)))
    line = re.sub(r"^(?=[-+=])|^(\d+)(?=[.)])", r"\1\\", line)  # no list, no heading
    return re.sub(r"(?i)(?<=www)(?=\.)|(?<=:)(?=\S)|(?=@)", _WORD_JOINER, line)


def _escaped(sign: re.Match[str]) -> str:
    return "\\" + sign[0] + (_WORD_JOINER if sign[0] == "\\" else "")


def readable(seconds: float) -> str:
    """Return seconds in words, in the unit that people would use."""
    if round(seconds) <= 1:
        return "a second"
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"

"""Seal the links that the lab writes, and read links that arrive damaged."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

SEAL = "check"  # the name of the parameter that says what the others were
_ESCAPED = re.compile(r"(amp;|#38;)+")


def sealed(query: Mapping[str, str]) -> dict[str, str]:
    """Put the number of a link's parameters and a digest of them before it, so that a cut link is noticed.

    The seal comes first because links lose their end. What others append behind, as mailers do, is not part of it.
    """
    return {SEAL: _seal(list(query.items())), **query} if query else {}


def opened(params: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return a link's parameters without their seal, and a sentence if they did not arrive as they were written.

    A page or a mail that writes ``&`` as ``&amp;`` makes of ``a=1&b=2`` the parameters ``a`` and ``amp;b``; those are
    read as they were meant. What was cut off or changed can only be told. A link without a seal is not judged: a person
    wrote it, or an earlier version.
    """
    mended = {
        _ESCAPED.sub("", name, count=1) if _ESCAPED.match(name) else name: value for name, value in params.items()
    }
    notes = []
    if mended.keys() != params.keys():
        notes.append("The link was damaged on its way: “&” in it had become “&amp;”. It was read as it was meant.")
    names = list(mended)
    if SEAL in mended:
        behind = [(name, mended[name]) for name in names[names.index(SEAL) + 1 :]]
        seal = mended.pop(SEAL)
        count = seal.partition("-")[0]
        if not count.isdecimal() or seal != _seal(behind[: int(count[:4])]):
            notes.append(
                "The link is not as the lab made it: it was cut or changed on its way, so that something may be missing. "
                "Shown is what could be read of it."
            )
    return mended, notes


def _seal(pairs: list[tuple[str, str]]) -> str:
    text = "\n".join(part for pair in pairs for part in pair)
    return f"{len(pairs)}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:4]}"

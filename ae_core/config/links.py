"""What happens to a link on its way, and what of it can be made good."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ESCAPED = re.compile(r"(amp;|#38;)+")


def undamaged(params: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return a link's parameters as they were written, and a sentence if that is not how they arrived.

    A page or a mail that writes ``&`` as ``&amp;`` makes of ``a=1&b=2`` the parameters ``a`` and ``amp;b``.
    """
    names = {name: _ESCAPED.sub("", name, count=1) if _ESCAPED.match(name) else name for name in params}
    mended = {names[name]: value for name, value in params.items()}
    if mended.keys() == params.keys():
        return mended, []
    return mended, ["The link was damaged on its way: every “&” in it had become “&amp;”. It was read as it was meant."]

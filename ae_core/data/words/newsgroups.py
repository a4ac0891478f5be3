"""The 20 Newsgroups: some 18,000 messages of 1993, fetched and checked by scikit-learn's own loader."""

from __future__ import annotations

import socket
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from ae_core.data.words.counting import commonest
from ae_core.paths import data_dir

GROUPS = (
    "alt.atheism",
    "comp.graphics",
    "comp.os.ms-windows.misc",
    "comp.sys.ibm.pc.hardware",
    "comp.sys.mac.hardware",
    "comp.windows.x",
    "misc.forsale",
    "rec.autos",
    "rec.motorcycles",
    "rec.sport.baseball",
    "rec.sport.hockey",
    "sci.crypt",
    "sci.electronics",
    "sci.med",
    "sci.space",
    "soc.religion.christian",
    "talk.politics.guns",
    "talk.politics.mideast",
    "talk.politics.misc",
    "talk.religion.misc",
)  # in the loader's order
_SILENCE = 5.0  # seconds a server may send nothing


def folder() -> Path:
    """Return the folder below the data folder that scikit-learn keeps them in."""
    return data_dir() / "20newsgroups"


def is_here() -> bool:
    """Return whether they were fetched."""
    return (folder() / "20news-bydate_py3.pkz").is_file()


def fetch() -> None:
    """Fetch them, with scikit-learn's check of the sum; raises OSError where that fails."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SILENCE)  # the loader has no time-out of its own
    try:
        _load("train", True)
    finally:
        socket.setdefaulttimeout(before)


def messages(split: Literal["train", "test"]) -> tuple[list[str], list[int]]:
    """Return the messages of a split without headers, footers and quotes, and their groups; OSError where they are not here."""
    loaded = _load(split, False)
    return list(loaded.data), [int(group) for group in loaded.target]


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Return the commonest words of the training messages."""
    return tuple(commonest(messages("train")[0]))


def _load(split: str, download: bool) -> Any:
    from sklearn.datasets import fetch_20newsgroups

    return fetch_20newsgroups(
        data_home=folder(),
        subset=split,
        remove=("headers", "footers", "quotes"),
        shuffle=False,
        download_if_missing=download,
        n_retries=0,
        delay=0.0,
    )

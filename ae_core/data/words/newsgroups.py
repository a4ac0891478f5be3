"""The 20 Newsgroups: some 18,000 messages of 1993, checked, unpacked and read by scikit-learn's own loader."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
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
# What the loader would fetch, for which it has no time-outs, and the SHA-256 that it asks of it.
ADDRESS = "https://ndownloader.figshare.com/files/5975967"
SUM = "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610"
_KEPT = "20news-bydate_py3.pkz"  # what the loader makes of it, and reads
FILE = f"20newsgroups/{_KEPT}"  # below the data folder


def made_of(archive: bytes) -> bytes:
    """Make the file that scikit-learn's loader keeps from the archive that it fetches.

    Raises:
        ValueError: it is not the archive.
    """
    if hashlib.sha256(archive).hexdigest() != SUM:
        raise ValueError("its checksum is wrong")
    with TemporaryDirectory() as home:
        fetched = Path(home) / "20news_home" / "20news-bydate.tar.gz"
        fetched.parent.mkdir()
        fetched.write_bytes(archive)
        _load(Path(home), "train", download_if_missing=True)  # it takes the file that lies there, of the right sum
        return (Path(home) / _KEPT).read_bytes()


def messages(split: Literal["train", "test"]) -> tuple[list[str], list[int]]:
    """Return the messages of a split, bare of headers, footers and quotes, and their groups; OSError without them."""
    loaded = _load((data_dir() / FILE).parent, split)
    return list(loaded.data), [int(group) for group in loaded.target]


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Return the commonest words of the training messages."""
    return tuple(commonest(messages("train")[0]))


def _load(home: Path, split: str, download_if_missing: bool = False) -> Any:
    from sklearn.datasets import fetch_20newsgroups

    return fetch_20newsgroups(
        data_home=home,
        subset=split,
        remove=("headers", "footers", "quotes"),
        shuffle=False,
        download_if_missing=download_if_missing,
    )

"""Studies that come with the lab, so that nobody waits for what a page opens on.

``python -m ae_core.tasks.study_file KIND ...`` computes them anew from the shipped runs: a kind is a folder of
:mod:`ae_core.tasks` with a module ``opening``, whose function ``studies`` returns what is to be shipped.
"""

from __future__ import annotations

import importlib
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ae_core.paths import checkpoints_dir
from ae_core.runs.files import write_whole
from ae_core.tasks.study import Answer

_ARRAY = "array"  # the key of a dictionary that stands for an array


def to_bytes(answers: dict[str, Answer]) -> bytes:
    """Write a study's answers as a safetensors file, without anything that would be executed when it is read."""
    arrays: dict[str, np.ndarray] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            name = str(len(arrays))
            arrays[name] = np.ascontiguousarray(value)
            return {_ARRAY: name}
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, dict):
            return {str(name): plain(one) for name, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(one) for one in value]
        return value

    text = json.dumps(plain(answers), allow_nan=False)
    return save(arrays, {"answers": text})


def read(path: Path) -> dict[str, Answer]:
    """Read a file of :func:`to_bytes`. Raises OSError, SafetensorError, KeyError or ValueError where it is none."""
    with safe_open(path, "np") as stored:

        def whole(value: Any) -> Any:
            if isinstance(value, dict):
                if set(value) == {_ARRAY}:
                    return stored.get_tensor(value[_ARRAY])
                return {name: whole(one) for name, one in value.items()}
            return [whole(one) for one in value] if isinstance(value, list) else value

        return dict(whole(json.loads(stored.metadata()["answers"])))


def path_of(key: str) -> Path:
    """Return where a study that comes with the lab lies."""
    return checkpoints_dir() / "studies" / f"{key}.safetensors"


@lru_cache(maxsize=32)
def shipped(key: str) -> dict[str, Answer] | None:
    """Return the answers of a study that comes with the lab; None for another, or where its file cannot be read."""
    try:
        return read(path_of(key))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None  # it is computed like any other, then


def main(kinds: list[str]) -> None:
    """Compute the studies of these kinds that come with the lab, and write them."""
    for kind in kinds:
        for study in importlib.import_module(f"ae_core.tasks.{kind}.opening").studies():
            path = path_of(study.key)
            path.parent.mkdir(exist_ok=True)
            write_whole(path, to_bytes(study.done_here()))
            print(f"{kind}: {path.name}, {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])

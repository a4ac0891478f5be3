"""Where the lab keeps its files: data sets, finished runs, shipped runs."""

from __future__ import annotations

import os
from pathlib import Path

SOURCE_ROOT = Path(__file__).resolve().parent.parent  # the folder that holds ae_core: the repository, or site-packages


def data_dir() -> Path:
    """Return the folder that holds the data sets: AE_DATA_DIR, else ``data`` in :func:`base_dir`."""
    return _chosen("AE_DATA_DIR") or base_dir() / "data"


def runs_dir() -> Path:
    """Return the folder that holds finished runs: AE_RUNS_DIR, else ``runs`` in :func:`base_dir`."""
    return _chosen("AE_RUNS_DIR") or base_dir() / "runs"


def checkpoints_dir() -> Path:
    """Return the folder that holds the shipped runs; it need not exist, as the installed package ships none."""
    return base_dir() / "checkpoints"


def base_dir() -> Path:
    """Return the folder of the data sets and runs where no variable names others.

    In a clone it is the repository. For the package installed by pip it is ``.autoencoder-lab`` in the user's home:
    nothing belongs beside an installed package, and the current folder is another one every time.
    """
    return SOURCE_ROOT if (SOURCE_ROOT / "pyproject.toml").is_file() else Path.home() / ".autoencoder-lab"


def _chosen(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None

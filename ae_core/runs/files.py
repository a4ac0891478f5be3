"""Files written in one piece: a reader sees the old file or the new one, never half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path

_PREFIX = ".part-"
_ABANDONED = 3600.0  # seconds after which a file in the making belongs to a process that was killed


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one piece.

    Raises:
        OSError: the disk is full or cannot be written; nothing is then changed.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=_PREFIX, delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.chmod(file.name, 0o644)  # temporary files are private
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def remove_abandoned(folder: Path) -> None:
    """Remove what processes that were killed in mid-write left in ``folder``."""
    for path in folder.glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - _ABANDONED:
                path.unlink()

"""Keep finished runs on disk, one file a key, and remove the longest unused when they take too much room."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ae_core.errors import LabError
from ae_core.paths import runs_dir
from ae_core.runs import checkpoint
from ae_core.runs.files import remove_abandoned, write_whole

log = logging.getLogger(__name__)


class RunStore:
    """Finished runs in ``folder``, filed under their keys, together at most ``max_bytes``.

    The files are those of :func:`ae_core.runs.checkpoint.pack`.
    """

    def __init__(self, folder: Path | None = None, max_bytes: int = 500_000_000) -> None:
        self.folder = folder or runs_dir()
        self.max_bytes = max_bytes

    def path(self, key: str) -> Path:
        """Return the file where the run ``key`` lies or would lie. Raises ValueError for what is no key."""
        if not re.fullmatch(r"[0-9a-f]{16}", key):
            raise ValueError(f"not the key of a run: {key!r}")
        return self.folder / f"{key}.safetensors"

    def __contains__(self, key: str) -> bool:
        return os.path.isfile(self.path(key))  # false, too, where the folder cannot be looked into

    def get(self, key: str, read: Callable[[bytes], Any] = checkpoint.from_bytes) -> Any:
        """Return the stored run, or None. A damaged file is removed, so that the run can be trained again.

        Never raises, whatever has become of the disk.

        Args:
            key: that it is filed under.
            read: makes the run of its file, and raises LabError for a damaged one or one of another kind.
        """
        path = self.path(key)
        if key not in self:
            return None
        try:
            data = path.read_bytes()
        except OSError as error:  # too many open files, say: no reason to remove it
            log.warning("cannot read %s just now: %s", path.name, error)
            return None
        try:
            run = read(data)
        except LabError as error:
            log.warning("removing %s: %s", path.name, error)
            _remove(path)
            return None
        if run.config.key != key:
            log.warning("removing %s: it holds another run", path.name)
            _remove(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))  # read times order the evictions
        return run

    def put(self, key: str, data: bytes) -> None:
        """Store a run's file, and remove the longest unused others beyond the limit.

        Raises:
            OSError: the disk is full or cannot be written, or the run alone is beyond the limit; nothing is changed.
        """
        path = self.path(key)
        if len(data) > self.max_bytes:
            raise OSError(errno.EFBIG, "the run is larger than all that may be kept")
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(self.folder)
        write_whole(path, data)
        self._make_room(keep=path)

    def kept(self) -> tuple[int, int]:
        """Return how many runs are on disk, and how many bytes they take together."""
        sizes = []
        for path in self.folder.glob("*.safetensors"):
            with contextlib.suppress(OSError):  # removed meanwhile
                sizes.append(path.stat().st_size)
        return len(sizes), sum(sizes)

    def _make_room(self, keep: Path) -> None:
        files = []
        for path in self.folder.glob("*.safetensors"):
            with contextlib.suppress(OSError):  # another process may be evicting too
                stat = path.stat()
                files.append((stat.st_atime, stat.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files, key=lambda file: file[0]):
            if total <= self.max_bytes:
                break
            if path != keep:
                _remove(path)
                total -= size


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # a folder that can only be read: the run is trained again all the same
        log.warning("cannot remove %s: %s", path.name, error)

"""Lockers on the server's disk: a folder for each visitor, with what is theirs as files.

A folder is named by the visitor as the register calls them, and a file by this lab: nothing that a visitor sends becomes
a path. Several web processes may share them. No clock that somebody sets decides how long a locker is kept, but for how
old those are that a process finds when it starts: later it sees for itself whether they are still used.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ae_core.runs.files import remove_abandoned, write_whole

log = logging.getLogger(__name__)

LIST = "list.json"  # what is in a locker: written after all that it names, and touched while the visitor is here
_AT_LEAST = 900.0  # seconds for which a process that has just started keeps lockers, however old they seem
_VISITOR = re.compile(r"[0-9a-f]{32}")
_FILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}\.[a-z]{3,11}")


@dataclass
class _Use:
    """When a locker was used last, as far as this process saw."""

    mark: int  # the time that is written on its list
    seen: float  # when that was found to have changed, in seconds


class Lockers:
    """The lockers in a folder. Its methods are called from any thread.

    Args:
        folder: where they are; made with the first one.
        most: bytes of all together; beyond that those who left longest ago lose theirs.
        keep: seconds for which a locker is kept after its visitor has left.
        clock: seconds, which nobody sets.
    """

    def __init__(self, folder: Path, most: int, keep: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.most = folder, most
        self._keep, self._clock = keep, clock
        self._used: dict[str, _Use] = {}
        self._here: Collection[str] = ()  # who is in this process' pages: theirs are never removed
        self._bytes = 0  # of all, as far as this process knows
        self._swept = False
        self._lock = threading.RLock()

    # ------------------------------------------------------------------ one locker

    def read(self, visitor: str, name: str, most: int) -> bytes | None:
        """Return a file; None where there is none, it is larger than expected or it cannot be read.

        Args:
            visitor: whose locker it is in.
            name: of the file.
            most: bytes that it may have.
        """
        path = self._path(visitor, name)
        try:
            return path.read_bytes() if path.stat().st_size <= most else None
        except OSError:
            return None

    def write(self, visitor: str, name: str, data: bytes) -> None:
        """Put a file into a locker in one piece, in place of the one of that name.

        Args:
            visitor: whose locker it is.
            name: of the file.
            data: its content.

        Raises:
            OSError: the disk is full or cannot be written, or all that may be kept is taken by who is here.
        """
        path = self._path(visitor, name)
        with self._lock:
            self._make_room(len(data), visitor)
            self.folder.mkdir(parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)  # nobody else on this machine looks into it
            before = _size(path)
            write_whole(path, data)
            self._bytes += len(data) - before
            self._note_use(visitor)

    def keep_only(self, visitor: str, names: Collection[str]) -> None:
        """Remove all other files from a locker, but for its list."""
        with self._lock:
            for path in _files(self.folder / visitor):
                if path.name not in names and path.name != LIST:
                    size = _size(path)
                    with contextlib.suppress(OSError):
                        path.unlink()
                        self._bytes -= size

    def remove(self, visitor: str) -> None:
        """Remove a locker with all that is in it."""
        folder = self._path(visitor, LIST).parent
        with self._lock:
            self._bytes -= sum(map(_size, _files(folder)))
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)
            self._used.pop(visitor, None)

    def _path(self, visitor: str, name: str) -> Path:
        """Return the path of a file. Raises ValueError for what this lab does not call so."""
        if not _VISITOR.fullmatch(visitor) or not _FILE.fullmatch(name):
            raise ValueError(f"no file in a locker: {visitor!r}, {name!r}")
        return self.folder / visitor / name

    # ------------------------------------------------------------------ all of them

    def sweep(self, here: Collection[str]) -> None:
        """Note who is here, and remove the lockers that nobody has come back to.

        To be called about once a minute, by each of the processes that share the folder.

        Args:
            here: the visitors in this process' pages.
        """
        with self._lock:
            self._here = here
            for visitor in here:
                with contextlib.suppress(OSError):  # as a sign to the others
                    os.utime(self._path(visitor, LIST))
            there = set(self._visitors())
            for visitor in there:
                self._note_use(visitor)
                remove_abandoned(self.folder / visitor)
            self._swept = True
            self._used = {visitor: use for visitor, use in self._used.items() if visitor in there}
            for visitor in [one for one in self._away() if self._used[one].seen < self._clock() - self._keep]:
                self._try_to_remove(visitor)
            self._bytes = sum(_size(path) for visitor in self._visitors() for path in _files(self.folder / visitor))

    def _visitors(self) -> list[str]:
        try:
            return [name for name in os.listdir(self.folder) if _VISITOR.fullmatch(name)]
        except OSError:
            return []

    def _note_use(self, visitor: str) -> None:
        try:
            mark = os.stat(self.folder / visitor / LIST)
        except OSError:
            mark = None
        now, known = self._clock(), self._used.get(visitor)
        written = 0 if mark is None else mark.st_mtime_ns
        if known is None:
            # of those that are there when this process starts nobody else can say when they were used
            age = 0.0 if self._swept or mark is None else time.time() - mark.st_mtime
            self._used[visitor] = _Use(written, now - min(max(age, 0.0), max(self._keep - _AT_LEAST, 0.0)))
        elif known.mark != written:
            self._used[visitor] = _Use(written, now)

    def _away(self) -> list[str]:
        """Return those who are not in this process' pages, who left longest ago first."""
        return sorted((one for one in self._used if one not in self._here), key=lambda one: self._used[one].seen)

    def _make_room(self, wanted: int, visitor: str) -> None:
        for other in self._away():
            if self._bytes + wanted <= self.most:
                break
            if other != visitor:
                self._try_to_remove(other)
        if self._bytes + wanted > self.most:
            raise OSError(errno.EDQUOT, "who is here has all the room that there is for visitors' work")

    def _try_to_remove(self, visitor: str) -> None:
        try:
            self.remove(visitor)
        except OSError as error:
            log.warning("cannot remove the locker of visitor %s: %s", visitor, error)


def _files(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from list(folder.iterdir())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

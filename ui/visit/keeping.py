"""Keep what is the visitors' on this server's disk, so that a restart of the web process costs them nothing.

A thread looks each second whose belongings have changed, and writes what is new into their locker: no page waits for it.
Who has left for some minutes is in memory no longer, and read back when they return. Where the disk is full or cannot be
written the app goes on with what is in memory, and says so once in the log.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import uuid
from dataclasses import dataclass, field

from ae_core.paths import runs_dir
from ui.visit import packing
from ui.visit.lockers import LIST, Lockers
from ui.visit.register import KEEP, Known, Register
from ui.visit.state import REGISTER, Belongings

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000_000  # of all visitors' lockers, where the variable does not say otherwise
MOST_EACH = 40_000_000  # bytes of one
IN_MEMORY = 300.0  # seconds for which what is on disk stays in memory when its visitor has left
_TICK = 1.0  # seconds between two looks at what has changed
_SWEEP = 60.0  # seconds between two looks at who has not come back
_RETRY = 20.0  # seconds before a visitor's locker is tried again that could not be written
_IN_PART = "Not everything of yours could be kept: {} had to be left out. The rest is here."


@dataclass
class _Kept:
    """What is in a visitor's locker, as far as this process knows."""

    marks: tuple[object, ...] = ()
    files: dict[str, int] = field(default_factory=dict)  # bytes, by name
    sources: dict[str, object] = field(default_factory=dict)  # of all pieces: they are compared by identity
    whole: bool = True  # whether everything had room
    retry: float = 0.0  # when it may be tried again, in seconds


class Keeping:
    """Keeps the belongings of a register in lockers.

    Args:
        register: whose belongings are kept.
        lockers: where.
        each: bytes of one visitor's locker at most; what does not fit stays in memory alone.
    """

    def __init__(self, register: Register[Belongings], lockers: Lockers, each: int = MOST_EACH) -> None:
        self._register, self._lockers, self._each = register, lockers, each
        self._process = uuid.uuid4().hex
        self._kept: dict[str, _Kept] = {}  # of those in memory
        self._writing = threading.RLock()  # around every change of a locker
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._in_trouble = False

    def start(self) -> None:
        """Begin to look; what is new is also written when the process ends."""
        self._sweep()
        self._register.kept = self
        self._thread = threading.Thread(target=self._serve, name="ae-keeping", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """Write what is new, and end."""
        atexit.unregister(self.close)
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(5)
        self.look(last=True)

    # ------------------------------------------------------------------ what the register calls

    def read(self, visitor: str) -> Belongings | None:
        """Return what is in a visitor's locker; None where there is nothing that can be read."""
        listed = self._lockers.read(visitor, LIST, packing.LONGEST_LIST)
        if listed is None:
            return None
        sizes: dict[str, int] = {}

        def read(name: str, most: int) -> bytes | None:
            data = self._lockers.read(visitor, name, min(most, self._each))
            sizes[name] = 0 if data is None else len(data)
            return data

        try:
            mine, lost = packing.read_list(listed, read, visitor, self._process)
        except ValueError as error:
            log.warning("the locker of visitor %s cannot be read: %s", visitor, error)
            return None
        if lost:
            mine.job.note = _IN_PART.format(" and ".join(filter(None, (", ".join(lost[:-1]), lost[-1]))))
        sources = {piece.name: piece.source for piece in packing.pieces(mine)}
        files = {name: size for name, size in sizes.items() if name in sources}
        with self._writing:
            self._kept[visitor] = _Kept(packing.marks(mine), files, sources, whole=not lost)
        return mine

    def forget(self, visitor: str) -> None:
        """Remove a visitor's locker at once."""
        with self._writing:
            self._kept.pop(visitor, None)
            try:
                self._lockers.remove(visitor)
            except OSError as error:
                log.error("the locker of visitor %s cannot be removed: %s", visitor, error)

    # ------------------------------------------------------------------ the thread's own

    def _serve(self) -> None:
        swept = time.monotonic()
        while not self._stopped.wait(_TICK):
            try:
                self.look()
                if time.monotonic() - swept > _SWEEP:
                    swept = time.monotonic()
                    self._sweep()
            except Exception:  # a defect of ours must not end it
                log.exception("visitors' work is not being kept")

    def look(self, last: bool = False) -> None:
        """Write what has changed, and drop from memory what is kept of those who left.

        Args:
            last: whether the process is about to end: then it is tried at once, whatever was wrong before.
        """
        in_memory = self._register.in_memory()
        for known in in_memory:
            if not known.comes_back:
                continue
            kept = self._write(known, last)
            if kept and not last and self._register.away_for(known) > IN_MEMORY:
                with self._writing:
                    self._register.drop(known)
        with self._writing:
            for gone in set(self._kept) - {known.visitor for known in in_memory if known.held is not None}:
                del self._kept[gone]

    def _sweep(self) -> None:
        self._lockers.sweep({known.visitor for known in self._register.in_memory() if known.tabs})

    def _write(self, known: Known[Belongings], last: bool) -> bool:
        """Write what is new of a visitor's, and return whether everything is kept."""
        with self._writing:
            mine, visitor = known.held, known.visitor
            if mine is None:
                return False
            now_there = packing.marks(mine)
            kept = self._kept.get(visitor)
            if kept is None:
                if packing.is_nothing(mine):
                    return True
                kept = self._kept[visitor] = _Kept()
            if now_there == kept.marks:
                return kept.whole
            if time.monotonic() < kept.retry and not last:
                return False
            try:
                self._fill(visitor, mine, kept)
            except Exception as error:  # a defect of ours must not cost the other visitors anything either
                kept.retry = time.monotonic() + _RETRY
                if not isinstance(error, OSError):
                    log.exception("the work of visitor %s cannot be kept", visitor)
                elif not self._in_trouble:
                    log.error("visitors' work stays in memory, as it cannot be written to the disk: %s", error)
                    self._in_trouble = True
                return False
            self._in_trouble = False
            kept.marks = now_there
            return kept.whole

    def _fill(self, visitor: str, mine: Belongings, kept: _Kept) -> None:
        pieces = packing.pieces(mine)
        kept.whole, left = True, self._each
        names: dict[str, int] = {}
        for piece in pieces:
            size = kept.files.get(piece.name) if kept.sources.get(piece.name) is piece.source else None
            if size is None and piece.least <= left:
                data = piece.make()
                size = len(data)
                if size <= left:
                    self._lockers.write(visitor, piece.name, data)
            if size is None or size > left:
                kept.whole = False
            else:
                names[piece.name] = kept.files[piece.name] = size
                kept.sources[piece.name] = piece.source
                left -= size
        self._lockers.write(visitor, LIST, packing.write_list(mine, names, self._process))
        self._lockers.keep_only(visitor, names)
        kept.files, kept.sources = names, {piece.name: piece.source for piece in pieces}


_starting = threading.Lock()
_keeping: Keeping | None = None


def start() -> None:
    """Begin to keep the belongings of this process' visitors, unless that has begun or is switched off."""
    global _keeping
    if _keeping is None and (most := most_bytes()) > 0:
        with _starting:
            if _keeping is None:
                _keeping = Keeping(REGISTER, Lockers(runs_dir() / "visitors", most, KEEP))
                _keeping.start()


def stop() -> None:
    """Write what is new of all visitors, and keep no more; for the end of the process."""
    if _keeping is not None:
        _keeping.close()


def most_bytes() -> int:
    """Return how many bytes of all visitors are kept on disk: AE_VISITORS_BYTES, 0 for none; 1 GB without it."""
    try:
        return max(0, int(os.environ["AE_VISITORS_BYTES"]))
    except (KeyError, ValueError):
        return MOST_BYTES

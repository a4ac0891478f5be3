"""Pieces: work that a visitor waits for in front of the page, cut so small that all visitors can take turns at it.

A *piece* is a part of such work that one worker computes by itself in a second or two, a tile of a photograph for
instance; the *pieces* of it together are the work. Training is not cut: it has a queue and workers of its own.

A plain object for one thread, like :mod:`.queue`: its owner, :mod:`.lane`, tells it the time and what became of the
pieces that it handed out.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ae_core.jobs.job import State
from ae_core.jobs.limits import NoRoom
from ae_core.jobs.queue import GRACE
from ae_core.tasks.piecewise import Piece, Piecewise

AT_ONCE = 2  # of a job's pieces at the workers: while one is computed the next is on its way, and no more are in memory
AWAY = 20.0  # seconds after which who has not looked may have closed the page, and keeps nobody waiting
_DEATHS = 2  # of workers by the same piece, after which it is not tried again
_DIED = "The worker that computed this died, and so did the next one, most likely for want of memory. Try a smaller picture."


class NoPiece(Enum):
    """Why there is no piece to compute."""

    LEFT = "all has been cut"
    YET = "the next one cannot be cut before another one's answer is there"


@dataclass(eq=False)
class PieceJob:
    """Work on its way through the workers, piece by piece: whose it is, how far it is, and how it ended.

    Read its fields at any time; only the queue writes them.
    """

    owner: str
    total: int
    seen: float  # when its owner last looked, in seconds
    address: str = ""  # of its owner's network; empty where not known
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = State.QUEUED
    done: int = 0  # the sum of the sizes of the pieces that are answered
    error: str = ""  # a sentence, when failed
    seconds: float = 0.0  # from when its first piece was handed out to its latest answer

    @property
    def share_done(self) -> float:
        """The share of the work that is done, in [0, 1]."""
        return 1.0 if self.state is State.DONE else min(1.0, self.done / self.total) if self.total else 0.0


class Turn:
    """One piece's way to a worker and back. The thread that sees to it calls :meth:`draw` first.

    Args:
        entry: the queue's own notes on the job.
    """

    def __init__(self, entry: _Entry) -> None:
        self.piece: Piece | None = None  # until it is drawn
        self._entry = entry
        self._deaths = 0

    @property
    def job(self) -> PieceJob:
        """The job whose piece it is."""
        return self._entry.job

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits for the answer."""
        return not self.job.state.ended

    def draw(self) -> Piece | NoPiece:
        """Return the piece: the one that is tried again, or else the next that is cut."""
        with self._entry.lock:
            if self.piece is not None:
                return self.piece
            if not self.wanted:
                return NoPiece.LEFT
            if self._entry.cut is None:
                self._entry.cut = iter(self._entry.work.pieces())
            cut = next(self._entry.cut, NoPiece.LEFT)
            if isinstance(cut, Piece):
                self.piece = cut
            return NoPiece.YET if cut is None else cut

    def take(self, answer: Any) -> None:
        """Hand the piece's answer to the work, if anybody still waits for that."""
        with self._entry.lock:
            if self.wanted and self.piece is not None:
                self._entry.work.take(self.piece, answer)


class _Entry:
    """What the queue knows of a job: its work, and the pieces of it that are out or come again."""

    def __init__(self, job: PieceJob, work: Piecewise) -> None:
        self.job = job
        self.work = work
        self.cut: Iterator[Piece | None] | None = None
        self.lock = threading.Lock()  # around every call of the work
        self.out: list[Turn] = []
        self.again: deque[Turn] = deque()
        self.dry = False  # whether all has been cut
        self.blocked = False  # whether the next is not cut before one that is out is answered
        self.began: float | None = None

    @property
    def ready(self) -> bool:
        """Whether a piece of it can be handed out."""
        return len(self.out) < AT_ONCE and (bool(self.again) or not (self.dry or self.blocked))


class PieceQueue:
    """The jobs whose pieces wait or are at the workers, and the order in which their owners take turns.

    Owners take turns piece by piece, and so do the jobs of each: who has four jobs gets no more than who has one, and a
    small picture waits for one piece of each other visitor. Who comes joins at the end, who has nothing left leaves.

    Who has not looked for a while may have left, or has the page in a tab that the browser keeps quiet. Their pieces are
    computed when nobody who looks has any, and where there is no room for more jobs they are the first to be stopped.

    A piece whose worker died is tried once more, and then it is alone at the workers: all pieces that a worker has die
    with it, and only so is it known whose fault it was.

    Args:
        per_visitor: jobs that one visitor may have.
        most: jobs that all visitors together may have.
        per_address: jobs that all visitors of one network may have; the same as ``most`` when None.
        grace: seconds after which a visitor who does not look any more is taken to have left.
        away: seconds after which such a visitor gives way to those who look.
    """

    def __init__(
        self,
        per_visitor: int = 4,
        most: int = 60,
        grace: float = GRACE,
        away: float = AWAY,
        per_address: int | None = None,
    ) -> None:
        self.per_visitor = per_visitor
        self.most = most
        self.per_address = most if per_address is None else per_address
        self.grace = grace
        self.away = away
        self.on_change: Callable[[PieceJob], None] = lambda job: None  # is told of each job whose state has changed
        self._entries: dict[str, _Entry] = {}  # by the job's id
        self._owners: dict[str, deque[_Entry]] = {}  # whose turn is next first, and of each the job whose turn is next
        self._alone: Turn | None = None  # the piece that is tried again, while it is out

    # ------------------------------------------------------------------ what it holds

    def active(self) -> list[PieceJob]:
        """Return the jobs that have not ended, in the order of their arrival."""
        return [entry.job for entry in self._entries.values()]

    # ------------------------------------------------------------------ what visitors do

    def submit(self, work: Piecewise, owner: str, now: float, address: str = "") -> PieceJob:
        """Accept work of a visitor.

        Args:
            work: to be done.
            owner: the visitor.
            now: seconds, on the queue's clock.
            address: of the visitor's network; empty where not known.

        Returns:
            The job.

        Raises:
            NoRoom: the visitor, those of their network, or all together, have as many jobs as they may.
        """
        mine = self._owners.get(owner, ())
        if len(mine) >= self.per_visitor:
            raise NoRoom(
                f"You are waiting for {len(mine)} results, which is the most one visitor may wait for. "
                "Wait for one to be finished, or stop one."
            )
        if len(self._entries) >= self.most:
            raise NoRoom(
                f"{len(self._entries)} results are being waited for, which is all the lab takes on at a time. "
                "Try again in a minute."
            )
        if address and sum(entry.job.address == address for entry in self._entries.values()) >= self.per_address:
            raise NoRoom(
                f"{self.per_address} results are being waited for in your network, which is the most that one network may "
                "wait for. Try again in a minute."
            )
        entry = _Entry(PieceJob(owner, work.total, now, address), work)
        self._entries[entry.job.id] = entry
        self._owners.setdefault(owner, deque()).append(entry)
        self.on_change(entry.job)
        return entry.job

    def stop(self, job: PieceJob, owner: str) -> list[Turn]:
        """Stop a job of this owner at once.

        Returns:
            Its turns that are out: nobody waits for their answers any more.
        """
        entry = self._entries.get(job.id)
        return self._end(entry, State.STOPPED) if entry is not None and job.owner == owner else []

    def touch(self, job: PieceJob, owner: str, now: float) -> None:
        """Note that a visitor still looks at their job.

        Args:
            job: that they wait for.
            owner: the visitor.
            now: seconds, on the queue's clock.
        """
        if job.owner == owner:
            job.seen = now

    def drop_abandoned(self, now: float) -> list[Turn]:
        """Stop the jobs of visitors who have not looked for longer than the grace.

        Where there is no room for more jobs, those of all who are away are stopped.

        Returns:
            Their turns that are out: nobody waits for the answers any more.
        """
        bound = self.grace if len(self._entries) < self.most else self.away
        left = [entry for entry in self._entries.values() if entry.job.seen < now - bound]
        return [turn for entry in left for turn in self._end(entry, State.STOPPED)]

    # ------------------------------------------------------------------ what becomes of the pieces

    def next(self, now: float) -> Turn | None:
        """Return the turn that is next, which is out from now on; None when there is nothing to hand out."""
        if self._alone is not None:
            return None
        suspect = next((entry for entry in self._entries.values() if entry.again and entry.again[0]._deaths), None)
        if suspect is not None:
            if any(entry.out for entry in self._entries.values()):
                return None  # it is handed out when these have come back
            self._alone = suspect.again[0]
            return self._hand_out(suspect, now)
        ready = [entry for jobs in self._owners.values() for entry in jobs if entry.ready]
        looked_at = (entry for entry in ready if entry.job.seen >= now - self.away)
        first = next(looked_at, ready[0] if ready else None)
        return self._hand_out(first, now) if first is not None else None

    def answered(self, turn: Turn, now: float) -> None:
        """Note that a turn's answer has been taken."""
        entry = self._back(turn)
        if entry is not None and turn.piece is not None and entry.began is not None:
            entry.job.done += turn.piece.size
            entry.job.seconds = now - entry.began
            entry.blocked = False
            self._end_if_done(entry)

    def without(self, turn: Turn, why: NoPiece) -> None:
        """Note that a turn has no piece.

        Args:
            turn: that was handed out.
            why: it has none.
        """
        entry = self._back(turn)
        if entry is None:
            return
        if why is NoPiece.YET:
            # what it needs may have been answered since it was asked for
            entry.blocked = bool(entry.out or entry.again)
        else:
            entry.dry = True
            self._end_if_done(entry)

    def failed(self, turn: Turn, sentence: str) -> list[Turn]:
        """End the job of a piece that cannot be computed.

        Args:
            turn: of the piece.
            sentence: why, for the visitor.

        Returns:
            The job's other turns that are out: nobody waits for their answers any more.
        """
        entry = self._back(turn)
        if entry is None:
            return []
        entry.job.error = sentence
        return self._end(entry, State.FAILED)

    def died(self, turn: Turn) -> list[Turn]:
        """Note that a turn's worker died with it: it is tried once more, alone, and then its job fails.

        Returns:
            The turns that are out and that nobody waits for any more, when the job failed.
        """
        turn._deaths += 1
        if turn._deaths >= _DEATHS:
            return self.failed(turn, _DIED)
        entry = self._back(turn)
        if entry is not None:
            entry.again.appendleft(turn)
        return []

    def lost(self, turn: Turn) -> None:
        """Note that the workers went away with a turn: its piece is handed out again."""
        entry = self._back(turn)
        if entry is not None and turn.piece is not None:
            if turn._deaths:
                entry.again.appendleft(turn)
            else:
                entry.again.append(turn)

    def _hand_out(self, entry: _Entry, now: float) -> Turn:
        job = entry.job
        if entry.began is None:
            entry.began, job.state = now, State.RUNNING
            self.on_change(job)
        turn = entry.again.popleft() if entry.again else Turn(entry)
        entry.out.append(turn)
        jobs = self._owners.pop(job.owner)
        jobs.remove(entry)
        jobs.append(entry)
        self._owners[job.owner] = jobs
        return turn

    def _back(self, turn: Turn) -> _Entry | None:
        """Take a turn back from the workers; None when its job has ended meanwhile."""
        if turn is self._alone:
            self._alone = None
        entry = turn._entry
        if turn not in entry.out:
            return None
        entry.out.remove(turn)
        return entry

    def _end_if_done(self, entry: _Entry) -> None:
        if entry.dry and not entry.out and not entry.again:
            self._end(entry, State.DONE)

    def _end(self, entry: _Entry, state: State) -> list[Turn]:
        job = entry.job
        job.state = state
        self.on_change(job)
        out, entry.out = entry.out, []
        entry.again.clear()
        if self._alone in out:
            self._alone = None
        del self._entries[job.id]
        self._owners[job.owner].remove(entry)
        if not self._owners[job.owner]:
            del self._owners[job.owner]
        return out

"""The lane for pieces: threads that take pieces from their queue to the workers, one after the other, and bring answers.

Each of these threads waits for one piece at a time, and there are as many of them as pieces can be at the workers: two
for every worker that takes pieces. That keeps the hand-out order the queue's, for Dask never has more than is being
computed or comes next; and no thread is made for a piece. They do not use Dask's callbacks, for the reason that
:mod:`.dispatcher` gives.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from ae_core.errors import LabError
from ae_core.jobs.dispatcher import Died, Dispatcher, Lost, unexpected_at_piece
from ae_core.jobs.ledger import Ledger
from ae_core.jobs.limits import Limits
from ae_core.jobs.messages import Answer, Failed
from ae_core.jobs.pieces import AWAY, NoPiece, PieceJob, PieceQueue, Turn
from ae_core.tasks.piecewise import Piecewise

log = logging.getLogger(__name__)

_TICK = 0.25  # seconds between two looks at who has left, and whether the workers are back, while there is work
_MOST_THREADS = 32  # on a cluster of many workers


class Lane:
    """What does visitors' work piece by piece. Its methods are called from any thread and return at once.

    Args:
        dispatcher: the connection to the workers, which somebody else starts and closes.
        limits: how much it takes on.
        is_here: tells whether a visitor is here; None where that is not known, but for their looking.
    """

    def __init__(self, dispatcher: Dispatcher, limits: Limits, is_here: Callable[[str], bool] | None = None) -> None:
        self._dispatcher = dispatcher
        self._is_here = is_here or (lambda owner: False)
        self._queue = PieceQueue(
            limits.piece_jobs_per_visitor,
            limits.piece_jobs,
            per_address=limits.piece_jobs_per_address,
            **({} if is_here is None else {"grace": AWAY}),
        )
        self.ledger = Ledger("pieces")
        self._queue.on_change = self.ledger.note
        self._max_seconds = limits.piece_seconds
        self._changed = threading.Condition()  # around every use of the queue
        self._threads = 0  # none before the first job
        self._closed = False

    def submit(self, work: Piecewise, owner: str, address: str = "") -> PieceJob:
        """Take on work of a visitor.

        Args:
            work: to be done.
            owner: the visitor.
            address: of their network; empty where not known.

        Raises:
            NoRoom: there is too much of it.
        """
        with self._changed:
            self._drop_abandoned()
            job = self._queue.submit(work, owner, time.monotonic(), address)
            self._changed.notify_all()
            wanted = min(2 * max(1, self._dispatcher.piece_slots), _MOST_THREADS)
            while self._threads < wanted:
                self._threads += 1
                threading.Thread(target=self._serve, name=f"ae-pieces-{self._threads}", daemon=True).start()
        return job

    def stop(self, job: PieceJob, owner: str) -> None:
        """Stop a job of ``owner`` at once; answers that are on their way are dropped."""
        with self._changed:
            self._forget(self._queue.stop(job, owner))
            self._changed.notify_all()

    def touch(self, job: PieceJob, owner: str) -> None:
        """Note that ``owner`` is still looking."""
        with self._changed:
            self._queue.touch(job, owner, time.monotonic())

    def count(self) -> int:
        """Return how many jobs wait or are under way."""
        with self._changed:
            return len(self._queue.active())

    def close(self) -> None:
        """Let the threads end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # ------------------------------------------------------------------ the lane's own threads

    def _serve(self) -> None:
        while self._serve_next():  # a call for each: while it waits for the next nothing of the last stays in memory
            pass

    def _serve_next(self) -> bool:
        """See to the next turn, and return whether there will be more."""
        turn = self._next()
        if turn is None:
            return False
        try:
            self._see_to(turn)
        except LabError as error:
            self._fail(turn, str(error))
        except Exception as error:  # a defect of ours; the visitor hears of it all the same
            log.exception("job %s failed at a piece", turn.job.id)
            self._fail(turn, unexpected_at_piece(error))
        return True

    def _next(self) -> Turn | None:
        """Return the next turn as soon as there is one; None when the lane is closed."""
        with self._changed:
            while not self._closed:
                self._drop_abandoned()
                if self._dispatcher.takes_jobs and (turn := self._queue.next(time.monotonic())) is not None:
                    return turn
                self._changed.wait(_TICK if self._queue.active() else None)
        return None

    def _see_to(self, turn: Turn) -> None:
        piece = turn.draw()
        outcome = (
            piece
            if isinstance(piece, NoPiece)
            else self._dispatcher.ask(piece, lambda: self._wants(turn), self._max_seconds)
        )
        match outcome:
            case Answer(value):
                turn.take(value)
            case Failed(sentence):
                self._fail(turn, sentence)
            case Lost() if turn.wanted:
                time.sleep(_TICK)  # workers that went away are not back at once
            case Died():
                log.error("a worker died with a piece of job %s", turn.job.id)
        with self._changed:
            match outcome:
                case NoPiece():
                    self._queue.without(turn, outcome)
                case Answer():
                    self._queue.answered(turn, time.monotonic())
                case Lost():
                    self._queue.lost(turn)
                case Died():
                    self._forget(self._queue.died(turn))
            self._changed.notify_all()

    def _wants(self, turn: Turn) -> bool:
        """Return whether a piece that is at the workers is still wanted; asked about once a second."""
        with self._changed:
            self._drop_abandoned()
        return turn.wanted and not self._closed

    def _fail(self, turn: Turn, sentence: str) -> None:
        with self._changed:
            self._forget(self._queue.failed(turn, sentence))

    def _drop_abandoned(self) -> None:
        now = time.monotonic()
        for job in self._queue.active():
            if self._is_here(job.owner):
                self._queue.touch(job, job.owner, now)
        self._forget(self._queue.drop_abandoned(now))

    def _forget(self, turns: Iterable[Turn]) -> None:
        """Wait no longer for pieces that are at the workers."""
        for turn in turns:
            if turn.piece is not None:
                self._dispatcher.forget(turn.piece)

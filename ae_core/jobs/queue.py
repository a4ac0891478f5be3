"""The queue between visitors and workers: who waits for what, and whose turn it is.

A plain object for one thread. It neither trains nor knows who does: its owner tells it the time and what became of
the jobs that it gave out.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from ae_core.jobs.batch import AT_ONCE, Batch
from ae_core.jobs.job import Job, State
from ae_core.jobs.limits import NoRoom, RefusedJob
from ae_core.tasks.trainable import Result, Trainable

GRACE = 180.0  # a browser tells a hidden tab to be quiet for minutes; leaving must look different from that
Noted = TypeVar("Noted")
_HOLD_RUNS = 20  # ended jobs whose run stays in memory until its visitor has taken it


class Queue:
    """The jobs that wait or run, and the order in which visitors take turns.

    Whoever was served longest ago is next, and whoever had nothing yet before them: nobody's second job starts before
    the first of anybody who was there by then. Among equals the first to come is the first to start. Who has nothing
    under way when nobody waits any more is a newcomer again. A job whose workers went away before it had begun goes
    before all others: its turn had come.

    Args:
        per_visitor: jobs that one visitor may have waiting and running.
        most: jobs that all visitors together may have.
        grace: seconds after which a visitor who does not look any more is taken to have left.
        patience: seconds after which such a visitor's jobs leave the line; the same as ``grace`` when None.
        per_address: jobs that all visitors of one network may have; the same as ``most`` when None. Who opens many tabs
            without cookies is many visitors, and these must not fill the queue for all others.
    """

    def __init__(
        self,
        per_visitor: int = 3,
        most: int = 90,
        grace: float = GRACE,
        patience: float | None = None,
        per_address: int | None = None,
    ) -> None:
        self.per_visitor = per_visitor
        self.most = most
        self.per_address = most if per_address is None else per_address
        self.grace = grace
        self.patience = grace if patience is None else patience
        self.on_change: Callable[[Job], None] = lambda job: None  # is told of each job whose state may have changed
        self._active: dict[str, Job] = {}  # by id, in the order of arrival
        self._addresses: dict[str, str] = {}  # of the owners of these, where known
        self._batches: list[Batch] = []
        self._ended: deque[Job] = deque()
        self._turns = 0  # so far
        self._served: dict[str, int] = {}  # the latest turn of each visitor who had one
        self._line: tuple[Job, ...] | None = None  # kept until something changes: every visitor asks for their place

    # ------------------------------------------------------------------ what it holds

    def active(self) -> list[Job]:
        """Return the jobs that wait or run, in the order of their arrival."""
        return list(self._active.values())

    def running(self) -> list[Job]:
        """Return the jobs that run, those that are being stopped included."""
        return [job for job in self._active.values() if job.state is State.RUNNING]

    def batches(self) -> list[Batch]:
        """Return the batches that have not ended."""
        return [batch for batch in self._batches if not batch.ended]

    def get(self, job_id: str) -> Job | None:
        """Return a job that waits or runs, by its id."""
        return self._active.get(job_id)

    def line(self) -> tuple[Job, ...]:
        """Return the jobs that wait, in the order in which they will start if nobody else comes."""
        if self._line is None:
            waiting = [job for job in self._active.values() if job.state is State.QUEUED]
            served, line, turn = dict(self._served), [], self._turns
            heap = [(_turn(job, served), place) for place, job in enumerate(waiting)]
            heapq.heapify(heap)
            while heap:
                was, place = heapq.heappop(heap)
                first = waiting[place]
                if (key := _turn(first, served)) > was:  # it has had a turn since, by another job of its owner
                    heapq.heappush(heap, (key, place))
                    continue
                turn += 1
                line.append(first)
                served.update(dict.fromkeys(first.seen, turn))
            self._line = tuple(line)
        return self._line

    def position(self, job: Job) -> int:
        """Return a job's place in the line: 1 for the next, 0 when it does not wait any more."""
        return self.line().index(job) + 1 if job.state is State.QUEUED and job.id in self._active else 0

    # ------------------------------------------------------------------ what visitors do

    def submit(self, work: Trainable, owner: str, now: float, address: str = "") -> Job:
        """Queue a job for ``owner``, or join the job of the same key that others wait for.

        What is private is joined by nobody else.

        Args:
            work: what to train.
            owner: the visitor.
            now: seconds, on the queue's clock.
            address: of the visitor's network; empty where not known.

        Returns:
            The job.

        Raises:
            NoRoom: the visitor, those of their network, or all together, have as many jobs as they may.
        """
        twins = (job for job in self._active.values() if job.key == work.key and job.seen)
        twin = next((job for job in twins if owner in job.seen or not work.private), None)
        mine = [job for job in self._active.values() if owner in job.seen and job is not twin]
        if len(mine) >= self.per_visitor:
            raise NoRoom(
                f"You have {len(mine)} runs training or waiting, which is the most one visitor may have. "
                "Wait for one to finish, or stop one."
            )
        if twin is None and len(self._active) >= self.most:
            raise NoRoom(
                f"{len(self._active)} runs are waiting, which is all the queue holds. Try again in a minute; "
                "finished runs can be looked at meanwhile."
            )
        if twin is None and address and self._jobs_of(address) >= self.per_address:
            raise NoRoom(
                f"{self.per_address} runs of your network are waiting, which is the most that one network may have. Try "
                "again in a minute; finished runs can be looked at meanwhile."
            )
        self._line = None
        if address:
            self._addresses[owner] = address
        job = twin or Job(work)
        if job.state is State.RUNNING and owner not in job.seen:
            self._serve([owner])
        job.seen[owner] = now
        self._active[job.id] = job
        self.on_change(job)
        return job

    def _jobs_of(self, address: str) -> int:
        return sum(any(self._addresses.get(owner) == address for owner in job.seen) for job in self._active.values())

    def submit_all(self, works: Sequence[Trainable], owner: str, now: float, address: str = "") -> Batch:
        """Accept a batch, whose jobs :meth:`feed` puts into the queue a few at a time.

        Args:
            works: what to train, in this order.
            owner: the visitor.
            now: seconds, on the queue's clock.
            address: of the visitor's network; empty where not known.

        Returns:
            The batch.

        Raises:
            NoRoom: the visitor has one that has not ended.
        """
        if any(one.owner == owner for one in self.batches()):
            raise NoRoom("Your last runs side by side are not all trained yet. Wait for them, or stop them.")
        batch = Batch(works, owner, now, address)
        self._batches = [*self.batches(), batch]
        return batch

    def stop(self, job: Job, owner: str, now: float) -> bool:
        """Take ``owner`` off a job; it stops when nobody else waits for it.

        Args:
            job: waiting, running or ended.
            owner: the visitor.
            now: seconds, on the queue's clock.

        Returns:
            Whether the worker that trains it is to be told.
        """
        if job.seen.pop(owner, None) is None or job.state.ended:
            return False
        self._line = None
        if job.seen:
            return False
        if job.state is State.QUEUED:
            self._end(job, State.STOPPED, now)
        return job.state is State.RUNNING

    def stop_all(self, batch: Batch, now: float) -> list[Job]:
        """Begin nothing more of a batch, and take its visitor off the jobs that are under way.

        Returns:
            The jobs whose workers are to be told to stop.
        """
        batch.stopped = True
        return [job for job in batch.active() if self.stop(job, batch.owner, now)]

    def touch(self, job: Job, owner: str, now: float) -> None:
        """Note that a visitor still looks at a job.

        Args:
            job: that they wait for.
            owner: the visitor.
            now: seconds, on the queue's clock.
        """
        if owner in job.seen:
            job.seen[owner] = now

    def touch_all(self, batch: Batch, now: float) -> None:
        """Note that a batch's visitor still looks."""
        batch.seen = now
        for job in batch.active():
            self.touch(job, batch.owner, now)

    def drop_abandoned(self, now: float) -> list[Job]:
        """Take visitors who have not looked for longer than the grace off their jobs and batches.

        Returns:
            The jobs whose workers are to be told to stop.
        """
        told = [job for batch in self.batches() if batch.seen < now - self.grace for job in self.stop_all(batch, now)]
        of_batches = {job.id for batch in self.batches() for job in batch.active()}
        for job in self.active():
            waits = job.state is State.QUEUED and job.id not in of_batches  # a batch would send the next one
            limit = now - (self.patience if waits else self.grace)
            gone = [owner for owner, seen in job.seen.items() if seen < limit]
            if gone and len(gone) == len(job.seen):
                job.abandoned = True
            told += [job for owner in gone if self.stop(job, owner, now)]
        return told

    # ------------------------------------------------------------------ what becomes of the jobs

    def feed(self, now: float, admit: Callable[[Trainable], Result | None]) -> None:
        """Put the next jobs of every batch into the queue, as far as there is room now.

        Args:
            now: seconds.
            admit: returns the result of what needs no training, None for what is to be trained, and raises
                :class:`RefusedJob` for what is not.
        """
        self._batches = self.batches()
        for batch in self._batches:
            while not batch.stopped and batch.waiting and len(batch.active()) < AT_ONCE:
                work = batch.waiting[0]
                try:
                    result = admit(work)
                    job = (
                        self.submit(work, batch.owner, now, batch.address)
                        if result is None
                        else trained_before(work, result, now)
                    )
                except NoRoom:
                    break  # until the next call
                except RefusedJob as refusal:
                    batch.refused[work.key] = str(refusal)
                else:
                    batch.jobs[work.key] = job
                batch.waiting.popleft()

    def start(self, slots: int, now: float) -> list[Job]:
        """Start the next jobs in line, so that as many run as there are slots, and return them."""
        room = slots - len(self.running())
        started = self.line()[:room] if room > 0 else ()
        for job in started:
            job.state, job.phase, job.started = State.RUNNING, "loading", now
            self._serve(job.seen)
            self.on_change(job)
        if started:
            self._line = None
        if all(job.state is not State.QUEUED for job in self._active.values()):
            self._served = self._of_those_here(self._served)
        return list(started)

    def done(self, job: Job, run: Result, now: float, warning: str = "") -> None:
        """End a running job with its result: trained to its end, or as far as its visitors let it.

        Args:
            job: that was trained.
            run: what became of it.
            now: seconds, on the queue's clock.
            warning: a sentence for the visitor; empty for none.
        """
        if job.state is State.RUNNING:
            job.run, job.warning = run, warning
            self._end(job, State.DONE if run.finished else State.STOPPED, now)

    def failed(self, job: Job, sentence: str, now: float) -> None:
        """End a running job that cannot be trained.

        Args:
            job: that failed.
            sentence: why, for the visitor.
            now: seconds, on the queue's clock.
        """
        if job.state is State.RUNNING:
            job.message = sentence
            self._end(job, State.FAILED, now)

    def lost(self, job: Job, now: float) -> None:
        """Note that the workers went away with a job: it waits again if it had not begun, and fails if it had."""
        if job.state is not State.RUNNING:
            return
        if not job.seen:
            self._end(job, State.STOPPED, now)
        elif job.report is not None:
            self.failed(job, "The training service went away in the middle of this run. Train it again.", now)
        else:
            job.state, job.phase = State.QUEUED, ""
            self._line = None
            self.on_change(job)

    def _of_those_here(self, noted: Mapping[str, Noted]) -> dict[str, Noted]:
        """Return what is noted of visitors without those who have nothing under way any more."""
        here = {owner for job in self._active.values() for owner in job.seen}
        return {owner: one for owner, one in noted.items() if owner in here}

    def _serve(self, owners: Iterable[str]) -> None:
        self._turns += 1
        self._served.update(dict.fromkeys(owners, self._turns))

    def _end(self, job: Job, state: State, now: float) -> None:
        job.ended_at = now
        job.state = state
        del self._active[job.id]
        self._line = None
        self._addresses = self._of_those_here(self._addresses)
        self.on_change(job)
        self._ended.append(job)
        if len(self._ended) > _HOLD_RUNS:
            oldest = self._ended.popleft()
            oldest.run = oldest.film = None  # its visitor has taken them by now, and the store has the run


def _turn(job: Job, served: Mapping[str, int]) -> int:
    """Return the key by which jobs in the line are sorted: the turn of whoever of its owners was served longest ago."""
    return -1 if job.started is not None else min(served.get(owner, 0) for owner in job.seen)


def trained_before(work: Trainable, run: Result, now: float, owner: str | None = None) -> Job:
    """Return a job that is already done, for a run that was trained before.

    Args:
        work: what was trained.
        run: its result.
        now: seconds, on the queue's clock.
        owner: the visitor who asked; None for a part of a batch.
    """
    return Job(work, state=State.DONE, run=run, ended_at=now, seen={} if owner is None else {owner: now})

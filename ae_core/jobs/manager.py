"""Serve pages with training jobs: the queue and the workers together, from any thread.

One :class:`JobManager` serves a whole web process. Its methods return at once; a thread of its own starts the
cluster, hands out jobs as their turn comes, and cleans up after visitors who left.
"""

from __future__ import annotations

import atexit
import logging
import math
import threading
import time
from collections.abc import Callable, Sequence

from ae_core.config.schema import Config
from ae_core.errors import LabError
from ae_core.jobs.batch import Batch
from ae_core.jobs.cluster import Cluster, connect
from ae_core.jobs.dispatcher import Dispatcher, Lost, Outcome, unexpected
from ae_core.jobs.forecast import Forecast
from ae_core.jobs.job import Job, State
from ae_core.jobs.lane import Lane
from ae_core.jobs.ledger import Ledger
from ae_core.jobs.limits import Limits, RefusedJob
from ae_core.jobs.messages import Failed, Report
from ae_core.jobs.pieces import PieceJob
from ae_core.jobs.queue import Queue, trained_before
from ae_core.jobs.snapshot import DRAINING, Snapshot
from ae_core.jobs.watch import Watch
from ae_core.runs.store import RunStore
from ae_core.tasks import trainable
from ae_core.tasks.piecewise import Piecewise
from ae_core.tasks.trainable import Result, Trainable
from ae_core.training.cost import Pace

log = logging.getLogger(__name__)

_TICK = 0.5  # seconds between two looks at the cluster and the queue when nothing else wakes the thread
# Seconds after which who has left, where it is known who is here: a reload takes two, a lost network mostly some more.
_PATIENCE = 7.0  # keeps a place in the line no longer
_GRACE = 20.0  # keeps a worker no longer
_FORETELL_EVERY = 1.0  # seconds; all who wait ask
_RETRY = 5.0  # seconds before the next attempt to reach a cluster


class JobManager:
    """What pages submit training jobs to: it queues, dispatches and supervises them.

    Args:
        store: where finished runs are kept.
        limits: what is too much.
        cluster: how to reach the workers; called again when they are lost.
        is_here: tells whether a visitor is here; None where that is not known, but for their looking.
        is_crowded: tells whether so many people look at pages that these need a core of their own.
    """

    def __init__(
        self,
        store: RunStore | None = None,
        limits: Limits | None = None,
        cluster: Callable[[], Cluster] = connect,
        is_here: Callable[[str], bool] | None = None,
        is_crowded: Callable[[], bool] = lambda: False,
    ) -> None:
        self.store = store or RunStore()
        self.limits = limits or Limits.from_environment()
        self.pace = Pace()
        self.ready = False  # whether workers are there and warm
        self.trouble = ""  # a sentence, while the workers cannot be had
        graces = {} if is_here is None else {"grace": _GRACE, "patience": _PATIENCE}
        self._is_here = is_here or (lambda owner: False)
        self._is_crowded = is_crowded
        self._queue = Queue(self.limits.per_visitor, self.limits.queue, per_address=self.limits.per_address, **graces)
        self._dispatcher = Dispatcher(cluster, self._on_report, self._on_outcome, self._on_warm)
        self._lane = Lane(self._dispatcher, self.limits, is_here)
        self._forecast = Forecast(lambda job: job.work.cost(self.pace).seconds)
        self._starts: tuple[float, dict[str, float]] = (-math.inf, {})  # as foretold at a moment
        self.draining = False  # whether nothing new is taken on, as the lab is about to be restarted
        self.ledger = Ledger("training")
        self._queue.on_change = self.ledger.note
        self.watch = Watch(self._dispatcher.identity)
        self.watch.start()
        self._lock = threading.RLock()  # around every use of the queue
        self._saving = threading.Lock()  # around the writing of a run
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="ae-jobs", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    # ------------------------------------------------------------------ what pages call

    def submit(self, config: Config | Trainable, owner: str, *, again: bool = False, address: str = "") -> Job:
        """Queue a run for ``owner``, or join the job that is already training the same.

        Args:
            config: what to train.
            owner: the visitor.
            again: whether to train it even if the store has it.
            address: of the visitor's network, whose visitors together may have only so many; empty where not known.

        Returns:
            The job; a stored run comes back as a job that is done.

        Raises:
            RefusedJob: the run is too large, or one too many.
        """
        work = trainable(config)
        run = self._admit(work, again)
        if run is not None:
            return trained_before(work, run, time.monotonic(), owner)
        self._refuse_while_draining()
        with self._lock:
            job = self._queue.submit(work, owner, time.monotonic(), address)
        self._wake.set()
        return job

    def submit_all(self, configs: Sequence[Config | Trainable], owner: str, address: str = "") -> Batch:
        """Queue a batch of runs for ``owner``, of which a few are in the queue at a time.

        Args:
            configs: what to train.
            owner: the visitor.
            address: of the visitor's network; empty where not known.

        Raises:
            RefusedJob: one of them is too large, or all of them together.
        """
        self._refuse_while_draining()
        self.limits.check_all(configs, self.pace)
        with self._lock:
            works = [trainable(config) for config in configs]
            batch = self._queue.submit_all(works, owner, time.monotonic(), address)
        self._wake.set()
        return batch

    def stop(self, job: Job, owner: str) -> None:
        """Take ``owner`` off a job; it stops when nobody else is waiting for it."""
        with self._lock:
            to_be_told = self._queue.stop(job, owner, time.monotonic())
        if to_be_told:
            self._dispatcher.stop(job)

    def stop_all(self, batch: Batch) -> None:
        """Stop what is running of a batch and begin nothing more of it; what is finished is kept."""
        with self._lock:
            to_be_told = self._queue.stop_all(batch, time.monotonic())
        for job in to_be_told:
            self._dispatcher.stop(job)

    def touch(self, job: Job, owner: str) -> None:
        """Note that ``owner`` is still looking; a job nobody looks at for minutes is stopped."""
        with self._lock:
            self._queue.touch(job, owner, time.monotonic())

    def touch_all(self, batch: Batch) -> None:
        """Note that a batch's visitor is still looking."""
        with self._lock:
            self._queue.touch_all(batch, time.monotonic())

    def submit_pieces(self, work: Piecewise, owner: str, address: str = "") -> PieceJob:
        """Take on work that a visitor waits for at the page; it is done piece by piece, in turns with everybody's.

        Args:
            work: to be done.
            owner: the visitor.
            address: of their network; empty where not known.

        Raises:
            RefusedJob: it is one too many.
        """
        self._refuse_while_draining()
        return self._lane.submit(work, owner, address)

    def stop_pieces(self, job: PieceJob, owner: str) -> None:
        """Stop such work of ``owner`` at once."""
        self._lane.stop(job, owner)

    def touch_pieces(self, job: PieceJob, owner: str) -> None:
        """Note that ``owner`` is still looking; work nobody looks at for minutes is stopped."""
        self._lane.touch(job, owner)

    def position(self, job: Job) -> int:
        """Return a job's place in the queue: 1 for the next, 0 for one that is no longer queued."""
        with self._lock:
            return self._queue.position(job)

    def seconds_until_start(self, job: Job) -> float | None:
        """Estimate in how many seconds a job that waits will start; None where that cannot be told."""
        if not self.ready or not self._dispatcher.slots:
            return None
        now = time.monotonic()
        with self._lock:
            if now - self._starts[0] > _FORETELL_EVERY or job.id not in self._starts[1]:
                line, running = self._queue.line(), self._queue.running()
                self._starts = now, self._forecast.starts(line, running, self._dispatcher.slots, now)
            start = self._starts[1].get(job.id)
        return None if start is None else max(0.0, start - now)

    def running(self) -> int:
        """Return how many jobs are training now."""
        with self._lock:
            return len(self._queue.running())

    def snapshot(self) -> Snapshot:
        """Return what an operator sees of the jobs and the workers now."""
        with self._lock:
            line, running, batches = self._queue.line(), self._queue.running(), self._queue.batches()
        return Snapshot(
            draining=self.draining,
            waiting=len(line),
            running=len(running),
            batches=len(batches),
            pieces=self._lane.count(),
            first_waits=self.ledger.waited(line[0]) if line else 0.0,
            outcomes=self.ledger.outcomes(),
            piece_outcomes=self._lane.ledger.outcomes(),
            health=self.watch.health(),
            workers=tuple(self.watch.workers()),
            trouble=self.trouble,
        )

    def _refuse_while_draining(self) -> None:
        if self.draining:
            raise RefusedJob(DRAINING)

    def close(self) -> None:
        """Stop serving jobs, and end the cluster if we started it."""
        if self._closed:
            return
        self._closed = True
        self.watch.close()
        self._lane.close()
        atexit.unregister(self.close)
        self._wake.set()
        self._thread.join(5)
        self._stop_what_runs()
        self._dispatcher.close()
        self._saving.acquire(timeout=5)  # for good: no thread is ended by the interpreter in the middle of a file

    def _stop_what_runs(self) -> None:
        """Have workers that outlive this process stop what nobody waits for any more."""
        with self._lock:
            running = self._queue.running()
        self.ledger.close()
        if running and self._dispatcher.takes_jobs:
            self._dispatcher.stop_now(running)

    # ------------------------------------------------------------------ the manager's own thread

    def _serve(self) -> None:
        while not self._closed:
            try:
                if self._dispatcher.connected and self._dispatcher.lost:
                    log.error("the training cluster is gone; starting over")
                    self._leave_cluster()
                if not self._dispatcher.connected:
                    self._dispatcher.start()
                    self.trouble = ""
                self._see_to_jobs()
            except Exception as error:  # the queue must outlive whatever happens to the cluster
                log.exception("the job manager hit an error")
                self.trouble = f"Training is not available at the moment ({type(error).__name__}). It is being retried."
                self._leave_cluster()
                self._wake.wait(_RETRY)
            self._wake.wait(_TICK)
            self._wake.clear()
        self._stop_what_runs()
        self._dispatcher.close()  # also what was still starting when it was closed

    def _see_to_jobs(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._touch_who_is_here(now)
            to_be_told = self._queue.drop_abandoned(now)
            self._queue.feed(now, self._admit)
            waiting = bool(self._queue.line())
        for job in to_be_told:
            self._dispatcher.stop(job)
        if not self._dispatcher.takes_jobs:
            return
        if self.ready:
            self._dispatcher.load_ahead({one.address: one.pieces for one in self.watch.workers()})
        slots = self._dispatcher.look() if waiting else 0  # a worker that was started again is another one
        with self._lock:
            started = self._queue.start(slots, now)
            running = len(self._queue.running())
        self._dispatcher.share_cores(running, self._is_crowded())
        for job in started:
            self._dispatcher.hand_out(job, 2 * self.limits.seconds)

    def _touch_who_is_here(self, now: float) -> None:
        for batch in self._queue.batches():
            if self._is_here(batch.owner):
                self._queue.touch_all(batch, now)
        for job in self._queue.active():
            for owner in [owner for owner in job.seen if self._is_here(owner)]:
                self._queue.touch(job, owner, now)

    def _leave_cluster(self) -> None:
        self.ready = False
        self._dispatcher.close()
        with self._lock:
            for job in self._queue.running():
                self._queue.lost(job, time.monotonic())

    def _admit(self, work: Trainable, again: bool = False) -> Result | None:
        """Return the stored run of ``work`` if there is one. Raises :class:`RefusedJob` for what is too large."""
        run: Result | None = None if again or work.private else self.store.get(work.key, work.from_bytes)
        if run is None:
            self.limits.check(work, self.pace)
        return run

    # ------------------------------------------------------------------ what the dispatcher calls, from its threads

    def _on_warm(self, pace: Pace | None) -> None:
        if not self._closed:
            self.pace = pace or self.pace
            self.ready = True

    def _on_report(self, report: Report) -> None:
        job = self._queue.get(report.job)  # without the lock: an event loop must not wait for a page
        if job is not None and job.state is State.RUNNING:
            job.hear(report.event)

    def _on_outcome(self, job: Job, outcome: Outcome) -> None:
        if isinstance(outcome, Lost):
            with self._lock:
                self._queue.lost(job, time.monotonic())
        elif isinstance(outcome, Failed):
            self._fail(job, outcome.sentence)
        else:
            try:
                self._finish(job, outcome.data)
            except LabError as error:
                self._fail(job, str(error))
            except Exception as error:  # a defect of ours; the visitor hears of it all the same
                log.exception("job %s cannot be read", job.id)
                self._fail(job, unexpected(error))
        self._wake.set()

    def _fail(self, job: Job, sentence: str) -> None:
        with self._lock:
            self._queue.failed(job, sentence, time.monotonic())

    def _finish(self, job: Job, data: bytes) -> None:
        run, warning = job.work.from_bytes(data), ""
        if run.finished and run.seconds > 1:  # shorter ones are mostly noise
            cost = job.work.cost(self.pace)
            self.pace = self.pace.corrected(cost.group, cost.seconds, run.seconds)
        # one that was cut short is not what its settings describe: never filed under their key; nor what is one visitor's
        if run.finished and not job.work.private:
            try:
                with self._saving:
                    self.store.put(job.key, data)
            except OSError as error:
                warning = (
                    f"This run could not be kept on the server ({error.strerror or error}). "
                    "Download it if you want it after this visit."
                )
        with self._lock:
            self._forecast.learn(job, run.seconds, time.monotonic())
            self._queue.done(job, run, time.monotonic(), warning)

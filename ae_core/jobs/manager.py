"""The queue between visitors and workers.

One :class:`JobManager` serves a whole web process. Its methods return at once and may be called from any thread; a
thread of its own starts the cluster, hands out jobs in their order, and cleans up after visitors who left.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import torch

from ae_core.config.schema import Config
from ae_core.errors import LabError
from ae_core.jobs import work
from ae_core.jobs.batch import Batch
from ae_core.jobs.cluster import Cluster, connect
from ae_core.jobs.limits import Limits, NoRoom
from ae_core.runs import checkpoint
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.training.cost import Pace
from ae_core.training.film import Film

log = logging.getLogger(__name__)

_TICK = 0.5  # seconds between two looks at the cluster and the queue when nothing else wakes the thread
_GRACE = 180.0  # a browser tells a hidden tab to be quiet for minutes; leaving must look different from that
_HANDOVER = 20.0  # seconds for a finished result to arrive; of a client that was closed meanwhile it never does
_KEPT = 200  # ended jobs remembered, so that a page that was away learns how its job ended


class State(StrEnum):
    """Where a job is on its way to becoming a run."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in (State.DONE, State.STOPPED, State.FAILED)


@dataclass(eq=False)
class Job:
    """A Config on its way to becoming a Run. Read its fields at any time; only the manager writes them."""

    config: Config
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = State.QUEUED
    phase: str = ""  # while running: "loading", "training" or "measuring"
    report: dict[str, Any] = field(default_factory=dict)  # the latest of :func:`ae_core.jobs.work.to_message`
    pca_mse: float | None = None  # of PCA at its code size, on the images behind the held-out curve
    film: Film | None = None  # so far, at most some 400 kB
    run: Run | None = None
    message: str = ""  # a sentence, when failed
    warning: str = ""  # a sentence, when done but not kept
    seen: dict[str, float] = field(default_factory=dict)  # when each owner last looked
    started: float | None = None
    ended_at: float | None = None

    @property
    def key(self) -> str:
        """The key of its Config."""
        return self.config.key

    @property
    def share_done(self) -> float:
        """Steps done over all steps, in [0, 1]."""
        steps = self.report.get("steps") or 0
        return float(self.report["step"]) / steps if steps else 0.0


class JobManager:
    """Queue, dispatch and supervise training jobs.

    Args:
        store: where finished runs are kept.
        limits: what is too much.
        cluster: how to reach the workers; called again when they are lost.
    """

    def __init__(
        self,
        store: RunStore | None = None,
        limits: Limits | None = None,
        cluster: Callable[[], Cluster] = connect,
    ) -> None:
        self.store = store or RunStore()
        self.limits = limits or Limits.from_environment()
        self.pace = Pace()
        self.ready = False  # whether workers are there and warm
        self.trouble = ""  # a sentence, while the workers cannot be had
        self._connect = cluster
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._closed = False
        self._jobs: dict[str, Job] = {}  # by id, in the order of arrival
        self._batches: list[Batch] = []
        self._futures: dict[str, Any] = {}
        self._cluster: Cluster | None = None
        self._client: Any = None
        self._slots = 1
        self._topic = f"ae-lab-progress-{uuid.uuid4().hex}"
        self._thread = threading.Thread(target=self._serve, name="ae-jobs", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    # ------------------------------------------------------------------ what pages call

    def submit(self, config: Config, owner: str, *, again: bool = False) -> Job:
        """Queue a run for ``owner``, or join the job that is already training the same Config.

        A stored run comes back as a job that is done, unless it is to be trained ``again``. Raises :class:`RefusedJob` for one too large or one too many.
        """
        config = config.canonical()
        run = None if again else self.store.get(config.key)
        if run is not None:
            return Job(config, state=State.DONE, run=run, seen={owner: time.monotonic()})
        self.limits.check(config, self.pace)
        with self._lock:
            twin = next((job for job in self._active() if job.key == config.key and job.seen), None)
            mine = [job for job in self._active() if owner in job.seen and job is not twin]
            if len(mine) >= self.limits.per_visitor:
                raise NoRoom(
                    f"You have {len(mine)} runs training or waiting, which is the most one visitor may have. "
                    "Wait for one to finish, or stop one."
                )
            if twin is not None:
                twin.seen[owner] = time.monotonic()
                return twin
            if len(self._active()) >= self.limits.queue:
                raise NoRoom(
                    f"{len(self._active())} runs are waiting, which is all the queue holds. Try again in a minute; "
                    "finished runs can be looked at meanwhile."
                )
            job = Job(config, seen={owner: time.monotonic()})
            self._jobs[job.id] = job
            self._forget_old()
        self._wake.set()
        return job

    def submit_all(self, configs: Sequence[Config], owner: str) -> Batch:
        """Have ``configs`` trained for ``owner``, a few in the queue at a time.

        Raises :class:`RefusedJob` when one of them is too large, or all of them together.
        """
        self.limits.check_all(configs, self.pace)
        batch = Batch(self, configs, owner)
        with self._lock:
            self._batches.append(batch)
        self._wake.set()
        return batch

    def stop(self, job: Job, owner: str) -> None:
        """Let ``owner`` go. The job itself stops when nobody else is waiting for it."""
        with self._lock:
            job.seen.pop(owner, None)
            if not job.seen:
                self._stop_now(job)

    def touch(self, job: Job, owner: str) -> None:
        """Say that ``owner`` is still looking; a job nobody looks at for minutes is stopped."""
        if owner in job.seen:
            job.seen[owner] = time.monotonic()

    def position(self, job: Job) -> int:
        """1 for the next in the queue; 0 when it is no longer queued."""
        with self._lock:
            waiting = [other for other in self._jobs.values() if other.state is State.QUEUED]
            return waiting.index(job) + 1 if job in waiting else 0

    def running(self) -> int:
        """How many jobs are training now."""
        with self._lock:
            return sum(job.state is State.RUNNING for job in self._jobs.values())

    def close(self) -> None:
        """Stop serving and end a cluster of our own."""
        if self._closed:
            return
        self._closed = True
        self._wake.set()
        self._thread.join(5)
        self._disconnect()

    # ------------------------------------------------------------------ the manager's own thread

    def _serve(self) -> None:
        while not self._closed:
            try:
                if self._client is None:
                    self._start()
                if self._lost():
                    self._recover()
                self._drop_abandoned()
                self._feed_batches()
                if self._client.status == "running":
                    self._dispatch()
            except Exception as error:  # the queue must outlive whatever happens to the cluster
                log.exception("the job manager hit an error")
                self.trouble = f"Training is not available at the moment ({type(error).__name__}). It is being retried."
                self._disconnect()
                self._wake.wait(5)
            self._wake.wait(_TICK)
            self._wake.clear()
        self._disconnect()  # also what was still starting when it was closed

    def _start(self) -> None:
        from distributed import Client

        self._cluster = self._connect()
        self._client = Client(self._cluster.address, timeout="20s", set_as_default=False, name="ae-lab")
        self._client.subscribe_topic(self._topic, self._on_event)
        self._client.wait_for_workers(1, timeout=60)
        self._slots = max(1, sum(self._client.nthreads().values()))
        self.trouble = ""
        future = self._client.submit(work.warm_up, pure=False)
        future.add_done_callback(self._on_warm)
        self._futures["warm-up"] = future

    def _on_warm(self, future: Any) -> None:
        if self._closed:
            return
        with contextlib.suppress(Exception):
            self.pace = Pace(**future.result(_HANDOVER))
        self._futures.pop("warm-up", None)
        self.ready = True

    def _lost(self) -> bool:
        return not self._cluster_alive() or self._client.status not in ("running", "connecting")

    def _cluster_alive(self) -> bool:
        return self._cluster is not None and self._cluster.alive

    def _recover(self) -> None:
        log.error("the training cluster is gone; starting over")
        with self._lock:
            for job in self._active():
                if job.state is State.RUNNING:
                    self._service_lost(job)
        self._disconnect()
        self._start()

    def _disconnect(self) -> None:
        client, cluster = self._client, self._cluster
        self._client = self._cluster = None
        self.ready = False
        self._futures.clear()
        with contextlib.suppress(Exception):
            if client is not None:
                client.close(timeout=2)
        with contextlib.suppress(Exception):
            if cluster is not None:
                cluster.close()

    def _dispatch(self) -> None:
        with self._lock:
            free = self._slots - self.running()
            waiting = [job for job in self._jobs.values() if job.state is State.QUEUED]
            for job in waiting[: max(0, free)]:
                job.state, job.phase, job.started = State.RUNNING, "loading", time.monotonic()
                future = self._client.submit(
                    work.train_job,
                    job.config.to_json(),
                    job.id,
                    self._topic,
                    self.limits.seconds * 2,
                    key=f"train-{job.id}",
                    pure=False,
                )
                self._futures[job.id] = future
                future.add_done_callback(lambda future, job=job: self._on_done(job, future))

    def _on_event(self, event: Any) -> None:
        """A report from a worker; runs on the client's event loop, so it only stores."""
        _, message = event
        job = self._jobs.get(message.get("job", ""))
        if job is None or job.state.ended:
            return
        job.phase = message["phase"]
        if job.phase == "loading":
            job.pca_mse = message["pca_mse"]
        if job.phase != "training":
            return
        snapshot, points = message.pop("snapshot"), message.pop("points")
        if snapshot is not None:
            job.film = _longer(job.film, message["epoch"], snapshot, points)
        job.report = message

    def _on_done(self, job: Job, future: Any) -> None:
        from distributed import KilledWorker

        data = b""
        try:
            data = future.result(_HANDOVER)
            run = checkpoint.from_bytes(data)
        except KilledWorker:
            self._fail(
                job,
                "The worker that trained this run died, most likely for want of memory. "
                "Train again with a smaller network or a smaller batch.",
            )
        except LabError as error:
            self._fail(job, str(error))
        except (asyncio.CancelledError, concurrent.futures.CancelledError, OSError):
            self._service_lost(job)  # the scheduler went away, and all futures with it
        except Exception as error:  # a defect of ours; the visitor hears of it all the same
            if not job.state.ended and not self._closed:
                log.exception("job %s failed", job.id)
                self._fail(job, f"Training failed unexpectedly ({type(error).__name__}). Train it again.")
        else:
            self._finish(job, run, data)
        finally:
            with self._lock:
                self._futures.pop(job.id, None)
            self._wake.set()

    def _service_lost(self, job: Job) -> None:
        """Fail a job that was training when its cluster went away; one that had not begun waits for the next."""
        with self._lock:
            if job.state is State.RUNNING and not job.report:
                job.state, job.phase = State.QUEUED, ""
                return
        self._fail(job, "The training service went away in the middle of this run. Train it again.")

    def _finish(self, job: Job, run: Run, data: bytes) -> None:
        if run.finished and run.seconds > 1:  # shorter ones are mostly noise
            self.pace = self.pace.corrected(run.config, run.seconds)
        if run.finished:  # one that was cut short is not what its Config describes: never filed under its key
            try:
                self.store.put(job.key, data)
            except OSError as error:
                job.warning = (
                    f"This run could not be kept on the server ({error.strerror or error}). "
                    "Download it if you want it after this visit."
                )
        with self._lock:
            job.run = run
            job.state = State.DONE if run.finished else State.STOPPED
            job.ended_at = time.monotonic()

    def _fail(self, job: Job, sentence: str) -> None:
        with self._lock:
            if not job.state.ended:
                job.state, job.message, job.ended_at = State.FAILED, sentence, time.monotonic()

    def _stop_now(self, job: Job) -> None:
        if job.state is State.QUEUED:
            job.state, job.ended_at = State.STOPPED, time.monotonic()
        elif job.state is State.RUNNING and self._client is not None:
            from distributed import Event

            client = self._client
            # a round trip to the scheduler, and the caller is a page
            threading.Thread(
                target=lambda: Event(work.stop_event_name(job.id), client=client).set(), daemon=True
            ).start()

    def _drop_abandoned(self) -> None:
        limit = time.monotonic() - _GRACE
        with self._lock:
            for job in self._active():
                if not job.seen:
                    continue
                for owner in [owner for owner, seen in job.seen.items() if seen < limit]:
                    del job.seen[owner]
                if not job.seen:
                    self._stop_now(job)

    def _feed_batches(self) -> None:
        limit = time.monotonic() - _GRACE
        for batch in list(self._batches):
            if batch.seen < limit:
                batch.stop()
            batch.feed()
        with self._lock:
            self._batches = [batch for batch in self._batches if not batch.ended]

    def _active(self) -> list[Job]:
        return [job for job in self._jobs.values() if not job.state.ended]

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs.values() if job.state.ended]
        for job in ended[: max(0, len(ended) - _KEPT)]:
            del self._jobs[job.id]
        for job in ended[:-20]:
            job.run = job.film = None  # memory: its visitor has taken them by now, and the store has the run


def _longer(film: Film | None, epoch: float, snapshot: dict[str, Any], points: dict[str, Any]) -> Film | None:
    """The film with one more frame: its reconstructions, and the points of every frame, which lie on a new plane."""
    frame = torch.from_numpy(np.frombuffer(snapshot["bytes"], np.uint8).reshape(1, *snapshot["shape"]).copy())
    places = torch.from_numpy(np.frombuffer(points["bytes"], np.float16).reshape(points["shape"]).astype(np.float32))
    now = torch.tensor([epoch])
    longer = Film(
        now if film is None else torch.cat([film.epochs, now]),
        frame if film is None else torch.cat([film.images, frame]),
        places,
    )
    return longer if len(longer.epochs) == len(places) else film  # a report was lost: better short than out of step

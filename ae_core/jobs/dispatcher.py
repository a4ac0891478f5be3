"""Give jobs to the workers of a Dask cluster and hear from them: all that the web process knows of Dask.

A dispatcher starts the cluster or connects to one, gives jobs and pieces out, and says what its workers tell of them.
What is to be done about that is for its owners, :mod:`.manager` and :mod:`.lane`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ae_core.jobs import worker
from ae_core.jobs.cluster import PIECES, Cluster, threads_each
from ae_core.jobs.job import Job
from ae_core.jobs.messages import Answer, Done, Failed, Report, Unreadable, Warm, from_wire
from ae_core.tasks.piecewise import Piece
from ae_core.training.cost import Pace

log = logging.getLogger(__name__)

_LOOK = 5.0  # seconds after which a thread that waits for a result asks itself whether anybody still wants it
_LOOK_AT_PIECE = 1.0  # and one that waits for a piece's answer
_START = 60.0  # seconds for the first worker to be there
_PAUSE = 0.05  # seconds between two looks for that
_TOLD = 2.0  # seconds for the workers to be told to stop when this process ends
_HANDOVER = 20.0  # seconds for a finished result to arrive; of a client that was closed meanwhile it never does
_DIED = (
    "The worker that trained this run died, most likely for want of memory. "
    "Train again with a smaller network or a smaller batch."
)


@dataclass(frozen=True)
class Lost:
    """The outcome of a job or a piece whose cluster went away."""


@dataclass(frozen=True)
class Died:
    """The outcome of a piece whose worker died."""


Outcome = Done | Failed | Lost


class Dispatcher:
    """A connection to a cluster. One thread starts, asks and closes it; the callbacks come from threads of its own.

    Args:
        connect: how to reach a cluster; called again by each :meth:`start`.
        on_report: is told how jobs go on. It must not wait for anything.
        on_outcome: is told of each job that was given out how that ended, once.
        on_warm: is told the machine's pace when the first worker is warm; None when it could not be measured.
    """

    def __init__(
        self,
        connect: Callable[[], Cluster],
        on_report: Callable[[Report], None],
        on_outcome: Callable[[Job, Outcome], None],
        on_warm: Callable[[Pace | None], None],
    ) -> None:
        self.slots = 0  # jobs that can be trained at a time
        self.piece_slots = 0  # pieces that can be computed at a time
        self._connect = connect
        self._on_report = on_report
        self._on_outcome = on_outcome
        self._on_warm = on_warm
        self._cluster: Cluster | None = None
        self._client: Any = None
        self._connection: Any = None  # the client's, as it was at first
        self._training: set[str] = set()  # the addresses of the workers that train
        self._loads: dict[str, Any] = {}  # futures of what they load in advance, by these addresses
        self._shared: tuple[int, frozenset[str]] | None = None  # threads each, and of which workers, as told last
        self._telling = threading.Lock()
        self._apart = False  # whether there are workers for pieces alone
        self._asked: dict[Piece, Any] = {}  # the futures of pieces
        self._given_out: dict[str, Any] = {}  # futures by what they are of: a job's id, or the warming up
        self._topic = f"ae-lab-progress-{uuid.uuid4().hex}"

    @property
    def connected(self) -> bool:
        """Whether it was started, and not closed since."""
        return self._client is not None

    @property
    def lost(self) -> bool:
        """Whether the cluster it was connected to has gone, or was gone for a while.

        A client that has connected again asks for its futures, but hears none of the topics that it was subscribed to.
        """
        cluster, client = self._cluster, self._client
        if cluster is None or not cluster.alive or client.status not in ("running", "connecting"):
            return True
        return client.status == "running" and client.scheduler_comm is not self._connection

    @property
    def takes_jobs(self) -> bool:
        """Whether jobs can be given out now."""
        client = self._client
        return client is not None and client.status == "running"

    def start(self) -> None:
        """Connect to a cluster, wait for its first worker and have it warm up. Raises whatever goes wrong with that."""
        from distributed import Client

        self._cluster = self._connect()
        self._apart = self._cluster.pieces  # before anything can be given out
        self._client = Client(self._cluster.address, timeout="20s", set_as_default=False, name="ae-lab")
        self._connection = self._client.scheduler_comm
        self._client.subscribe_topic(self._topic, self._hear)
        deadline = time.monotonic() + _START
        while not self.look():
            if time.monotonic() > deadline:
                raise TimeoutError("no worker came that trains")
            time.sleep(_PAUSE)
        self._give_out("warm-up", self._warmed, worker.warm_up)

    def look(self) -> int:
        """See which workers there are, and return how many jobs they can train at a time; 0 when nobody answers."""
        try:
            there = self._workers()
        except OSError:  # or too late; a scheduler that has gone is noticed elsewhere
            return 0
        self._training = {address for address, (_, apart) in there.items() if not apart}
        self.slots = sum(threads for threads, apart in there.values() if not apart)
        pieces = sum(threads for threads, apart in there.values() if apart)
        # our own worker for pieces is waited for while it is started; of somebody else's cluster who is there counts
        self._apart = pieces > 0 or (self._cluster is not None and self._cluster.pieces)
        self.piece_slots = max(1, pieces) if self._apart else self.slots
        return self.slots

    def _workers(self) -> dict[str, tuple[int, bool]]:
        """Return by address of each worker how many threads it has, and whether it is for pieces alone."""
        workers = self.identity()["workers"]
        return {address: (of["nthreads"], bool(of["resources"].get(PIECES))) for address, of in workers.items()}

    def load_ahead(self, workers: Mapping[str, bool]) -> None:
        """Have workers load what their first run or piece would wait for, each once.

        Not before the machine's pace is known, which they would disturb: see :meth:`start`.

        Args:
            workers: all that there are now, by their addresses, and whether each is for pieces alone.
        """
        client = self._client
        if client is None:
            return
        for address in self._loads.keys() - workers.keys():
            self._loads.pop(address).release()  # or it would wait at the scheduler for ever
        for address in workers.keys() - self._loads.keys():
            key = f"load-{uuid.uuid4().hex}"
            load = worker.load_for_pieces if workers[address] else worker.load
            self._loads[address] = client.submit(load, key=key, pure=False, workers=[address])

    def identity(self) -> dict[str, Any]:
        """Return what the scheduler says of itself and its workers. Raises OSError when it does not answer."""
        client = self._client
        if client is None:
            raise OSError("not connected to a scheduler")
        identity: dict[str, Any] = client.sync(client.scheduler.identity, n_workers=-1, callback_timeout=_LOOK)
        return identity

    def hand_out(self, job: Job, max_seconds: float) -> None:
        """Give a job to a worker, which trains it for at most ``max_seconds``."""
        work = job.work
        self._give_out(
            job.id,
            lambda future: self._on_outcome(job, _outcome(job, future)),
            worker.train_job,
            work.kind,
            work.to_json(),
            job.id,
            self._topic,
            max_seconds,
            work.enclosed,
        )

    def share_cores(self, running: int, crowded: bool = False) -> None:
        """Have runs that are under way share the machine's cores, where it is ours. Returns at once.

        Args:
            running: how many there are.
            crowded: whether one core is left to the web process, as many people are looking at pages.
        """
        cluster, client = self._cluster, self._client
        if cluster is None or client is None or not cluster.cores:
            return
        shared = threads_each(cluster.cores - crowded, running), frozenset(self._training)
        if shared != self._shared:
            self._shared = shared
            # in a thread, as it waits for a worker that does not answer
            threading.Thread(target=self._tell_shared, daemon=True).start()

    def _tell_shared(self) -> None:
        with self._telling, contextlib.suppress(Exception):  # who has gone meanwhile shares nothing
            threads, workers = self._shared or (0, frozenset())
            if client := self._client:
                client.run(worker.take_threads, threads, workers=sorted(workers), on_error="ignore")

    def stop(self, job: Job) -> threading.Thread:
        """Ask the worker that trains a job to end it, in a thread that ends when the scheduler has been told."""
        from distributed import Event

        client, event = self._client, worker.stop_event_name(job.id)

        def tell() -> None:
            try:
                if client is not None:
                    Event(event, client=client).set()
            except Exception as error:  # the scheduler goes away in this moment, and the job with it
                log.warning("job %s could not be told to stop: %s", job.id, error)

        telling = threading.Thread(target=tell, daemon=True)
        telling.start()
        return telling

    def stop_now(self, jobs: Iterable[Job]) -> None:
        """Ask the workers that train these jobs to end them, and wait until they have been told; at most two seconds."""
        if self._cluster is not None and self._cluster.process is not None:
            return  # they end with the cluster
        deadline = time.monotonic() + _TOLD
        for telling in [self.stop(job) for job in jobs]:
            telling.join(max(0.0, deadline - time.monotonic()))

    def ask(self, piece: Piece, wanted: Callable[[], bool], max_seconds: float) -> Answer | Failed | Died | Lost:
        """Have a piece computed and wait for its answer; of what is not wanted any more it is :class:`Lost`.

        Nothing of the piece is left with scheduler and workers after this.

        Args:
            piece: to be computed.
            wanted: asked once a second whether anybody still waits for it.
            max_seconds: that computing it may take, after which it is given up; waiting for a worker does not count.
        """
        from distributed import KilledWorker

        client = self._client
        try:
            where = self._where_pieces_go()
            future = client.submit(
                worker.compute_piece,
                piece.function,
                piece.arguments,
                max_seconds,
                key=f"piece-{uuid.uuid4().hex}",
                pure=False,
                **where,
            )
            self._asked[piece] = future
            try:
                while wanted():
                    try:
                        future.exception(timeout=_LOOK_AT_PIECE)
                    except TimeoutError:
                        if client is not self._client or where != self._where_pieces_go():
                            return Lost()  # it would wait for what is not there any more
                    else:
                        break
                else:
                    return Lost()
                message = from_wire(future.result(_HANDOVER))
            finally:
                del self._asked[piece]
                future.release()
        except KilledWorker:
            return Died()
        except (asyncio.CancelledError, concurrent.futures.CancelledError, OSError):
            return Lost()  # the scheduler went away, or the piece was forgotten
        except Exception as error:
            if client is not self._client or client is None or client.status != "running":
                return Lost()
            log.exception("a piece failed")  # a defect of ours; the visitor hears of it all the same
            return Failed(unexpected_at_piece(error))
        if isinstance(message, (Answer, Failed)):
            return message
        log.error("a piece was answered by %s", type(message).__name__)
        return Failed(unexpected_at_piece(TypeError()))

    def forget(self, piece: Piece) -> None:
        """Wait no longer for a piece's answer; at once, from any thread."""
        if (future := self._asked.get(piece)) is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and the piece gone
                future.release()

    def _where_pieces_go(self) -> dict[str, Any]:
        """Return what Dask is told of where a piece may go, and how urgent it is where it has to wait with training."""
        if self._cluster is not None and not self._cluster.pieces:
            self.look()
        return {"resources": {PIECES: 1}} if self._apart else {"priority": 1}

    def close(self) -> None:
        """Leave the cluster, and end it if it is our own. Nothing is told of the jobs that it still had."""
        client, cluster = self._client, self._cluster
        self._client = self._cluster = self._shared = None
        self._given_out.clear()
        self._loads.clear()
        with contextlib.suppress(Exception):
            if client is not None:
                client.close(timeout=2)
        with contextlib.suppress(Exception):
            if cluster is not None:
                cluster.close()

    def _give_out(self, name: str, when_done: Callable[[Any], None], task: Callable[..., Any], *arguments: Any) -> None:
        workers = set(self._training)
        future = self._client.submit(
            task, *arguments, key=f"{name}-{uuid.uuid4().hex}", pure=False, workers=sorted(workers)
        )
        self._given_out[name] = future
        # A thread of our own for each: Dask's callbacks go through an executor that is closed before the interpreter
        # ends, and those of a run that is handed over just then fail with a traceback.
        threading.Thread(
            target=self._wait, args=(name, future, workers, when_done), name=f"waits-for-{name}", daemon=True
        ).start()

    def _wait(self, name: str, future: Any, workers: set[str], when_done: Callable[[Any], None]) -> None:
        def wanted() -> bool:
            return self._given_out.get(name) is future

        while wanted():
            try:
                future.exception(timeout=_LOOK)  # returns when it has ended, however it ended
            except TimeoutError:
                if not self._are_gone(workers):
                    continue
                future.release()  # a worker that is started again has another address: it would wait for ever
            except Exception:
                log.debug("%s: its result says this again", name, exc_info=True)
            break
        if wanted():
            when_done(future)
        if wanted():
            del self._given_out[name]

    def _are_gone(self, workers: set[str]) -> bool:
        try:
            return workers.isdisjoint(self._workers())
        except Exception:
            return False  # the scheduler does not answer, which is another matter

    def _hear(self, event: Any) -> None:
        """Pass on a message of a worker. Runs on the client's event loop, which nothing must end."""
        try:
            _, wire = event
            message = from_wire(wire)
        except (Unreadable, TypeError, ValueError) as error:
            log.warning("ignoring what a worker says: %s", error)
            return
        if isinstance(message, Report):
            self._on_report(message)

    def _warmed(self, future: Any) -> None:
        pace = None
        try:
            message = from_wire(future.result(_HANDOVER))
            pace = message.pace if isinstance(message, Warm) else None
        except (Exception, asyncio.CancelledError, concurrent.futures.CancelledError) as error:
            if self._client is not None:  # not because it was closed meanwhile
                log.warning("the machine's pace could not be measured: %s", error)
        self._on_warm(pace)


def _outcome(job: Job, future: Any) -> Outcome:
    """Return how a job ended, whatever its future says."""
    from distributed import KilledWorker

    try:
        message = from_wire(future.result(_HANDOVER))
    except KilledWorker:
        return Failed(_DIED)
    except (asyncio.CancelledError, concurrent.futures.CancelledError, OSError):
        return Lost()  # the scheduler went away, and all futures with it
    except Exception as error:  # a defect of ours; the visitor hears of it all the same
        log.exception("job %s failed", job.id)
        return Failed(unexpected(error))
    if isinstance(message, (Done, Failed)):
        return message
    log.error("job %s ended with %s", job.id, type(message).__name__)
    return Failed(unexpected(TypeError()))


def unexpected(error: Exception) -> str:
    """Return the sentence that a visitor is told when training failed by a defect of the lab."""
    return f"Training failed unexpectedly ({type(error).__name__}). Train it again."


def unexpected_at_piece(error: Exception) -> str:
    """Return the sentence that a visitor is told when a piece of their work failed by a defect of the lab."""
    return f"This failed unexpectedly ({type(error).__name__}). Try it again."

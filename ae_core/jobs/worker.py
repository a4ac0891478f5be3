"""Train a job inside a worker process, whatever its task, watched and stopped from outside; or compute a piece."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

import torch

from ae_core import tasks
from ae_core.errors import LabError
from ae_core.jobs.messages import Answer, Done, Failed, Report, Warm, to_wire
from ae_core.tasks import autoencoder
from ae_core.tasks.trainable import Event, Loading, Measuring
from ae_core.training.cost import calibrate
from ae_core.training.loop import choose_device


def stop_event_name(job_id: str) -> str:
    """Return the name of the Dask event that asks a job to stop."""
    return f"ae-lab-stop-{job_id}"


def train_job(
    kind: str, settings: str, job_id: str, topic: str, max_seconds: float, enclosed: Any = None
) -> dict[str, Any]:
    """Train a job of any task.

    Args:
        kind: of task, see :func:`ae_core.tasks.find`.
        settings: what to train, as that task writes it.
        job_id: names the job in reports, and in the event that asks it to stop.
        topic: the Dask topic that reports go to.
        max_seconds: after which it ends with what was learned so far.
        enclosed: what the task needs beside its settings, see :class:`ae_core.tasks.trainable.Trainable`.

    Returns:
        The :class:`Done` or :class:`Failed` of :mod:`ae_core.jobs.messages`, as a dictionary.
    """
    from distributed import get_worker

    prepare()
    worker = get_worker()
    stopped = _watch_for_stop(job_id)
    deadline = time.monotonic() + max_seconds

    def report(event: Event) -> None:
        if isinstance(event, Measuring):
            release_memory()  # the steps are done with theirs, and measuring needs its own
        worker.log_event(topic, to_wire(Report(job_id, event)))

    def should_stop() -> bool:  # asked ten times a second
        _follow_threads()
        return stopped.is_set() or time.monotonic() > deadline

    try:
        report(Loading())
        task = tasks.find(kind)
        result = task.from_json(settings).with_enclosed(enclosed).train(report, should_stop)
        return to_wire(Done(task.to_bytes(result)))
    except LabError as error:
        return to_wire(Failed(str(error)))
    finally:
        stopped.set()
        release_memory()


def compute_piece(function: Callable[..., Any], arguments: tuple[Any, ...], max_seconds: float) -> dict[str, Any]:
    """Compute a piece of what a visitor waits for.

    Args:
        function: of the piece.
        arguments: that it is called with.
        max_seconds: after which it is given up. No thread can be ended from outside: what does not end stays in one of
            its own, where it takes computing time from what comes after it, and keeps nobody waiting.

    Returns:
        The :class:`Answer` or :class:`Failed` of :mod:`ae_core.jobs.messages`, as a dictionary.
    """
    prepare()
    computed: Future[Any] = Future()

    def compute() -> None:
        prepare()  # the number of PyTorch's threads is each thread's own
        try:
            computed.set_result(function(*arguments))
        except BaseException as error:
            computed.set_exception(error)

    threading.Thread(target=compute, name="piece", daemon=True).start()
    if not wait([computed], max_seconds).done:
        return to_wire(
            Failed(
                f"A part of this took longer than {max_seconds:.0f} seconds, and was given up. "
                "Try it again, or take a smaller picture."
            )
        )
    try:
        return to_wire(Answer(computed.result()))
    except LabError as error:
        return to_wire(Failed(str(error)))


def warm_up() -> dict[str, Any]:
    """Load what the first run would wait for, time the machine, and return :class:`Warm` as a dictionary."""
    load()
    pace = calibrate(choose_device())
    release_memory()
    return to_wire(Warm(pace))


def load() -> None:
    """Load what this worker's first run would wait for: the images, and every library on its way."""
    prepare()
    autoencoder.warm_up()
    release_memory()


def load_for_pieces() -> None:
    """Load what this worker's first pieces would wait for: the networks that repair photographs, and their libraries."""
    from ae_core.tasks.restoration import work  # seconds, which no worker that trains has to spend

    prepare()
    work.warm_up()
    release_memory()


def release_memory() -> None:
    """Give freed memory back to the system, which a worker does not do between steps (see :mod:`.cluster`)."""
    with contextlib.suppress(OSError, AttributeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)


def prepare() -> None:
    """Set PyTorch's threads to as many as this worker was given, and import scikit-learn without pandas.

    scikit-learn imports pandas wherever it finds it, for data frames that no worker ever sees: 50 MB.
    """
    if "sklearn" not in sys.modules and "pandas" not in sys.modules:
        sys.modules["pandas"] = None  # type: ignore[assignment]  # how Python spells "not installed"
        try:
            import sklearn  # noqa: F401
        finally:
            del sys.modules["pandas"]
    _follow_threads()


_threads = int(os.environ.get("AE_WORKER_THREADS", "0"))  # 0 for PyTorch's choice


def take_threads(count: int) -> None:
    """Have what is computed here use so many threads from now on, even what is under way; any thread may call this."""
    global _threads
    _threads = count


def _follow_threads() -> None:
    """Give this thread's computations as many threads as :func:`take_threads` was told last."""
    if _threads and torch.get_num_threads() != _threads:
        torch.set_num_threads(_threads)


def _watch_for_stop(job_id: str) -> threading.Event:
    """Return a local event that is set when the visitor's is; a thread waits for that so that training need not ask.

    It is set as well when the scheduler has cancelled the job: the web process that gave it out is gone, and nobody is left
    who could tell.
    """
    from distributed import Event, get_client, get_worker

    stopped = threading.Event()
    remote = Event(stop_event_name(job_id), client=get_client())
    worker, key = get_worker(), get_worker().get_current_task()

    def cancelled() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    def watch() -> None:
        while not stopped.is_set():
            try:
                if remote.wait(timeout=1) or cancelled():
                    stopped.set()
            except Exception:  # the scheduler is gone, and the job with it
                return

    threading.Thread(target=watch, name=f"stop-{job_id}", daemon=True).start()
    return stopped

"""What runs inside a worker process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import time
from typing import Any

import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import default_dataset
from ae_core.evaluation.metrics import squared_error
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit, images_of, pca_metrics, pca_of
from ae_core.training.cost import calibrate
from ae_core.training.loop import HELD_OUT_SAMPLE, Progress, choose_device

_FAR = 65504.0  # the largest number of 16 bits
_HISTORY_TAIL = 400  # points of the curves sent with a report


def stop_event_name(job_id: str) -> str:
    """The name of the Dask event that asks a job to stop."""
    return f"ae-lab-stop-{job_id}"


def train_job(settings: str, job_id: str, topic: str, max_seconds: float) -> bytes:
    """Train the Config written in ``settings`` and return the run as a checkpoint file.

    Reports go to the Dask event ``topic``. Ends early, with what was learned so far, when asked to or after
    ``max_seconds``.
    """
    from distributed import get_worker

    prepare()
    worker = get_worker()
    stopped = _watch_for_stop(job_id)
    deadline = time.monotonic() + max_seconds

    def report(progress: Progress) -> None:
        worker.log_event(topic, {"job": job_id, **to_message(progress)})

    def should_stop() -> bool:
        return stopped.is_set() or time.monotonic() > deadline

    def measuring() -> None:
        release_memory()  # the steps are done with theirs, and measuring needs its own
        worker.log_event(topic, {"job": job_id, "phase": "measuring"})

    try:
        worker.log_event(topic, {"job": job_id, "phase": "loading", "pca_mse": None})
        config = Config.from_json(settings)
        held_out = images_of(config.dataset)[1].images[:HELD_OUT_SAMPLE]  # those behind the held-out curve
        pca_mse = squared_error(pca_of(config.dataset).truncated(config.code_size), held_out)
        worker.log_event(topic, {"job": job_id, "phase": "loading", "pca_mse": pca_mse})
        run = fit(config, on_progress=report, should_stop=should_stop, on_measuring=measuring)
        return checkpoint.to_bytes(run)
    finally:
        stopped.set()
        release_memory()


def warm_up() -> dict[str, float]:
    """Load what the first run would wait for, time the machine, and return its pace as a dict."""
    prepare()
    pace = calibrate(choose_device()).to_dict()
    dataset = default_dataset()
    pca_metrics(dataset, VARIANTS["dense"].config(dataset).code_size)  # loads the images and every library on its way
    release_memory()
    return pace


def release_memory() -> None:
    """Give freed memory back to the system, which a worker does not do between steps (see :mod:`.cluster`)."""
    with contextlib.suppress(OSError, AttributeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)


def prepare() -> None:
    """PyTorch's threads, as many as this worker was given, and scikit-learn without pandas.

    scikit-learn imports pandas wherever it finds it, for data frames that no worker ever sees: 50 MB.
    """
    if "sklearn" not in sys.modules and "pandas" not in sys.modules:
        sys.modules["pandas"] = None  # type: ignore[assignment]  # how Python spells "not installed"
        try:
            import sklearn  # noqa: F401
        finally:
            del sys.modules["pandas"]
    threads = int(os.environ.get("AE_WORKER_THREADS", "0"))
    if threads and torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


def to_message(progress: Progress) -> dict[str, Any]:
    """A report as plain numbers, lists and bytes, which travel without pickling."""
    snapshot, points = progress.snapshot, progress.points
    return {
        "phase": "training",
        "step": progress.step,
        "steps": progress.steps,
        "epoch": progress.epoch,
        "seconds": progress.seconds,
        "seconds_left": progress.seconds_left,
        "images_per_second": progress.images_per_second,
        "history": {name: column[-_HISTORY_TAIL:] for name, column in progress.history.items()},
        "pretraining": progress.pretraining,
        "snapshot": None if snapshot is None else _array(snapshot),
        "points": None if points is None else _array(points.clamp(-_FAR, _FAR).half()),  # half the bytes, for drawing
    }


def _array(tensor: Tensor) -> dict[str, Any]:
    return {"bytes": tensor.numpy().tobytes(), "shape": list(tensor.shape)}


def _watch_for_stop(job_id: str) -> threading.Event:
    """A local event that is set when the visitor's is; a thread waits for it so that training need not ask."""
    from distributed import Event, get_client

    stopped = threading.Event()
    remote = Event(stop_event_name(job_id), client=get_client())

    def watch() -> None:
        while not stopped.is_set():
            try:
                if remote.wait(timeout=1):
                    stopped.set()
            except Exception:  # the scheduler is gone, and the job with it
                return

    threading.Thread(target=watch, name=f"stop-{job_id}", daemon=True).start()
    return stopped

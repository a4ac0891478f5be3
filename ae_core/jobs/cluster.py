"""The workers: a Dask cluster in a process of its own, or one that is already there.

The web process reaches both in one way, by address. A cluster started *inside* a Streamlit script would have its
children re-execute that script; a separate process is free of that, and of the web process's memory.

Beside those that train there is one worker for pieces (:mod:`.pieces`), which nothing else is given to. It has the
resource that :data:`PIECES` names; of somebody else's cluster the workers that were started with it are such ones.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

from ae_core import logs
from ae_core.paths import SOURCE_ROOT

ADDRESS_VARIABLE = "AE_DASK_ADDRESS"
PIECES = "pieces"  # the Dask resource of workers for pieces, and the name of our own one

# All of our processes give way to the one that answers people, and training to what somebody waits for at the page: of
# a core that both want pieces get a tenth beside the web process, and training an eighth beside pieces. Linux's idle
# class for training gives way no better than the highest niceness (a changed control is on screen 2 ms sooner, a
# fortieth) and costs training a fifth: the kernel takes a core that runs idlers alone for a free one and puts both
# threads of a run on it.
_NICENESS = 10
_NICENESS_OF_TRAINING = 19

_MOST_WORKERS = 8
_FOR_A_WORKER = 0.75 * 2**30  # bytes
_FOR_THE_REST = 2 * 2**30  # the web process, the scheduler, the worker for pieces, the system
_MOST_THREADS = 4  # of one run: networks of this size gain nothing from more
_THREADS_ON_GPU = 2
_LEAVE = 8.0  # seconds to end in once whoever started the cluster has gone


@dataclass
class Cluster:
    """The address of a Dask cluster, and the process behind it when we started that.

    Attributes:
        address: of its scheduler.
        process: its process; None of somebody else's cluster.
        pieces: whether it is known to have a worker for pieces, even if that is being started again.
        cores: which its workers that train share; 0 where each has its own, as those of somebody else's cluster do.
    """

    address: str
    process: subprocess.Popen[str] | None = None
    pieces: bool = False
    cores: int = 0

    @property
    def alive(self) -> bool:
        """Whether the process that we started still runs; a cluster of somebody else's is taken to."""
        return self.process is None or self.process.poll() is None

    def close(self) -> None:
        """End the process that we started: its standard input closes, and it shuts its workers down."""
        if self.process is None:
            return
        with contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def connect() -> Cluster:
    """Return the cluster at AE_DASK_ADDRESS, or start one. Raises RuntimeError when it does not start."""
    address = os.environ.get(ADDRESS_VARIABLE)
    return Cluster(address) if address else start_local()


def start_local(workers: int | None = None, cores: int | None = None) -> Cluster:
    """Start ``python -m ae_core.jobs.cluster`` and wait for its address.

    Args:
        workers: that train; None for as many as suit this machine.
        cores: that they share; None for all of this machine's.

    Raises:
        RuntimeError: it does not start.
    """
    command = [sys.executable, "-m", "ae_core.jobs.cluster"]
    if workers:
        command += ["--workers", str(workers)]
    if cores:
        command += ["--cores", str(cores)]
    paths = [str(SOURCE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,  # its end is how the cluster learns that we are gone, even if we were killed
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        said = json.loads(line)
        return Cluster(said["address"], process, pieces=True, cores=said["cores"])
    except (ValueError, KeyError, TypeError):
        process.kill()
        raise RuntimeError("the local training cluster did not start; its messages are in the server's log") from None


def shape_of_machine() -> tuple[int, int]:
    """Return how many workers are to train on this machine, and how many cores they share; 0 for GPUs, one to each.

    One worker a core, as far as memory goes: two runs of one thread each are far quicker than one after the other with two.
    """
    from dask.system import CPU_COUNT  # both know of containers that are given a part of a machine
    from distributed.system import MEMORY_LIMIT

    gpus = gpu_count()
    if gpus:
        return gpus, 0
    room = int((MEMORY_LIMIT - _FOR_THE_REST) / _FOR_A_WORKER)
    return max(1, min(CPU_COUNT, _MOST_WORKERS, room)), CPU_COUNT


def _give_way(niceness: int) -> None:
    """Lower the priority of this thread, and of the threads and processes that it starts from now on."""
    with contextlib.suppress(OSError, AttributeError):  # Windows has no niceness
        os.setpriority(os.PRIO_PROCESS, 0, max(niceness, os.getpriority(os.PRIO_PROCESS, 0)))


def dask_setup(worker: object) -> None:
    """Lower the priority of a worker that trains; Dask calls this in its main thread, before it is given anything."""
    _give_way(_NICENESS_OF_TRAINING)


def threads_each(cores: int, running: int) -> int:
    """Return how many threads each run gets of the cores that all of them share.

    Never more in all than there are cores: a thread whose partner waits for a core waits with it, so that two runs of two
    threads on two cores take many times as long as of one each.

    Args:
        cores: that are shared.
        running: runs that are under way.
    """
    return max(1, min(_MOST_THREADS, cores // max(1, running)))


def gpu_count() -> int:
    """Ask the driver for the number of CUDA devices: importing PyTorch would cost this small process 200 MB."""
    try:
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


def _end_with_parent(ended: threading.Event) -> None:
    """Tell when standard input ends, as whoever started this process has gone, and end it a little later in any case."""
    sys.stdin.read()
    logging.disable()  # what the scheduler still has to do while the interpreter ends fails, and is nobody's concern
    ended.set()
    time.sleep(_LEAVE)  # it may be starting its workers still, which takes long on a busy machine
    os._exit(0)


def main() -> None:
    """Run a cluster, print its address, and serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--cores", type=int)
    arguments = parser.parse_args()
    ended = threading.Event()
    threading.Thread(target=_end_with_parent, args=(ended,), daemon=True).start()
    workers, cores = shape_of_machine()
    workers, cores = arguments.workers or workers, arguments.cores or cores
    threads = threads_each(cores, 1) if cores else _THREADS_ON_GPU
    # inherited by the workers; set before anything there loads a numerical library
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    os.environ["AE_WORKER_THREADS"] = str(threads)
    # OpenMP's threads wait for each other by spinning. With its default of many milliseconds a thread whose partner
    # waits for a core takes the very time it waits for: an epoch of 1.4 s took over 60 s on two busy cores. Giving up at
    # once costs a wake-up at every step. A fraction of a millisecond does both well.
    os.environ.setdefault("GOMP_SPINCOUNT", "100000")
    _give_way(_NICENESS)

    logs.set_up()
    import dask
    from distributed import Nanny, Scheduler, SpecCluster

    dask.config.set(
        {
            "distributed.scheduler.allowed-failures": 0,  # a run that killed its worker would kill the next one too
            # one that is not heard any more, a frozen one for instance, is started again, and its run fails with a sentence
            "distributed.scheduler.worker-ttl": "60s",
            "distributed.worker.memory.target": False,  # training cannot be spilled to disk
            "distributed.worker.memory.spill": False,
            "distributed.worker.memory.pause": False,
            # Dask has glibc give freed memory back at once; a training step would ask for it again, page by page,
            # a hundred times a second, and take twice as long. What is larger than any array of an ordinary step goes
            # back all the same: the tables of neighbours that measuring makes left 150 MB of holes.
            "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 64 * 2**20,
            "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 8 * 2**20,
            "distributed.nanny.pre-spawn-environ.OMP_NUM_THREADS": threads,
            "distributed.nanny.pre-spawn-environ.MKL_NUM_THREADS": threads,
            "distributed.worker.profile.enabled": False,  # it takes the interpreter from training a hundred times a second
            "distributed.admin.low-level-log-length": 100,  # the scheduler keeps old reports, which carry pictures
            "distributed.admin.log-format": "%(name)s - %(levelname)s - %(message)s",
        }
    )
    here = {"host": "127.0.0.1", "protocol": "tcp://"}
    every = here | {
        "nthreads": 1,  # one run, or one piece, at a time in each; PyTorch brings its own threads
        "memory_limit": os.environ.get("AE_WORKER_MEMORY", "3GiB"),
        "dashboard": False,
        "silence_logs": 40,
    }
    training: dict[str, Any] = {
        "cls": Nanny,
        "options": every | {"preload": ["ae_core.logs", "ae_core.jobs.cluster"]},
    }
    pieces = {"cls": Nanny, "options": every | {"preload": ["ae_core.logs"], "resources": {PIECES: 1}}}
    cluster = SpecCluster(
        workers={0: training},
        scheduler={"cls": Scheduler, "options": here | {"dashboard": True, "dashboard_address": "127.0.0.1:0"}},
        silence_logs=40,
    )
    try:
        print(json.dumps({"address": cluster.scheduler_address, "cores": cores}), flush=True)
    except BrokenPipeError:  # whoever started this has gone meanwhile: standard input has ended, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    # after the first: nobody who opens the first page waits for them
    cluster.worker_spec.update(dict.fromkeys(range(1, workers), training) | {PIECES: pieces})
    cluster.scale(len(cluster.worker_spec))  # to as many as it says: they are started
    ended.wait()
    with contextlib.suppress(TimeoutError):  # a worker in mid-step; it goes with this process
        cluster.close(timeout=5)


if __name__ == "__main__":
    main()

"""The store of runs when the disk fails, another process writes, or the clock jumps: never half a file, never an error."""

from __future__ import annotations

import errno
import multiprocessing
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ae_core.runs import checkpoint
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore


def of_seed(run: Run, seed: int) -> tuple[str, bytes]:
    run = replace(run, config=replace(run.config, seed=seed))
    return run.config.key, checkpoint.to_bytes(run)


def _put_on(folder: str, key: str, data: bytes, everybody: Any) -> None:
    store = RunStore(Path(folder), max_bytes=3 * len(data))  # so that they also evict beside one another
    everybody.wait(120)
    until, number = time.monotonic() + 2, 0
    while time.monotonic() < until:
        store.put(key, data)
        store.put(f"{number % 50:016x}", data)
        number += 1


@pytest.mark.usefixtures("spawning")
def test_two_processes_put_the_same_run_and_no_reader_sees_half_of_it(tmp_path: Path, tiny_run: Run) -> None:
    key = tiny_run.config.key
    versions = [checkpoint.to_bytes(replace(tiny_run, seconds=seconds)) for seconds in (11.0, 22.0)]
    context = multiprocessing.get_context("spawn")
    everybody = context.Barrier(3)
    writers = [context.Process(target=_put_on, args=(str(tmp_path), key, data, everybody)) for data in versions]
    for writer in writers:
        writer.start()
    store, seen = RunStore(tmp_path, max_bytes=10**9), set()
    everybody.wait(120)
    while any(writer.is_alive() for writer in writers):
        if (run := store.get(key)) is not None:  # one that was damaged would be removed, with a line in the log
            assert run.metrics == tiny_run.metrics
            seen.add(run.seconds)
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert seen == {11.0, 22.0}


def test_a_store_whose_folder_cannot_be_made_has_nothing_and_says_so_when_written(
    tmp_path: Path, tiny_run: Run
) -> None:
    (tmp_path / "file").write_text("where the folder should be")
    store = RunStore(tmp_path / "file" / "runs")
    key, data = of_seed(tiny_run, 0)
    assert key not in store
    assert store.get(key) is None
    with pytest.raises(OSError, match="directory"):
        store.put(key, data)


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_damaged_file_that_cannot_be_removed_is_as_none(
    code: int, tmp_path: Path, tiny_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore(tmp_path)
    (broken, data), (other, _) = of_seed(tiny_run, 0), of_seed(tiny_run, 1)
    store.put(broken, data[:-50])
    store.put(other, data)

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "unlink", refuse)
    assert store.get(broken) is None
    assert store.get(other) is None


def test_a_folder_that_may_not_be_looked_into_has_nothing(
    tmp_path: Path, tiny_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore(tmp_path)
    key, data = of_seed(tiny_run, 0)
    store.put(key, data)

    def refuse(path: object, **more: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", refuse)
        assert key not in store
        assert store.get(key) is None
    assert store.get(key) is not None


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_a_clock_that_jumps_costs_no_run(
    jump: float, tmp_path: Path, tiny_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore(tmp_path)
    runs = [of_seed(tiny_run, seed) for seed in range(3)]
    store.put(*runs[0])
    really, really_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: really() + jump)
    monkeypatch.setattr(time, "time_ns", lambda: really_ns() + int(jump * 1e9))
    store.put(*runs[1])
    assert store.get(runs[0][0]) is not None
    store.put(*runs[2])
    assert all(key in store for key, _ in runs)


def test_no_job_visitor_or_run_is_timed_by_a_clock_that_somebody_may_set() -> None:
    root = Path(__file__).resolve().parents[3]
    told = {
        str(path.relative_to(root))
        for folder in ("ae_core/jobs", "ae_core/runs", "ae_core/tasks", "ui/visit")
        for path in (root / folder).rglob("*.py")
        if "time.time" in path.read_text() or "datetime.now" in path.read_text()
    }
    # the order of evictions; what killed processes left; how old a locker is that a process finds when it starts
    assert told <= {"ae_core/runs/store.py", "ae_core/runs/files.py", "ui/visit/lockers.py"}

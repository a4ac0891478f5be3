"""The bounds on what one run may ask for, and the folder that finished runs lie in."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.jobs.limits import Limits, RefusedJob
from ae_core.runs import checkpoint
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.training.cost import Pace

# --- Limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            Config(hidden_sizes=(4096, 4096)),
            r"This network has 40,\d{3},\d{3} parameters; the lab trains at most 20,000,000\. Take fewer layers, or .*\.",
        ),
        (
            Config(epochs=1000, batch_size=8),
            r"This run would take 7,500,000 steps; the lab allows 200,000\. Take fewer epochs, or a larger batch\.",
        ),
        (
            Config(architecture="conv", hidden_sizes=(256,), batch_size=4096),
            r"This run would need about \d+\.\d GB; the lab allows 1\.0 GB\. Take a smaller batch, or a smaller .*\.",
        ),
        (
            Config(hidden_sizes=(2048,), epochs=300),
            r"This run would take about \d,\d{3} seconds; the lab allows 600\. Take fewer epochs, or a smaller .*\.",
        ),
    ],
    ids=["parameters", "steps", "memory", "seconds"],
)
def test_a_run_that_is_too_large_is_refused_by_a_sentence_that_says_what_to_change(
    config: Config, sentence: str
) -> None:
    with pytest.raises(RefusedJob) as refusal:
        Limits().check(config, Pace())
    assert re.fullmatch(sentence, str(refusal.value))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dataset", ["digits", "mnist", "fashion", "kmnist"])
def test_what_the_lab_suggests_is_within_its_limits(variant: str, dataset: str) -> None:
    Limits().check(VARIANTS[variant].config(dataset), Pace())


@pytest.mark.parametrize(
    "limits", [Limits(parameters=1), Limits(steps=1), Limits(memory=1), Limits(seconds=1e-9)], ids=repr
)
def test_each_limit_refuses_alone(limits: Limits) -> None:
    with pytest.raises(RefusedJob):
        limits.check(Config(dataset="digits"), Pace())


def test_a_slower_machine_refuses_what_a_faster_one_takes() -> None:
    config = Config(hidden_sizes=(256,), epochs=20)
    Limits().check(config, Pace())
    with pytest.raises(RefusedJob, match="seconds"):
        Limits().check(config, Pace(kinds={"dense": 20.0}))


@pytest.mark.parametrize(("written", "seconds"), [("60", 60.0), ("2.5", 2.5), ("", 600.0), ("soon", 600.0)])
def test_the_longest_run_is_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, written: str, seconds: float
) -> None:
    monkeypatch.setenv("AE_MAX_SECONDS", written)
    assert Limits.from_environment() == Limits(seconds=seconds)


@pytest.mark.parametrize(
    ("queue", "network", "limits"),
    [
        ("300", "", Limits(queue=300, per_address=200)),
        ("300", "250", Limits(queue=300, per_address=250)),
        ("", "90", Limits(per_address=90)),
        ("none", "-1", Limits()),
    ],
)
def test_the_queue_is_as_long_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, queue: str, network: str, limits: Limits
) -> None:
    monkeypatch.setenv("AE_QUEUE", queue)
    monkeypatch.setenv("AE_QUEUE_PER_NETWORK", network)
    assert Limits.from_environment() == limits


def test_without_a_word_in_the_environment_the_limits_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AE_MAX_SECONDS", raising=False)
    assert Limits.from_environment() == Limits()


def test_a_limit_that_is_no_number_does_not_lift_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AE_MAX_SECONDS", "nan")
    with pytest.raises(RefusedJob, match="seconds"):
        Limits.from_environment().check(Config(hidden_sizes=(2048,), epochs=300), Pace())


# --- The store ----------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def with_seed(run: Run, seed: int) -> tuple[str, bytes]:
    """A run under another seed: its key and its file."""
    run = replace(run, config=replace(run.config, seed=seed))
    return run.config.key, checkpoint.to_bytes(run)


def files(store: RunStore) -> set[str]:
    return {path.name for path in store.folder.iterdir()}


def test_a_run_comes_back_as_it_was_put(store: RunStore, tiny_run: Run, tiny_bytes: bytes) -> None:
    key = tiny_run.config.key
    store.put(key, tiny_bytes)
    back = store.get(key)
    assert key in store
    assert back is not None
    assert back.config == tiny_run.config
    assert back.metrics == tiny_run.metrics
    assert all(torch.equal(a, b) for a, b in zip(back.model.parameters(), tiny_run.model.parameters(), strict=True))
    assert files(store) == {f"{key}.safetensors"}  # and nothing half-written beside it


def test_a_run_that_was_never_put_is_not_there(store: RunStore, tiny_run: Run) -> None:
    assert store.get(tiny_run.config.key) is None
    assert tiny_run.config.key not in store


def test_putting_a_run_again_replaces_it(store: RunStore, tiny_run: Run, tiny_bytes: bytes) -> None:
    key = tiny_run.config.key
    store.put(key, checkpoint.to_bytes(replace(tiny_run, seconds=99.0)))
    store.put(key, tiny_bytes)
    back = store.get(key)
    assert back is not None
    assert back.seconds == tiny_run.seconds


def test_the_longest_unused_runs_make_room_for_a_new_one(
    tmp_path: Path, tiny_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [with_seed(tiny_run, seed) for seed in range(4)]
    store = RunStore(tmp_path, max_bytes=3 * max(len(data) for _, data in runs))
    for age, (key, data) in enumerate(runs[:3]):
        store.put(key, data)
        os.utime(store.path(key), (1_000_000 + age, 1_000_000))  # used in this order, long ago
    read_bytes = Path.read_bytes

    def read_unnoticed(path: Path) -> bytes:  # as on a file system that keeps no access times
        stat = path.stat()
        data = read_bytes(path)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        return data

    monkeypatch.setattr(Path, "read_bytes", read_unnoticed)
    assert store.get(runs[0][0]) is not None  # now the first was used last
    store.put(*runs[3])
    assert {key for key, _ in runs if key in store} == {runs[0][0], runs[2][0], runs[3][0]}


def test_the_runs_together_stay_within_the_limit(tmp_path: Path, tiny_run: Run) -> None:
    limit = 250_000
    store = RunStore(tmp_path, max_bytes=limit)
    for seed in range(12):
        store.put(*with_seed(tiny_run, seed))
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= limit
    assert len(files(store)) > 1


def test_replacing_a_run_in_a_full_store_removes_no_other(tmp_path: Path, tiny_run: Run) -> None:
    first, second = with_seed(tiny_run, 0), with_seed(tiny_run, 1)
    store = RunStore(tmp_path, max_bytes=len(first[1]) + len(second[1]))
    store.put(*first)
    os.utime(store.path(first[0]), (1_000_000, 1_000_000))
    store.put(*second)
    store.put(*second)
    assert first[0] in store


def test_a_run_larger_than_the_whole_store_does_not_push_out_the_others(tmp_path: Path, tiny_run: Run) -> None:
    key, data = with_seed(tiny_run, 0)
    store = RunStore(tmp_path, max_bytes=len(data))
    store.put(key, data)
    large = replace(tiny_run, config=replace(tiny_run.config, seed=1), versions={"note": "x" * 100} | tiny_run.versions)
    with contextlib.suppress(OSError):  # to refuse it is fine, too
        store.put(large.config.key, checkpoint.to_bytes(large))
    assert key in store
    assert large.config.key not in store


@pytest.mark.parametrize("damage", [b"", b"not a checkpoint", None], ids=["empty", "text", "cut short"])
def test_a_damaged_file_is_removed_so_that_the_run_can_be_trained_again(
    store: RunStore, tiny_run: Run, tiny_bytes: bytes, damage: bytes | None
) -> None:
    key = tiny_run.config.key
    store.put(key, tiny_bytes[:-100] if damage is None else damage)
    assert store.get(key) is None
    assert key not in store


def test_a_file_that_cannot_be_read_just_now_is_kept(
    store: RunStore, tiny_run: Run, tiny_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(tiny_run.config.key, tiny_bytes)

    def too_many_files(path: Path) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", too_many_files)
        assert store.get(tiny_run.config.key) is None
    assert store.get(tiny_run.config.key) is not None


def test_a_run_filed_under_another_ones_key_is_removed(store: RunStore, tiny_run: Run, tiny_bytes: bytes) -> None:
    wrong = Config(dataset="digits").key
    assert wrong != tiny_run.config.key
    store.put(wrong, tiny_bytes)
    assert store.get(wrong) is None
    assert wrong not in store


@pytest.mark.parametrize(
    "key",
    [
        "",
        "../../etc/passwd",
        "0123456789abcde",
        "0123456789abcdef0",
        "0123456789ABCDEF",
        "0123456789abcdef\n",
        "/" * 16,
    ],
)
def test_what_is_no_key_is_rejected_before_it_becomes_a_path(store: RunStore, tiny_bytes: bytes, key: str) -> None:
    with pytest.raises(ValueError, match="not the key of a run"):
        store.path(key)
    with pytest.raises(ValueError, match="not the key of a run"):
        store.get(key)
    with pytest.raises(ValueError, match="not the key of a run"):
        store.put(key, tiny_bytes)
    assert not store.folder.exists() or files(store) == set()


def full_disk(source: str, target: Path) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_reported_and_leaves_nothing_half_written(
    store: RunStore, tiny_run: Run, tiny_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        store.put(tiny_run.config.key, tiny_bytes)
    assert files(store) == set()


def test_a_full_disk_changes_nothing_as_promised(
    tmp_path: Path, tiny_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = with_seed(tiny_run, 0), with_seed(tiny_run, 1)
    store = RunStore(tmp_path, max_bytes=len(first[1]))
    store.put(*first)
    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        store.put(*second)
    assert first[0] in store

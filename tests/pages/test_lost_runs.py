"""A run whose file is damaged or gone: every page that shows it says so and offers to train it again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from apptest_helpers import (
    RUN_PAGES,
    InstantManager,
    assert_opens,
    errors,
    link_of,
    on_screen,
    open_lab,
    press,
    said,
    shelf,
    turn_to,
    visit,
)
from streamlit.testing.v1 import AppTest

from ae_core.config.schema import Config
from ae_core.runs import checkpoint, zoo
from ae_core.runs.fit import fit

QUICK = Config(dataset="digits", hidden_sizes=(8,), code_size=3, epochs=1, batch_size=64)


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server with only digits on it, no runs yet, and a queue that trains at once."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    return open_lab(tmp_path / "runs", monkeypatch)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def spoil(path: Path) -> None:
    path.write_bytes(b"not a run" * 1000)


def swap(path: Path) -> None:
    """The bytes of another run, whole and sound."""
    path.write_bytes(checkpoint.to_bytes(fit(replace(QUICK, seed=9), "cpu")))


def offers(at: AppTest) -> list[str]:
    return [button.label for button in at.button if button.label == "Train it again"]


@pytest.mark.parametrize("lose", [cut, Path.unlink, spoil, swap], ids=["truncated", "evicted", "garbage", "another's"])
@pytest.mark.parametrize("page", ["train", *RUN_PAGES])
def test_a_stored_run_that_is_lost_is_trained_again(
    page: str, lose: Callable[[Path], None], lab: InstantManager
) -> None:
    lab.submit(QUICK, "somebody")
    at = visit(page, **link_of(QUICK, trained="1"))
    assert_opens(at, page)
    lose(lab.store.path(QUICK.key))
    at.run()
    assert not at.exception
    assert "Train it again; the same seed gives the same numbers." in errors(at)
    assert_opens(press(at, "Train it again"), page)
    assert on_screen(at) == f"run:{QUICK.key}"
    assert QUICK.key in lab.store


def test_while_it_is_trained_the_page_shows_how_far_it_is(lab: InstantManager) -> None:
    lab.submit(QUICK, "somebody")
    at = visit("train", **link_of(QUICK, trained="1"))
    lab.store.path(QUICK.key).unlink()
    lab.holds = True
    press(at.run(), "Train it again")
    assert "Training it again: Digits: deep dense, code of 3." in said(at)
    assert not at.error
    assert offers(at) == []
    lab.train(lab.jobs[-1])
    assert_opens(at.run().run(), "train")


def test_a_run_to_compare_with_is_trained_again(lab: InstantManager) -> None:
    other = replace(QUICK, code_size=4)
    for config in (QUICK, other):
        lab.submit(config, "somebody")
    beside = visit(
        "compare", **link_of(QUICK), show="two", b="~".join(part for pair in other.to_query().items() for part in pair)
    )
    assert not beside.exception
    cut(lab.store.path(other.key))
    beside.run()
    assert "no longer kept" in errors(beside)
    press(beside, "Train it again")
    assert not beside.error
    assert other.key in lab.store


def test_a_run_that_the_disk_had_no_room_for_is_shown_and_said(lab: InstantManager) -> None:
    lab.holds = True
    at = press(visit("train", **link_of(QUICK)), "Train")
    (job,) = lab.queue.start(1, time.monotonic())
    warning = "This run could not be kept on the server (No space left on device). Download it if you want it after this visit."
    lab.queue.done(job, fit(QUICK, "cpu"), time.monotonic(), warning)  # as a manager does, see test_jobs.py
    at.run()
    assert_opens(at, "train")
    assert warning in said(at)
    assert on_screen(at).startswith("mem:")
    assert shelf(at)[0] == "Digits: deep dense, code of 3 (not saved)"
    assert_opens(turn_to(at, "reconstruct"), "reconstruct")
    assert QUICK.key not in lab.store


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> zoo.ZooEntry:
    """A checkpoint that comes with the lab, and is damaged."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(zoo.FOLDER, folder, ignore=shutil.ignore_patterns("mnist*", "fashion*"))
    monkeypatch.setattr(zoo, "FOLDER", folder)
    entry = zoo.ZOO["digits-code-32"]
    if not entry.path.is_file():
        pytest.skip("this run is not shipped yet")
    cut(entry.path)
    return entry


def test_a_shipped_run_that_is_damaged_is_trained_again_for_everybody(
    damaged: zoo.ZooEntry, lab: InstantManager
) -> None:
    page = "home"
    at = visit(page)
    assert not at.exception
    assert "a run that comes with the lab is damaged" in errors(at)
    assert_opens(press(at, "Train it again"), page)
    assert_opens(visit(page), page)
    assert_opens(turn_to(at, "reconstruct"), "reconstruct")

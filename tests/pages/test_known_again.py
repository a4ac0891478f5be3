"""A visitor is known again: in a second tab, after a reload, and after they were away; and forgotten when they ask."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from apptest_helpers import InstantManager, assert_opens, errors, link_of, open_lab, press, said, shelf, visit
from streamlit.testing.v1 import AppTest

from ae_core.config.schema import Config
from ae_core.jobs.job import State
from ui.visit.state import REGISTER, VisitState

QUICK = Config(dataset="digits", hidden_sizes=(8,), code_size=3, epochs=1, batch_size=64)
TITLE = "Digits: deep dense, code of 3"
ANNA, BEN = "anna" * 8, "ben-" * 8


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server with only digits on it, no runs yet, and a queue whose jobs a test moves on by hand."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    for token in (ANNA, BEN):
        REGISTER.forget(REGISTER.find(token))
    lab = open_lab(tmp_path / "runs", monkeypatch)
    lab.holds = True
    return lab


def tab_of(token: str, page: str = "train", config: Config = QUICK) -> AppTest:
    """A tab of the visitor whose browser keeps this token."""
    return visit(page, VisitState(REGISTER.find(token)), **link_of(config))


def test_a_run_under_way_is_found_in_another_tab_and_its_result_in_both(lab: InstantManager) -> None:
    first = press(tab_of(ANNA), "Train")
    second = tab_of(ANNA)
    assert "Stop" in [button.label for button in second.button] or "Leave the queue" in [
        button.label for button in second.button
    ]
    (job,) = lab.jobs
    lab.train(job)
    for tab in (first, second):
        assert_opens(tab.run().run(), "train")
        assert TITLE in shelf(tab)
    assert len(lab.jobs) == 1


def test_no_other_visitor_sees_a_run_that_was_stopped(lab: InstantManager) -> None:
    stopped = replace(QUICK, seed=3)
    first = press(tab_of(ANNA, config=stopped), "Train")
    (job,) = lab.jobs
    lab.train(job)
    job.run = replace(job.run, finished=False)
    job.state = State.STOPPED
    first.run().run()
    mine = [title for title in shelf(tab_of(ANNA)) if "stopped" in title]
    assert len(mine) == 1
    assert not [title for title in shelf(tab_of(BEN)) if "stopped" in title]


def test_who_was_away_waits_again_and_is_told(lab: InstantManager) -> None:
    tab = press(tab_of(ANNA), "Train")
    (job,) = lab.jobs
    lab.queue.drop_abandoned(time.monotonic() + 1000)
    assert job.state is State.STOPPED
    tab.run()
    assert "You were away, so your run lost its place in the line. It waits again." in said(tab)
    assert len(lab.jobs) == 2
    assert lab.jobs[-1].key == QUICK.key
    assert lab.jobs[-1].state is State.QUEUED


def test_who_asks_for_it_is_forgotten_in_all_tabs(lab: InstantManager) -> None:
    first = press(tab_of(ANNA), "Train")
    lab.train(lab.jobs[0])
    first.run().run()
    second = tab_of(ANNA, "reconstruct")
    following = replace(QUICK, seed=4)
    press(tab_of(ANNA, config=following), "Train")
    assert_opens(press(press(second, "Forget my work"), "Forget it all"), "reconstruct")
    assert lab.jobs[-1].state is State.STOPPED
    assert not REGISTER.find(ANNA).belongings.shelf.runs
    first.run()
    assert errors(first) == ""
    assert TITLE not in shelf(first)[:1]

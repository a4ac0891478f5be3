"""A visitor is known again: in a second tab, after a reload, and after they were away; and forgotten when they ask."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from apptest_helpers import (
    TITLES,
    InstantManager,
    address,
    assert_opens,
    errors,
    link_of,
    open_lab,
    press,
    remembered,
    said,
    shelf,
    turn_to,
    visit,
)
from streamlit.testing.v1 import AppTest

from ae_core.config.schema import Config
from ae_core.jobs.job import State
from ae_core.runs.run import Run
from ui.visit import caches
from ui.visit.register import token_in
from ui.visit.state import REGISTER, Unseen, VisitState

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


def test_what_was_asked_for_on_photos_is_stopped_in_all_tabs_when_its_visitor_is_forgotten(lab: InstantManager) -> None:
    caches._repaired_samples.clear()
    first, second, _ = (
        visit("photos", VisitState(REGISTER.find(token)), draw=draw)
        for token, draw in ((ANNA, "77"), (ANNA, "78"), (BEN, "79"))
    )
    hers = [job for job, _ in lab.piece_jobs if job.owner == REGISTER.find(ANNA).visitor]
    others = [job for job, _ in lab.piece_jobs if job not in hers]
    assert hers
    assert others
    assert not any(job.state.ended for job in hers + others)
    press(press(second, "Forget my work"), "Forget it all")
    assert {job.state for job in hers} == {State.STOPPED}
    assert not any(job.state.ended for job in others)
    first.run()
    assert errors(first) == ""


# --- After a restart, see ui/visit/keeping.py ---------------------------------------------------------------


def test_a_training_that_the_restart_took_waits_again(lab: InstantManager) -> None:
    REGISTER.find(ANNA).belongings.job.unseen = Unseen(QUICK)
    tab = tab_of(ANNA, config=replace(QUICK, seed=9))
    assert "The lab was restarted; your run waits again." in said(tab)
    (job,) = lab.jobs
    assert (job.key, job.state) == (QUICK.key, State.QUEUED)
    lab.train(job)
    assert TITLE in shelf(tab.run().run())
    assert "restarted" not in said(tab)


def test_a_training_that_was_finished_meanwhile_is_on_the_shelf(lab: InstantManager) -> None:
    lab.holds = False
    lab.submit(QUICK, "somebody")
    REGISTER.find(ANNA).belongings.job.unseen = Unseen(QUICK)
    tab = tab_of(ANNA, "reconstruct")
    assert shelf(tab)[0] == TITLE
    assert len(lab.jobs) == 1
    assert errors(tab) == ""


def test_what_was_learned_before_its_visitor_left_is_on_the_shelf(lab: InstantManager, tiny_run: Run) -> None:
    REGISTER.find(ANNA).belongings.job.unseen = Unseen(tiny_run.config, replace(tiny_run, finished=False), False)
    tab = tab_of(ANNA)
    assert "stopped at" in shelf(tab)[0]
    assert "What it had learned by then is on the shelf." in said(tab)
    assert lab.jobs == []


def test_a_training_that_there_is_no_room_for_any_more_is_said(lab: InstantManager) -> None:
    lab.limits = replace(lab.limits, parameters=1)
    REGISTER.find(ANNA).belongings.job.unseen = Unseen(QUICK)
    assert "the lab trains at most 1" in errors(tab_of(ANNA))
    assert lab.jobs == []


def test_the_rest_of_a_sweep_goes_on(lab: InstantManager) -> None:
    lab.holds = False
    configs = [replace(QUICK, code_size=size) for size in (2, 4)]
    mine = REGISTER.find(ANNA).belongings.batch
    mine.unseen, mine.titles = tuple(configs), {config.key: f"code of {config.code_size}" for config in configs}
    tab = tab_of(ANNA, "reconstruct").run()
    assert {"code of 2", "code of 4"} <= set(shelf(tab))


# --- Lessons ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", TITLES)
def test_the_address_of_every_page_brings_an_open_lesson_back(page: str) -> None:
    """A reload, a second tab on the same address and a restart read the lesson from there."""
    lesson = {"task": "Look at the threes", "fix": "code_size"}
    at = turn_to(visit("train", **link_of(QUICK), **lesson), page) if page != "train" else visit(page, **lesson)
    assert "Look at the threes" in said(at) + str([one.value for one in at.html])
    assert address(at)["task"] == "Look at the threes"
    again = visit(page, **address(at))
    assert "Look at the threes" in str([one.value for one in again.html])
    assert address(again)["task"] == "Look at the threes"


# --- Where the browser sends no cookie ----------------------------------------------------------------------


def test_who_sent_no_cookie_is_offered_a_token_and_leaves_nothing_until_it_is_taken() -> None:
    at = visit("reconstruct")
    mine = remembered(at)
    (offer,) = [one.proto for one in at.get("bidi_component") if one.proto.component_name == "kept_token"]
    assert token_in(mine.token)
    assert mine.token in offer.json
    assert REGISTER.find(mine.token) is mine.known
    assert not mine.known.comes_back
    assert mine.token not in said(at) + str(address(at))
    mine.known.comes_back = True  # as the browser's answer has it
    assert not [one for one in at.run().get("bidi_component") if one.proto.component_name == "kept_token"]


def test_who_is_known_by_a_cookie_is_offered_nothing() -> None:
    assert not [one for one in tab_of(ANNA).get("bidi_component") if one.proto.component_name == "kept_token"]

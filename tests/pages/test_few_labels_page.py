"""The page Few labels: what it opens on, the images that are labelled by hand, and runs that it makes no sense for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from apptest_helpers import (
    InstantManager,
    address,
    assert_opens,
    link_of,
    on_screen,
    open_lab,
    press,
    remembered,
    said,
    sent,
    tables,
    turn_to,
    visit,
)  # fmt: skip
from tiny import TINY

from ae_core.runs import zoo
from ae_core.tasks.few_labels import opening, study
from ae_core.tasks.few_labels.by_hand import Bench
from ae_core.tasks.few_labels.study import BY_HAND, errors_so_far, study_of
from ae_core.tasks.study_file import shipped
from ui.few_labels.choice import chosen
from ui.visit import studies


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server without data that must be fetched, whose workers compute at once."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(studies, "_kept", studies.OrderedDict())
    monkeypatch.setattr(studies, "_going", {})
    return open_lab(tmp_path / "runs", monkeypatch)


def opening_study() -> dict[str, object]:
    (key,) = [
        each.key
        for each in opening.studies()
        if each.key == study_of(zoo.load("digits-code-32"), zoo.ZOO["digits-code-32"].config.key).key
    ]
    answers = shipped(key)
    assert answers is not None, "the study that the page opens on is not shipped"
    return {"key": key, "answers": answers}


def test_it_opens_on_a_whole_study_that_comes_with_the_lab(lab: InstantManager) -> None:
    at = visit("few_labels")
    assert_opens(at, "few_labels")
    assert lab.piece_jobs == [], "nothing had to be computed"
    known = opening_study()
    data = json.loads(sent(at, "pick_labels")["json"])
    assert len(data["labels"]) == 100
    errors = errors_so_far(known["answers"])
    table = tables(at)[-1]
    for each in errors.values():
        assert f"{sum(each[100]) / 5:.1%}" in table
    best = min(sum(each[100]) / 5 for each in errors.values())
    assert f"fewest errors, {best:.1%}" in said(at)


def test_the_errors_are_those_of_the_images_that_were_picked() -> None:
    known = opening_study()
    bench = Bench.of(known["answers"][BY_HAND])
    at = visit("few_labels", picks="3_14_15_92_65_35")
    picked = [3, 14, 15, 35, 65, 92]
    data = sent(at, "pick_labels")
    assert data["picked"] == "_".join(map(str, picked))
    assert json.loads(data["errors"]) == pytest.approx(bench.errors(picked))
    assert address(at)["picks"] == data["picked"]
    remembered(at).few_labels.picked[known["key"]] = []
    at.run()
    assert sent(at, "pick_labels")["errors"] == ""


def test_another_number_of_labels_has_its_own_figures_and_is_in_the_link() -> None:
    at = visit("few_labels", labels="20")
    (box,) = [box for box in at.selectbox if box.label == "Number of labels"]
    assert box.value == "20"
    before = tables(at)[-1]
    box.select("500").run()
    assert tables(at)[-1] != before
    assert address(at)["labels"] == "500"
    assert "With 500 labels" in said(at)


def test_nonsense_in_a_link_is_said_and_the_page_opens() -> None:
    at = visit("few_labels", labels="eleven", picks="1_2_oops_1000")
    assert not at.exception
    assert "Which images are labelled".lower() in "\n".join(each.value for each in at.warning)
    assert len(sent(at, "pick_labels")["picked"].split("_")) == 10


@pytest.mark.parametrize("text", [None, 7, "1_2_x", "-1", "100", "1_" * 80, "_".join(map(str, range(31))), "١"])
def test_what_a_browser_sends_is_checked(text: object) -> None:
    assert chosen(text, 100) is None


def test_a_choice_is_read_with_each_image_once() -> None:
    assert chosen("3_1_3", 100) == [3, 1]
    assert chosen("", 100) == []


def test_a_lesson_holds_choice_and_number(lab: InstantManager) -> None:
    at = visit(
        "few_labels",
        **link_of(zoo.ZOO["digits-code-32"].config, labels="50", picks="1_2", fix="labels,picks", on="few_labels"),
    )
    assert json.loads(sent(at, "pick_labels")["json"])["held"] is True
    (box,) = [box for box in at.selectbox if box.label == "Number of labels"]
    assert box.disabled
    assert box.value == "50"


def test_a_run_without_a_shipped_study_has_it_computed(lab: InstantManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "METHODS", {name: study.METHODS[name] for name in ("codes", "pixels")})
    monkeypatch.setattr(study, "counts", lambda images, classes: (10, 20))
    at = visit("few_labels", run="x")
    remembered(at).chosen = "zoo:digits-vae-16"
    at.run().run()
    assert_opens(at, "few_labels")
    assert on_screen(at) == "zoo:digits-vae-16"
    assert len(lab.piece_jobs) == 1
    assert sent(at, "pick_labels")["errors"]


@pytest.mark.parametrize(
    ("change", "words"), [({"classes": (3,)}, "one class"), ({"dataset": "mnist"}, "not on this machine")]
)
def test_where_there_is_nothing_to_tell_apart_it_says_so_and_offers_a_run(
    change: dict[str, object], words: str
) -> None:
    at = visit("few_labels")
    state = remembered(at)
    if "dataset" in change:
        state.chosen = "zoo:mnist-code-32"
    else:
        from ae_core.runs.fit import fit
        from ui.visit import shelf

        run = fit(replace(TINY, epochs=1, **change), "cpu")
        state.shelf.memory["x"] = run
        state.shelf.runs.append(shelf.Entry("mem:x", "One class", run.config))
        state.chosen = "mem:x"
    at.run()
    assert not at.exception
    assert words in said(at)
    press(at, "Open Digits: code of 32")
    assert on_screen(at) == "zoo:digits-code-32"
    assert sent(at, "pick_labels")["errors"]


def test_the_page_is_left_and_found_again_with_the_choice() -> None:
    at = visit("few_labels", picks="5_6")
    turn_to(at, "denoise")
    turn_to(at, "few_labels")
    assert sent(at, "pick_labels")["picked"] == "5_6"

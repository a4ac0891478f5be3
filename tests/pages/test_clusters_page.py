"""The page Clusters: what it opens on, each way and number, what a link brings and what is taken home."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from apptest_helpers import InstantManager, address, assert_opens, open_lab, press, remembered, said, sent, visit
from streamlit.testing.v1 import AppTest

from ae_core.data.datasets import load
from ae_core.runs import zoo
from ae_core.tasks import study_file
from ae_core.tasks.clusters import study
from ae_core.tasks.clusters.study import POINTS, WAYS
from ui.clusters import showing
from ui.visit import studies

MAP = "cluster_map"
WITHOUT_PLANE = {way: about for way, about in WAYS.items() if about.method != "plane"}


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server that computes at once, and knows the digits and what comes with the lab."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "no data"))
    monkeypatch.setattr(study, "ON_A_PLANE", 120)
    studies._kept.clear()
    studies._going.clear()
    return open_lab(tmp_path / "runs", monkeypatch)


def mapped(at: AppTest) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(sent(at, MAP)["json"])
    return data


def test_it_opens_on_what_comes_with_the_lab_without_any_work(lab: InstantManager) -> None:
    at = visit("clusters")
    assert_opens(at, "clusters")
    assert lab.piece_jobs == []
    data = mapped(at)
    assert len(data["labels"]) == POINTS
    assert data["labels"][:3] == [str(label) for label in load("digits", "test").labels[:3].tolist()]
    assert len(data["clusters"]) == 10
    text = said(at)
    assert all(WAYS[way].title in text for way in WAYS)
    assert "agrees best with the classes" in text
    assert "count as wrong" not in text  # ten of both
    assert "By the silhouette of k-means on training codes" in text
    assert "Cluster J" in text


def test_another_way_is_there_at_once_and_another_number_is_computed_once(
    lab: InstantManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = visit("clusters")
    before = mapped(at)["places"]
    at.selectbox(key="clusters_way").set_value("codes-plane").run()
    assert lab.piece_jobs == []
    assert mapped(at)["places"] != before
    assert "keeps neighbours, not distances" in mapped(at)["moves"]
    monkeypatch.setattr(study, "WAYS", WITHOUT_PLANE)
    at.selectbox(key="clusters_way").set_value("pca-kmeans").run()
    at.slider(key="clusters_count").set_value(3).run()
    assert_opens(at, "clusters")
    assert len(mapped(at)["clusters"]) == 3
    assert "more classes than clusters: images of a class that stays alone count as wrong" in said(at)
    assert len(lab.piece_jobs) == 1
    assert address(at).items() >= {"found_by": "pca-kmeans", "clusters": "3"}.items()
    friend = visit("clusters", **address(at))
    assert len(lab.piece_jobs) == 1
    assert mapped(friend) == mapped(at)


def test_of_one_class_it_speaks_of_no_agreement(lab: InstantManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "WAYS", {"codes-kmeans": WAYS["codes-kmeans"]})
    at = visit("clusters", clusters="3")
    at.selectbox(key="shelf").set_value("zoo:digits-one-class").run()
    assert_opens(at, "clusters")
    assert mapped(at)["clusters"] == [""] * 3
    text = said(at)
    assert "Cluster C" in text
    assert "All of these images are of one class" in text
    assert "agrees best" not in text
    assert "Accuracy" not in text
    assert "100% are" not in text


@pytest.mark.parametrize(
    ("name", "text", "taken"),
    [
        ("clusters", "99", "20"),
        ("clusters", "nan", "10"),
        ("clusters", "-1", "2"),
        ("found_by", "magic", "codes-kmeans"),
    ],
)
def test_what_no_link_can_ask_for_becomes_the_nearest_and_is_told(
    lab: InstantManager, name: str, text: str, taken: str
) -> None:
    lab.holds = True
    at = visit("clusters", **{name: text})
    assert_opens(at, "clusters")
    assert address(at)[name] == taken
    assert remembered(at).link.notes


@pytest.mark.parametrize("name", ["shapes-code-2", "digits-vae-2", "digits-code-1"])
def test_it_works_for_other_kinds_and_data_sets(
    name: str, lab: InstantManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "WAYS", {"codes-kmeans": WAYS["codes-kmeans"]})
    at = visit("clusters")
    at.selectbox(key="shelf").set_value(f"zoo:{name}").run()
    assert_opens(at, "clusters")
    assert "All numbers of its code are on this map" in mapped(at)["moves"]


def test_without_images_it_says_so_and_offers_a_run_that_has_some() -> None:
    at = visit("clusters")
    at.selectbox(key="shelf").set_value("zoo:mnist-code-32").run()
    assert_opens(at, "clusters")
    assert "nothing to sort" in said(at)
    press(at, "Open Digits: code of 32")
    assert_opens(at, "clusters")
    assert len(mapped(at)["clusters"]) == 10


def test_work_can_be_stopped(lab: InstantManager) -> None:
    lab.holds = True
    at = visit("clusters", clusters="4")
    assert_opens(at, "clusters")
    ((job, _),) = lab.piece_jobs
    next(button for button in at.button if button.label == "Stop").click().run()
    assert job.state.ended
    assert not at.exception


def test_the_numbers_are_those_of_the_table() -> None:
    run = zoo.load("digits-code-32")
    answers = study_file.shipped(study.study(run, run.config.key, 10).key)
    assert answers is not None
    rows = list(csv.DictReader(io.StringIO(showing.numbers_of(answers))))
    assert len(rows) == len(WAYS) * 11
    assert float(rows[0]["accuracy"]) == answers["codes-kmeans"]["accuracy"]

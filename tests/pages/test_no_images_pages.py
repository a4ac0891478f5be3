"""Every page works on runs of a series, of a table and of texts, which are no images, and computes on them what it does on images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from apptest_helpers import InstantManager, assert_opens, link_of, open_lab, said, sent, visit

from ae_core.data.datasets import INFO
from ae_core.runs.zoo import ZOO
from ae_core.tasks.compression import images, study
from ae_core.tasks.few_labels import study as labelling
from ui.figures.items import picture_size
from ui.shell.navigation import PAGES
from ui.visit import studies

STUDIED = ("compress", "few_labels", "search", "clusters")  # pages with a test of their own
RUNS = {"denoise": "denoising", "generate": "vae-2", "latent_map": "code-2", "anomalies": "one-class"}
DATASETS = ("heartbeats", "cancer", "documentation")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """What is asked for is computed at once, of fewer images."""
    monkeypatch.setattr(studies, "_kept", studies.OrderedDict())
    monkeypatch.setattr(studies, "_going", {})
    study.coder_of.cache_clear()
    monkeypatch.setattr(study, "LEVELS", (16, 64))
    monkeypatch.setattr(study, "_TRIED", 10)
    monkeypatch.setattr(images, "MOST_ALONE", 3)
    monkeypatch.setattr(images, "MOST_TOGETHER", 10)
    monkeypatch.setattr("ae_core.tasks.compression.search.ITERATIONS", 2)
    monkeypatch.setattr("ae_core.tasks.compression.coder.DECODED", 100)
    monkeypatch.setattr(labelling, "METHODS", {name: labelling.METHODS[name] for name in ("codes", "pixels")})
    monkeypatch.setattr(labelling, "counts", lambda images, classes: (10, 20))
    return open_lab(tmp_path, monkeypatch)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("page", [page or "home" for page in PAGES if page not in STUDIED])
def test_a_page_opens_with_a_run_of_what_is_no_image(page: str, dataset: str, lab: InstantManager) -> None:
    entry = ZOO.get(f"{dataset}-{RUNS.get(page)}", ZOO[f"{dataset}-default"])  # of documents there are two alone
    config = entry.config
    assert_opens(visit(page, **link_of(config)), page)


def test_the_scores_of_beats_are_spoken_of_as_such(lab: InstantManager) -> None:
    at = visit("anomalies", score="mean", **link_of(ZOO["heartbeats-one-class"].config))
    assert_opens(at, "anomalies")
    text = said(at)
    assert "Distance to the mean beat" in text
    assert "The squared difference a number from the mean of the normal training beats" in text
    assert "mean image" not in text
    assert "Distance to the mean beat" in at.selectbox(key="anomalies_score_False").options


@pytest.mark.parametrize(("dataset", "numbers"), [("heartbeats", 140), ("cancer", 30), ("documentation", 2000)])
def test_codes_of_items_become_files_beside_pca_alone(dataset: str, numbers: int, lab: InstantManager) -> None:
    at = visit("compress", **link_of(ZOO[f"{dataset}-default"].config))
    assert_opens(at, "compress")
    about = json.loads(sent(at, "byte_dial")["json"])
    assert [method["title"] for method in about["methods"]] == ["This run", "PCA, coded alike"]  # no format of images
    assert about["methods"][0]["ssim"] == [None, None]
    assert about["raw"] == numbers  # bytes of an item, not of its picture
    assert tuple(about["side"]) == picture_size(INFO[dataset])


@pytest.mark.parametrize(
    ("dataset", "seen", "unit"),
    [
        ("heartbeats", "saw 4,000 beats", "numbers"),
        ("cancer", "saw 426 tumours", "columns"),
        ("documentation", "saw 4,800 documents", "words"),
    ],
)
def test_items_to_label_are_drawn(dataset: str, seen: str, unit: str, lab: InstantManager) -> None:
    at = visit("few_labels", labels="20", **link_of(ZOO[f"{dataset}-default"].config))
    assert_opens(at, "few_labels")
    told = json.loads(sent(at, "pick_labels")["json"])
    assert tuple(told["tile"]) == picture_size(INFO[dataset])
    assert told["kinds"][-1] == ["pixels", unit.capitalize(), unit]
    assert seen in said(at)
    assert f"Linear on {unit}" in said(at)
    assert f"test {INFO[dataset].items}, on which nothing is chosen" in said(at)


@pytest.mark.parametrize(
    ("page", "component", "dataset"),
    [
        *(("search", "neighbours", dataset) for dataset in DATASETS),
        *(
            ("clusters", "cluster_map", dataset) for dataset in ("heartbeats", "cancer")
        ),  # of 2,000 words it takes a minute
    ],
)
def test_items_are_searched_and_clustered(page: str, component: str, dataset: str, lab: InstantManager) -> None:
    at = visit(page, **link_of(ZOO[f"{dataset}-default"].config))
    assert_opens(at, page)
    assert tuple(json.loads(sent(at, component)["json"])["tile"]) == picture_size(INFO[dataset])

"""Every page works on a run of a series, which is no image, and computes on it what it computes on images."""

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
RUNS = {"denoise": "heartbeats-denoising", "generate": "heartbeats-vae-2", "latent_map": "heartbeats-code-2"}


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


@pytest.mark.parametrize("page", [page or "home" for page in PAGES if page not in STUDIED])
def test_a_page_opens_with_a_run_of_heartbeats(page: str, lab: InstantManager) -> None:
    config = ZOO[RUNS.get(page, "heartbeats-default")].config
    assert_opens(visit(page, **link_of(config)), page)


def test_codes_of_beats_become_files_beside_pca_alone(lab: InstantManager) -> None:
    at = visit("compress", **link_of(ZOO["heartbeats-default"].config))
    assert_opens(at, "compress")
    about = json.loads(sent(at, "byte_dial")["json"])
    assert [method["title"] for method in about["methods"]] == ["This run", "PCA, coded alike"]  # no format of images
    assert about["methods"][0]["ssim"] == [None, None]
    assert about["raw"] == 140  # bytes of a beat, not of its picture
    assert tuple(about["side"]) == picture_size(INFO["heartbeats"])


def test_beats_to_label_are_drawn_as_lines(lab: InstantManager) -> None:
    at = visit("few_labels", **link_of(ZOO["heartbeats-default"].config))
    assert_opens(at, "few_labels")
    assert tuple(json.loads(sent(at, "pick_labels")["json"])["tile"]) == (140, 84)
    assert "saw 4,000 beats" in said(at)


@pytest.mark.parametrize(("page", "component"), [("search", "neighbours"), ("clusters", "cluster_map")])
def test_beats_are_searched_and_clustered(page: str, component: str, lab: InstantManager) -> None:
    at = visit(page, **link_of(ZOO["heartbeats-default"].config))
    assert_opens(at, page)
    assert tuple(json.loads(sent(at, component)["json"])["tile"]) == (140, 84)

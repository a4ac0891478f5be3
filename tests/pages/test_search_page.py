"""The page Search: what it opens on, each source, each kind of data, what a link brings and what is taken home."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apptest_helpers import InstantManager, address, assert_opens, open_lab, press, remembered, said, sent, visit
from PIL import Image
from streamlit.testing.v1 import AppTest

from ae_core.data.datasets import load
from ae_core.tasks import study_file
from ae_core.tasks.search.spaces import SPACES
from ui.search import finding
from ui.visit import studies

NEIGHBOURS = "neighbours"
FIELD = "search_image_digits"


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server that computes at once, and knows the digits and what comes with the lab."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "no data"))
    studies._kept.clear()
    studies._going.clear()
    return open_lab(tmp_path / "runs", monkeypatch)


def found(at: AppTest) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(sent(at, NEIGHBOURS)["json"])
    return data


def classes_of(row: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(row["classes"]), np.uint8).reshape(-1, row["count"])


def test_it_opens_on_what_comes_with_the_lab_without_any_work(lab: InstantManager) -> None:
    at = visit("search")
    assert_opens(at, "search")
    assert lab.piece_jobs == []
    data = found(at)
    assert [row["title"] for row in data["rows"]] == [space.title for space in SPACES.values()]
    assert len(data["questions"]) == 30
    right = load("digits", "test").labels[:30].tolist()
    assert data["right"] == right
    shares = (classes_of(data["rows"][0]) == np.array(right)[:, None]).mean()
    assert shares > 0.8
    assert "of the right class" in said(at)
    assert "Nothing was chosen on these images" in said(at)


def test_a_number_leads_to_its_image_and_to_those_around_it(lab: InstantManager) -> None:
    at = visit("search", image="100")
    assert_opens(at, "search")
    assert sent(at, NEIGHBOURS)["image"] == "10"
    assert found(at)["questions"][10] == "held out, no. 100"
    assert len(lab.piece_jobs) == 1  # of these thirty
    at.number_input(key=FIELD).set_value(119).run()
    assert len(lab.piece_jobs) == 1
    assert address(at)["image"] == "119"
    visit("search", image="101")
    assert len(lab.piece_jobs) == 1  # who asks for the same is given what is known


def test_the_last_images_are_fewer(lab: InstantManager) -> None:
    at = visit("search", image="359")
    assert_opens(at, "search")
    assert found(at)["questions"][-1] == "held out, no. 359"


@pytest.mark.parametrize(("text", "taken"), [("-4", "0"), ("1e9", "359"), ("nan", "0"), ("seven", "0")])
def test_a_number_that_is_none_becomes_the_nearest_and_is_told(text: str, taken: str) -> None:
    at = visit("search", image=text)
    assert_opens(at, "search")
    assert address(at)["image"] == taken
    assert remembered(at).link.notes


def test_a_picture_of_the_visitor_s_own_is_searched_for_and_in_no_link(lab: InstantManager) -> None:
    at = visit("search", source="upload")
    assert "Upload a picture" in said(at)
    file = io.BytesIO()
    Image.fromarray(load("digits", "train").images[7, 0].numpy()).save(file, "PNG")
    at.file_uploader(key="own_upload_0").upload("mine.png", file.getvalue(), "image/png").run()
    assert_opens(at, "search")
    data = found(at)
    assert data["questions"] == ["Yours"]
    assert data["right"] == []
    pixels = next(row for row in data["rows"] if row["title"] == "Pixels")
    assert classes_of(pixels)[0, 0] == load("digits", "train").labels[7]
    assert address(at)["source"] == "upload"
    assert "image" not in address(at)


@pytest.mark.parametrize("name", ["shapes-code-2", "digits-lstm", "digits-vae-2", "digits-code-1"])
def test_it_works_for_every_kind_and_data_set(name: str, lab: InstantManager) -> None:
    at = visit("search")
    at.selectbox(key="shelf").set_value(f"zoo:{name}").run()
    lab.holds = True  # what is computed of it is tested where it is; here that it is asked for
    assert_opens(at, "search")
    assert len(found(at)["rows"]) == len(SPACES)


def test_of_one_class_it_names_no_winner(lab: InstantManager) -> None:
    at = visit("search")
    at.selectbox(key="shelf").set_value("zoo:digits-one-class").run()
    assert_opens(at, "search")
    assert len(found(at)["rows"]) == len(SPACES)
    text = said(at)
    assert "All of these images are of one class" in text
    assert "Bytes an image" in text
    assert "Right of 10" not in text
    assert "finds the most" not in text
    assert "beat" not in text


def test_without_images_it_says_so_and_offers_a_run_that_has_some(lab: InstantManager) -> None:
    at = visit("search")
    at.selectbox(key="shelf").set_value("zoo:mnist-code-32").run()
    assert_opens(at, "search")
    assert "nothing to search in" in said(at)
    press(at, "Open Digits: code of 32")
    assert_opens(at, "search")
    assert len(found(at)["rows"]) == len(SPACES)


def test_rows_come_as_they_are_found_and_can_be_stopped(lab: InstantManager) -> None:
    lab.holds = True
    at = visit("search", image="200")
    assert_opens(at, "search")
    assert found(at)["rows"] == []
    job, work = lab.piece_jobs[0]
    first = next(iter(work.pieces()))
    assert first is not None
    work.take(first, first.function(*first.arguments))
    at.run()
    assert [row["title"] for row in found(at)["rows"]] == ["Code"]
    next(button for button in at.button if button.label == "Stop").click().run()
    assert job.state.ended
    assert [row["title"] for row in found(at)["rows"]] == ["Code"]


def test_the_numbers_are_those_of_the_table() -> None:
    answers = study_file.shipped(next(iter(_shipped())))
    assert answers is not None
    rows = list(csv.DictReader(io.StringIO(finding.numbers(answers))))
    assert [row["by"] for row in rows] == list(SPACES)
    assert float(rows[0]["precision"]) == answers["codes"]["precision"]


def _shipped() -> list[str]:
    from ae_core.runs import zoo
    from ae_core.tasks.search.study import measured

    run = zoo.load("digits-code-32")
    return [measured(run, run.config.key).key]

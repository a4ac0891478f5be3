"""The page "Can it be read?": what it opens on, every noise, each kind of data, the scans, and what is taken home."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from apptest_helpers import (
    InstantManager,
    address,
    assert_opens,
    open_lab,
    press,
    remembered,
    said,
    sent,
    turn_to,
    visit,
)
from streamlit.testing.v1 import AppTest

from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import load
from ae_core.data.items import to_float
from ae_core.runs import zoo
from ae_core.tasks import study_file
from ae_core.tasks.reading.methods import METHODS, STEPS
from ae_core.tasks.reading.row import row_of
from ae_core.tasks.reading.scan import SIDES, THRESHOLDS
from ae_core.tasks.reading.study import readings
from ui.components.shared import MOST_BYTES
from ui.components.shared.sheets import sheet
from ui.reading import images, scans
from ui.visit import studies

RUN = "digits-denoising"


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server that computes at once, and knows the digits and what comes with the lab."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "no data"))
    studies._kept.clear()
    studies._going.clear()
    return open_lab(tmp_path / "runs", monkeypatch)


def shown(at: AppTest) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(sent(at, "reading_row")["json"])
    return data


def classes_of(data: dict[str, Any]) -> np.ndarray:
    flat = np.frombuffer(base64.b64decode(data["classes"]), np.uint8)
    return flat.reshape(len(METHODS), STEPS + 1, len(data["labels"]))


def test_it_opens_on_the_denoising_run_without_any_work(lab: InstantManager) -> None:
    at = visit("reading")
    assert_opens(at, "reading")
    assert lab.piece_jobs == []
    data = shown(at)
    held_out = load("digits", "test")
    assert data["labels"] == held_out.labels[:8].tolist()
    expected = row_of(zoo.load(RUN), to_float(held_out.images[:8]), "gaussian", 0).classes
    assert (classes_of(data) == expected.numpy()).mean() > 0.99
    assert all(share is not None for curve in data["curves"] for share in curve)
    assert all(data["said"])
    assert f"The curves count all {len(held_out.labels)} of these" in said(at)
    assert data["learned"] == [0.0, 0.7]
    assert "the reader trained on noise" in said(at).lower()
    assert "chosen on held-back training images" in said(at)
    assert sum(map(len, sent(at, "reading_row").values())) <= MOST_BYTES


@pytest.mark.parametrize("noise", [name for name in CORRUPTIONS if name != "none"])
def test_every_kind_of_noise_can_be_chosen(noise: str, lab: InstantManager) -> None:
    lab.holds = True
    at = visit("reading")
    at.selectbox(key="reading_noise").set_value(noise).run()
    assert_opens(at, "reading")
    assert shown(at)["measure"] == CORRUPTIONS[noise].measure
    assert address(at)["noise_kind"] == noise


def test_the_curve_grows_as_it_is_counted_and_can_be_stopped(lab: InstantManager) -> None:
    lab.holds = True
    at = visit("reading", noise_kind="masking")
    assert shown(at)["curves"] == [[None] * (STEPS + 1)] * len(METHODS)
    job, work = lab.piece_jobs[0]
    first = next(iter(work.pieces()))
    assert first is not None
    work.take(first, first.function(*first.arguments))
    at.run()
    assert [curve[0] is not None for curve in shown(at)["curves"]] == [True] * len(METHODS)
    assert shown(at)["said"][0]
    assert shown(at)["said"][1] == ""
    press(at, "Stop")
    assert job.state.ended


def test_a_friend_sees_the_same_row() -> None:
    sender = visit("reading", start="20", draw="4", strength="0.333")
    assert address(sender)["strength"] == "0.35"
    assert shown(sender)["step"] == 7
    assert shown(visit("reading", **address(sender))) == shown(sender)


def test_the_strength_is_kept_from_page_to_page() -> None:
    at = visit("reading", strength="0.15")
    assert shown(turn_to(turn_to(at, "generate"), "reading"))["step"] == 3


@pytest.mark.parametrize(("way", "held"), [("fix", "fixed"), ("hide", "hidden")])
def test_a_teacher_holds_the_noise_where_the_lesson_wants_it(way: str, held: str) -> None:
    at = visit("reading", task="What is read?", on="reading", view="strength:0.7", **{way: "strength"})
    assert (shown(at)["held"], shown(at)["step"]) == (held, 14)
    assert address(at)["strength"] == "0.7"
    assert "Drag the noise" not in said(at)
    press(at, "All controls")
    assert (shown(at)["held"], shown(at)["step"]) == ("", 14)
    assert "Drag the noise" in said(at)


@pytest.mark.parametrize(("name", "text"), [("start", "1e9"), ("start", "-3"), ("draw", "x"), ("strength", "nan"), ("read", "it"), ("noise_kind", "none")])  # fmt: skip
def test_what_is_no_value_in_a_link_becomes_the_nearest_and_is_told(name: str, text: str) -> None:
    at = visit("reading", **{name: text})
    assert_opens(at, "reading")
    assert remembered(at).link.notes


@pytest.mark.parametrize(
    "name", ["shapes-denoising", "digits-lstm", "digits-vae-2", "digits-k-sparse", "digits-code-1"]
)
def test_it_works_for_every_kind_and_data_set_with_classes(name: str, lab: InstantManager) -> None:
    lab.holds = True
    at = visit("reading")
    at.selectbox(key="shelf").set_value(f"zoo:{name}").run()
    assert_opens(at, "reading")
    assert len(shown(at)["labels"]) == images.in_a_row(zoo.ZOO[name].config.dataset)
    assert sum(map(len, sent(at, "reading_row").values())) <= MOST_BYTES


@pytest.mark.parametrize(("name", "sentence"), [("mnist-denoising", "nothing to read"), ("patches16-k-sparse", "have no classes that could be read")])  # fmt: skip
def test_where_nothing_can_be_read_it_says_so_and_offers_a_run(name: str, sentence: str) -> None:
    at = visit("reading")
    at.selectbox(key="shelf").set_value(f"zoo:{name}").run()
    assert_opens(at, "reading")
    assert sentence in said(at)
    press(at, "Open Digits: denoising")
    assert_opens(at, "reading")
    assert shown(at)["labels"]


def test_a_run_that_was_never_shown_noise_says_so_and_offers_one_that_was(lab: InstantManager) -> None:
    lab.holds = True
    at = visit("reading")
    at.selectbox(key="shelf").set_value("zoo:digits-code-1").run()
    assert "was never shown noise" in said(at)
    assert shown(at)["learned"] is None
    press(at, "Open Digits: denoising")
    assert "was never shown noise" not in said(at)
    assert shown(at)["learned"] == [0.0, 0.7]


def test_colour_with_noise_is_small_enough_to_be_sent() -> None:
    generator = torch.Generator().manual_seed(0)
    tiles = torch.rand(4 * (STEPS + 1) * images._IN_COLOUR, 3, 32, 32, generator=generator)
    assert len(sheet(tiles, images._IN_COLOUR, images._SHEET)) <= MOST_BYTES


# --- Scans --------------------------------------------------------------------------------------------------


def test_a_scan_is_shown_in_each_state_by_each_threshold(lab: InstantManager) -> None:
    at = visit("reading", read="scan")
    assert_opens(at, "reading")
    assert lab.piece_jobs == []
    (figures,) = [element.value for element in at.html if 'class="scans"' in element.value]
    assert figures.count("<img") == len(SIDES) * (1 + len(THRESHOLDS))
    assert "most legible" in said(at)
    assert address(at)["scan"] == "page"
    at.segmented_control(key="reading_scan").set_value("text").run()
    assert address(at)["scan"] == "text"
    assert lab.piece_jobs == []
    at.segmented_control(key="reading_grain").set_value("0").run()
    assert "Nobody" in said(at) or "nobody knows" in said(at)
    assert_opens(at, "reading")


def test_a_scan_that_does_not_come_with_the_lab_is_asked_of_the_workers(lab: InstantManager) -> None:
    lab.holds = True
    at = visit("reading", read="scan", grain="40")
    assert_opens(at, "reading")
    assert [part.name for part in lab.piece_jobs[0][1].parts] == list(SIDES)  # type: ignore[attr-defined]


# --- What is taken home -------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_curves() -> None:
    run = zoo.load(RUN)
    answers = study_file.shipped(readings(run, run.config.key, "gaussian").key)
    assert answers is not None
    rows = list(csv.DictReader(io.StringIO(images.numbers("gaussian", answers))))
    assert [float(row["strength"]) for row in rows] == [step / STEPS for step in range(STEPS + 1)]
    curves = dict(zip(METHODS, shown(visit("reading"))["curves"], strict=True))
    assert float(rows[10]["rival"]) == pytest.approx(curves["rival"][10], abs=1e-4)


def test_the_numbers_of_a_scan_name_each_way() -> None:
    one = {f"{way}_{what}": 1 for way in THRESHOLDS for what in ("wrong", "specks")}
    rows = list(csv.DictReader(io.StringIO(scans.numbers("page", 20, dict.fromkeys(SIDES, one)))))
    assert [(row["cleaned"], row["threshold"]) for row in rows] == [(s, w) for s in SIDES for w in THRESHOLDS]

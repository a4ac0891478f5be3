"""The page Compress: what it opens on, what its controls do, files there and back, what it says where nothing can be done."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
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
    turn_to,
    uploader,
    visit,
)
from PIL import Image
from streamlit.testing.v1 import AppTest

from ae_core.data.datasets import load
from ae_core.runs import zoo
from ae_core.tasks import study_file
from ae_core.tasks.compression import coder_file, images, opening, study
from ae_core.tasks.compression.coder import Coder
from ae_core.tasks.compression.files import compressed
from ui.components.byte_dial import Method, byte_dial_data, bytes_of
from ui.compression import curves


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    return open_lab(tmp_path, monkeypatch)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer images, levels and rounds of the search, where it is not their number that counts."""
    study.coder_of.cache_clear()
    monkeypatch.setattr(study, "LEVELS", (16, 64))
    monkeypatch.setattr(study, "_TRIED", 10)
    monkeypatch.setattr(study, "FORMATS", {name: study.FORMATS[name] for name in ("jpeg", "png")})
    monkeypatch.setattr(images, "MOST_ALONE", 3)
    monkeypatch.setattr(images, "TOGETHER", 10)
    monkeypatch.setattr(images, "MOST_TOGETHER", 10)
    monkeypatch.setattr("ae_core.tasks.compression.search.ITERATIONS", 2)
    monkeypatch.setattr("ae_core.tasks.compression.coder.DECODED", 100)


def drawn(at: AppTest) -> dict[str, object]:
    """What the component was sent, but for the pictures."""
    about: dict[str, object] = json.loads(sent(at, "byte_dial")["json"])
    return about


def shipped() -> dict[str, object]:
    answers = study_file.shipped(next(opening.studies()).key)
    assert answers is not None
    return dict(study.merged(answers))


def test_it_opens_on_a_shipped_study_and_computes_nothing(lab: InstantManager) -> None:
    at = visit("compress")
    assert_opens(at, "compress")
    assert on_screen(at) == "zoo:digits-code-64"
    assert not lab.piece_jobs
    about, answers = drawn(at), shipped()
    assert about["start"] == pytest.approx(curves.suggested(answers, "together"))  # type: ignore[arg-type]
    titles = [method["title"] for method in about["methods"]]  # type: ignore[attr-defined]
    assert titles[:3] == ["This run", "PCA, coded alike", "JPEG"]
    text = said(at)
    assert "zlib would write" in text
    assert "chosen on training images" in text
    assert curves.verdict(curves.methods_of(answers, "together"), float(about["start"])) in text  # type: ignore[arg-type]


def test_of_fewer_than_a_file_holds_it_says_how_many_there_are(
    lab: InstantManager, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = len(load("digits", "test").of_classes((8,)).images)
    for name in ("TOGETHER", "MOST_TOGETHER"):
        monkeypatch.setattr(images, name, 100)  # fewer eights are held out
    at = visit("compress")
    at.selectbox(key="shelf").set_value("zoo:digits-one-class").run()
    assert_opens(at, "compress")
    text = said(at)
    assert f"The first {there} held-out images of Digits (8 alone), {there} in a file" in text
    assert at.button_group(key="compression_files").options == [f"{there} in one file", "Each by itself"]
    assert at.selectbox(key="compression_images_digits").options[0] == "Digits (8 alone), held out"
    assert study.images.measured(zoo.ZOO["digits-one-class"].config, images.OWN).shape[0] == there


def test_each_by_itself_is_another_chart_and_the_link_says_so(lab: InstantManager) -> None:
    at = visit("compress")
    together = drawn(at)
    at.button_group(key="compression_files").set_value("alone").run()
    alone = drawn(at)
    assert alone["name"] != together["name"]
    assert alone["start"] > together["start"] + 20  # type: ignore[operator]
    at.button_group(key="compression_measure").set_value("ssim").run()
    assert drawn(at)["measure"] == "ssim"
    assert (address(at)["files"], address(at)["measure"]) == ("alone", "ssim")
    assert "bytes" not in address(at)


def test_a_link_says_where_the_dial_stands_and_it_is_found_again(lab: InstantManager) -> None:
    at = visit("compress", bytes="7.5", step="80", files="together")
    assert drawn(at)["at"] == 7.5
    assert (address(at)["bytes"], address(at)["step"]) == ("7.5", "80")
    at.button_group(key="compression_files").set_value("alone").run()
    assert drawn(at)["at"] is None  # of another chart it is another dial
    at.button_group(key="compression_files").set_value("together").run()
    remembered(at).compression.dial = (str(drawn(at)["name"]), 3.0)
    turn_to(at, "denoise")
    turn_to(at, "compress")
    assert drawn(at)["at"] == 3.0


@pytest.mark.parametrize("nonsense", [None, 5, "x|nan", "x|0", "x|1e9", "|", "x" * 300 + "|5", "no bar"])
def test_what_no_dial_is_is_taken_for_none(nonsense: object) -> None:
    assert bytes_of(nonsense) is None
    assert bytes_of("a|b|12.5") == ("a|b", 12.5)


def test_foreign_images_are_studied_when_asked_for(lab: InstantManager, few: None) -> None:
    at = visit("compress", codes="encoder", images="patches8")
    assert_opens(at, "compress")
    assert lab.piece_jobs
    assert "Grey patches 8 × 8" in said(at)
    assert [button for button in at.get("download_button") if button.proto.label == "Script (Python)"]


@pytest.mark.parametrize("name", ["digits-vae-16", "digits-conv", "digits-lstm", "patches16-k-sparse"])
def test_it_takes_every_kind_and_data_set(name: str, lab: InstantManager, few: None) -> None:
    at = visit("compress", **link_of(zoo.ZOO[name].config, codes="encoder"))
    assert_opens(at, "compress")
    assert drawn(at)["methods"]


def test_it_draws_colour() -> None:
    original = np.random.default_rng(0).integers(0, 256, (6, 3, 8, 8), np.uint8)
    method = Method("This run", "ae", [1.0, 2.0], [10.0, 20.0], [0.5, 0.9], np.stack([original // 2, original]))
    data = byte_dial_data("x", original, [method], raw=192, measure="psnr", start=1.0, at=None, held="")
    assert json.loads(data["json"])["raw"] == 3 * 8 * 8
    with Image.open(io.BytesIO(base64.b64decode(data["sheet"].partition(",")[2]))) as sheet:
        assert (sheet.size, sheet.mode) == ((6 * 8, 3 * 8), "RGB")
        assert np.array_equal(np.asarray(sheet)[:8, :8], original[0].transpose(1, 2, 0))


def test_a_file_is_written_when_asked_for_and_gives_its_images_back(lab: InstantManager, few: None) -> None:
    run = zoo.load("digits-code-16")
    at = visit("compress", **link_of(run.config, codes="encoder", step="80"))
    assert not [each for each in at.get("download_button") if each.proto.label.startswith("Download the file")]
    press(at, "Compress 20 images")
    assert_opens(at, "compress")
    (written,) = [each for each in at.get("download_button") if each.proto.label.startswith("Download the file")]
    data = compressed(run, study.fitted(run), load("digits", "test").images[:20], 80, search=False)
    assert f"({len(data):,} bytes)" in written.proto.label
    assert "with zlib for the range coder" in said(at)
    assert [each for each in at.get("download_button") if each.proto.label.startswith("Its coder (")]
    uploader(at, "A file that Compress wrote").upload("digits.aec", data, "application/octet-stream").run()
    assert_opens(at, "compress")
    assert f"**20 images** from {len(data):,} bytes" in said(at)
    at.slider(key="compression_step").set_value(40).run()  # of another step it is another file
    assert not [each for each in at.get("download_button") if each.proto.label.startswith("Download the file")]


def test_a_file_of_another_run_offers_that_run(lab: InstantManager, few: None) -> None:
    run = zoo.load("digits-code-16")
    data = compressed(run, study.fitted(run), load("digits", "test").images[:2], 40, search=False)
    at = visit("compress", codes="encoder")
    uploader(at, "A file that Compress wrote (.aec)").upload("two.aec", data, "application/octet-stream").run()
    press(at, "Open Digits: code of 16")
    assert on_screen(at) == "zoo:digits-code-16"


def test_of_several_files_the_last_that_came_is_read(lab: InstantManager, few: None) -> None:
    run = zoo.load("digits-code-64")
    one, two = (
        compressed(run, study.fitted(run), load("digits", "test").images[:count], 40, search=False) for count in (3, 4)
    )
    at = visit("compress", codes="encoder")
    given = uploader(at, "A file that Compress wrote (.aec)")
    given.set_value([("three.aec", one, "x/y"), ("four.aec", two, "x/y")]).run()
    assert not at.error
    assert f"**4 images** from {len(two):,} bytes" in said(at)


def test_what_is_no_compressed_file_is_refused_with_a_sentence(lab: InstantManager) -> None:
    at = visit("compress")
    uploader(at, "A file that Compress wrote (.aec)").upload("x.aec", b"<b>AEC</b>", "application/octet-stream").run()
    assert any("no file that Compress wrote" in error.value for error in at.error)


def test_without_its_images_a_sentence_says_so_and_another_run_is_offered(lab: InstantManager) -> None:
    at = visit("compress", **link_of(zoo.ZOO["mnist-code-32"].config))
    assert_opens(at, "compress")
    assert "The images of MNIST are not on this machine" in said(at)
    assert "To read a file of this run no image is needed" in said(at)
    press(at, "Open Digits: code of 64")
    assert on_screen(at) == "zoo:digits-code-64"


def test_without_its_images_a_file_is_read_by_its_coder(lab: InstantManager) -> None:
    run, pictures = zoo.load("mnist-code-4"), torch.full((2, 1, 28, 28), 9, dtype=torch.uint8)
    coder = Coder.fit(run.model, torch.arange(100 * 784).reshape(100, 1, 28, 28).remainder(256).to(torch.uint8))
    data = compressed(run, coder, pictures, 16, search=False)
    at = visit("compress", **link_of(run.config))
    asked = uploader(at, "A file that Compress wrote")
    asked.upload("two.aec", data, "application/octet-stream").run()
    assert any("Add its coder" in error.value for error in at.error)
    known = coder_file.to_bytes(coder)
    asked = uploader(at, "A file that Compress wrote")
    asked.set_value([("two.coder", known, "x/y"), ("two.aec", data, "x/y")]).run()
    assert_opens(at, "compress")
    assert f"**2 images** from {len(data):,} bytes" in said(at)


def test_what_is_taken_home(lab: InstantManager) -> None:
    answers = shipped()
    rows = list(csv.DictReader(io.StringIO(curves.numbers(answers))))  # type: ignore[arg-type]
    mine = [row for row in rows if (row["method"], row["files"]) == ("run", "together")]
    curve = answers["run"]["together"]  # type: ignore[index]
    assert [float(row["psnr"]) for row in mine] == pytest.approx(curve["psnr"], rel=1e-5)
    assert {row["files"] for row in rows} == {"alone", "together"}


def _method(title: str, sizes: list[float], psnr: list[float]) -> Method:
    return Method(title, "", sizes, psnr, [1.0] * len(sizes), np.zeros((len(sizes), 1, 1, 2, 2), np.uint8))


def test_the_verdict_says_who_wins_and_where_it_ends() -> None:
    run = _method("This run", [5, 10, 20], [10, 20, 25])
    assert "Nothing else is so small" in curves.verdict([run, _method("JPEG", [30, 60], [20, 40])], 10)
    wins = curves.verdict([run, _method("JPEG", [8, 60], [15, 40])], 10)
    assert "The autoencoder wins" in wins
    assert "From 60 bytes on *JPEG*" in wins
    loses = curves.verdict([run, _method("WebP", [8, 60], [30, 40])], 10)
    assert "The autoencoder loses here" in loses
    assert "no difference" in curves.verdict([run, _method("WebP", [8], [20.05])], 10)
    assert curves.verdict([run, _method("WebP", [8], [20.05])], 1) == ""
    assert "At no number of bytes" in curves.verdict([run, _method("WebP", [1], [90.0])], 10)

"""The page Compress: real files on any run, beside what one would use instead, and the pictures of an uploaded file."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from apptest_helpers import (
    InstantManager,
    address,
    assert_opens,
    errors,
    link_of,
    open_lab,
    remembered,
    said,
    sent,
    visit,
)
from streamlit.testing.v1 import AppTest

from ae_core.data.datasets import load
from ae_core.data.items import to_float
from ae_core.runs import zoo
from ae_core.tasks import study_file
from ae_core.tasks.compression import curves, study
from ae_core.tasks.compression.container import from_file
from ae_core.tasks.compression.files import compress
from ae_core.tasks.compression.formats import FORMATS
from ae_core.tasks.compression.study import compression_study, files_of, fitted_coder
from ae_core.tasks.study import Answer
from ui.compress.figure import numbers_csv
from ui.visit import studies

SHIPPED = "digits-code-8"


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server with only digits on it, studies of three steps, and a queue that computes at once."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    for module in (curves, study):
        monkeypatch.setattr(module, "LEVELS", 3)
    few = {key: replace(FORMATS[key], settings=FORMATS[key].settings[:3]) for key in ("jpeg", "png")}
    monkeypatch.setattr(study, "present", lambda: few)  # what each format does is tested by itself
    return open_lab(tmp_path / "runs", monkeypatch)


@pytest.fixture(scope="module", autouse=True)
def kept() -> None:
    """What one test has computed the others find."""
    studies._kept.clear()


def opened(**view: str) -> AppTest:
    """The page on a run whose study no file holds."""
    at = visit("compress", **link_of(zoo.ZOO[SHIPPED].config, **view))
    at.run()  # the study was computed while it was first asked for
    assert not at.exception, [one.message for one in at.exception]
    return at


def answers() -> dict[str, Answer]:
    entry = zoo.ZOO[SHIPPED]
    return studies._kept[compression_study(zoo.load(SHIPPED), entry.config.key, "own").key]


def test_every_method_stands_beside_the_run_at_its_bytes() -> None:
    at = opened()
    assert_opens(at, "compress")
    data = json.loads(sent(at, "byte_dial")["json"])
    names = [method["name"] for method in data["methods"]]
    assert names[:3] == ["This run", "PCA", "JPEG"]
    assert "PNG" in names
    assert data["bytes"] == 20
    assert len(data["methods"][0]["points"]) == 3
    for words in ("By PSNR:", "comes nearest"):
        assert words in said(at)


def test_the_file_that_is_offered_is_the_one_that_was_counted() -> None:
    opened()
    files = files_of(answers())
    points = [p for name, part in answers().items() if name.startswith("ae ") for p in part["points"]]
    assert sorted(len(data) / 100 for _, data in files) == sorted(p["bytes"] for p in points if p["mode"] == "hundred")
    assert all(from_file(data)[0].count == 100 for _, data in files)


def test_an_uploaded_file_gives_its_pictures_back() -> None:
    at = opened()
    _, data = files_of(answers())[-1]
    at.file_uploader(key="compress_file").upload("x.aelz", data, "application/octet-stream").run()
    assert "gave back 100 images" in "\n".join(one.value for one in at.success)
    assert not errors(at)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"AELZ\x01" + bytes(40)])
def test_what_is_no_such_file_is_refused_by_a_sentence(data: bytes) -> None:
    at = opened()
    at.file_uploader(key="compress_file").upload("x.aelz", data, "application/octet-stream").run()
    assert errors(at).endswith(".")
    assert not at.exception


def test_the_file_of_another_run_says_which_and_opens_it() -> None:
    other = zoo.load("digits-code-4")
    data = compress(other, fitted_coder(other), to_float(load("digits", "test").images[:3]), 0.5, search=False)
    at = opened()
    at.file_uploader(key="compress_file").upload("x.aelz", data, "application/octet-stream").run()
    assert zoo.ZOO["digits-code-4"].title in said(at)
    at.button(key="compress_other").click().run()
    assert remembered(at).chosen == "zoo:digits-code-4"


def test_a_link_restores_the_view_and_nonsense_is_moved_into_range() -> None:
    at = opened(files="single", measure="ssim", bytes="45", images="photo")
    assert {"files": "single", "measure": "ssim", "bytes": "45", "images": "photo"}.items() <= address(at).items()
    assert json.loads(sent(at, "byte_dial")["json"])["measure"] == "ssim"
    at = opened(files="seven", bytes="-3", images="x")
    assert {"files": "hundred", "images": "own", "bytes": "0.1"}.items() <= address(at).items()
    assert not at.exception


def test_every_figure_can_be_taken_home_as_a_table() -> None:
    opened()
    rows = list(csv.DictReader(io.StringIO(numbers_csv(answers()))))
    assert {row["files"] for row in rows} == {"100 in one file", "Each by itself"}
    assert {"This run", "PCA", "JPEG", "PNG"} <= {row["method"] for row in rows}
    assert all(float(row["bytes_per_image"]) > 0 for row in rows)


@pytest.mark.parametrize("name", ["mnist-code-2", "patches16-k-sparse", "shapes-code-2"])
def test_a_run_whose_images_are_not_here_says_so_and_offers_another(name: str, lab: InstantManager) -> None:
    if not zoo.ZOO[name].path.is_file():
        pytest.skip("this run is not shipped")
    lab.holds = True  # what is on the page while nothing is computed yet
    at = visit("compress", **link_of(zoo.ZOO[name].config))
    assert not at.exception
    if name.startswith("mnist"):
        assert "needs another run" in said(at)
        next(b for b in at.button if b.label.startswith("Open ")).click().run()
        assert str(remembered(at).chosen).startswith("zoo:digits-")


def test_what_comes_with_the_lab_is_shown_at_once(lab: InstantManager) -> None:
    entry = zoo.ZOO["digits-code-64"]
    if study_file.shipped(compression_study(zoo.load(entry.name), entry.config.key, "own").key) is None:
        pytest.skip("the opening study is not here")
    at = visit("compress")
    assert_opens(at, "compress")
    assert not lab.piece_jobs


def test_a_run_that_is_not_here_yet_does_no_harm(lab: InstantManager) -> None:
    lab.holds = True
    config = replace(zoo.ZOO[SHIPPED].config, classes=(1, 7), epochs=1)
    at = visit("compress", **link_of(config))
    assert not at.exception

"""The page Anomalies: what it opens on, what its controls do, what it says where nothing can be scored, and training."""

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
    link_of,
    on_screen,
    open_lab,
    press,
    remembered,
    said,
    sent,
    tables,
    turn_to,
    uploader,
    visit,
)
from PIL import Image
from streamlit.testing.v1 import AppTest

from ae_core.config.schema import Config
from ae_core.runs import zoo
from ae_core.tasks import study_file
from ae_core.tasks.anomalies import opening
from ae_core.tasks.anomalies.images import sets_of
from ae_core.tasks.anomalies.methods import METHODS
from ui.anomalies import figures, normal, pictures, taking
from ui.widgets.take_home import Taken

BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=3, epochs=1, batch_size=32)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    return open_lab(tmp_path, monkeypatch)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer images and trees, where it is not their number that counts."""
    sets_of.cache_clear()
    monkeypatch.setattr("ae_core.tasks.anomalies.images.MOST_SCORED", 100)
    monkeypatch.setattr("ae_core.tasks.anomalies.images.MOST_FITTED", 300)
    monkeypatch.setattr("ae_core.tasks.anomalies.methods.TREES", 5)


def drawn(at: AppTest) -> dict[str, object]:
    """What the component was sent, but for the images and the scores."""
    about: dict[str, object] = json.loads(sent(at, "threshold")["json"])
    return about


def test_it_opens_on_a_run_of_one_class_and_computes_nothing(lab: InstantManager) -> None:
    at = visit("anomalies")
    assert_opens(at, "anomalies")
    assert on_screen(at) == "zoo:digits-one-class"
    assert not lab.piece_jobs
    about = drawn(at)
    answers = study_file.shipped(next(opening.studies()).key)
    assert answers is not None
    assert about["figures"] == [answers["nap"]["auroc"], answers["nap"]["average_precision"]]
    assert about["start"] == pytest.approx(float(sorted(answers["nap"]["held_back"])[-1]))  # of 13, 95 % is the last
    text = said(at)
    assert "**8** of Digits alone" in text
    assert all(METHODS[name].title in text for name in answers)
    assert "The autoencoder loses here" in text  # to the support vectors
    assert f"{answers['svm']['auroc']:.3f} against" in text


def test_every_study_that_it_opens_on_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name in zoo.ZOO if name.endswith(opening.ENDING)]
    assert len(names) == 5  # of images, beats and tables
    for name, study in zip(names, opening.studies(), strict=True):
        assert study_file.path_of(study.key).is_file(), f"{name}: run python -m ae_core.tasks.study_file anomalies"


def test_another_score_another_line_and_the_link_says_so(lab: InstantManager) -> None:
    at = visit("anomalies")
    first = drawn(at)["name"]
    at.selectbox(key="anomalies_score_False").set_value("lof").run()
    about = drawn(at)
    assert about["title"] == "Local outlier factor"
    assert about["name"] != first
    at.slider(key="anomalies_promise").set_value(80).run()
    assert float(str(drawn(at)["start"])) < float(str(about["start"]))
    assert (address(at)["score"], address(at)["promise"]) == ("lof", "80")
    assert "line" not in address(at)


def test_a_link_says_where_the_line_stands(lab: InstantManager, few: None) -> None:
    shipped = zoo.ZOO["digits-one-class"].config
    at = visit("anomalies", **link_of(shipped, score="error", strange="shapes", line="0.25"))
    assert_opens(at, "anomalies")
    assert drawn(at)["line"] == 0.25
    assert drawn(at)["title"] == "Reconstruction error"
    assert address(at)["line"] == "0.25"
    assert address(at)["strange"] == "shapes"
    at.selectbox(key="anomalies_score_False").set_value("nap").run()
    assert drawn(at)["line"] is None  # of another score it is another line


def test_where_the_line_was_left_it_is_found_again(lab: InstantManager) -> None:
    at = visit("anomalies")
    name = drawn(at)["name"]
    remembered(at).anomalies.line = (str(name), 0.6)
    at.run()
    assert drawn(at)["line"] == 0.6
    turn_to(at, "denoise")
    turn_to(at, "anomalies")
    assert drawn(at)["line"] == 0.6


@pytest.mark.parametrize("nonsense", [None, 5, "x|nan", "x|2", "|", "x" * 300 + "|0.5", "no bar"])
def test_what_no_line_is_is_taken_for_none(nonsense: object) -> None:
    from ui.components.threshold import line_of

    assert line_of(nonsense) is None
    assert line_of("a|b|0.5") == ("a|b", 0.5)


def test_a_run_of_all_classes_says_so_and_other_images_are_strange_to_it(lab: InstantManager, few: None) -> None:
    at = visit("anomalies", trained="1", **link_of(BRIEF))
    assert_opens(at, "anomalies")
    assert "none of its classes is strange to it" in said(at)
    assert "others" not in at.selectbox(key="anomalies_strange_digits_False").options
    assert drawn(at)["words"][1].endswith("Grey patches 8 × 8")  # type: ignore[index]
    assert lab.piece_jobs  # computed, as it comes with no lab


def test_train_on_some_classes_alone(lab: InstantManager, few: None) -> None:
    at = visit("anomalies", trained="1", **link_of(BRIEF))
    (chosen,) = [box for box in at.multiselect if box.label == "Normal"]
    chosen.set_value([3, 5]).run()
    press(at, "Train on these alone")
    assert_opens(at, "anomalies")
    trained = lab.jobs[-1].config
    assert trained.classes == (3, 5)
    assert trained.epochs == 5  # a fifth of the images, so five times as often
    assert "**3, 5** of Digits alone" in said(at)
    assert drawn(at)["words"][1].endswith("other classes of Digits")  # type: ignore[index]
    assert normal.on_these_alone(trained, trained.classes) == trained


def test_training_shows_its_progress_on_the_page_and_can_be_stopped_there(lab: InstantManager) -> None:
    at = visit("anomalies")
    lab.holds = True
    (chosen,) = [box for box in at.multiselect if box.label == "Normal"]
    chosen.set_value([3]).run()
    press(at, "Train on these alone")
    assert_opens(at, "anomalies")
    assert len(at.get("progress")) == 2  # in the sidebar, and where it was asked for
    assert "Train on these alone" not in [button.label for button in at.button]
    press(at, "Stop")
    assert_opens(at, "anomalies")
    assert lab.jobs[-1].state.ended
    assert not at.get("progress")
    assert "Train on these alone" in [button.label for button in at.button]


def test_nothing_chosen_is_not_trained(lab: InstantManager) -> None:
    at = visit("anomalies")
    (chosen,) = [box for box in at.multiselect if box.label == "Normal"]
    chosen.set_value([]).run()
    assert "at least one class" in said(at)
    assert not [button for button in at.button if button.label == "Train on these alone"]


def test_without_its_images_a_sentence_says_so_and_another_run_is_offered(lab: InstantManager) -> None:
    at = visit("anomalies", **link_of(zoo.ZOO["mnist-code-32"].config))
    assert_opens(at, "anomalies")
    assert "The images of MNIST are not on this machine" in said(at)
    press(at, "Open Digits: eights alone")
    assert on_screen(at) == "zoo:digits-one-class"
    assert drawn(at)["figures"]


@pytest.mark.parametrize("name", ["digits-vae-16", "digits-conv", "digits-lstm", "shapes-code-8", "patches16-k-sparse"])
def test_it_takes_every_kind_and_data_set(name: str, lab: InstantManager, few: None) -> None:
    at = visit("anomalies", **link_of(zoo.ZOO[name].config))
    assert_opens(at, "anomalies")
    assert ("Variational bound" in said(at)) == name.startswith("digits-vae")
    assert drawn(at)["figures"]


def test_ones_own_picture_is_scored_by_every_method(lab: InstantManager) -> None:
    at = visit("anomalies")
    at.button_group(key="anomalies_source").set_value("Draw").run()
    assert "Draw something on the pad" in said(at)
    at.button_group(key="anomalies_source").set_value("Upload").run()
    picture = io.BytesIO()
    Image.linear_gradient("L").save(picture, "PNG")
    uploader(at, "A picture").upload("gradient.png", picture.getvalue(), "image/png").run()
    assert_opens(at, "anomalies")
    (own,) = [table for table in tables(at) if "Normal below" in table]
    assert own.count("<tr>") == 1 + len(METHODS) - 1  # its head, and all methods but the bound
    assert own.count("<td>strange</td>") >= 7  # no gradient is an eight
    marks = [
        json.loads(json.loads(each.proto.json)["value"])
        for each in at.get("bidi_component")
        if "tell" in each.proto.component_name
    ]
    assert any(isinstance(mark, float) for mark in marks)


def test_what_is_taken_home(lab: InstantManager) -> None:
    run = zoo.load("digits-one-class")
    answers = study_file.shipped(next(opening.studies()).key)
    assert answers is not None
    table = list(csv.DictReader(io.StringIO(taking.raw_scores(run, "others", answers))))
    assert [row["set"] for row in table].count("normal") == 35
    assert {row["class"] for row in table if row["set"] == "normal"} == {"8"}
    assert "8" not in {row["class"] for row in table if row["set"] == "strange"}
    strange = [float(row["error"]) for row in table if row["set"] == "strange"]
    assert strange == pytest.approx([float(score) for score in answers["error"]["strange"]])
    rows = figures.rows_of(answers, 0.95)
    assert [row.auroc for row in rows] == sorted((row.auroc for row in rows), reverse=True)
    (line,) = [row for row in csv.DictReader(io.StringIO(taking.table(rows))) if row["method"] == "pca"]
    assert float(line["auroc"]) == pytest.approx(answers["pca"]["auroc"], abs=1e-6)


def test_the_verdict_says_who_wins() -> None:
    def rows(own: float, other: float) -> list[figures.Row]:
        found = [figures.Row(name, auroc, 0, 0, None) for name, auroc in (("nap", own), ("svm", other))]  # type: ignore[arg-type]
        return sorted(found, key=lambda row: -row.auroc)

    assert "The autoencoder wins" in figures.verdict(rows(0.9, 0.8))
    assert "The autoencoder loses" in figures.verdict(rows(0.8, 0.9))
    assert "no difference" in figures.verdict(rows(0.9, 0.9001))
    assert figures.verdict(rows(0.9, 0.8)[:1]) == ""


def test_the_sample_of_images_holds_both_ends_and_is_dense_where_it_is_asked_to() -> None:
    import numpy as np

    scores = np.random.default_rng(0).permutation(1000).astype(np.float32)
    for dense_at_end in (False, True):
        found = scores[pictures.sample(scores, 100, dense_at_end)]
        assert len(set(found)) == len(found) <= 100
        assert {found.min(), found.max()} == {0, 999}
        assert bool((np.median(found) > 500) == dense_at_end)
    assert len(pictures.sample(scores[:5], 100, True)) == 5


def test_training_twice_shows_what_is_ready(lab: InstantManager, few: None) -> None:
    at = visit("anomalies", trained="1", **link_of(BRIEF))
    (chosen,) = [box for box in at.multiselect if box.label == "Normal"]
    chosen.set_value([3]).run()
    press(at, "Train on these alone")
    count = len(lab.jobs)
    at = visit("anomalies", trained="1", **link_of(replace(BRIEF)))
    (chosen,) = [box for box in at.multiselect if box.label == "Normal"]
    chosen.set_value([3]).run()
    press(at, "Show that run")
    assert len(lab.jobs) == count
    assert "**3** of Digits alone" in said(at)


def test_the_script_has_the_quantile_on_screen(lab: InstantManager, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: dict[str, Taken] = {}
    monkeypatch.setattr(taking, "take_home", lambda *files: taken.update({file.file_name: file for file in files}))
    assert_opens(visit("anomalies", promise="80"), "anomalies")
    assert "quantile(0.8, " in str(taken["anomalies.py"].make())

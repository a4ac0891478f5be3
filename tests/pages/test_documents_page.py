"""The page Documents: the slider's data, maps, each way to search, what a link brings, runs that are of something else."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apptest_helpers import (
    InstantManager,
    address,
    assert_opens,
    link_of,
    open_lab,
    press,
    remembered,
    said,
    sent,
    visit,
)
from streamlit.testing.v1 import AppTest
from tiny_text import TINY_TEXT, tiny_text_run

from ae_core.data.words import documentation
from ae_core.runs import checkpoint
from ae_core.runs.zoo import ZOO
from ae_core.tasks.documents import opening
from ae_core.tasks.documents.spaces import BITS, SPACES
from ae_core.tasks.documents.study import measured, topics_of
from ui.components.topic_slider import place_of
from ui.documents import measures, planes
from ui.documents.lists import Row, lists_html
from ui.visit import studies

FIELD = "documents_document_documentation"


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server that computes at once, has trained a run on documents, and keeps what it has computed of that."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "no data"))
    studies._going.clear()
    lab = open_lab(tmp_path / "runs", monkeypatch)
    lab.store.put(TINY_TEXT.key, checkpoint.to_bytes(tiny_text_run()))
    return lab


def opened(**view: str) -> AppTest:
    return visit("documents", **link_of(TINY_TEXT, **view))


def slider(at: AppTest) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(sent(at, "topic_slider")["json"])
    return data


def titles(at: AppTest) -> list[str]:
    lists = [element.value for element in at.html if 'class="documents"' in element.value]
    return [title.replace("<wbr>", "") for one in lists for title in re.findall(r"<b>(.*?)</b>", one)]


def test_it_shows_the_words_the_maps_what_is_found_and_how_good_that_is() -> None:
    at = opened()
    assert_opens(at, "documents")
    data = slider(at)
    assert len(data["topics"]) == TINY_TEXT.code_size
    assert all(set(topic["words"]) <= set(documentation.vocabulary()) for topic in data["topics"])
    assert len(titles(at)) == 30
    assert "Precision at 10" in said(at)
    assert "LSA of as many numbers" in said(at)
    assert "two principal components" in said(at)
    assert len(at.get("plotly_chart")) == 3
    assert address(at)["turn"] == "80"


def test_it_opens_on_what_comes_with_the_lab_without_any_work(lab: InstantManager) -> None:
    at = visit("documents")
    assert_opens(at, "documents")
    assert lab.piece_jobs == []
    assert "Documentation: code of 32" in said(at)
    assert len(titles(at)) == 30
    assert "Nothing was chosen on these documents" in said(at)


def test_a_sentence_of_other_words_finds_other_documents_and_is_in_the_link(lab: InstantManager) -> None:
    at = opened(sentence="nodes and edges of a graph")
    assert_opens(at, "documents")
    assert "Counted of it: nodes, edges, graph." in said(at)
    first = titles(at)
    at.text_input(key="documents_sentence_documentation").set_value("convolution of an image").run()
    assert_opens(at, "documents")
    assert titles(at) != first
    assert any(title.startswith("skimage") for title in titles(at))
    assert address(at)["sentence"] == "convolution of an image"


@pytest.mark.parametrize("text", ["qqq", "über 12", "<script>alert(1)</script>", "![x](http://a.example/b.png) $x^2$"])
def test_a_sentence_without_a_known_word_gets_one_back(text: str) -> None:
    at = opened(sentence=text)
    assert_opens(at, "documents")
    shown = said(at)
    assert "that are counted. Type others" in shown or "Counted of it:" in shown
    assert "alert(1)" not in shown
    assert "a.example" not in shown


def test_no_sentence_is_asked_for_one() -> None:
    at = opened(sentence="   ")
    assert_opens(at, "documents")
    assert "Type a sentence" in said(at)
    at.text_input(key="documents_sentence_documentation").set_value("x" * 5000).run()
    assert_opens(at, "documents")


def test_a_document_is_chosen_in_the_list_or_on_a_map() -> None:
    at = opened(ask="document", document="12")
    assert_opens(at, "documents")
    document = documentation.documents("test")[12]
    assert document.title in said(at).replace("<wbr>", "")
    assert "of its class" in said(at)
    assert len(titles(at)) == 30
    at.selectbox(key=FIELD).set_value("3").run()
    assert address(at)["document"] == "3"
    at.segmented_control(key="documents_asked").set_value("sentence").run()
    assert "document" not in address(at)
    at.segmented_control(key="documents_asked").set_value("document").run()
    assert address(at)["document"] == "3"  # it was kept


@pytest.mark.parametrize("text", ["-1", "99999", "seven", ""])
def test_a_document_that_there_is_not_becomes_the_first(text: str) -> None:
    at = opened(ask="document", document=text)
    assert_opens(at, "documents")
    assert address(at)["document"] == "0"


def test_a_code_finds_what_is_near_to_where_the_slider_stands() -> None:
    at = opened(ask="code", topic="3", turn="-50")
    assert_opens(at, "documents")
    assert "number 3 turned 50 % down" in said(at)
    data = slider(at)
    assert data["topics"][data["topic"]]["number"] == 2
    assert data["turn"] == -50
    assert len(titles(at)) == 30
    assert (address(at)["topic"], address(at)["turn"], address(at)["ask"]) == ("3", "-50", "code")


@pytest.mark.parametrize(("topic", "turn"), [("0", "900"), ("99", "nan"), ("x", "1e9")])
def test_a_place_that_there_is_not_becomes_the_nearest_and_is_told(topic: str, turn: str) -> None:
    at = opened(topic=topic, turn=turn)
    assert_opens(at, "documents")
    assert 1 <= int(address(at)["topic"]) <= 8
    assert -100 <= int(address(at)["turn"]) <= 100
    assert remembered(at).link.notes


def test_the_slider_s_place_comes_from_a_browser_and_is_checked() -> None:
    assert place_of("abc|3|-20") == ("abc", 3, -20)
    for value in (
        None,
        7,
        "",
        "abc",
        "abc|x|3",
        "abc|-1|3",
        "abc|1|101",
        "abc|1|nan",
        "a" * 300,
        ["abc|1|1"],
        "abc|1|1|1",
    ):
        assert place_of(value) is None


@pytest.mark.parametrize("name", ["digits-code-32", "heartbeats-default"])
def test_a_run_of_something_else_is_told_and_offered_documents(name: str) -> None:
    at = visit("documents", **link_of(ZOO[name].config))
    assert_opens(at, "documents")
    assert "it is words that are counted" in said(at)
    press(at, "Open Documentation: code of 32")
    assert_opens(at, "documents")
    assert slider(at)["topics"]


def test_where_no_run_on_documents_is_shipped_one_is_to_be_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.zoo, "present", lambda: [ZOO["digits-code-32"]])
    at = visit("documents", **link_of(ZOO["digits-code-32"].config))
    assert_opens(at, "documents")
    assert "Train one on the Train page" in said(at)


@pytest.mark.parametrize(("way", "held"), [("fix", "fixed"), ("hide", "hidden")])
def test_a_teacher_holds_the_slider_and_the_search_where_the_lesson_wants_them(way: str, held: str) -> None:
    view = "topic:2,turn:40,ask:sentence,sentence:nodes of a graph"
    at = opened(task="Look", on="documents", view=view, **{way: "topic,turn,ask,sentence"})
    assert_opens(at, "documents")
    data = slider(at)
    assert data["held"] == [held, held]
    assert (data["topics"][data["topic"]]["number"], data["turn"]) == (1, 40)
    assert "Counted of it: nodes, graph." in said(at)
    assert all(box.disabled for box in at.segmented_control if box.key == "documents_asked")
    press(at, "All controls")
    assert slider(at)["held"] == ["", ""]


def test_a_sentence_in_a_link_has_no_signs_that_part_a_lesson_s_values() -> None:
    at = opened(sentence="nodes, turn:90, of: a graph")
    assert address(at)["sentence"] == "nodes turn 90 of a graph"


def test_parts_come_as_they_are_computed(lab: InstantManager) -> None:
    studies._kept.clear()
    lab.holds = True
    at = opened()
    assert_opens(at, "documents")
    assert "appear here as soon as" in said(at)
    assert not at.get("plotly_chart")
    for job, work in lab.piece_jobs:
        lab.compute(job, work)
    at.run().run()
    lab.holds = False
    assert_opens(at, "documents")
    assert len(at.get("plotly_chart")) == 3


def test_what_stands_on_the_page_is_what_was_computed_and_can_be_taken_home() -> None:
    answers = measured(tiny_text_run(), TINY_TEXT.key).done_here()
    rows = list(csv.DictReader(io.StringIO(measures.numbers(answers))))
    assert {row["by"] for row in rows} == {*SPACES, BITS}
    (first,) = [row for row in rows if row["by"] == "codes" and row["what"] == "precision at 10"]
    assert float(first["precision"]) == answers["codes"]["precision"]
    assert f"{answers['tfidf']['precision']:.3f} ± {answers['tfidf']['error']:.3f}" in said(opened())


def test_titles_and_words_cannot_be_more_than_text() -> None:
    row = Row("<img src=x onerror=alert(1)>", 1, "<b>a</b>, & b", 0.5)
    shown = lists_html({"codes": ("Code", "2 numbers", [row])}, ["a", "<i>b</i>"], right=0)
    assert "<img" not in shown
    assert "<i>" not in shown
    assert "&lt;b&gt;a" in shown
    assert "✗" in shown
    held_out = {"titles": [row.title], "words": np.array([[0, 1]], np.uint16), "labels": np.array([1], np.uint8)}
    figure = planes.figure(np.zeros((1, 2)), held_out, ["<b>", "c"], ("a", "<i>b</i>"), ("x", "y"), 0)
    assert "<img" not in str(figure.data[0].text)
    assert "<i>" not in str(figure.data[0].text)


def test_class_colours_are_those_that_components_draw_in() -> None:
    palette = (Path(planes.__file__).parents[1] / "components" / "shared" / "palette.js").read_text("utf-8")
    colours = re.findall(r"'(#[0-9A-F]{6})'", palette)
    assert [*planes.CLASS_COLOURS["light"], *planes.CLASS_COLOURS["dark"]] == colours


def test_twenty_classes_have_twenty_marks() -> None:
    assert len({planes.mark_of(number)[:2] for number in range(20)}) == 20


def test_topics_are_asked_for_by_the_run_s_name() -> None:
    assert topics_of(tiny_text_run(), "a").key != topics_of(tiny_text_run(), "b").key

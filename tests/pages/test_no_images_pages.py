"""Every page works on runs of a series, of a table and of texts, which are no images, and computes on them what it does on images."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from apptest_helpers import (
    InstantManager,
    assert_opens,
    link_of,
    open_lab,
    press,
    said,
    sent,
    tables,
    visit,
    without_planes,
)
from PIL import Image
from streamlit.testing.v1 import AppTest

from ae_core.config.variants import VARIANTS
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
    without_planes(monkeypatch)
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


#: Texts that pages open when asked.
READINGS = (
    "reading_How to read it",
    "reading_How to read a comparison",
    "reading_Why the V matters",
    "reading_Why an autoencoder can remove noise",
    "what_it_is",
    "step_through_open",
)
IMAGES = re.compile(r"[^.\n<>]*\b(?:images?|pixels?)\b[^.\n<>]*", re.IGNORECASE)
#: What is said of images themselves, of the data sets there are, or is no text of the page.
TRUE_OF_IMAGES = re.compile(
    r"collection of your own images|data:image/|image/|class=|image-rendering|image=|images=|reading is of",
    re.IGNORECASE,
)


def read_aloud(at: AppTest) -> list[str]:
    """What a visitor reads or hears on the page: prose, names and helps of what can be set, and words of components."""
    texts = [re.sub(r"<style>.*?</style>", "", said(at), flags=re.DOTALL)]
    kinds = ("slider", "select_slider", "selectbox", "multiselect", "number_input", "button", "button_group", "toggle")
    for element in (each for kind in kinds for each in at.get(kind)):
        texts += [element.proto.label, element.proto.help]
        texts += [str(getattr(option, "content", option)) for option in getattr(element.proto, "options", ())]
    for element in at.get("bidi_component"):
        if element.proto.component_name != "address_bar":
            told = json.loads(element.proto.json)
            texts += [json.dumps(strings(json.loads(told["json"]))) if "json" in told else ""]
    texts += [element.proto.spec for element in at.get("plotly_chart")]
    return texts


def strings(value: object) -> list[str]:
    """The sentences in a component's data: what has a blank in it, without names of fields and packed numbers."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) and " " in value else []


def said_of_images(at: AppTest) -> list[str]:
    found = [part.group().strip() for text in read_aloud(at) for part in IMAGES.finditer(text)]
    return [part for part in found if not TRUE_OF_IMAGES.search(part)]


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page not in ("", "photos", "reading", "documents")]
)  # "image" is a word of documents
def test_a_page_calls_items_that_are_no_images_by_their_name(page: str, dataset: str, lab: InstantManager) -> None:
    if dataset == "documentation" and page in ("clusters", "compress"):
        pytest.skip("2,000 words take a minute here")
    entry = ZOO.get(f"{dataset}-{RUNS.get(page)}", ZOO[f"{dataset}-default"])
    at = visit(page, **link_of(entry.config))
    for key in READINGS:
        at.session_state[key] = True
    at.run()
    assert_opens(at, page)
    assert not said_of_images(at)


@pytest.mark.parametrize(
    ("kind", "dataset"),
    [
        *(
            (kind, dataset)
            for kind in VARIANTS
            for dataset in ("heartbeats", "cancer")
            if VARIANTS[kind].suits(dataset)
        ),
        *(
            (kind, "documentation") for kind in ("sparse", "contractive")
        ),  # what is drawn of these is of each kind of item
    ],
)
def test_the_train_page_shows_every_kind_that_suits_in_words_about_its_items(
    kind: str, dataset: str, lab: InstantManager
) -> None:
    variant = VARIANTS[kind]
    short = {"epochs": 1} | ({"pretraining_epochs": 1} if kind == "rbm" else {})
    at = press(visit("train", **link_of(variant.config(dataset, **short))), "Train")
    for key in READINGS:
        at.session_state[key] = True
    at.run()
    assert_opens(at, "train")
    assert "Finished after" in " ".join(bar.proto.text for bar in at.get("progress"))
    assert variant.look_for_in(dataset).partition(".")[0] in said(at)
    assert not said_of_images(at)
    assert "are both: edges" not in said(at)


@pytest.mark.parametrize(("dataset", "shown"), [("heartbeats", 3), ("cancer", 3), ("documentation", 2)])
def test_a_small_multiple_lays_few_items_over_their_originals(dataset: str, shown: int, lab: InstantManager) -> None:
    info, config = INFO[dataset], ZOO[f"{dataset}-default"].config
    html = " ".join(tables(visit("compare", **link_of(config))))
    word = "" if config.corruption == "none" else "restored "
    found = re.search(
        rf'src="data:image/png;base64,([^"]+)" alt="Code size {config.code_size}: {shown} {word}{info.items}"', html
    )
    assert found is not None
    with Image.open(io.BytesIO(base64.b64decode(found[1]))) as picture:
        width, _ = picture_size(info)
        assert picture.width == shown * width + (shown - 1) * max(1, width // 14)
        colours = np.asarray(picture.convert("RGB"))
    assert (colours.max(2) != colours.min(2)).any()  # what is laid over is in colour

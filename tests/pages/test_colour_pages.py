"""Colour: every page shows a run on images in colour, takes drawings in colour, and says which number follows what."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from apptest_helpers import (
    LONG_STUDIES,
    PAGES,
    InstantManager,
    assert_opens,
    link_of,
    open_lab,
    remembered,
    said,
    sent,
    tables,
    visit,
)
from PIL import Image

from ae_core.config.schema import Config
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit
from ui.components.shared import MOST_BYTES

CONFIG = Config(
    dataset="shapes",
    hidden_sizes=(16,),
    code_size=3,
    epochs=1,
    batch_size=256,
    variational=True,
    loss="bce",
    corruption="gaussian",
    corruption_strength=0.4,
).canonical()


@pytest.fixture(scope="module")
def file() -> bytes:
    """A run on images in colour that is variational and denoises, so that every page has something to show of it."""
    return checkpoint.to_bytes(fit(CONFIG, "cpu"))


@pytest.fixture(autouse=True)
def lab(file: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server that has this run and no images but what comes with the lab."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    manager = open_lab(tmp_path / "runs", monkeypatch)
    manager.store.put(CONFIG.key, file)
    return manager


def sheet(url: str) -> np.ndarray:
    """The picture in a data: URL as (H, W, bands)."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition("base64,")[2]))))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_it(page: str, lab: InstantManager) -> None:
    lab.holds = page in LONG_STUDIES
    at = visit(page, **link_of(CONFIG))
    assert_opens(at, page)
    if page != "home":  # which shows shipped runs of every code size
        assert at.selectbox(key="shelf").value == f"run:{CONFIG.key}"


@pytest.mark.parametrize(("page", "component", "name"), [
    ("train", "film", "sheetA"), ("denoise", "noise_mixer", "strip"), ("latent_map", "latent_explorer", "decoded"),
    ("latent_map", "latent_explorer", "points"), ("generate", "code_sliders", "strips"),
])  # fmt: skip
def test_what_follows_the_pointer_is_sent_in_colour(page: str, component: str, name: str) -> None:
    at = visit(page, **link_of(CONFIG, show="Explore"))
    data = sent(at, component)
    assert sum(map(len, data.values())) <= MOST_BYTES
    picture = sheet(data[name]).astype(int)
    assert picture.shape[2] == 3
    assert np.ptp(picture, axis=2).max() > 20  # not grey in three channels


def test_a_painting_on_an_image_in_colour_has_colours() -> None:
    at = visit("denoise", **link_of(CONFIG, strength="0"))
    pixels = np.zeros((4, 32, 32), np.uint8)
    pixels[0, :8] = 1  # the mask, over the upper rows
    pixels[3] = 255  # blue
    painting = base64.b64encode(pixels.tobytes()).decode()
    remembered(at).paintings[3, 32, 32] = painting
    at.run()
    assert_opens(at, "denoise")
    assert sheet(sent(at, "noise_mixer")["answer"]).shape == (32, 96, 3)
    remembered(at).paintings[3, 32, 32] = base64.b64encode(bytes(2 * 32 * 32)).decode()  # of a grey image
    at.run()
    assert "32 × 32 pixels. Clear it" in said(at)


@pytest.mark.parametrize(
    ("page", "view"), [("latent_map", {}), ("generate", {"show": "Explore"})], ids=["latent map", "generate"]
)
def test_it_says_which_number_follows_which_factor(page: str, view: dict[str, str]) -> None:
    at = visit(page, **link_of(CONFIG, **view))
    (table,) = [html for html in tables(at) if "<th>hue</th>" in html]
    assert table.count("<b>") == 6  # a number that tells most about each of the six factors
    assert "The mutual information gap of all held-out codes" in said(at)
    at = visit(page, dataset="digits", **view)
    assert "mutual information gap" not in said(at)  # nobody knows what digits are made of


def test_a_sweep_shows_the_gap_beside_the_error(lab: InstantManager, file: bytes) -> None:
    at = visit("compare", **link_of(CONFIG, show="sweep", vary="beta", values="1_4"))
    assert_opens(at, "compare")
    assert len(at.get("plotly_chart")) == 2
    assert "has a number of the code to itself" in said(at)
    at = visit("compare", **link_of(replace(CONFIG, dataset="digits"), show="sweep"))
    assert "has a number of the code to itself" not in said(at)

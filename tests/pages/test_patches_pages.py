"""Patches of photographs: every page shows a run on grey ones of 16 x 16 and on colour ones of 8 x 8, crisply."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from apptest_helpers import LONG_STUDIES, PAGES, InstantManager, assert_opens, link_of, open_lab, tables, visit
from PIL import Image

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit

CONFIGS = {
    name: Config(
        dataset=name,
        hidden_sizes=(16,),
        code_size=3,
        epochs=1,
        batch_size=1024,
        variational=True,
        corruption="gaussian",
        corruption_strength=0.4,
    ).canonical()
    for name in ("patches16", "patches8_colour")
}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """A run on each that is variational and denoises, so that every page has something to show of it."""
    return {config.key: checkpoint.to_bytes(fit(config, "cpu")) for config in CONFIGS.values()}


@pytest.fixture(autouse=True)
def lab(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    manager = open_lab(tmp_path / "runs", monkeypatch)
    for key, file in files.items():
        manager.store.put(key, file)
    return manager


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_it(page: str, name: str, lab: InstantManager) -> None:
    lab.holds = page in LONG_STUDIES
    at = visit(page, **link_of(CONFIGS[name]))
    assert_opens(at, page)
    if page != "home":  # which shows shipped runs of every code size
        assert at.selectbox(key="shelf").value == f"run:{CONFIGS[name].key}"


@pytest.mark.parametrize("name", CONFIGS)
def test_its_pixels_are_sent_as_they_are(name: str) -> None:
    _, height, _ = INFO[name].shape
    html = "".join(tables(visit("reconstruct", **link_of(CONFIGS[name]))))
    drawn = re.findall(r'<img [^>]*src="data:image/png;base64,([^"]+)"', html)
    assert drawn
    heights = {Image.open(io.BytesIO(base64.b64decode(each))).height for each in drawn}
    assert heights == {height}


def test_patches_are_chosen_on_the_train_page() -> None:
    at = visit("train", dataset="digits")
    at.selectbox(key="knob_dataset").select("patches8").run()
    at.run()
    assert_opens(at, "train")
    assert "Grey patches 8 × 8" in at.selectbox(key="knob_dataset").options

"""Share and take home: the dialog's link, its QR code and what it offers to download."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import zxingcpp
from apptest_helpers import (
    InstantManager,
    address,
    assert_opens,
    errors,
    link_of,
    open_lab,
    press,
    turn_to,
    uploader,
    visit,
)
from PIL import Image
from streamlit.testing.v1 import AppTest

from ae_core.config.link_seal import opened
from ae_core.config.schema import Config
from ae_core.data import datasets
from ae_core.runs import checkpoint
from ae_core.runs.run import Run
from ui.shell.share import downloads, link_to, qr_html

TINY = Config(dataset="digits", hidden_sizes=(16,), code_size=3, epochs=3, batch_size=64, learning_rate=1e-2)
SHARE = "Share and take home"
LABELS = [
    "Python script",
    "Jupyter notebook",
    "Checkpoint",
    "Decoder (ONNX)",
    "Images (PNG)",
    "Loss curve (PNG)",
    "Numbers (CSV)",
    "Curves (CSV)",
]


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    return open_lab(tmp_path / "runs", monkeypatch)


def offered(at: AppTest) -> dict[str, bool]:
    """The labels of the download buttons, and whether they can be pressed."""
    return {button.proto.label: not button.proto.disabled for button in at.get("download_button")}


def link_shown(at: AppTest) -> str:
    (code,) = at.code
    return str(code.value)


@pytest.mark.parametrize("page", ["home", "train", "reconstruct", "latent_map"])
def test_every_page_can_be_shared_and_its_run_taken_home(page: str) -> None:
    at = press(visit(page), SHARE)
    assert_opens(at, page)
    assert opened(dict(parse_qsl(urlsplit(link_shown(at)).query))) == (address(at), [])
    assert offered(at) == dict.fromkeys(LABELS, True)


def test_home_offers_the_run_of_its_picture_and_not_the_shelfs() -> None:
    at = press(visit("home", images="digits", size="4"), SHARE)
    config, _ = Config.from_query(address(at))
    assert config.code_size == 4
    assert "##### Take home: Digits: code of 4" in [element.value for element in at.markdown]


def test_a_run_that_no_link_can_bring_is_said_to_be_one(tiny_bytes: bytes) -> None:
    at = visit("reconstruct")
    uploader(at, "Checkpoint file").upload("run.safetensors", tiny_bytes, "application/octet-stream").run()
    at = press(at, SHARE)
    assert "pass on its checkpoint" in " ".join(element.value for element in at.caption)


def test_a_run_whose_file_has_gone_is_not_offered(lab: InstantManager, tiny_bytes: bytes) -> None:
    lab.store.put(TINY.key, tiny_bytes)
    at = visit("reconstruct", **link_of(TINY))
    lab.store.path(TINY.key).unlink()
    press(at, SHARE)
    assert not at.exception
    assert "no longer kept on the server" in errors(at)
    assert not offered(at)


def test_a_link_leads_to_the_page_and_its_view() -> None:
    link = link_to("https://lab.example/latent_map", {"hidden_sizes": "8-4", "points": "600", "task": "Why? & how"})
    assert link.startswith("https://lab.example/latent_map?check=3-")
    assert link.endswith("&hidden_sizes=8-4&points=600&task=Why%3F+%26+how")
    assert link_to("https://lab.example/", {}) == "https://lab.example/"


def test_the_qr_code_carries_the_link() -> None:
    link = link_to("https://lab.example/generate", TINY.to_query() | {"show": "Samples"})
    found = re.search(r'src="data:image/png;base64,([^"]+)"', qr_html(link))
    assert found
    picture = Image.open(io.BytesIO(base64.b64decode(found[1])))
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [link]
    assert picture.convert("L").getextrema() == (0, 255)  # black on white, whatever the theme
    assert picture.convert("L").crop((0, 0, picture.width, 4 * 12)).getextrema() == (255, 255)  # the quiet zone


def test_a_link_too_long_for_a_qr_code_says_so() -> None:
    assert "too long" in qr_html("https://lab.example/?" + "x" * 4000)


def test_all_that_is_offered_can_be_made(tiny_run: Run) -> None:
    made = {}
    for download in downloads(tiny_run):
        assert download.make is not None
        content = download.make()
        made[download.ending] = content.encode() if isinstance(content, str) else content
        assert download.help.endswith(".")
    assert len(made) == len(LABELS)
    assert checkpoint.from_bytes(made[".safetensors"]).config == tiny_run.config
    assert made["-images.png"][:4] == made["-loss.png"][:4] == b"\x89PNG"
    assert f"{tiny_run.metrics['mse']:.6f}".encode() in made[".py"]
    assert all(len(content) > 300 for content in made.values())


def test_no_images_are_drawn_of_a_dataset_that_is_not_here(
    tiny_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    elsewhere = replace(tiny_run, config=replace(TINY, dataset="mnist"))
    assert not datasets.on_disk("mnist")
    assert [download.label for download in downloads(elsewhere) if download.make is None] == ["Images (PNG)"]


# --- The same run again -------------------------------------------------------------------------------------


def labels(at: AppTest) -> set[str]:
    return {button.label for button in at.button}


def test_a_run_of_this_visit_can_be_replayed(lab: InstantManager) -> None:
    at = visit("train", **link_of(TINY))
    assert "Train" in labels(at)
    press(at, "Train")
    assert {"Replay", "Train with a new seed"} <= labels(at)
    press(at, "Replay")
    first, second = (job.run for job in lab.jobs)
    assert first is not None
    assert second is not None
    assert second.metrics == first.metrics


def test_other_settings_are_trained_and_not_replayed(lab: InstantManager) -> None:
    at = press(visit("train", **link_of(TINY)), "Train")
    at.number_input(key="knob_seed").set_value(5).run()
    assert "Train" in labels(at)
    assert "Replay" not in labels(turn_to(at, "train"))

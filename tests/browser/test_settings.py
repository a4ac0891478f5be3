"""The Train page's settings: what one of them draws anew, and what stands folded until it is opened."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from visitor import Visitor

from ae_core.config.schema import Config
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_what_follows_from_a_knob_follows_it(visit: Visit) -> None:
    visitor = visit("desktop")
    visitor.open("train")
    cost = visitor.main.locator(".cost")
    expect(cost).to_contain_text("8× compression")
    visitor.move("Code size", "ArrowRight", then="12")
    expect(cost).to_contain_text("5.33× compression")
    expect(visitor.page).to_have_url(re.compile("code_size=12"))
    width = visitor.main.get_by_role("spinbutton", name="Nodes 1")
    width.fill("99")
    width.press("Enter")
    expect(visitor.page).to_have_url(re.compile("hidden_sizes=99"))
    expect(visitor.slider("Code size")).to_have_attribute("aria-valuetext", "12")  # drawn anew, and still there
    visitor.move("Epochs (the budget)", "Home", then="1")
    expect(visitor.page).to_have_url(re.compile(r"(?=.*code_size=12)(?=.*hidden_sizes=99)(?=.*epochs=1)"))
    expect(width).to_have_value("99")


def test_one_knob_brings_another_along(visit: Visit) -> None:
    visitor = visit("desktop")
    link = "train?dataset=digits&sparsity=top_k&hidden_sizes=&code_size=12&k=12"
    visitor.open(link)
    expect(visitor.slider("Units that may fire (k)")).to_have_attribute("aria-valuetext", "12")
    visitor.move("Code size", "ArrowLeft", then="8")
    expect(visitor.slider("Units that may fire (k)")).to_have_attribute("aria-valuetext", "8")
    expect(visitor.main.locator(".cost")).to_contain_text("8× compression")  # drawn below the note on the other knob
    expect(visitor.main.get_by_text("so “Units that may fire (k)” is now 8")).to_be_visible()
    visitor.rest()


def test_a_checkpoint_comes_back_by_the_folded_uploader(visit: Visit) -> None:
    visitor = visit("desktop")
    run = fit(Config(dataset="digits", hidden_sizes=(16,), code_size=3, epochs=1))
    visitor.open("reconstruct")
    sidebar = visitor.page.get_by_test_id("stSidebar")
    expect(sidebar.locator("input[type=file]")).to_have_count(0)
    visitor.press(sidebar.get_by_text("Upload a checkpoint"))
    file = {"name": "run.safetensors", "mimeType": "application/octet-stream", "buffer": checkpoint.to_bytes(run)}
    sidebar.locator("input[type=file]").set_input_files([{**file, "buffer": file["buffer"][:200]}])
    expect(sidebar.get_by_test_id("stAlertContentError")).to_be_visible()
    sidebar.locator("input[type=file]").set_input_files([file])
    expect(visitor.shelf).to_have_value("Digits: deep dense, code of 3 (uploaded)")
    expect(visitor.main.get_by_text("Digits: deep dense, code of 3 (uploaded)").first).to_be_visible()


def test_what_stands_folded_opens(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("denoise")
    text = visitor.main.get_by_text("A denoising autoencoder is given a damaged image")
    expect(text).to_have_count(0)
    visitor.press(visitor.main.get_by_text("Why an autoencoder can remove noise"))
    expect(text).to_be_visible()

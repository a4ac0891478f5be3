"""Compare: a finished sweep at once, another one trained in the queue, and one of its runs opened."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from visitor import TRAINING, Visitor, has_pixels

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

TINY = "dataset=digits&hidden_sizes=16&code_size=4&epochs=2&batch_size=64&show=sweep&vary=code_size&values=4_6_7"
PLACES = """() => [...document.querySelectorAll('[class*=st-key-point_], .st-key-originals')].map(tile => {
  const box = tile.getBoundingClientRect();
  return [box.x, box.y, box.width, box.height].map(Math.round);
})"""


def test_the_page_opens_on_the_finished_sweep_of_the_shipped_code_sizes(visit: Visit) -> None:
    visitor = visit()
    visitor.open("compare")
    tiles = visitor.main.locator("[class*=st-key-point_]")
    expect(tiles).to_have_count(7)
    has_pixels(tiles.last.locator("img"))
    expect(tiles.last).to_contain_text(re.compile(r"Code size 64\s*error 0\.\d{4}\s*PCA 0\.\d{4}"))
    expect(visitor.main.locator(".st-key-sweep_curve .points").first.locator(".point")).to_have_count(7)


def test_a_sweep_is_trained_and_one_of_its_runs_is_opened(visit: Visit) -> None:
    visitor = visit()
    visitor.page.goto(f"{visitor.server}/compare?{TINY}")  # its base is not known here and is trained first
    train = visitor.button("Train the sweep")
    expect(visitor.main.get_by_text("1 of 3 runs are here")).to_be_visible(timeout=TRAINING)
    expect(visitor.main.get_by_text("256", exact=True)).to_be_visible()  # Streamlit fetches its chips on first use
    visitor.rest()
    before = visitor.page.evaluate(PLACES)
    assert len(before) == 4
    visitor.press(train)
    expect(visitor.button("Stop")).to_be_visible()
    assert visitor.page.evaluate(PLACES) == before
    expect(visitor.main.get_by_text("All 3 runs are here")).to_be_visible(timeout=TRAINING)
    visitor.rest()
    assert visitor.page.evaluate(PLACES) == before  # nothing moved when runs came in
    expect(visitor.main.locator(".tile-picture img")).to_have_count(4)

    tile = visitor.main.locator("[class*=st-key-point_]").filter(has_text="Code size 7")
    visitor.press(tile.get_by_role("button", name="Open"))
    visitor.settle("reconstruct")
    expect(visitor.shelf).to_have_value(re.compile("Digits: .*code of 7"))

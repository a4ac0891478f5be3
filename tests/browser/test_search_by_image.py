"""Search in a browser: an image is chosen in the grid, and the rows are its own before the server has been asked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pointer import changes, pixels, stroke_by_keys
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_a_click_in_the_grid_changes_the_rows_and_the_address(visit: Visit) -> None:
    visitor = visit()
    visitor.open("search")
    page, near = visitor.page, visitor.main.locator(".near")
    rows, images = near.locator(".row-of"), near.get_by_role("radio")
    expect(rows).to_have_count(4)
    expect(images).to_have_count(30)
    expect(rows.first.locator(".share")).to_have_text(re.compile(r"^\d+ of 10 right$"))
    first = rows.first.locator("canvas").first
    before = pixels(first)
    images.nth(4).click()
    expect(images.nth(4)).to_have_attribute("aria-checked", "true")
    changes(first, before)
    page.wait_for_url(re.compile("image=4"))
    images.nth(4).press("ArrowRight")
    page.wait_for_url(re.compile("image=5"))
    expect(images.nth(5)).to_be_focused()
    expect(near.locator(".asked figcaption")).to_contain_text("no. 5")


def test_what_is_drawn_is_searched_for(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("search?source=draw")
    stroke_by_keys(visitor.main.locator(".pad canvas").first)
    rows = visitor.main.locator(".near .row-of")
    expect(rows).to_have_count(4, timeout=120_000)
    expect(rows.first.locator(".share")).to_have_text(re.compile(r"^\d+ of 10: \d$"))

"""Few labels under a real pointer: a click labels an image at once, and the errors of the choice follow."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_ten_are_chosen_by_hand_and_judged(visit: Visit) -> None:
    visitor = visit()
    visitor.open("few_labels")
    main, page = visitor.main, visitor.page
    grid, bars = main.locator(".picking .grid"), main.locator(".picking .bars")
    expect(grid).to_have_attribute("data-drawn", "100")
    pressed = grid.locator("button[aria-pressed=true]")
    expect(pressed).to_have_count(10)
    expect(bars.locator("output").first).to_have_text(re.compile(r"\d %"))
    main.get_by_role("button", name="None", exact=True).click()
    expect(pressed).to_have_count(0)
    expect(bars.locator("output").first).to_have_text("–")
    grid.get_by_role("button", name=re.compile("^Image 1,")).click()
    expect(pressed).to_have_count(1)
    expect(main.locator(".taken")).to_contain_text("1 labelled, of 1 of 10 classes.")
    expect(bars).to_have_attribute("data-drawn", "0")
    expect(bars.locator("output").first).to_have_text(re.compile(r"(8|9)\d\.\d %"))  # all are told to be of its class
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(bars).to_have_attribute("data-drawn", "0_1")
    page.wait_for_url(re.compile("picks=0_1"))
    main.get_by_role("button", name="None", exact=True).click()
    for place in range(12):  # faster than they are answered
        grid.get_by_role("button").nth(place).click()
    expect(bars).to_have_attribute("data-drawn", "_".join(map(str, range(12))))
    expect(pressed).to_have_count(12)
    main.get_by_role("button", name="A random ten").click()
    expect(pressed).to_have_count(10)
    expect(main.locator(".said")).to_contain_text("of 100 random tens")
    visitor.go("denoise")
    visitor.go("few_labels")
    expect(pressed).to_have_count(10)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390

"""Documents in a browser: bars follow the slider before the server is asked; a point of a map is clicked; a code is found."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pointer import at
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
COMPUTED = 180_000  # ms for workers that have only just started


def test_a_number_is_turned_a_point_is_clicked_and_a_code_is_searched_for(visit: Visit) -> None:
    visitor = visit()
    visitor.open("documents")
    page, topics = visitor.page, visitor.main.locator(".topics")
    slider, more = topics.get_by_role("slider"), topics.locator(".more li:not(.none) b")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("more of"), timeout=COMPUTED)
    page.wait_for_url(re.compile("turn=80"))
    up = more.all_inner_texts()
    page.mouse.move(*at(slider, 0.88, 0.5))
    page.mouse.down()
    page.mouse.move(*at(slider, 0.2, 0.5), steps=8)
    assert more.all_inner_texts() != up  # at once, and the server has not been asked
    assert "turn=80" in page.url
    expect(topics.locator(".dial small")).to_contain_text("of the way down")
    page.mouse.up()
    page.wait_for_url(re.compile("turn=-"))
    numbers = topics.get_by_role("radio")
    numbers.nth(1).click()
    numbers.nth(1).press("ArrowDown")
    expect(numbers.nth(2)).to_be_focused()
    expect(numbers.nth(2)).to_have_attribute("aria-checked", "true")

    point = visitor.main.locator(".js-plotly-plot").first.locator(".scatterlayer path.point").nth(4)
    expect(point).to_be_visible(timeout=COMPUTED)
    expect(visitor.main.get_by_role("button", name="Stop")).to_have_count(0, timeout=COMPUTED)
    page.mouse.click(*at(point, 0.5, 0.5))
    page.wait_for_url(re.compile("ask=document"))
    asked = visitor.main.locator(".documents.asked")
    expect(asked).to_have_count(1, timeout=COMPUTED)
    lists = visitor.main.locator(".documents section")
    expect(lists.nth(2).locator("li")).to_have_count(10, timeout=COMPUTED)

    visitor.main.get_by_text("A code", exact=True).click()
    expect(visitor.main.get_by_text(re.compile("^Searched for: the mean code with number"))).to_be_visible()
    expect(lists.nth(2).locator("li")).to_have_count(10, timeout=COMPUTED)


def test_a_finger_turns_a_number_and_nothing_a_sentence_holds_is_run(visit: Visit) -> None:
    visitor = visit("phone", scheme="dark")
    visitor.open("documents?sentence=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%20graph")
    topics = visitor.main.locator(".topics")
    slider = topics.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("more of"), timeout=COMPUTED)
    visitor.page.touchscreen.tap(*at(slider, 0.1, 0.5))
    expect(topics.locator(".dial small")).to_contain_text("of the way down")
    expect(visitor.main.get_by_text(re.compile("Counted of it: .*graph"))).to_be_visible(timeout=COMPUTED)
    expect(visitor.main.locator("img[src=x]")).to_have_count(0)

"""Can it be read? in a browser: the row and its marks follow the drag, and the address follows the row."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pointer import drag, followed, pixels, watch
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_the_marks_follow_the_drag_and_the_strength_is_reported_on_release(visit: Visit) -> None:
    visitor = visit()
    visitor.open("reading?noise_kind=gaussian&strength=0")
    reader = visitor.main.locator(".reader")
    noisy = reader.locator('[data-method="0"]')
    expect(reader.locator(".verdict")).to_contain_text("At strength 0.00")
    canvas = noisy.locator("canvas")
    clean, before = pixels(canvas), noisy.locator(".count").text_content()
    watch(canvas)
    drag(visitor.page, canvas, [(0.05, 0.5), (0.5, 0.5), (0.98, 0.5)])
    assert followed(visitor.page)["followed"] > 0
    assert pixels(canvas) != clean
    expect(noisy.locator(".count")).not_to_have_text(str(before))
    expect(noisy.locator("span.wrong").first).to_contain_text("✗")
    visitor.page.wait_for_url(re.compile(r"strength=0\.9"))
    canvas.press("ArrowLeft")
    visitor.page.wait_for_url(re.compile(r"strength=0\.9&"))
    expect(reader.locator(".verdict")).to_contain_text("At strength 0.90")


def test_an_image_is_told_in_words_and_the_scan_is_a_view_of_its_own(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("reading?strength=0.8")
    reader = visitor.main.locator(".reader")
    reader.get_by_role("button", name=re.compile("^Image 3:")).click()
    expect(reader.locator(".one")).to_contain_text("Image 3 is")
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.choose("A scanned page")
    expect(visitor.main.locator(".scans img")).to_have_count(9)
    visitor.page.wait_for_url(re.compile("read=scan"))

"""The page Anomalies under a real pointer: everything follows the line as it is dragged, and the address when it rests."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pointer import at, changes, followed, glide, pixels, watch
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_everything_follows_the_line(visit: Visit) -> None:
    visitor = visit()
    visitor.open("anomalies")
    page, box = visitor.page, visitor.main.locator(".threshold")
    plot, line = box.locator(".plot"), visitor.slider("Threshold")
    cells, verdict = box.locator("tbody td b"), box.locator(".verdict")
    canvases = {name: box.locator(f"{name}") for name in (".roc", ".pr", ".below canvas", ".above canvas")}
    expect(box.locator(".dial small")).to_contain_text("where it starts: 95%")
    expect(box.locator(".below .names span").last).to_contain_text(re.compile("[✓✗]"))
    first = cells.all_inner_texts()
    assert sum(int(text.replace(",", "")) for text in first) == 360  # all held-out images of digits
    before = {name: pixels(canvas) for name, canvas in canvases.items()}

    page.mouse.move(*at(plot, 0.5, 0.3))
    page.mouse.down()
    watch(plot)
    glide(page, plot, [(0.4, 0.3), (0.3, 0.3), (0.2, 0.3)])
    counted = followed(page)
    assert counted["followed"] == counted["frames"]
    assert "line=" not in page.url  # the server has not been asked
    expect(cells.nth(0)).not_to_have_text(first[0])
    assert sum(int(text.replace(",", "")) for text in cells.all_inner_texts()) == 360
    for name, canvas in canvases.items():
        changes(canvas, before[name])
    page.mouse.up()
    page.wait_for_url(re.compile("line=0"))
    place = page.url.rpartition("line=")[2]
    assert 0.15 < float(place) < 0.25
    expect(verdict).to_contain_text(re.compile("With this line [5-9][0-9]"))  # per cent of normal images raise an alarm

    line.press("ArrowLeft")
    page.wait_for_url(re.compile(f"line=(?!{place}$)0"))
    moved, output = page.url, box.locator("output").inner_text()
    page.reload()
    visitor.settle("anomalies")
    expect(page).to_have_url(moved)  # a link brings it back
    expect(box.locator("output")).to_have_text(output)
    box.get_by_role("button", name="Back to the start").click()
    expect(cells).to_have_text(first)
    page.wait_for_url(re.compile("^(?!.*line=)"))
    assert visitor.problems == []


def test_on_a_phone_a_tap_moves_the_line(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("anomalies")
    box = visitor.main.locator(".threshold")
    output = box.locator("output")
    before = output.inner_text()
    box.locator(".plot").tap(position={"x": 60, "y": 60})
    expect(output).not_to_have_text(before)
    visitor.page.wait_for_url(re.compile("line="))


def test_a_drawing_is_marked_on_the_histograms(visit: Visit) -> None:
    visitor = visit()
    visitor.open("anomalies?score=error")
    page, box = visitor.page, visitor.main.locator(".threshold")
    expect(box.locator(".verdict")).to_contain_text("With this line")
    visitor.choose("Draw")
    pad = visitor.main.locator("[class*=st-key-pad_8] canvas").first
    expect(pad).to_be_visible()
    page.mouse.move(*at(pad, 0.3, 0.2))
    page.mouse.down()
    glide(page, pad, [(0.7, 0.2), (0.3, 0.8), (0.7, 0.8)])
    page.mouse.up()
    expect(box.locator(".verdict")).to_contain_text("Yours (★) lies")
    expect(visitor.main.locator("table.figures").first.locator("tbody tr")).not_to_have_count(0)

"""Clusters in a browser: an image is dragged over a border, and the map says so within a frame."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pointer import at, followed, glide, pixels, watch
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_an_image_that_is_dragged_changes_its_cluster(visit: Visit) -> None:
    visitor = visit()
    visitor.open("clusters?found_by=codes-plane")
    page, board = visitor.page, visitor.main.locator(".clusters")
    canvas, verdict = board.locator(".map"), board.locator(".verdict")
    expect(verdict).to_contain_text("It is in cluster")
    first, before = canvas.get_attribute("data-cluster"), pixels(canvas)
    watch(canvas)
    page.mouse.move(*at(canvas, 0.1, 0.1))
    page.mouse.down()
    seen = set()
    for place in ((0.3, 0.3), (0.5, 0.5), (0.7, 0.7), (0.9, 0.9), (0.9, 0.5), (0.9, 0.1), (0.1, 0.9)):
        glide(page, canvas, [place])
        seen.add(canvas.get_attribute("data-cluster"))
    counted = followed(page)
    page.mouse.up()
    assert counted["followed"] > 0.8 * counted["frames"]  # where no border is near, two places look the same
    assert len(seen) > 2
    assert pixels(canvas) != before
    expect(verdict).to_contain_text(re.compile("From cluster|still in cluster"))
    visitor.button("Put it back").click()
    expect(verdict).to_contain_text("It is in cluster")
    canvas.press("ArrowRight")
    expect(verdict).to_contain_text(re.compile("From cluster|still in cluster"))
    visitor.button("Another one").click()
    expect(verdict).to_contain_text("It is in cluster")
    assert first


def test_on_a_phone_the_map_is_above_its_pictures_and_scrolls(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("clusters")
    board = visitor.main.locator(".clusters")
    expect(board.locator(".verdict")).to_contain_text("It is in cluster")
    above, below = board.locator(".map").bounding_box(), board.locator(".pair").bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    assert above["x"] + above["width"] <= 390

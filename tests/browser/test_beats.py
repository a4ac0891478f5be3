"""A heartbeat is drawn with the finger, and at once stands where it falls: on the map, and beside the line of Anomalies."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from pointer import changes, drag, pixels
from visitor import Visitor

from ae_core.runs.zoo import ZOO

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

BEAT = [(0.02, 0.7), (0.3, 0.62), (0.42, 0.7), (0.5, 0.15), (0.56, 0.8), (0.75, 0.55), (0.98, 0.7)]


def address(page: str, run: str) -> str:
    return f"{page}?{urlencode(ZOO[run].config.to_query())}"


def test_a_drawn_beat_falls_on_the_histograms_and_is_seen_with_its_error(visit: Visit) -> None:
    visitor = visit()
    visitor.open(address("anomalies", "heartbeats-one-class"))
    plot = visitor.main.locator(".threshold .plot")
    before = pixels(plot)
    visitor.press(visitor.main.get_by_role("radiogroup", name="One of your own").get_by_role("radio", name="Draw"))
    pad = visitor.main.locator(".pad canvas")
    box = pad.bounding_box()
    assert box
    assert box["width"] > 1.5 * box["height"]  # as low and wide as a beat
    drag(visitor.page, pad, BEAT)
    expect(visitor.main.get_by_alt_text("Seen")).to_be_visible()
    expect(visitor.main.get_by_alt_text("Drawn")).to_be_visible()
    expect(visitor.main.get_by_text("Yours (★)")).to_be_visible(timeout=180_000)  # its scores are computed first
    changes(plot, before)  # the mark of the own one
    assert visitor.problems == []


def test_a_beat_on_the_map_is_no_drawing_for_digits(visit: Visit) -> None:
    visitor = visit()
    visitor.open(address("latent_map", "heartbeats-code-2"))
    plane, decoded = visitor.main.locator(".plane > canvas").first, visitor.main.locator(".drawn canvas").first
    assert len(set(pixels(decoded))) > 1  # a line, on the autoencoder's side
    before = pixels(plane)
    drag(visitor.page, visitor.main.locator(".pad canvas"), BEAT)
    expect(visitor.main.get_by_alt_text("Decoded")).to_be_visible()
    visitor.page.mouse.move(2, 2)
    changes(plane, before)  # the star
    visitor.open("latent_map")
    expect(visitor.button("Clear")).to_be_disabled()  # the pad of digits is empty
    assert visitor.problems == []

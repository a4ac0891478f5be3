"""Two of each component on one page: what is done to one, or told to it, the other does not hear."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect
from pointer import at, changes, drag, pixels
from serving import serve
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def pair_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("pair"), script="tests/support/two_of_each.py") as address:
        yield address


@pytest.fixture
def visitor(visit: Visit, pair_server: str) -> Visitor:
    visitor = visit(server=pair_server)
    visitor.page.goto(pair_server)
    expect(visitor.main.locator(".hero[data-drawn]")).to_have_count(2)  # the last of each side
    expect(visitor.main.locator(".said", has_text="Move over a plane")).to_have_count(2)
    visitor.rest()
    return visitor


def side(visitor: Visitor, name: str) -> Locator:
    return visitor.main.locator(f".st-key-side_{name}")


def seen(side: Locator) -> list[str]:
    """All that the components of a side show."""
    return [*(pixels(canvas) for canvas in side.locator("canvas").all()), *side.locator(".c").all_inner_texts()]


def test_what_is_told_to_an_explorer_the_other_does_not_hear(visitor: Visitor) -> None:
    left, right = side(visitor, "left"), side(visitor, "right")
    plane, strip = left.locator(".plane > canvas").first, left.locator(".way .strip")
    others = seen(right)
    before = pixels(plane)
    left.get_by_role("slider", name="Images").press("ArrowRight")  # its count
    expect(plane).to_have_attribute("aria-label", re.compile("220 held-out images"))
    changes(plane, before)
    expect(right.locator(".plane > canvas").first).to_have_attribute("aria-label", re.compile("200 held-out images"))

    before = pixels(plane)
    drag(visitor.page, left.locator(".pad canvas"), [(0.5, 0.15 + 0.07 * i) for i in range(10)])  # its star
    visitor.page.mouse.move(2, 2)
    changes(plane, before)

    for place in [(0.3, 0.3), (0.7, 0.6)]:  # its path, blended and then as it is decoded
        empty = pixels(strip)
        visitor.page.mouse.click(*at(plane, *place))
        visitor.rest()
    changes(strip, empty)
    visitor.page.mouse.move(2, 2)
    visitor.rest()
    assert seen(right) == others

    before = pixels(plane)
    right.get_by_role("slider", name="Images").press("ArrowRight")  # and the other way round
    expect(right.locator(".plane > canvas").first).to_have_attribute("aria-label", re.compile("220 held-out images"))
    visitor.rest()
    assert pixels(plane) == before


def test_what_is_done_to_one_component_moves_no_other(visitor: Visitor) -> None:
    left, right = side(visitor, "left"), side(visitor, "right")
    others = seen(right)
    for picture, control, key in [
        (left.locator(".plane > canvas").first, left.locator(".plane > canvas").first, "+"),
        (left.locator(".film .map").first, left.get_by_role("slider", name="Moment of the training"), "Home"),
        (left.locator(".mixer .ae canvas"), left.get_by_role("slider", name="Strength"), "ArrowRight"),
        (left.locator(".hero .decoded canvas"), left.get_by_role("slider", name="Code size"), "ArrowLeft"),
    ]:
        before = pixels(picture)
        control.press(key)
        changes(picture, before)
    visitor.rest()
    assert seen(right) == others


def test_the_page_s_colours_may_come_after_a_component_was_drawn(visitor: Visitor) -> None:
    """They are in a rule of the page's, which a slow network brings late; this page has not got it at all."""
    left = side(visitor, "left")
    pictures = [left.locator(name).first for name in (".plane > canvas", ".film .curve", ".chart", ".hero .bars")]
    for colour in ("#cc3311", "#0077bb"):  # and another theme has others
        before = [pixels(picture) for picture in pictures]
        visitor.page.add_style_tag(content=f":root {{ --ae: {colour} }}")
        for picture, was in zip(pictures, before, strict=True):
            changes(picture, was)

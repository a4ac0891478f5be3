"""Home's bottleneck under a real pointer: it follows within the frame, and only where it comes to rest is told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect
from pointer import at, changes, drag, followed, glide, pixels, watch
from until import until
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

SLIDER = "Code size: how many numbers"
STOPS = [(0.015 + 0.97 * step / 6, 0.5) for step in range(7)]  # of the slider: 1, 2, 4, 8, 16, 32 and 64 numbers


def opened(visitor: Visitor, address: str = "?images=digits&size=64") -> Visitor:
    visitor.open(address)
    expect(visitor.main.locator(".hero")).to_have_attribute("data-drawn", re.compile(r"\d"))
    return visitor


def image(visitor: Visitor, name: str) -> Locator:
    return visitor.main.locator(f".hero .{name} canvas")


def height(what: Locator) -> float:
    box = what.bounding_box()
    assert box
    return box["height"]


def test_the_picture_follows_the_drag_and_python_hears_of_the_end_of_it(visit: Visit) -> None:
    visitor = opened(visit())
    page, slider = visitor.page, visitor.slider(SLIDER)
    page.wait_for_url(re.compile("size=64"))
    original, curve, tall = pixels(image(visitor, "original")), pixels(visitor.main.locator(".curve")), []
    watch(image(visitor, "decoded"))
    page.mouse.move(*at(slider, *STOPS[6]))
    page.mouse.down()
    for step in reversed(range(6)):
        glide(page, slider, [STOPS[step]])
        expect(slider).to_have_attribute("aria-valuetext", f"{2**step} number{'s' if step else ''}")
        tall.append(height(visitor.main.locator(".narrow .bars")))
    counted = followed(page)
    assert counted["frames"] >= 6
    assert counted["followed"] == 6  # one for each stop, and each in its own frame
    assert tall == sorted(tall, reverse=True)
    assert tall[-1] < tall[0] / 4  # narrower with every stop
    assert "size=64" in page.url  # nothing was told while the button is down
    page.mouse.up()
    page.wait_for_url(re.compile("code_size=1&.*size=1&"))
    assert pixels(image(visitor, "original")) == original
    assert pixels(visitor.main.locator(".curve")) != curve
    expect(visitor.main.locator(".code figcaption")).to_contain_text("1 number, 64× fewer")
    visitor.go("train")
    visitor.go("")
    expect(slider).to_have_attribute("aria-valuetext", "1 number")


def test_figure_curve_and_keys_move_the_size_too(visit: Visit) -> None:
    visitor = opened(visit(), "?images=digits&size=16")
    slider, hero = visitor.slider(SLIDER), visitor.main.locator(".hero")
    drag(visitor.page, hero, [(0.5, 0.5), (0.45, 0.5), (0.3, 0.5)])  # a tenth of the width is a stop
    expect(slider).to_have_attribute("aria-valuetext", "4 numbers")
    visitor.move(SLIDER, "ArrowRight", "8 numbers")
    visitor.page.wait_for_url(re.compile("size=8&"))
    visitor.page.mouse.click(*at(visitor.main.locator(".curve"), 0.99, 0.5))
    expect(slider).to_have_attribute("aria-valuetext", "64 numbers")
    visitor.page.wait_for_url(re.compile("size=64&"))


def test_a_chosen_image_goes_through_and_ten_others_come(visit: Visit) -> None:
    visitor = opened(visit(), "?images=digits&size=8&image=20")
    page, original = visitor.page, image(visitor, "original")
    before = pixels(original)
    visitor.press(visitor.button("held out, no. 27"))
    assert pixels(original) != before
    expect(visitor.button("held out, no. 27")).to_have_attribute("aria-pressed", "true")
    page.wait_for_url(re.compile("image=27"))
    before = pixels(original)
    visitor.press(visitor.button("Ten other images"))
    changes(original, before)
    expect(visitor.main.locator(".original figcaption")).to_contain_text("no. 30")
    page.wait_for_url(re.compile("size=8&image=30"))


def test_a_drawn_image_goes_through(visit: Visit) -> None:
    visitor = opened(visit(), "?images=digits&size=8&image=3")
    original = image(visitor, "original")
    before = pixels(original)
    visitor.main.get_by_text("Draw one yourself").click()
    pad = visitor.main.locator(".pad canvas")
    drag(visitor.page, pad, [(0.3, 0.2), (0.5, 0.5), (0.7, 0.8)])
    expect(visitor.main.locator(".original figcaption")).to_contain_text("yours")
    changes(original, before)
    visitor.move(SLIDER, "ArrowLeft", "4 numbers")
    expect(visitor.main.locator(".original figcaption")).to_contain_text("yours")
    visitor.press(visitor.button("Clear"))
    expect(visitor.main.locator(".original figcaption")).to_contain_text("no. 3")
    expect(visitor.slider(SLIDER)).to_have_attribute("aria-valuetext", "4 numbers")


def test_a_finger_squeezes_sideways_and_scrolls_upwards(visit: Visit) -> None:
    visitor = opened(visit("phone"))
    hero, slider = visitor.main.locator(".hero"), visitor.slider(SLIDER)
    bottom = hero.bounding_box()["y"] + 250  # type: ignore[index]
    assert bottom < 844  # the figure and its slider are on the first screen
    before = pixels(image(visitor, "decoded"))
    finger = visitor.page.context.new_cdp_session(visitor.page)
    for kind, place in [("touchStart", STOPS[6]), *(("touchMove", stop) for stop in STOPS[5:1:-1]), ("touchEnd", None)]:
        points = [dict(zip("xy", at(slider, *place), strict=True))] if place else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(slider).to_have_attribute("aria-valuetext", "4 numbers")
    assert pixels(image(visitor, "decoded")) != before
    visitor.page.wait_for_url(re.compile("size=4&"))
    visitor.swipe_up(hero)
    until(visitor.page, "document.querySelector('[data-testid=stMain]').scrollTop > 50", timeout=3000)
    expect(slider).to_have_attribute("aria-valuetext", "4 numbers")

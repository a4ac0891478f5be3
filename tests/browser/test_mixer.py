"""The Denoise page's mixer under a real pointer: the strength follows the drag, and the brush paints."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pointer import at, changes, drag, followed, glide, pixels, watch
from until import until
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_the_strength_follows_the_drag_and_is_reported_on_release(visit: Visit) -> None:
    visitor = visit()
    visitor.open("denoise?noise_kind=gaussian&strength=0.2")
    page, mixer = visitor.page, visitor.main.locator(".mixer")
    strength, chart = visitor.slider("Strength"), mixer.locator(".chart")
    canvases = {name: mixer.locator(f".{name} canvas") for name in ("noisy", "ae", "pca")}
    expect(strength).to_have_attribute("aria-valuetext", re.compile("^0.20"))
    before = {name: pixels(canvas) for name, canvas in canvases.items()} | {"chart": pixels(chart)}

    watch(canvases["ae"], "input")
    page.mouse.move(*at(strength, 0.2, 0.5))
    page.mouse.down()
    glide(page, strength, [(0.35, 0.5), (0.5, 0.5), (0.65, 0.5), (0.8, 0.5)])
    counted = followed(page)
    assert counted["followed"] == counted["frames"]
    expect(strength).to_have_attribute("aria-valuetext", re.compile("^0.80"))
    assert "strength=0.2" in page.url  # the server has not been asked
    page.mouse.up()
    page.wait_for_url(re.compile("strength=0.8"))
    assert all(pixels(canvas) != before[name] for name, canvas in canvases.items())
    assert pixels(chart) != before["chart"]
    expect(mixer.locator(".verdict")).to_contain_text("At strength 0.80")

    drag(page, canvases["pca"], [(0.9, 0.5), (0.6, 0.5), (0.3, 0.5)])  # over a picture, and back to the first strength
    expect(strength).to_have_attribute("aria-valuetext", re.compile("^0.20"))
    assert {name: pixels(canvas) for name, canvas in canvases.items()} == {name: before[name] for name in canvases}
    strength.press("ArrowRight")
    page.wait_for_url(re.compile("strength=0.25"))


def test_what_is_painted_is_repaired_on_release(visit: Visit) -> None:
    visitor = visit()
    visitor.open("denoise?strength=0")
    page, mixer = visitor.page, visitor.main.locator(".mixer")
    noisy, repaired = mixer.locator(".noisy canvas"), mixer.locator(".ae canvas")
    verdict = mixer.locator(".verdict")
    expect(verdict).to_contain_text("At strength 0.00")
    clean, first = pixels(noisy), pixels(repaired)

    visitor.button("Hole").click()
    watch(noisy)
    page.mouse.move(*at(noisy, 0.3, 0.3))
    page.mouse.down()
    glide(page, noisy, [(0.45, 0.4), (0.55, 0.45), (0.7, 0.6)])
    assert followed(page)["followed"] > 0
    assert pixels(noisy) != clean
    assert pixels(repaired) == first
    expect(verdict).to_contain_text("Let go")
    page.mouse.up()
    changes(repaired, first)
    expect(verdict).to_contain_text("For your painting")
    expect(mixer.locator(".noisy figcaption")).to_contain_text("Painted by you")
    hole, second = pixels(noisy), pixels(repaired)

    visitor.button("Noise").click()
    noisy.press("ArrowDown")
    noisy.press(" ")  # the keyboard paints, too
    changes(noisy, hole)
    changes(repaired, second)
    visitor.button("Undo").click()
    expect(verdict).to_contain_text("For your painting")
    assert (pixels(noisy), pixels(repaired)) == (hole, second)

    visitor.go("generate")
    visitor.go("denoise")
    expect(verdict).to_contain_text("For your painting")  # nothing is lost on the way
    assert pixels(noisy) == hole
    visitor.button("Clear painting").click()
    expect(verdict).to_contain_text("At strength 0.00")
    assert (pixels(noisy), pixels(repaired)) == (clean, first)


def test_a_finger_paints_with_a_brush_and_scrolls_without(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("denoise")
    mixer, scrolled = visitor.main.locator(".mixer"), "document.querySelector('[data-testid=stMain]').scrollTop"
    noisy, verdict = mixer.locator(".noisy canvas"), mixer.locator(".verdict")
    expect(verdict).to_contain_text("At strength")
    visitor.button("Noise").tap()
    before, top = pixels(noisy), visitor.page.evaluate(scrolled)
    visitor.swipe_up(noisy)
    changes(noisy, before)
    expect(verdict).to_contain_text("For your painting")
    assert visitor.page.evaluate(scrolled) == top
    visitor.button("Off").click()  # no tap: Chromium takes one so soon after a swipe for the end of its momentum
    visitor.swipe_up(noisy)
    until(visitor.page, f"{scrolled} > {top} + 50", timeout=3000)

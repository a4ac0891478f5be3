"""Latent explorer, sliders of a code, and drawing pad, under a real pointer."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from pointer import at, changes, drag, followed, glide, pixels, watch
from until import until
from visitor import Visitor

from ae_core.runs import zoo

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
SWEEP = [(0.2 + 0.06 * i, 0.75 - 0.05 * i) for i in range(11)]


def test_what_is_decoded_follows_the_pointer_within_a_frame(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    planes, drawn = visitor.main.locator(".plane > canvas"), visitor.main.locator(".drawn canvas")
    expect(planes).to_have_count(2)
    for plane in (0, 1):
        until(visitor.page, "c => c.width > 8 || c.width === 8", arg=drawn.nth(plane).element_handle())
        watch(drawn.nth(plane))
        glide(visitor.page, planes.nth(plane), SWEEP)
        counted = followed(visitor.page)
        assert counted["followed"] > 0.8 * counted["frames"]  # neighbours on a plane can decode to the same bytes


def test_a_place_on_one_plane_is_shown_on_the_other_and_leaving_snaps_back(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    page, planes = visitor.page, visitor.main.locator(".plane > canvas")
    first, second = visitor.main.locator(".drawn canvas").first, planes.nth(1)
    at_rest, other_at_rest = pixels(first), pixels(second)
    page.mouse.move(*at(planes.first, 0.5, 0.5))
    glide(page, planes.first, SWEEP)
    changes(first, at_rest)
    changes(second, other_at_rest)
    expect(visitor.main.locator(".what").nth(1)).to_contain_text("the same image")
    page.mouse.move(2, 2)
    until(page, "([c, was]) => c.toDataURL() === was", arg=[first.element_handle(), at_rest])


def test_the_planes_follow_what_is_set_on_the_server(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    plane, drawn = visitor.main.locator(".plane > canvas").first, visitor.main.locator(".drawn canvas").first
    before = pixels(plane)
    for _ in range(3):
        visitor.slider("Images shown").press("ArrowLeft")
    expect(plane).to_have_attribute("aria-label", re.compile("300 held-out images"))
    changes(plane, before)
    at_rest = pixels(drawn)
    glide(visitor.page, plane, SWEEP)
    changes(drawn, at_rest)  # it still follows the pointer


def test_two_pins_make_a_path_that_a_link_restores(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    page, plane, strip = visitor.page, visitor.main.locator(".plane > canvas").first, visitor.main.locator(".strip")
    play = visitor.button("Play the path")
    expect(play).to_be_disabled()
    empty = pixels(strip)
    for x, y in [(0.3, 0.3), (0.7, 0.6)]:
        page.mouse.click(*at(plane, x, y))
        visitor.rest()
    changes(strip, empty)
    expect(play).to_be_enabled()
    page.wait_for_url(re.compile("pins="))
    visitor.rest()
    page.wait_for_timeout(300)  # the exact path has replaced the blended one
    path = pixels(strip)
    drawn = visitor.main.locator(".drawn canvas").first
    before = pixels(drawn)
    visitor.press(play)
    changes(drawn, before)
    visitor.press(visitor.button("Stop"))
    friend = visit()
    friend.open(page.url)
    theirs = friend.main.locator(".strip")
    until(friend.page, "([c, was]) => c.toDataURL() === was", arg=[theirs.element_handle(), path])
    friend.press(friend.button("Remove the pins"))
    expect(friend.button("Play the path")).to_be_disabled()


def test_the_planes_can_be_explored_by_keys(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    plane, drawn = visitor.main.locator(".plane > canvas").first, visitor.main.locator(".drawn canvas").first
    before = pixels(drawn)
    for _ in range(6):
        plane.press("ArrowRight")
    assert pixels(drawn) != before
    plane.press("Enter")
    expect(visitor.button("Remove the pins")).to_be_visible()
    plane.press("Escape")
    expect(visitor.button("Remove the pins")).to_be_hidden()


def test_a_drawing_lands_on_the_map_and_can_be_undone(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    page, pad, plane = visitor.page, visitor.main.locator(".pad canvas"), visitor.main.locator(".plane > canvas").first
    undo = visitor.button("Undo")
    expect(undo).to_be_disabled()
    empty, map_before = pixels(pad), pixels(plane)
    watch(pad)
    drag(page, pad, [(0.5, 0.15 + 0.07 * i) for i in range(10)])
    counted = followed(page)
    assert counted["followed"] > 0.8 * counted["frames"]
    assert pixels(pad) != empty
    expect(visitor.main.get_by_alt_text("Decoded")).to_be_visible()
    page.mouse.move(2, 2)
    changes(plane, map_before)  # the star
    visitor.press(undo)
    assert pixels(pad) == empty
    expect(visitor.main.get_by_alt_text("Decoded")).to_have_count(0)


def test_on_a_phone_the_star_is_seen_while_a_finger_draws(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("latent_map")
    pad, plane = visitor.main.locator(".pad canvas"), visitor.main.locator(".plane > canvas").first
    map_before = pixels(plane)
    main = visitor.page.get_by_test_id("stMain")
    main.evaluate("(main, above) => main.scrollBy(0, above)", pad.bounding_box()["y"] - 80)  # right below the header
    drag(visitor.page, pad, [(0.5, 0.15 + 0.07 * i) for i in range(10)])
    expect(visitor.main.get_by_alt_text("Decoded")).to_be_visible()
    changes(plane, map_before)
    top, bottom = pad.bounding_box(), plane.bounding_box()
    assert top
    assert bottom
    assert top["y"] >= 0
    assert bottom["y"] + bottom["height"] <= visitor.page.viewport_size["height"]  # both at once on the screen


def test_a_finger_takes_hold_of_the_plane_with_its_first_tap_and_pins_with_the_next(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("latent_map")
    plane = visitor.main.locator(".plane > canvas").first
    plane.tap()
    expect(visitor.main.get_by_text("Click the autoencoder’s plane to pin")).to_be_visible()
    plane.tap()
    expect(visitor.main.get_by_text("Click a second place.")).to_be_visible()


def test_a_slider_of_the_code_follows_the_drag_and_is_decoded_anew_when_it_rests(visit: Visit) -> None:
    visitor = visit()
    link = urlencode(zoo.ZOO["digits-vae-16"].config.to_query() | {"show": "Explore"})
    visitor.open(f"generate?{link}")
    strips, big = visitor.main.locator(".one canvas"), visitor.main.locator(".sliders figure canvas.img")
    expect(strips).to_have_count(16, timeout=60_000)
    others = pixels(strips.nth(5))
    strips.first.scroll_into_view_if_needed()
    watch(big)
    drag(visitor.page, strips.first, [(0.1 + 0.08 * i, 0.5) for i in range(11)])
    counted = followed(visitor.page)
    assert counted["followed"] > 0.8 * counted["frames"]
    changes(strips.nth(5), others)  # decoded around the new place
    slider = visitor.main.get_by_role("slider", name="Number").first
    before = pixels(big)
    for _ in range(20):
        slider.press("ArrowLeft")
    changes(big, before)


# --- Zooming and moving a plane ------------------------------------------------------------------------------

SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"


def times(visitor: Visitor, plane: int = 0) -> float:
    """How many times as large a plane is shown."""
    text = visitor.main.locator(".plane .times").nth(plane).inner_text()
    return float(text.removesuffix("×")) if text else 1.0


def closed(visitor: Visitor) -> bool:
    """Whether both planes show their whole frame, as at first: only then is there no way back to offer."""
    return visitor.button("Whole map").count() == 0


def test_a_wheel_zooms_with_ctrl_and_scrolls_the_page_without(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    page, planes = visitor.page, visitor.main.locator(".plane > canvas")
    drawn = visitor.main.locator(".drawn canvas").first
    page.mouse.move(*at(planes.first, 0.3, 0.6))
    first, second, under = pixels(planes.first), pixels(planes.nth(1)), pixels(drawn)
    top = page.evaluate(SCROLLED)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    changes(planes.first, first)
    assert times(visitor) == pytest.approx(2**0.5, abs=0.05)
    assert pixels(planes.nth(1)) == second  # each plane by itself
    assert pixels(drawn) == under  # what is under the pointer stays there
    assert page.evaluate(SCROLLED) == top
    page.keyboard.up("Control")
    page.mouse.wheel(0, 240)
    until(page, f"{SCROLLED} > {top}")
    assert times(visitor) == pytest.approx(2**0.5, abs=0.05)


def test_keys_and_buttons_zoom_and_move_and_lead_back(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    plane, what = visitor.main.locator(".plane > canvas").first, visitor.main.locator(".what").first
    plane.focus()
    before = pixels(plane)
    for key, factor in [("+", 2**0.5), ("+", 2), ("-", 2**0.5)]:
        plane.press(key)
        assert times(visitor) == pytest.approx(factor, abs=0.06)
    zoomed = pixels(plane)
    plane.press("Shift+ArrowRight")
    assert pixels(plane) != zoomed
    plane.press("Shift+ArrowLeft")
    assert pixels(plane) == zoomed
    plane.press("0")
    assert closed(visitor)
    assert pixels(plane) == before

    visitor.press(visitor.button("Zoom in").first)
    assert not closed(visitor)
    plane.press("ArrowRight")  # still moves the pointer
    expect(what).to_contain_text("from (")
    plane.press("Escape")
    visitor.press(visitor.button("Whole map"))
    assert closed(visitor)


def test_zoomed_out_every_point_has_its_place_and_nothing_is_drawn_outside_the_frame(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    page, plane = visitor.page, visitor.main.locator(".plane > canvas").first
    seen = [1.0]
    while len(seen) < 2 or seen[-1] < seen[-2]:
        visitor.press(visitor.button("Zoom out").first)
        seen.append(times(visitor))
    assert seen[-1] < 0.95  # a few of the digits lie beyond the frame
    page.mouse.move(*at(plane, 0.01, 0.01))
    expect(visitor.main.locator(".what").first).to_contain_text("inside the frame only")
    page.mouse.click(*at(plane, 0.01, 0.01))
    expect(visitor.button("Remove the pins")).to_be_hidden()  # nor pinned
    page.mouse.move(*at(plane, 0.5, 0.5))
    expect(visitor.main.locator(".what").first).to_contain_text("from (")


def test_a_drag_moves_the_map_pins_nothing_and_outlives_a_rerun(visit: Visit) -> None:
    visitor = visit()
    visitor.open("latent_map")
    plane, what = visitor.main.locator(".plane > canvas").first, visitor.main.locator(".what").first
    for _ in range(3):
        plane.press("+")
    visitor.page.mouse.move(*at(plane, 0.5, 0.5))
    place = what.inner_text()
    drag(visitor.page, plane, [(0.5, 0.5), (0.45, 0.45), (0.3, 0.4)])
    assert what.inner_text() == place  # it came along under the pointer
    expect(visitor.button("Remove the pins")).to_be_hidden()
    visitor.page.mouse.click(*at(plane, 0.6, 0.6))
    expect(visitor.button("Remove the pins")).to_be_visible()
    visitor.page.mouse.move(2, 2)
    visitor.rest()
    for change in [
        lambda: visitor.slider("Images shown").press("Home"),  # told; of so many some leave the part that is shown
        lambda: visitor.page.emulate_media(color_scheme="dark"),  # drawn anew
    ]:
        before = pixels(plane)
        change()
        changes(plane, before)
        visitor.rest()
        assert times(visitor) == pytest.approx(2**1.5, abs=0.06)


def test_two_fingers_zoom_and_move_a_plane_and_one_scrolls_the_page(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("latent_map")
    plane = visitor.main.locator(".plane > canvas").first
    plane.scroll_into_view_if_needed()
    before, top = pixels(plane), visitor.page.evaluate(SCROLLED)
    pair = [((0.45, 0.5), (0.55, 0.5)), ((0.4, 0.45), (0.6, 0.55)), ((0.35, 0.4), (0.65, 0.6))]
    visitor.pinch(plane, pair)
    changes(plane, before)
    assert times(visitor) == pytest.approx(3.6, abs=0.3)
    zoomed = pixels(plane)
    visitor.pinch(plane, [((0.4, 0.5), (0.6, 0.5)), ((0.4, 0.4), (0.6, 0.4)), ((0.4, 0.3), (0.6, 0.3))])  # side by side
    assert times(visitor) == pytest.approx(3.6, abs=0.3)
    assert pixels(plane) != zoomed
    assert visitor.page.evaluate(SCROLLED) == top
    expect(visitor.button("Remove the pins")).to_be_hidden()
    visitor.swipe_up(plane)
    until(visitor.page, f"{SCROLLED} > {top} + 50", timeout=3000)

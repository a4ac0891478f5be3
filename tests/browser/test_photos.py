"""The page Photos under a real pointer: divider, loupe and dial follow it, and what is painted is filled."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect
from pointer import drag, pixels
from until import until
from visitor import Visitor

from ae_core.data.upload.photo import PHOTO_BYTES

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

# How many pixels of a canvas, from one share of its width to another, are pink: as marks are, and nothing in a grey picture.
_PINK = """([canvas, left, right]) => {
  const from = Math.floor(left * canvas.width), across = Math.floor(right * canvas.width) - from;
  const { data } = canvas.getContext('2d').getImageData(from, 0, across, canvas.height);
  let pink = 0;
  for (let i = 0; i < data.length; i += 4) pink += data[i] - data[i + 1] > 60;
  return pink;
}"""


def pink(canvas: Locator, left: float = 0, right: float = 1) -> int:
    """How many pixels of a canvas, or between two shares of its width, are marked to be filled."""
    return int(canvas.page.evaluate(_PINK, [canvas.element_handle(), left, right]))


def opened(visitor: Visitor) -> Locator:
    """Open the page as it is for a newcomer: with a sample that is repaired already. Returns the viewer."""
    visitor.open("photos")
    viewer = visitor.main.locator(".viewer")
    expect(viewer.locator(".verdict")).to_contain_text("The network comes closest")
    return viewer


def test_divider_loupe_and_dial_follow_the_pointer_and_ask_nobody(visit: Visit) -> None:
    visitor = visit()
    viewer = opened(visitor)
    main, network = viewer.locator(".main"), viewer.locator(".ours canvas")
    before, loupe = pixels(main), pixels(network)

    drag(visitor.page, main, [(0.5, 0.5), (0.3, 0.4), (0.2, 0.3)])
    assert pixels(main) != before
    assert pixels(network) != loupe  # the loupes look elsewhere

    dial = viewer.locator("#strength")
    full = viewer.locator(".ours span").text_content()
    dial.press("Home")
    expect(viewer.locator(".dial output")).to_have_text("0 %")
    assert viewer.locator(".ours span").text_content() != full
    expect(viewer.locator(".ours span")).to_have_text(viewer.locator(".given span").text_content() or "")

    main.press("+")
    expect(viewer.locator(".fit")).to_be_enabled()
    main.press("0")
    expect(viewer.locator(".fit")).to_be_disabled()


def test_the_numbers_below_the_loupes_are_explained_where_there_are_any(visit: Visit) -> None:
    visitor = visit()
    visitor.open("photos")
    viewer = visitor.main.locator(".viewer")
    expect(viewer.locator(".where")).to_contain_text("its PSNR in dB, and its SSIM")
    visitor.choose("Repair mine")
    expect(viewer.locator(".verdict")).to_contain_text("judge by eye")
    expect(viewer.locator(".where")).not_to_contain_text("PSNR")


def test_the_wheel_zooms_once_the_picture_was_clicked_and_a_drag_moves_it(visit: Visit) -> None:
    visitor = visit()
    viewer = opened(visitor)
    main, whole = viewer.locator(".main"), viewer.locator(".fit")
    drag(visitor.page, main, [(0.5, 0.5), (0.4, 0.5)])
    visitor.page.mouse.wheel(0, -500)
    expect(whole).to_be_enabled()
    before = pixels(main)
    drag(visitor.page, main, [(0.8, 0.5), (0.7, 0.4), (0.6, 0.4)])
    assert pixels(main) != before
    before = pixels(main)
    main.press("ArrowDown")
    assert pixels(main) != before
    whole.click()
    expect(whole).to_be_disabled()


def test_two_fingers_zoom_on_a_phone(visit: Visit) -> None:
    visitor = visit("phone")
    viewer = opened(visitor)
    main = viewer.locator(".main")
    main.scroll_into_view_if_needed()
    visitor.pinch(main, [((0.45, 0.5), (0.55, 0.5)), ((0.35, 0.5), (0.65, 0.5)), ((0.2, 0.5), (0.8, 0.5))])
    expect(viewer.locator(".fit")).to_be_enabled()


def test_what_is_painted_is_undone_erased_and_cleared(visit: Visit) -> None:
    visitor = visit()
    visitor.open("photos?repair=fill&way=mine&photo=gravel")
    viewer = visitor.main.locator(".viewer")
    main, verdict = viewer.locator(".main"), viewer.locator(".verdict")
    undo, clear, network = viewer.locator(".undo"), viewer.locator(".clear"), viewer.locator("figure.ours")
    expect(verdict).to_contain_text("Paint over")
    expect(undo).to_be_disabled()
    drag(visitor.page, main, [(0.3, 0.5), (0.5, 0.5), (0.7, 0.5)])
    expect(verdict).to_contain_text("judge by eye")
    expect(network).not_to_have_class(re.compile("waiting"))
    assert pink(main) == 0  # it is filled

    viewer.locator("[data-tool=erase]").click()
    assert pink(main) > 0  # what there is to be erased
    viewer.locator("#width").press("End")
    drag(visitor.page, main, [(0.28, 0.5), (0.5, 0.5), (0.72, 0.5)])
    expect(verdict).to_contain_text("Paint over")
    assert pink(main) == 0
    undo.click()
    expect(verdict).to_contain_text("judge by eye")
    assert pink(main) > 0
    clear.click()
    expect(verdict).to_contain_text("Paint over")
    expect(undo).to_be_disabled()
    assert pink(main) == 0

    viewer.locator("[data-tool=paint]").click()
    viewer.locator("#width").press("Home")
    expect(viewer.locator(".width output")).to_have_text("1 px")
    main.press("ArrowRight")
    main.press(" ")
    expect(verdict).to_contain_text("judge by eye")
    expect(undo).to_be_enabled()


def test_what_is_painted_anywhere_on_a_large_upload_stays_in_sight_until_it_is_filled(visit: Visit) -> None:
    visitor = visit()
    visitor.open("photos?picture=upload&way=mine&repair=fill")
    file = io.BytesIO()
    Image.fromarray(np.linspace(40, 220, 1200)[None].repeat(900, 0).astype(np.uint8)).save(file, "PNG")
    upload = {"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}
    visitor.main.locator("input[type=file]").first.set_input_files([upload])  # type: ignore[list-item]
    viewer = visitor.main.locator(".viewer")
    main, network, whole = viewer.locator(".main"), viewer.locator("figure.ours"), viewer.locator(".whole")
    expect(viewer.locator(".verdict")).to_contain_text("Paint over")
    drag(visitor.page, main, [(0.05, 0.1), (0.1, 0.1), (0.15, 0.1)])  # outside of the part in the middle
    expect(whole).to_be_visible()
    assert pink(main) == 0
    drag(visitor.page, main, [(0.95, 0.9), (0.9, 0.9), (0.85, 0.9)])
    until(visitor.page, f"given => ({_PINK})(given) === 0", arg=[main.element_handle(), 0.5, 1])
    expect(network).not_to_have_class(re.compile("waiting"))
    assert pink(main, 0, 0.5) > 0  # the first, which lies outside of the part now
    whole.click()
    expect(visitor.main.get_by_role("button", name=re.compile("^PNG, 1200 × 900"))).to_be_visible()
    assert pink(main) == 0


def test_a_file_that_is_too_large_is_told_so_on_the_page(visit: Visit) -> None:
    visitor = visit()
    visitor.open("photos?picture=upload&way=mine")
    file = io.BytesIO()
    Image.new("L", (60, 40), 99).save(file, "PNG")
    large = {"name": "large.png", "mimeType": "image/png", "buffer": file.getvalue() + bytes(PHOTO_BYTES)}
    visitor.main.locator("input[type=file]").first.set_input_files([large])  # type: ignore[list-item]
    refusal = visitor.main.get_by_test_id("stAlertContentError")
    expect(refusal).to_contain_text("more than the 25 MB allowed. Please upload a smaller picture")


def test_what_is_painted_over_an_upload_is_filled_and_can_be_taken_home(visit: Visit) -> None:
    visitor = visit()
    visitor.open("photos?picture=upload&way=mine&repair=fill")
    slope = np.linspace(40, 220, 120)[None, :, None].repeat(80, 0).repeat(3, 2).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(slope).save(file, "PNG")
    upload = {"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}
    visitor.main.locator("input[type=file]").first.set_input_files([upload])  # type: ignore[list-item]
    viewer = visitor.main.locator(".viewer")
    expect(viewer.locator(".verdict")).to_contain_text("Paint over")

    drag(visitor.page, viewer.locator(".main"), [(0.3, 0.5), (0.5, 0.5), (0.7, 0.5)])
    expect(viewer.locator(".verdict")).to_contain_text("judge by eye")
    button = visitor.main.get_by_role("button", name=re.compile("^PNG, 120 × 80"))
    expect(button).to_be_visible(timeout=60_000)  # a worker may be starting
    with visitor.page.expect_download() as taken:
        button.click()
    filled = np.asarray(Image.open(taken.value.path()).convert("RGB")).astype(int)
    changed = np.abs(filled - slope).max(2) > 0
    assert 0 < changed.mean() < 0.4
    assert not changed[:10].any()
    assert np.abs(filled - slope).max() < 60  # near what was painted over

"""The page Photos under a real pointer: divider, loupe and dial follow it, and what is painted is filled."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from pointer import drag, pixels
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_divider_loupe_and_dial_follow_the_pointer_and_ask_nobody(visit: Visit) -> None:
    visitor = visit()
    visitor.open("photos")
    viewer = visitor.main.locator(".viewer")
    main, network = viewer.locator(".main"), viewer.locator(".ours canvas")
    expect(viewer.locator(".verdict")).to_contain_text("The network comes closest")
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

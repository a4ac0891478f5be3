"""The page Compress under a real pointer: pictures and figures follow the dial, a file is written and read again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pointer import at, changes, followed, glide, pixels, watch
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_pictures_at_equal_bytes_follow_the_dial(visit: Visit) -> None:
    visitor = visit()
    visitor.open("compress")
    page, box = visitor.page, visitor.main.locator(".bytedial")
    plot, verdict = box.locator(".plot"), box.locator(".verdict")
    expect(verdict).to_contain_text("comes nearest")
    mine = box.locator(".method.ae canvas")
    before, words = pixels(mine), verdict.inner_text()

    page.mouse.move(*at(plot, 0.5, 0.5))
    page.mouse.down()
    watch(plot)
    glide(page, plot, [(0.4, 0.5), (0.3, 0.5), (0.2, 0.5)])
    counted = followed(page)
    assert counted["followed"] == counted["frames"]
    assert "bytes=" not in page.url  # the server has not been asked
    expect(verdict).not_to_have_text(words)
    changes(mine, before)
    page.mouse.up()
    page.wait_for_url(re.compile("bytes="))
    turned, output = page.url, box.locator("output").inner_text()
    page.reload()
    visitor.settle("compress")
    expect(page).to_have_url(turned)  # a link brings it back
    expect(box.locator("output")).to_have_text(output)
    box.get_by_role("button", name="Back to the start").click()
    expect(verdict).to_have_text(words)
    page.wait_for_url(re.compile("^(?!.*bytes=)"))
    assert visitor.problems == []


def test_a_file_is_downloaded_and_uploaded(visit: Visit, tmp_path) -> None:  # type: ignore[no-untyped-def]
    visitor = visit()
    visitor.open("compress")
    page = visitor.page
    visitor.main.get_by_role("button", name="Compress 20 images").click()
    button = visitor.main.get_by_role("button", name=re.compile(r"Download the file \("))
    expect(button).to_be_visible(timeout=60_000)
    with page.expect_download() as told:
        button.click()
    file = tmp_path / "digits.aec"
    told.value.save_as(file)
    assert file.read_bytes()[:3] == b"AEC"
    assert f"({file.stat().st_size:,} bytes)" in button.inner_text()
    visitor.main.locator("input[type=file]").last.set_input_files(file)
    expect(visitor.main.get_by_text("20 images")).to_be_visible(timeout=60_000)
    assert visitor.problems == []

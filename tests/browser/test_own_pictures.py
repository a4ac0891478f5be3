"""A visitor's own pictures in the browser: kept from page to page, refused in words, and cleaned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect
from pointer import pixels, stroke_by_keys
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def pad(visitor: Visitor) -> Locator:
    return visitor.main.locator(".pad canvas")


def test_a_drawing_is_on_every_pad_of_the_visit_until_it_is_undone(visit: Visit) -> None:
    visitor = visit("desktop")
    visitor.open("denoise?source=draw")
    expect(visitor.main.get_by_text("Draw something on the pad")).to_be_visible()
    stroke_by_keys(pad(visitor))
    visitor.rest()
    expect(visitor.main.get_by_text("No noise was added.")).to_be_visible()
    drawn = pixels(pad(visitor))
    visitor.choose("Upload")
    expect(visitor.main.locator(".pad")).to_have_count(0)
    visitor.choose("Draw")
    expect(visitor.main.get_by_text("Kept for this visit")).to_be_visible()
    assert pixels(pad(visitor)) == drawn
    visitor.go("latent_map")
    expect(visitor.main.get_by_text("Kept for this visit")).to_be_visible()
    assert pixels(pad(visitor)) == drawn
    visitor.page.reload()
    expect(visitor.main.get_by_text("Kept for this visit")).to_be_visible()
    assert pixels(pad(visitor)) == drawn
    visitor.button("Undo").click()
    expect(visitor.main.get_by_text("Draw here with a finger")).to_be_visible()
    visitor.rest()
    visitor.go("denoise")
    visitor.choose("Draw")  # what a page had chosen is lost with the tab, what was drawn is not
    expect(visitor.main.get_by_text("Draw something on the pad")).to_be_visible()


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_a_file_of_any_kind_is_answered_on_the_page(visit: Visit, device: str) -> None:
    visitor = visit(device)
    visitor.open("denoise?source=upload")
    for name, content, answer in (
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a drawing in SVG"),
        ("model.pth", b"\x80\x02}q\x00.", "a PyTorch file"),
        ("photo.heic", b"", "The file is empty"),
        ("large.jpg", b"\xff\xd8" + bytes(11 << 20), "more than the 10 MB allowed"),
    ):
        files = [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
        visitor.main.locator("input[type=file]").set_input_files(files)
        expect(visitor.main.get_by_test_id("stAlertContentError")).to_contain_text(answer)
        visitor.rest()

"""The lab by a network name over plain http, where a browser gives a page neither clipboard nor camera."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def pasted(visitor: Visitor) -> str:
    """What Ctrl+V brings, in a field made for it."""
    visitor.page.evaluate("""() => {
      const field = Object.assign(document.createElement('textarea'), { id: 'paste_here' });
      (document.querySelector('[role=dialog]') ?? document.body).append(field);  // which keeps the focus
    }""")
    visitor.page.locator("#paste_here").press("Control+V")
    return visitor.page.locator("#paste_here").input_value()


def press_copy(visitor: Visitor, code: Locator) -> None:
    code.hover()  # its button is drawn for a pointer that is near
    visitor.press(code.get_by_role("button"))


def test_a_link_is_copied_where_the_browser_has_no_clipboard(visit: Visit, named_server: str) -> None:
    visitor = visit(server=named_server)
    visitor.open("generate")
    assert visitor.page.evaluate("[window.isSecureContext, navigator.clipboard === undefined]") == [False, True]
    visitor.press(visitor.page.get_by_role("button", name="Share and take home"))
    code = visitor.page.get_by_role("dialog").get_by_test_id("stCode")
    link = code.inner_text().strip()
    assert link.startswith(f"{named_server}/generate?")
    press_copy(visitor, code)
    expect(code.get_by_role("button", name="Copied")).to_be_visible()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    assert pasted(visitor) == link


def test_a_teachers_link_is_copied_too(visit: Visit, named_server: str) -> None:
    visitor = visit(server=named_server)
    visitor.open("generate")
    visitor.press(visitor.button("Make a teacher's link"))
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill("Find the smallest code.")
    dialog.get_by_role("textbox").first.press("Tab")
    code = dialog.get_by_test_id("stCode")
    expect(code).to_contain_text("Find")
    press_copy(visitor, code)
    expect(code.get_by_role("button", name="Copied")).to_be_visible()
    assert pasted(visitor) == code.inner_text().strip()


@pytest.mark.parametrize(("path", "source"), [("reconstruct", "Camera"), ("denoise", "Camera"), ("photos", "Camera")])
def test_what_the_camera_needs_is_said_where_it_cannot_be_given(
    visit: Visit, named_server: str, path: str, source: str
) -> None:
    visitor = visit(server=named_server)
    visitor.open(path)
    visitor.choose(source)
    expect(visitor.main.get_by_text("gives the camera only to pages opened by https")).to_be_visible()
    expect(visitor.main.get_by_test_id("stCameraInput")).to_have_count(0)


def test_the_camera_is_offered_where_it_is_given(visit: Visit) -> None:
    visitor = visit()
    visitor.open("photos")
    visitor.choose("Camera")
    expect(visitor.main.get_by_test_id("stCameraInput")).to_be_visible()

"""The lab in a frame on another site's page, where the browser keeps no cookie: a visitor is known again all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Route, expect
from visitor import PATIENCE

pytestmark = pytest.mark.browser

COURSE = "http://localhost:9/course"  # another site than 127.0.0.1; nobody answers there but this test


def frame_of(page: Page, server: str) -> FrameLocator:
    """The lab in a frame of the course's page, once its script has ended."""
    page.goto(COURSE)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Denoise", level=1)).to_be_visible(timeout=PATIENCE)
    rest(frame)
    return frame


def rest(frame: FrameLocator) -> None:
    expect(frame.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)


def draw(frame: FrameLocator) -> None:
    canvas = frame.locator(".pad canvas")
    canvas.focus()
    for key in (" ", "ArrowDown", "ArrowDown", "ArrowRight", " "):
        canvas.press(key)
    canvas.blur()
    expect(frame.get_by_text("No noise was added.")).to_be_visible(timeout=PATIENCE)


@pytest.fixture
def course(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """A browser whose course page frames the lab."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    framed = f"<iframe src='{server}/denoise?source=draw' width=1400 height=850></iframe>"
    context.route(COURSE, lambda route: route.fulfill(body=framed, content_type="text/html"))

    def may_be_framed(route: Route) -> None:  # as an operator sets it for a course's site
        answer = route.fetch()
        headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
        context.clear_cookies()  # which fetching has kept
        route.fulfill(response=answer, headers=headers)

    context.route(re.compile(f"{re.escape(server)}/denoise"), may_be_framed)
    yield context
    context.close()


def test_who_reloads_the_course_finds_the_drawing_and_nobody_else_does(course: BrowserContext, server: str) -> None:
    page = course.new_page()
    draw(frame_of(page, server))
    assert [cookie for cookie in course.cookies() if cookie["name"] == "ae_visitor"] == []
    again = frame_of(page, server)
    expect(again.get_by_text("Kept for this visit")).to_be_visible(timeout=PATIENCE)
    second = frame_of(course.new_page(), server)
    expect(second.get_by_text("Kept for this visit")).to_be_visible(timeout=PATIENCE)
    text = page.content() + str([frame.content() for frame in page.frames])
    tokens = page.frames[1].evaluate("Object.values(localStorage).filter(one => /^[\\w-]{32}$/.test(one))")
    assert len(tokens) == 1
    assert tokens[0] not in text
    assert tokens[0] not in page.frames[1].url


def test_without_any_storage_the_visit_goes_on_without_a_memory(course: BrowserContext, server: str) -> None:
    course.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } });")
    page = course.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    draw(frame_of(page, server))
    again = frame_of(page, server)
    expect(again.get_by_text("Draw something on the pad")).to_be_visible(timeout=PATIENCE)
    assert problems == []

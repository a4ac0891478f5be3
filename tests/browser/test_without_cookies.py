"""The lab in a frame on another site's page, where the browser keeps no cookie: a visitor is known again all the same."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Route, expect
from pointer import stroke_by_keys
from visitor import PATIENCE

pytestmark = pytest.mark.browser


def frame_of(page: Page, course: str) -> FrameLocator:
    """The lab in a frame of the course's page, once its script has ended."""
    page.goto(course)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Denoise", level=1)).to_be_visible(timeout=PATIENCE)
    rest(frame)
    return frame


def rest(frame: FrameLocator) -> None:
    expect(frame.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)


def draw(frame: FrameLocator) -> None:
    stroke_by_keys(frame.locator(".pad canvas"))
    expect(frame.get_by_text("No noise was added.")).to_be_visible(timeout=PATIENCE)


@pytest.fixture
def strict(another_browser: Callable[..., Browser]) -> Browser:
    """A browser that keeps a frame's storage apart for each site, as people's browsers do; Playwright switches that off."""
    # in place of Playwright's own, and the course is on localhost
    return another_browser("--disable-features=LocalNetworkAccessChecks")


@pytest.fixture(scope="module")
def course(server: str) -> Iterator[str]:
    """The address of a page of another site than the lab's, which shows the lab in a frame."""

    class Course(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src='{server}/denoise?source=draw' width=1400 height=850></iframe>".encode())

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Course) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://localhost:{web.server_port}/course"
        web.shutdown()
        thread.join()


@pytest.fixture
def student(strict: Browser, server: str) -> Iterator[BrowserContext]:
    """A student's browser."""
    context = strict.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)

    def may_be_framed(route: Route) -> None:  # as an operator sets it for a course's site
        answer = route.fetch()
        ours = ("content-security-policy", "content-encoding", "content-length")
        context.clear_cookies()  # which fetching has kept
        route.fulfill(
            response=answer, headers={name: text for name, text in answer.headers.items() if name not in ours}
        )

    context.route(re.compile(re.escape(server) + r"/denoise\?"), may_be_framed)
    yield context
    context.close()


def test_who_reloads_the_course_finds_the_drawing_and_it_is_on_no_other_computer(
    student: BrowserContext, strict: Browser, course: str
) -> None:
    page = student.new_page()
    draw(frame_of(page, course))
    assert student.cookies() == []
    for again in (page, student.new_page()):
        frame = frame_of(again, course)
        expect(frame.get_by_text("Kept for this visit")).to_be_visible(timeout=PATIENCE)
    tokens = page.frames[1].evaluate("Object.values(localStorage).filter(one => /^[\\w-]{32}$/.test(one))")
    assert len(tokens) == 1
    assert tokens[0] not in page.frames[1].content()
    assert tokens[0] not in page.frames[1].url


def test_without_any_storage_the_visit_goes_on_without_a_memory(student: BrowserContext, course: str) -> None:
    student.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } });")
    page = student.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    draw(frame_of(page, course))
    frame = frame_of(page, course)
    expect(frame.get_by_text("Draw something on the pad")).to_be_visible(timeout=PATIENCE)
    assert problems == []

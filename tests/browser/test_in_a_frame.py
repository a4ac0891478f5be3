"""What the lab's pages load, whom they ask, and how they stand in a frame of another site's page."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Page, expect
from requests_seen import watched
from serving import serve
from titles import TITLES
from until import until
from visitor import PATIENCE, Visitor

from ui.shell.hosting import FRAME_ANCESTORS
from ui.visit.register import COOKIE

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
Start = Callable[..., Browser]


def picture() -> dict[str, object]:
    """A dark stroke on white, as a file to upload."""
    pixels = np.full((64, 64), 240, np.uint8)
    pixels[12:52, 28:36] = 20
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return {"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}


# ------------------------------------------------------------------------------------------ by itself

# Each test of a visitor fails with what the browser's console complains of, so also with what the policy refused.


def test_every_page_asks_the_lab_alone(visit: Visit) -> None:
    visitor = visit()
    foreign = watched(visitor.page, visitor.server)
    visitor.open()
    for path in TITLES:
        visitor.go(path)
        assert foreign == [], path
    visitor.go("train")
    visitor.page.get_by_test_id("stSidebar").get_by_role("button", name="Share and take home").click()
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog.locator("img").first).to_be_visible()  # the code to be scanned
    with visitor.page.expect_download():
        dialog.get_by_role("button", name="Numbers (CSV)").click()
    assert foreign == []


def test_what_a_visitor_brings_asks_the_lab_alone(another_browser: Start, server: str) -> None:
    browser = another_browser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    visitor = Visitor(browser.new_page(), server, phone=False)
    visitor.page.set_default_timeout(PATIENCE)
    foreign = watched(visitor.page, server)
    visitor.open("denoise?source=camera")
    until(visitor.page, "document.querySelector('video')?.readyState >= 2")
    visitor.button("Take Photo").click()
    expect(visitor.main.get_by_text("It is kept for you alone")).to_be_visible()
    expect(visitor.main.get_by_text("No noise was added.")).to_be_visible()
    visitor.choose("Upload")
    visitor.main.locator("input[type=file]").set_input_files([picture()])  # type: ignore[list-item]
    expect(visitor.main.get_by_text("mine.png")).to_be_visible()
    visitor.rest()
    assert foreign == []
    assert visitor.problems == []


def test_a_policy_that_is_broken_is_told(visit: Visit) -> None:
    """Or the tests above would find nothing."""
    visitor = visit()
    visitor.open()
    refused = []
    for attack in (
        "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.bad = 1' }))",
        "document.body.append(Object.assign(new Image(), { src: 'https://evil.example/x.png' }))",
        "fetch('https://evil.example/').catch(() => 0)",
        "document.body.append(Object.assign(document.createElement('iframe'), { src: 'https://evil.example/' }))",
        "setTimeout('window.bad = 1')",
    ):
        before = len(visitor.problems)
        visitor.page.evaluate(f"() => {{ {attack} }}")
        visitor.page.wait_for_timeout(300)
        told = visitor.problems[before:]
        refused.append(any("Content Security Policy" in problem for problem in told))
    assert refused == [True] * 5
    assert visitor.page.evaluate("window.bad") is None
    visitor.problems.clear()


# ---------------------------------------------------------------------------------- in another site's page


@contextmanager
def course(shown: Callable[[], str]) -> Iterator[str]:
    """Another site, "localhost" to the lab's "127.0.0.1", whose page has in a frame what ``shown`` says."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            frame = f'<iframe src="{shown()}" width="1300" height="850"></iframe>'
            self.wfile.write(f"<!doctype html><title>A course</title>{frame}".encode())

        def log_message(self, *_: object) -> None:
            pass

    site = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{site.server_address[1]}"
    finally:
        site.shutdown()
        site.server_close()


@pytest.fixture(scope="module")
def framed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of a course's site and of a lab that it may show."""
    lab: list[str] = []
    with (
        course(lambda: f"{lab[0]}/denoise?source=upload") as site,
        serve(tmp_path_factory.mktemp("framed"), **{FRAME_ANCESTORS: f"https://other.example {site}"}) as address,
    ):
        lab.append(address)
        yield site, address


def opened(browser: Browser, site: str, *, https: bool) -> tuple[Page, FrameLocator]:
    """Open a course's page. With ``https`` the lab is told of each request that it came through a proxy that speaks it."""
    context = browser.new_context(
        viewport={"width": 1400, "height": 900}, extra_http_headers={"x-forwarded-proto": "https"} if https else {}
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(site)
    return page, page.frame_locator("iframe")


def upload_works(lab: FrameLocator) -> None:
    expect(lab.get_by_role("heading", name=TITLES["denoise"], level=1)).to_be_visible(timeout=PATIENCE)
    lab.get_by_test_id("stMain").locator("input[type=file]").set_input_files([picture()])  # type: ignore[list-item]
    expect(lab.get_by_text("No noise was added.")).to_be_visible()


def test_a_page_of_another_site_may_not_show_the_lab(browser: Browser, server: str) -> None:
    with course(lambda: server) as site:
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(site)
        page.wait_for_timeout(1000)
        assert page.frame_locator("iframe").get_by_test_id("stApp").count() == 0
        assert any("frame-ancestors 'self'" in text for text in said)
        page.close()


def test_in_an_allowed_frame_without_any_cookie_the_lab_works_as_a_visit_without_memory(
    browser: Browser, framed: tuple[str, str]
) -> None:
    """Over plain http a browser keeps every cookie from another site's frame."""
    site, _ = framed
    page, lab = opened(browser, site, https=False)
    upload_works(lab)
    assert page.context.cookies() == []
    page.reload()
    expect(lab.get_by_test_id("stMain").locator("input[type=file]").first).to_be_attached()
    expect(lab.get_by_text("No noise was added.")).to_have_count(0)
    page.context.close()


@pytest.mark.parametrize(
    "flags", [(), ("--test-third-party-cookie-phaseout",)], ids=["usual", "no-third-party-cookies"]
)
def test_in_an_allowed_frame_over_https_a_visitor_is_known_again(
    another_browser: Start, framed: tuple[str, str], flags: tuple[str, ...]
) -> None:
    """Also in a browser that takes no cookies of third parties: these are kept apart for the course's site."""
    site, address = framed
    page, lab = opened(another_browser(*flags), site, https=True)
    sent = []
    page.on("request", lambda request: sent.append(request) if request.method == "PUT" else None)
    upload_works(lab)
    kept = {cookie["name"]: cookie for cookie in page.context.cookies(address)}
    assert set(kept) == {COOKIE, "_streamlit_xsrf"}
    assert {(cookie["sameSite"], cookie["secure"]) for cookie in kept.values()} == {("None", True)}
    assert kept[COOKIE]["httpOnly"]
    assert [request.header_value("x-xsrftoken") is not None for request in sent] == [True]  # as Streamlit means it
    page.reload()
    expect(lab.get_by_text("No noise was added.")).to_be_visible()  # the upload is still there
    page.context.close()


def test_another_page_of_the_course_cannot_send_files(browser: Browser, framed: tuple[str, str]) -> None:
    site, address = framed
    page = browser.new_page()
    page.goto(site)
    status = page.evaluate(
        """async address => {
          const body = new FormData();
          body.append('file', new Blob(['x']), 'x.png');
          try { return (await fetch(address, { method: 'PUT', body, mode: 'cors' })).status } catch { return 'refused' }
        }""",
        f"{address}/_stcore/upload_file/a/b",
    )
    assert status == "refused"
    page.close()

"""A real server and a real Chromium. Where no Chromium can be had these tests are skipped, and say so."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, Error, expect, sync_playwright
from serving import end_of, serve
from visitor import PATIENCE, WATCH_FOR_EXCEPTIONS, Visitor

FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]  # root has no sandbox, a container little /dev/shm
NETWORK_NAME = "lab.test"  # leads to this computer, but is none that a browser trusts without https
FLAGS += [f"--host-resolver-rules=MAP {NETWORK_NAME} 127.0.0.1"]
REMEDY = "Install chromium, or set AE_CHROMIUM to one, or run: python -m playwright install chromium"
DEVICES = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
_NO_BROWSER = pytest.StashKey[str]()
_FAILED = pytest.StashKey[bool]()
_LOG = pytest.StashKey[Path]()

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Last: the quick tests speak first, and none of them runs beside Playwright's event loop.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
        if log := item.session.stash.get(_LOG, None):  # a page does not say what went wrong; the log does
            report.sections.append(("the end of the server's log", end_of(log)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reason = terminalreporter.config.stash.get(_NO_BROWSER, "")
    if reason:
        terminalreporter.section("THE BROWSER TESTS DID NOT RUN", red=True, bold=True)
        terminalreporter.write_line(reason)


# ---------------------------------------------------------------------------------------------- the server


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that all tests share."""
    folder = tmp_path_factory.mktemp("server")
    request.session.stash[_LOG] = folder / "server.log"
    with serve(folder) as address:
        yield address


@pytest.fixture
def named_server(server: str) -> str:
    """The same server by a network name, as a class opens it: by plain http, but not from its own computer."""
    return server.replace("127.0.0.1", NETWORK_NAME)


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[str]:
    """The address of a server that nobody has visited yet."""
    with serve(tmp_path) as address:
        yield address


# ---------------------------------------------------------------------------------------------- the browser


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A Chromium: the one in AE_CHROMIUM, the system's, or Playwright's own."""
    with sync_playwright() as playwright:
        chromium, reason = launch(playwright.chromium)
        if chromium is None:
            request.config.stash[_NO_BROWSER] = reason
            pytest.skip(reason)
        yield chromium
        chromium.close()


def launch(kind: BrowserType, *flags: str) -> tuple[Browser | None, str]:
    """The first Chromium that starts, with more flags than all have, else None and a reason that names the remedy."""
    named = [os.environ.get("AE_CHROMIUM"), *map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))]
    reasons = []
    for path in [*filter(None, named), None]:
        try:
            return kind.launch(executable_path=path, args=[*FLAGS, *flags]), ""
        except Error as error:
            reasons.append(f"{path or 'the one of Playwright'}: {str(error).splitlines()[0]}")
    return None, f"No Chromium could be started. {REMEDY}. Tried: {'; '.join(reasons)}"


@pytest.fixture
def another_browser(browser: Browser) -> Iterator[Callable[..., Browser]]:
    """Start a Chromium with flags of its own, which ends with the test: ``another_browser("--flag")``."""
    started: list[Browser] = []

    def start(*flags: str) -> Browser:
        chromium, reason = launch(browser.browser_type, *flags)
        assert chromium is not None, reason
        started.append(chromium)
        return chromium

    yield start
    for chromium in started:
        chromium.close()


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Visitor]]:
    """Open a window for a new visitor: ``visit("phone", scheme="dark")``; in the end none may have met a problem."""
    visitors: list[Visitor] = []

    def new_visitor(device: str = "desktop", scheme: str = "light", server: str | None = None) -> Visitor:
        settings = dict(DEVICES[device])
        if device == "phone":  # Streamlit folds its sidebar after a tap only where the browser calls itself a phone's
            settings["user_agent"] = (
                f"Mozilla/5.0 (Linux; Android 14; Pixel 7) Chrome/{browser.version} Mobile Safari/537.36"
            )
        context = browser.new_context(color_scheme=scheme, **settings)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(WATCH_FOR_EXCEPTIONS)
        address = server or request.getfixturevalue("server")
        visitors.append(Visitor(context.new_page(), address, device == "phone"))
        return visitors[-1]

    yield new_visitor
    for number, visitor in enumerate(visitors):
        if request.node.stash.get(_FAILED, False):
            with contextlib.suppress(Error):  # a window that was closed has no picture
                visitor.page.screenshot(path=tmp_path / f"visitor-{number}.png", timeout=5000)
                print(f"What visitor {number} read at the end:\n{visitor.main.inner_text(timeout=5000)}")
        visitor.page.context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []

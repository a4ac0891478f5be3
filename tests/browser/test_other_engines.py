"""The lab in a stock Firefox and in WebKit, Safari's engine: pages open, nothing is cut off, and a drawing is answered.

Only where they are installed: they are no part of what the other tests need.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import firefox
import pytest
import webkit
from layout import FAULTS
from titles import TITLES

pytestmark = [pytest.mark.browser, pytest.mark.load]
Window = firefox.Firefox | webkit.WebKit
ENGINES = {"Firefox": (firefox.found, firefox.firefox), "WebKit": (webkit.found, webkit.webkit)}
DRAWN = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning' && !document.querySelector('[data-testid=stSkeleton]')"


@pytest.fixture(scope="module", params=ENGINES)
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """Another engine in place of the Chromium that other tests have."""
    found, run = ENGINES[request.param]
    path = found()
    if path is None:
        pytest.skip(f"{request.param} is not installed: make load installs it where it may")
    with run(path, tmp_path_factory.mktemp(request.param)) as window:
        window.resize(820, 1180)
        yield window


def open_page(window: Window, address: str, title: str) -> None:
    """Open a page, and wait until all of it is there."""
    window.open(address)
    window.wait(f"document.querySelector('h1')?.innerText.includes({json.dumps(title)})")
    window.wait(DRAWN)


def test_every_page_opens_without_a_complaint_and_nothing_is_cut_off(browser: Window, server: str) -> None:
    for path, title in TITLES.items():
        open_page(browser, f"{server}/{path}", title)
        assert browser.ask("document.querySelectorAll('[data-testid=stException]').length") == 0, path
        assert browser.ask(f"({FAULTS})()")["faults"] == [], path
    # Streamlit's protobuf asks whether WebAssembly is to be had, and goes on without: docs/embedding.md
    assert [problem for problem in browser.problems if "blocked WebAssembly" not in problem] == []


def test_a_drawing_is_answered(browser: Window, server: str) -> None:
    open_page(browser, f"{server}/reconstruct", TITLES["reconstruct"])
    browser.ask("[...document.querySelectorAll('[role=radio]')].find(e => e.textContent.trim() === 'Draw').click()")
    pad = """(() => {
      const all = root => [...root.querySelectorAll('*')].flatMap(e => (e.shadowRoot ? all(e.shadowRoot) : [e]));
      return all(document).find(e => e.matches('.pad canvas'));
    })()"""
    browser.wait(pad)
    browser.ask(f"{pad}.scrollIntoView({{ block: 'center' }})")
    box = browser.ask(f"{pad}.getBoundingClientRect()")
    browser.drag(
        [(box["x"] + box["width"] * (0.3 + 0.05 * k), box["y"] + box["height"] * (0.2 + 0.08 * k)) for k in range(8)]
    )
    browser.wait("document.querySelectorAll('.neck figure').length === 4")

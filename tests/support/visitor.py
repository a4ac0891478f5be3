"""A visitor: a browser window on the app, and what the browser tests ask of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, TimeoutError, expect
from titles import TITLES
from until import until

from ui.shell.navigation import PAGES

PATIENCE = 60_000  # ms for a page to answer; met in a second or two unless the machine is busy with other things
TRAINING = 150_000  # ms for a small run to be trained, the start of the workers included

# What Streamlit asks for below a page's own path first, before it finds it at the root.
_HARMLESS = ("/_stcore/health", "/_stcore/host-config")

# An exception that is shown for a moment only is told to the console, where it is not missed.
WATCH_FOR_EXCEPTIONS = """
new MutationObserver(() => {
  for (const box of document.querySelectorAll('[data-testid=stException]:not([data-told])')) {
    box.dataset.told = 'yes';
    console.error('An exception is on the page: ' + box.innerText);
  }
}).observe(document, { childList: true, subtree: true });
"""

# Everything a page shows of its run: words, numbers and pictures, but not what the controls draw.
_SHOWN = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const pick = (selector, value) => [...main.querySelectorAll(selector)].map(value);
  return {
    words: pick('[data-testid=stCaptionContainer], .caption, .facts, table.figures, .strip .name, .strip .note', e => e.textContent),  // as written: a phone breaks lines elsewhere
    pictures: pick('.strip img, img.px', e => e.src),
  };
}"""

# Streamlit folds and opens the sidebar by itself, too, a moment after a window has become narrow or wide: so it is told
# again until it has been where it should be for a while.
_FOLD = """async folded => {
  const sidebar = document.querySelector('[data-testid=stSidebar]');
  const is = () => sidebar.dataset.collapsed === String(folded);
  const button = folded ? '[data-testid=stSidebarCollapseButton] button' : '[data-testid=stExpandSidebarButton]';
  for (let rested = 0; rested < 3; ) {
    if (!is()) document.querySelector(button)?.click();
    await new Promise(done => setTimeout(done, 60));
    const out = sidebar.getBoundingClientRect().right < 1;
    rested = is() && out === folded && !sidebar.getAnimations({ subtree: true }).length ? rested + 1 : 0;
  }
}"""


@dataclass
class Visitor:
    """One browser window. ``problems`` is what its console complained of and what exceptions it saw."""

    page: Page
    server: str
    phone: bool
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        address = str(message.location.get("url", ""))
        if message.type == "error" and not ("404" in message.text and address.endswith(_HARMLESS)):
            self.problems.append(f"console: {message.text} ({address})")

    @property
    def main(self) -> Locator:
        """The page beside the sidebar."""
        return self.page.get_by_test_id("stMain")

    @property
    def shelf(self) -> Locator:
        """The sidebar's select box of runs; its value is the title of the run on screen."""
        return self.page.get_by_test_id("stSidebar").get_by_role("combobox")

    def open(self, address: str = "") -> None:
        """Come by a link: a whole one, or a path and query below the server."""
        whole = address if address.startswith("http") else f"{self.server}/{address}"
        self.page.goto(whole)
        self.settle(whole.split("?")[0].rsplit("/", 1)[1])

    def go(self, path: str) -> None:
        """Walk to a page by the sidebar, which a phone keeps folded."""
        if self.phone:
            self.page.get_by_test_id("stExpandSidebarButton").tap()
        link = self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=PAGES[path].title, exact=True)
        self.press(link)
        self.settle(path)

    def settle(self, path: str) -> None:
        """Wait until the page at ``path`` is drawn, its script has ended, and what the browser draws stands in its place.

        A component comes after the page and moves what is below it: a press in that moment would meet something else.
        """
        expect(self.page.get_by_role("heading", name=TITLES[path], level=1)).to_be_visible(timeout=PATIENCE)
        self.rest()
        expect(self.main.get_by_test_id("stSkeleton")).to_have_count(0, timeout=PATIENCE)

    def fold_sidebar(self, folded: bool) -> None:
        """Fold the sidebar, or open it, and wait until the page has the width that this leaves it."""
        self.page.evaluate(_FOLD, folded)

    def rest(self) -> None:
        """Wait until no script runs."""
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)

    def press(self, what: Locator) -> None:
        """Click it, or tap it on a phone."""
        if self.phone:
            what.tap()
        else:
            what.click()

    def button(self, name: str) -> Locator:
        """A button of the page by its whole label."""
        return self.main.get_by_role("button", name=name, exact=True)

    def slider(self, name: str) -> Locator:
        """A slider by its label."""
        return self.main.get_by_role("slider", name=name)

    def move(self, name: str, key: str, then: str) -> None:
        """Press one key on a slider and wait until it reads ``then``."""
        self.slider(name).press(key)
        expect(self.slider(name)).to_have_attribute("aria-valuetext", then)
        self.rest()

    def choose(self, name: str) -> None:
        """Press one part of a segmented control."""
        self.press(self.main.get_by_role("radio", name=name, exact=True))

    def swipe_up(self, what: Locator) -> None:
        """Draw a finger over it, 200 px upwards."""
        box = what.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        finger = self.page.context.new_cdp_session(self.page)
        finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for step in range(1, 11):
            touch = {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 20 * step}]}
            finger.send("Input.dispatchTouchEvent", touch)
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def pinch(self, what: Locator, pairs: list[tuple[tuple[float, float], tuple[float, float]]]) -> None:
        """Move two fingers over it through pairs of places, given as shares of its width and height."""
        box = what.bounding_box()
        assert box
        finger = self.page.context.new_cdp_session(self.page)
        for number, pair in enumerate(pairs):
            touches = [
                {"id": i, "x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
                for i, (x, y) in enumerate(pair)
            ]
            if number == 0:  # one after the other, as fingers come
                finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touches[:1]})
            kind = "touchMove" if number else "touchStart"
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def progress(self) -> Locator:
        """The text of the live training bar, once steps are being made."""
        return self.main.get_by_test_id("stProgress").get_by_text("seconds left")

    def shown(self) -> dict[str, Any]:
        """The words and pictures that the page shows of its run."""
        return self.page.evaluate(_SHOWN)

    def waits_to_show(self, what: dict[str, Any]) -> None:
        """Wait until :meth:`shown` would return ``what``; after ``PATIENCE`` leave it to the caller to say what differs."""
        with contextlib.suppress(TimeoutError):
            same = f"what => JSON.stringify(({_SHOWN})()) === JSON.stringify(what)"
            until(self.page, same, arg=what, timeout=PATIENCE)


def has_pixels(image: Locator) -> None:
    """Wait until ``image`` has been decoded by the browser."""
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") > 0


def quick_run(epochs: int, seed: int) -> str:
    """A link to settings on Train. Another seed is another run: tests share a server, and it knows what it trained."""
    return f"train?dataset=digits&hidden_sizes=64&code_size=4&learning_rate=0.005&batch_size=32&epochs={epochs}&seed={seed}"

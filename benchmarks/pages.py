"""Seconds until the first picture is on screen, and milliseconds until a page follows a control that was moved.

    AE_DATA_DIR=... python -m benchmarks.pages

A control is moved with an arrow key; the clock runs in the browser, from the key until the frame in which what the page
shows has changed, its images loaded, is painted. What is watched is cheap to read: the watching itself takes time from
what it watches. "Training" repeats it while a worker trains.
"""

from __future__ import annotations

import statistics
import time

from playwright.sync_api import Browser, Page

from benchmarks.machine import describe
from benchmarks.serve import browser, server, wait_until_healthy, wait_until_idle


def _inside(selector: str) -> str:
    """Return JavaScript that finds an element inside a component, which has a shadow root of its own."""
    return (
        "[...document.querySelectorAll('[data-testid=stMain] *')]"
        f".map(e => e.shadowRoot?.querySelector('{selector}')).find(Boolean)"
    )


PICTURE = f"() => Boolean({_inside('.hero')}?.dataset.drawn)"
FIGURE = f"[...{_inside('.hero')}.querySelectorAll('canvas')].map(c => c.toDataURL()).join()"
IMAGES = "[...document.querySelectorAll('[data-testid=stMain] img')].map(i => i.complete + i.src).join()"
MIXED = f"{_inside('.mixer .pictures')}.textContent"  # PSNR and SSIM of each picture, written when it is drawn
# what Python wrote; a slider's own number changes before Python knows
TEXT = "document.querySelector('[data-testid=stMain] .cost').textContent"
CANVAS = f"{_inside('.plane canvas')}.getAttribute('aria-label')"
# page, the label of the control to move, what tells that the page has followed; Home's follows in the browser alone
CONTROLS = [
    ("", "Code size: how many numbers", FIGURE),
    ("train", "Code size", TEXT),
    ("reconstruct", "First image", IMAGES),
    ("denoise", "Which one", MIXED),
    ("latent_map", "Images shown", CANVAS),
    ("generate", "Temperature", IMAGES),
]
MOVES = 20  # a visit
ROUNDS = 3

# starts the clock at the next key press; window.followed resolves with the milliseconds until the change is on screen
FOLLOW = """
(slider) => {
  slider.focus();
  const seen = () => SEEN;
  const before = seen();
  window.followed = new Promise((resolve, reject) => {
    slider.addEventListener('keydown', () => {
      const start = performance.now();
      const look = () => {
        const loaded = [...document.querySelectorAll('[data-testid=stMain] img')].every(i => i.complete);
        if (loaded && seen() !== before) {               // a message posted now arrives when this frame has been painted
          const after = new MessageChannel();
          after.port1.onmessage = () => resolve(performance.now() - start);
          return after.port2.postMessage(0);
        }
        if (performance.now() - start > 5000) return reject(new Error('nothing changed'));
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, { once: true, capture: true });
  });
}
"""


def follow(page: Page, label: str, seen: str) -> list[float]:
    """Move a slider with the arrow keys and time how long the open page takes to follow.

    It goes up and down in turn, so that the slider never ends.

    Args:
        page: the browser's page, on which the slider is.
        label: the slider's label.
        seen: JavaScript for what changes when the page has followed.

    Returns:
        Milliseconds of each move, without the first ones, which fill the caches.
    """
    slider = page.get_by_role("slider", name=label).or_(page.get_by_role("spinbutton", name=label)).first
    slider.wait_for()
    times = []
    for move in range(MOVES + 3):
        slider.evaluate(FOLLOW.replace("SEEN", seen))
        page.keyboard.press("ArrowUp" if move % 2 == 0 else "ArrowDown")
        times.append(page.evaluate("() => window.followed"))
        page.wait_for_timeout(120)
    return times[3:]  # the first moves fill the caches


def _window(chromium: Browser) -> Page:
    """Open a browser's window, in which waiting may evaluate text, as the policy of the lab's pages forbids otherwise."""
    return chromium.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()


def main() -> None:
    """Print the start-up times, then how soon each page follows its control, a row a page."""
    print(describe())
    with browser() as chromium:
        colds, warms = [], []
        for _ in range(3):
            with server() as (address, process, started):
                wait_until_healthy(address)
                page = _window(chromium)
                page.goto(address, wait_until="commit")
                page.wait_for_function(PICTURE, timeout=30_000, polling=20)
                colds.append(time.perf_counter() - started)
                page.context.close()
                wait_until_idle(process)
                for _ in range(3):
                    page = _window(chromium)
                    begun = time.perf_counter()
                    page.goto(address, wait_until="commit")
                    page.wait_for_function(PICTURE, timeout=30_000, polling=20)
                    warms.append(time.perf_counter() - begun)
                    page.context.close()
        print(
            f"streamlit run to first picture, fresh browser: median {statistics.median(colds):.2f} s, worst {max(colds):.2f} s"
        )
        print(
            f"warm server, fresh browser:                    median {statistics.median(warms):.2f} s, worst {max(warms):.2f} s"
        )
        with server() as (address, process, _):
            wait_until_healthy(address)
            page = _window(chromium)
            page.goto(address)
            page.wait_for_function(PICTURE, timeout=30_000)
            wait_until_idle(process)
            print(f"{'page':14}{'idle p50':>10}{'p95':>6}{'training p50':>15}{'p95':>6}   (ms)")
            rows = follow_all(page, address)
            train = _window(chromium)
            train.goto(f"{address}/train?dataset=mnist&hidden_sizes=512-256&epochs=60&code_size=33")
            train.get_by_role("button", name="Train", exact=True).click()
            train.get_by_text("images a second").wait_for(timeout=60_000)
            train.goto("about:blank")  # the job goes on; its visitor's page is not what is measured
            busy = follow_all(page, address)
            for name, *_ in CONTROLS:
                print(f"{name or 'home':14}{_row(rows[name])}{'':5}{_row(busy[name])}")


def follow_all(page: Page, address: str) -> dict[str, list[float]]:
    """Return the milliseconds in which each page followed its control, by the page's address.

    All pages in turn, several times over: what slows the machine for a while then slows every page alike.
    """
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, label, seen in CONTROLS:
            times.setdefault(name, []).extend(follow_page(page, address, name, label, seen))
    return times


def follow_page(page: Page, address: str, name: str, label: str, seen: str) -> list[float]:
    """Open a page, move its control and return the milliseconds in which it followed.

    Args:
        page: the browser's page that is used for it.
        address: the server's.
        name: the page's address in the app; Home's is empty.
        label: the label of the control.
        seen: JavaScript for what changes when the page has followed.

    Returns:
        Milliseconds of each move.
    """
    page.goto(f"{address}/{name}")
    page.wait_for_function(
        f"() => {{ try {{ return ({seen}).length > 20 }} catch {{ return false }} }}", timeout=30_000
    )
    page.wait_for_timeout(1500)
    return follow(page, label, seen)


def _row(times: list[float]) -> str:
    return f"{statistics.median(times):10.0f}{statistics.quantiles(times, n=20)[-1]:6.0f}"


if __name__ == "__main__":
    main()

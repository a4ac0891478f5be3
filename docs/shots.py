"""Take README's pictures from a running app: ``python docs/shots.py http://localhost:8501``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright


def point(page: Page, target: str, x: float, y: float) -> None:
    """Move the pointer over an element, to a place given as shares of its width and height."""
    box = page.locator(target).first.bounding_box()
    assert box
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)


def nothing(page: Page) -> None:
    """A page that is shown as it opens."""


PAGES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "home": ("?size=8", nothing),
    "latent_map": ("latent_map", lambda page: point(page, ".plane > canvas", 0.62, 0.42)),
    "denoise": ("denoise?strength=0.5", nothing),
    "generate": ("generate?show=Explore", lambda page: point(page, ".plane > canvas", 0.3, 0.6)),
    "compare": ("compare", nothing),
}


def main() -> None:
    """Write docs/<page>.png for each of the pages, 1440 pixels wide, light."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, (address, prepare) in PAGES.items():
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            page.goto(f"{sys.argv[1]}/{address}")
            page.locator("[data-testid=stMain] :is(img, canvas)").first.wait_for()
            page.wait_for_timeout(4000)
            prepare(page)
            page.wait_for_timeout(500)
            page.screenshot(path=Path(__file__).parent / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()

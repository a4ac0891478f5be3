"""Take README's pictures from a running app: ``python docs/shots.py http://localhost:8501``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGES = {"home": "?images=digits&size=8", "generate": "generate?show=Manifold"}


def main() -> None:
    """Write docs/<page>.png for each of the pages, 1440 pixels wide, light."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, address in PAGES.items():
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            page.goto(f"{sys.argv[1]}/{address}")
            page.locator("[data-testid=stMain] img").first.wait_for()
            page.wait_for_timeout(3000)
            page.screenshot(path=Path(__file__).parent / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()

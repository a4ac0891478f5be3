"""Wait for what JavaScript says of a page."""

from __future__ import annotations

import time

from playwright.sync_api import Page, TimeoutError


def until(page: Page, expression: str, arg: object = None, timeout: float = 60_000) -> None:
    """Wait until an expression, or a function of ``arg``, says yes; ``timeout`` is in ms.

    Playwright's own ``wait_for_function`` has the page evaluate text, which the policy of the lab's pages forbids.
    """
    end = time.monotonic() + timeout / 1000
    while not page.evaluate(expression, arg):
        if time.monotonic() > end:
            raise TimeoutError(f"Not within {timeout:.0f} ms: {expression}")
        page.wait_for_timeout(15)

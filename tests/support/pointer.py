"""A real pointer over a component, and whether its pixels follow within a frame."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page
from until import until

# Counts, for each event, whether a canvas had changed when the frame after the event was about to be painted: a task
# posted from an animation frame's callback runs after all callbacks of that frame.
_WATCH = """
(canvas, type) => {
  const seen = window.__follows = { frames: 0, followed: 0, milliseconds: [] };
  const look = () => canvas.toDataURL();
  const watch = event => {
    const before = look();
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        seen.frames += 1;
        seen.followed += look() !== before;
        seen.milliseconds.push(performance.now() - event.timeStamp);
      };
      port2.postMessage(0);
    });
  };
  window.addEventListener(type, watch, true);
}
"""


def pixels(canvas: Locator) -> str:
    """What a canvas shows."""
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def stroke_by_keys(canvas: Locator) -> None:
    """Draw a stroke on a pad, by its keys."""
    canvas.focus()
    for key in (" ", "ArrowDown", "ArrowDown", "ArrowRight", " "):
        canvas.press(key)
    canvas.blur()


def at(target: Locator, x: float, y: float) -> tuple[float, float]:
    """The place on the screen at a share of an element's width and height."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def glide(page: Page, target: Locator, path: list[tuple[float, float]]) -> None:
    """Move the mouse over ``target`` through places given as shares of its width and height."""
    for x, y in path:
        page.mouse.move(*at(target, x, y))


def drag(page: Page, target: Locator, path: list[tuple[float, float]]) -> None:
    """The same with the button held down."""
    page.mouse.move(*at(target, *path[0]))
    page.mouse.down()
    glide(page, target, path[1:])
    page.mouse.up()


def watch(canvas: Locator, event: str = "pointermove") -> None:
    """From here on count whether ``canvas`` changes within the frame after each event of this type."""
    canvas.evaluate(_WATCH, event)


def followed(page: Page) -> dict[str, Any]:
    """What :func:`watch` counted: "frames", how many of them "followed", and "milliseconds" from event to pixels."""
    until(page, "window.__follows.frames > 0")
    counted: dict[str, Any] = page.evaluate("window.__follows")
    return counted


def changes(canvas: Locator, before: str) -> None:
    """Wait until a canvas shows something else than ``before``."""
    until(canvas.page, "([c, was]) => c.toDataURL() !== was", arg=[canvas.element_handle(), before])

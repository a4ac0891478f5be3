"""Each page by itself: how it opens, on a narrow screen, in the dark, on a server that has only just started."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from titles import TITLES
from until import until
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

# Streamlit scrolls inside the page, so it is the page that must not be wider than what is seen of it.
WIDTHS = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return { document: document.documentElement.scrollWidth, main: main.scrollWidth, screen: innerWidth };
}"""
BRIGHTNESS = """selector => {
  const [r, g, b] = getComputedStyle(document.querySelector(selector)).backgroundColor.match(/\\d+/g).map(Number);
  return (r + g + b) / 3 / 255;
}"""


@pytest.mark.parametrize("path", TITLES, ids=[path or "home" for path in TITLES])
def test_nothing_sticks_out_of_a_phone(visit: Visit, path: str) -> None:
    visitor = visit("phone")
    visitor.open(path)
    widths = visitor.page.evaluate(WIDTHS)
    assert widths["screen"] == 390
    assert widths["document"] <= widths["screen"]
    assert widths["main"] <= widths["screen"]


@pytest.mark.parametrize(("scheme", "darkest", "brightest"), [("light", 0.8, 1.0), ("dark", 0.0, 0.2)])
def test_every_page_follows_the_visitors_theme(visit: Visit, scheme: str, darkest: float, brightest: float) -> None:
    visitor = visit("desktop", scheme=scheme)
    visitor.open()
    for path in TITLES:
        visitor.go(path)
        assert darkest <= visitor.page.evaluate(BRIGHTNESS, "[data-testid=stApp]") <= brightest, path


def test_a_first_visitor_who_comes_by_a_link_to_a_page_is_told_of_no_missing_page(
    fresh_server: str, visit: Visit
) -> None:
    visitor = visit(server=fresh_server)
    visitor.open("train")
    expect(visitor.shelf).to_have_value(re.compile("^Digits: "))
    expect(visitor.page.get_by_test_id("stSidebarNav").get_by_role("link")).to_have_text(
        ["Home", "Reconstruct", "Latent map", "Generate", "Train", "Compare", "Denoise", "Photos", "Few labels"]
    )
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)


def test_the_address_follows_a_control_and_back_leads_to_the_page_before(visit: Visit) -> None:
    visitor = visit()
    visitor.open()
    visitor.go("generate")
    for then in ("1.10", "1.20"):
        visitor.move("Temperature", "ArrowRight", then)
    visitor.page.wait_for_url(re.compile("/generate[?].*temperature=1.2"))
    visitor.page.go_back()
    visitor.settle("")


def test_an_embedded_page_stays_embedded(visit: Visit) -> None:
    visitor = visit()
    visitor.page.goto(f"{visitor.server}/generate?embed=true&temperature=0.5")
    visitor.settle("generate")
    visitor.page.wait_for_url(re.compile("code_size=.*embed=true"))


def test_a_finger_can_scroll_past_the_latent_map(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open("latent_map")
    visitor.swipe_up(visitor.main.locator(".plane canvas").first)
    until(visitor.page, "document.querySelector('[data-testid=stMain]').scrollTop > 50", timeout=3000)

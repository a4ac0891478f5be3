"""Every page on a tablet, upright and on its side, with the sidebar open and folded: nothing is cut off or too small."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from layout import faults_of
from titles import TITLES
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

TABLETS = ((820, 1180), (1024, 768), (1180, 820), (768, 1024), (1366, 1024))


@pytest.mark.parametrize("path", TITLES, ids=[path or "home" for path in TITLES])
def test_nothing_is_cut_off_or_too_small_on_a_tablet(visit: Visit, path: str) -> None:
    visitor = visit("tablet")
    visitor.open(path)
    visitor.page.add_style_tag(
        content="[data-testid=stSidebar] { transition: none !important; }"
    )  # sixteen slides a page
    seen = {}
    if path == "":
        visitor.press(visitor.main.get_by_text("Draw one yourself"))
    elif path in ("denoise", "compare"):
        seen = over_all_widths(visitor, "at first, ")
    if path in ("reconstruct", "denoise"):
        visitor.choose("Draw")
    if path == "compare":
        visitor.choose("Two runs")
    if path in ("", "reconstruct", "denoise", "latent_map"):
        visitor.main.locator(".pad canvas").wait_for()
    visitor.rest()
    seen |= over_all_widths(visitor)
    assert {where: faults for where, faults in seen.items() if faults} == {}


def over_all_widths(visitor: Visitor, state: str = "") -> dict[str, list[str]]:
    """What is wrong at each width, by the width and what the sidebar does."""
    seen = {}
    for width, height in TABLETS:
        visitor.page.set_viewport_size({"width": width, "height": height})
        for folded in (False, True):
            visitor.fold_sidebar(folded)
            seen[f"{state}{width} px, {'folded' if folded else 'open'}"] = faults_of(visitor.page)
    return seen


def test_what_is_cut_off_is_found(visit: Visit) -> None:
    visitor = visit("tablet")
    visitor.open("photos")
    style = (
        "[data-testid=stButtonGroup] [role=radiogroup] { width: 90px; flex-wrap: nowrap !important; overflow: auto; }"
    )
    visitor.page.add_style_tag(content=style)
    faults = faults_of(visitor.page)
    assert 'button "Camera" lies out of sight' in faults
    assert any("scrolls sideways" in fault for fault in faults)

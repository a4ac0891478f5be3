"""What a browser draws of items that are no images: large enough, without gaps, and called by their name."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from visitor import Visitor

from ae_core.runs.zoo import ZOO

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def address(page: str, run: str) -> str:
    return f"{page}?{urlencode(ZOO[run].config.to_query())}"


def test_the_four_pictures_of_a_table_stand_two_and_two(visit: Visit) -> None:
    visitor = visit("tablet")
    visitor.open(address("denoise", "cancer-denoising"))
    mixer = visitor.main.locator(".mixer")
    expect(mixer.locator(".verdict")).to_contain_text("At strength")
    boxes = [each.bounding_box() for each in mixer.locator("figure:visible .stage").all()]
    assert len(boxes) == 4
    assert all(box is not None for box in boxes)
    places = [(round(box["x"]), round(box["y"]), round(box["width"])) for box in boxes if box]
    assert len({x for x, _, _ in places}) == len({y for _, y, _ in places}) == 2
    assert len({width for _, _, width in places}) == 1


def test_words_move_aside_together_on_a_phone(visit: Visit) -> None:
    visitor = visit("phone")
    visitor.open(address("reconstruct", "documentation-default"))
    strips = visitor.main.locator(".to-read").first
    expect(strips.locator("img")).to_have_count(3)
    told = strips.evaluate(
        """e => { const at = () => [...e.querySelectorAll('img')].map(i => i.getBoundingClientRect().x);
        const before = at(); e.scrollLeft = 120; const after = at();
        return { moved: before.map((x, i) => x - after[i]), names: [...e.querySelectorAll('.name')].map(n => n.getBoundingClientRect().x),
                 left: e.getBoundingClientRect().x, width: e.querySelector('img').clientWidth, page: document.body.scrollWidth - innerWidth }; }"""
    )
    assert told["moved"] == [120, 120, 120]
    assert all(abs(x - told["left"]) < 1 for x in told["names"])  # whose row it is stays in sight
    assert told["width"] / 5 > 110  # five documents: their words can be read
    assert told["page"] <= 0


def test_components_call_a_beat_a_beat(visit: Visit) -> None:
    visitor = visit()
    visitor.open(address("latent_map", "heartbeats-code-2"))
    main = visitor.main
    expect(main.get_by_label("Twelve held-out beats and what", exact=False)).to_be_visible()
    expect(main.get_by_label("held-out beats as points", exact=False).first).to_be_visible()
    expect(main.locator(".drawn .what").nth(1)).to_contain_text("the same beat, as well as its plane can")
    width, height = main.locator(".film canvas.tiles").first.evaluate("c => [c.width, c.height]")
    assert width < 1.5 * height  # four wide pictures to a row, and not six in a narrow band

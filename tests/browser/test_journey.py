"""One visit from the entrance to a link sent to a friend, at a desk and on a phone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, expect
from pointer import pixels
from serving import serve
from visitor import TRAINING, Visitor, has_pixels

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

STOPPED = re.compile(r"Stopped after [\d.]+ of 200 epochs")
TRAINED = "Digits: deep dense, code of 8"  # the run that Train's own settings make


def photographed_stroke() -> bytes:
    """A PNG of a thick dark stroke on white."""
    image = Image.new("RGB", (320, 400), "white")
    ImageDraw.Draw(image).line(
        [(210, 40), (110, 150), (210, 240), (100, 350)], fill=(30, 30, 40), width=36, joint="curve"
    )
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def upload(visitor: Visitor, name: str, content: bytes) -> None:
    files = [{"name": name, "mimeType": "image/png", "buffer": content}]
    visitor.main.locator("input[type=file]").set_input_files(files)


def squeeze(visitor: Visitor) -> None:
    """Home: the picture is there at once, and follows the slider."""
    visitor.open()
    expect(visitor.main.locator(".hero")).to_have_attribute("data-drawn", "16")
    code = visitor.main.locator(".hero figure:has(.bars) figcaption")
    expect(code).to_contain_text("16 numbers, 4× fewer")
    visitor.move("Code size: how many numbers", "ArrowLeft", then="8 numbers")
    expect(code).to_contain_text("8 numbers, 8× fewer")


def train_and_stop(visitor: Visitor) -> None:
    """Train: the largest budget, so that it is still training when Stop is pressed."""
    visitor.move("Epochs (the budget)", "End", then="200")
    visitor.press(visitor.button("Train"))
    expect(visitor.progress()).to_be_visible(timeout=TRAINING)
    expect(visitor.main.locator(".facts")).to_contain_text("held-out loss now")
    expect(visitor.main.get_by_test_id("stPlotlyChart").locator(".main-svg").first).to_be_visible()
    visitor.press(visitor.button("Stop"))
    expect(visitor.main.get_by_text(STOPPED)).to_be_visible(timeout=TRAINING)


def train_to_the_end(visitor: Visitor, epochs: int) -> None:
    """Train: a small budget, numbers beside PCA's, and the run on the shelf."""
    visitor.move("Epochs (the budget)", "Home", then="1")
    for then in range(2, epochs + 1):
        visitor.move("Epochs (the budget)", "ArrowRight", str(then))
    visitor.press(visitor.button("Train"))
    facts = visitor.main.locator(".facts")
    expect(visitor.shelf).to_have_value(TRAINED, timeout=TRAINING)
    expect(facts).to_contain_text(re.compile(r"0\.\d{4}\s*held-out MSE\s*0\.\d{4}\s*PCA's, same code size"))


def differing_settings(visitor: Visitor) -> Locator:
    return visitor.main.get_by_text("Your settings differ from this run's: code size 8 → 12.")


def opens_the_same(visit: Visit, visitor: Visitor, path: str) -> None:
    """The address copied into another browser shows the same page, words, numbers and pictures."""
    visitor.rest()
    here = visitor.shown()
    assert here["words"]
    assert here["pictures"]
    friend = visit("phone" if visitor.phone else "desktop", server=visitor.server)
    friend.open(visitor.page.url)
    friend.settle(path)
    friend.waits_to_show(here)
    assert friend.shown() == visitor.shown()
    friend.page.context.close()


def test_a_visit_at_a_desk(visit: Visit) -> None:
    visitor = visit("desktop")
    page, main = visitor.page, visitor.main
    squeeze(visitor)
    visitor.go("train")
    train_and_stop(visitor)
    train_to_the_end(visitor, epochs=4)

    visitor.move("Code size", "ArrowRight", then="12")
    expect(differing_settings(visitor)).to_be_visible()
    visitor.go("reconstruct")
    expect(main.get_by_text(TRAINED)).to_be_visible()
    expect(visitor.shelf).to_have_value(TRAINED)
    opens_the_same(visit, visitor, "reconstruct")
    visitor.go("train")
    expect(visitor.slider("Code size")).to_have_attribute("aria-valuetext", "12")
    expect(visitor.slider("Epochs (the budget)")).to_have_attribute("aria-valuetext", "4")
    expect(differing_settings(visitor)).to_be_visible()

    visitor.go("denoise")
    visitor.choose("Upload")
    upload(visitor, "stroke.png", photographed_stroke())
    expect(main.get_by_text("No noise was added.")).to_be_visible()
    visitor.choose("Damage it and see")
    steps = main.get_by_test_id("stExpander").filter(has_text="How it was prepared, step by step")
    has_pixels(steps.locator("img").last)
    expect(main.locator(".mixer figure")).to_have_count(6)
    expect(main.locator(".mixer .ae figcaption")).to_contain_text("SSIM")
    upload(visitor, "broken.png", photographed_stroke()[:300])
    expect(main.get_by_test_id("stAlertContentError")).to_contain_text("The picture is damaged or incomplete")
    expect(main.get_by_text("stroke.png")).to_be_visible()  # the one before stays
    visitor.choose("Held out")
    expect(main.locator(".mixer figure")).to_have_count(6)

    visitor.go("latent_map")
    canvas, said = main.locator(".plane canvas").first, main.locator(".near .said")
    expect(said).to_contain_text("Move over a plane")
    before = pixels(canvas)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4)
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=4)
    place = main.locator(".what").first
    expect(place).to_contain_text("from (")
    assert pixels(canvas) != before
    pointed = place.inner_text()
    canvas.press("ArrowRight")
    expect(place).not_to_have_text(pointed)

    visitor.go("generate")
    has_pixels(main.get_by_alt_text("40 samples").first)
    visitor.choose("Explore")
    expect(main.get_by_role("slider", name="Number")).to_have_count(8)
    visitor.choose("Interpolation")
    expect(main.locator(".strip img")).to_have_count(2)
    opens_the_same(visit, visitor, "generate")


def test_the_steps_of_an_upload_can_be_read_at_a_desk(visit: Visit) -> None:
    visitor = visit("desktop")
    visitor.open("denoise")
    visitor.choose("Upload")
    upload(visitor, "stroke.png", photographed_stroke())
    expect(visitor.main.get_by_text("No noise was added.")).to_be_visible()
    visitor.choose("Damage it and see")
    steps = visitor.main.get_by_test_id("stExpander").filter(has_text="How it was prepared, step by step")
    has_pixels(steps.locator("img").last)
    widths = [note.bounding_box()["width"] for note in steps.get_by_test_id("stCaptionContainer").all()]
    assert min(widths) > 80  # px; a long word takes as much


def visit_on_a_phone(visit: Visit, server: str | None = None) -> None:
    visitor = visit("phone", scheme="dark", server=server)
    main = visitor.main
    squeeze(visitor)
    visitor.go("train")
    train_to_the_end(visitor, epochs=3)  # not the run of the desk, which the server knows

    visitor.go("denoise")
    expect(main.locator(".mixer figure")).to_have_count(6)
    visitor.go("latent_map")
    place = main.locator(".what").first
    expect(place).to_contain_text("from (")
    at_rest = place.inner_text()
    box = main.locator(".plane canvas").first.bounding_box()
    assert box
    main.locator(".plane canvas").first.tap(position={"x": box["width"] * 0.2, "y": box["height"] * 0.3})
    expect(place).not_to_have_text(at_rest)
    visitor.go("reconstruct")
    expect(main.get_by_text(TRAINED)).to_be_visible()
    opens_the_same(visit, visitor, "reconstruct")


def test_a_visit_on_a_phone(visit: Visit) -> None:
    visit_on_a_phone(visit)


@pytest.fixture
def unpatched_server(tmp_path: Path) -> Iterator[str]:
    """The address of a server whose Streamlit and uvicorn are left as they come."""
    with serve(tmp_path, AE_STREAMLIT_PATCHES="0") as address:
        yield address


# The server comes before the windows, so that it goes after them: one that loses its server complains of it.
def test_a_visit_to_streamlit_and_uvicorn_as_they_come(unpatched_server: str, visit: Visit, tmp_path: Path) -> None:
    visit_on_a_phone(visit, unpatched_server)
    log = (tmp_path / "server.log").read_text()
    assert log.count("Streamlit sends its messages in its own way: AE_STREAMLIT_PATCHES is 0.") == 1

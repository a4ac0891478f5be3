"""The training film and the steps of one batch under a real pointer, while a run goes on and after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect
from pointer import at, changes, drag, followed, glide, pixels, watch
from visitor import TRAINING, Visitor, quick_run

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

PLACES = [(share, 0.5) for share in (0.9, 0.7, 0.5, 0.3, 0.1)]  # along the slider


def slider(visitor: Visitor) -> Locator:
    return visitor.main.get_by_role("slider", name="Moment of the training")


def top(what: Locator) -> float:
    """How far below the page's heading something stands, wherever the page is scrolled to."""
    y: float = what.evaluate(
        "e => e.getBoundingClientRect().top - document.querySelector('h1').getBoundingClientRect().top"
    )
    return y


def height(what: Locator) -> float:
    box = what.bounding_box()
    assert box
    return box["height"]


def test_the_film_grows_while_a_run_goes_on_and_who_looks_back_is_left_there(visit: Visit) -> None:
    visitor = visit()
    visitor.open(quick_run(epochs=80, seed=41))
    visitor.press(visitor.button("Train"))
    shot, follow = (
        visitor.main.locator(".film .one").first,
        visitor.main.get_by_role("button", name="Follow", exact=True),
    )
    expect(follow).to_have_attribute("aria-pressed", "true", timeout=TRAINING)
    before = int(slider(visitor).input_value())
    expect(slider(visitor)).not_to_have_value(str(before), timeout=TRAINING)  # of itself, with the training
    slider(visitor).press("Home")
    expect(follow).to_have_attribute("aria-pressed", "false")
    start, where = pixels(shot.locator(".map")), top(shot.locator(".map"))

    expect(visitor.main.get_by_text("Finished after")).to_be_visible(timeout=TRAINING)
    visitor.rest()
    expect(follow).to_be_hidden()
    assert slider(visitor).input_value() == "0"  # the run ended; the visitor stayed where he was
    assert top(shot.locator(".map")) == where  # and so did the film
    slider(visitor).press("End")
    changes(shot.locator(".map"), start)
    expect(shot.locator(".said")).to_contain_text("epoch 80 of 80")


def test_the_film_follows_the_pointer_and_plays(visit: Visit) -> None:
    visitor = visit()
    visitor.open(quick_run(epochs=3, seed=42))
    visitor.press(visitor.button("Train"))
    expect(visitor.main.get_by_text("Finished after")).to_be_visible(timeout=TRAINING)
    visitor.rest()
    page, film = visitor.page, visitor.main.locator(".film")
    shot = film.locator(".one").first
    expect(slider(visitor)).to_have_value("1000")  # it opens on what the run came to
    expect(shot.locator(".said")).to_contain_text("epoch 3.0 of 3")  # the last of it has come, too
    pictures, end = pixels(shot.locator(".tiles")), shot.locator(".said").inner_text()
    slider(visitor).scroll_into_view_if_needed()
    watch(shot.locator(".map"))
    page.mouse.move(*at(slider(visitor), 0.99, 0.5))
    page.mouse.down()
    glide(page, slider(visitor), PLACES)
    page.mouse.up()
    counted = followed(page)
    assert counted["followed"] >= len(PLACES)  # each within its frame
    assert pixels(shot.locator(".tiles")) != pictures
    assert shot.locator(".said").inner_text() != end

    now = pixels(shot.locator(".map"))  # over the curve, too
    drag(page, film.locator(".curve"), [(0.4, 0.5), (0.6, 0.5)])
    changes(shot.locator(".map"), now)
    place = int(slider(visitor).input_value())
    assert 560 < place < 640
    slider(visitor).press("ArrowLeft")  # to the snapshot before
    assert 0 < place - int(slider(visitor).input_value()) < 60

    film.get_by_role("button", name="Play the film").click()
    expect(film.get_by_role("button", name="Pause the film")).to_be_visible()
    expect(slider(visitor)).to_have_value("1000")
    expect(film.get_by_role("button", name="Play the film")).to_be_visible()
    expect(shot.locator(".said")).to_have_text(end)


def test_one_batch_is_stepped_through_and_the_next(visit: Visit) -> None:
    visitor = visit("phone", scheme="dark")
    visitor.open("train?dataset=digits&hidden_sizes=16&code_size=4&corruption=gaussian&corruption_strength=0.4&seed=43")
    visitor.press(visitor.main.get_by_text("Step through one batch"))
    walk = visitor.main.locator(".walk")
    on = walk.locator(".stage.on")
    expect(on).to_contain_text("8 training images")
    tall = height(walk)
    step, chip = walk.locator(".step"), walk.locator(".chip[aria-current=step]")
    seen = [chip.inner_text()]
    while seen[-1] != "Again":
        visitor.press(step)
        seen.append(chip.inner_text())
    assert seen == ["Batch", "Corrupt", "Encode", "Decode", "Loss", "Gradient", "Update", "Again"]
    expect(on).to_contain_text("The same batch through the moved weights")
    before = pixels(on.locator("canvas").first)
    assert height(walk) == tall  # no stage moves the page
    expect(walk.get_by_role("button", name="Corrupt, added by this kind")).to_be_visible()
    visitor.press(step)
    expect(walk).to_contain_text("Batch 2 of 64")
    assert pixels(on.locator("canvas").first) != before
    visitor.press(walk.get_by_role("button", name="Slow motion"))
    expect(chip).to_have_text("Corrupt")  # of itself
    visitor.press(walk.get_by_role("button", name="Pause"))
    visitor.press(walk.get_by_role("button", name="Start over"))
    expect(walk).to_contain_text("Batch 1 of 64")
    visitor.slider("Code size").press("ArrowRight")  # other settings, other steps
    expect(walk.get_by_text("From 64 pixels to 6 numbers")).to_have_count(1)
    visitor.rest()
    visitor.press(walk.get_by_role("button", name="Next batch"))
    expect(walk).to_contain_text("Batch 2 of 64")

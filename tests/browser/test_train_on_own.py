"""From a visitor's own picture to a network that learned from it: uploaded, cut into patches, trained, and seen."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from visitor import TRAINING, Visitor, has_pixels

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def picture() -> dict[str, object]:
    """A file of bars at all angles."""
    down, across = np.mgrid[:300, :400]
    angle = np.arctan2(down - 150, across - 200)
    grey = 127 + 120 * np.sin(np.hypot(down - 150, across - 200) / 3 + 5 * angle)
    file = io.BytesIO()
    Image.fromarray(grey.astype(np.uint8)).convert("RGB").save(file, "PNG")
    return {"name": "bars.png", "mimeType": "image/png", "buffer": file.getvalue()}


def test_an_uploaded_picture_is_cut_and_learned_from(visit: Visit) -> None:
    visitor = visit()
    visitor.open("photos?picture=upload&way=mine&repair=colour")
    visitor.main.locator("input[type=file]").first.set_input_files([picture()])  # type: ignore[list-item]
    expect(visitor.main.get_by_text("bars.png")).to_be_visible()
    visitor.press(visitor.main.get_by_text("Train on patches of this picture"))
    visitor.choose("8 × 8")
    visitor.button("Cut them and go to Train").click()
    expect(visitor.main.get_by_role("heading", name="Train an autoencoder")).to_be_visible()
    visitor.rest()
    expect(visitor.page).to_have_url(re.compile("dataset=own-patches8-"))

    visitor.slider("Epochs (the budget)").press("Home")  # what finds edges takes longer than a test should
    expect(visitor.page).not_to_have_url(re.compile("epochs=150"))
    visitor.rest()
    visitor.button("Train").click()
    expect(visitor.main.get_by_text(re.compile("Grey patches 8 × 8 of picture")).first).to_be_visible(timeout=TRAINING)
    expect(visitor.button("Replay")).to_be_visible(timeout=TRAINING)
    expect(visitor.main.get_by_text("What units draw", exact=False).first).to_be_visible()
    has_pixels(visitor.main.locator(".strip img").first)

    visitor.go("reconstruct")
    expect(visitor.main.get_by_text("Its best and its worst")).to_be_visible()
    has_pixels(visitor.main.locator(".strip img").first)

    link = visitor.page.url
    other = visit()  # who follows the link has neither the picture nor the run
    other.page.goto(link)
    expect(other.main.get_by_text("cut from a picture that this visit does not have")).to_be_visible()

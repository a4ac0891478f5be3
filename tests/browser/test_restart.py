"""The web process is killed or asked to end, and started again: visitors find what is theirs, and it goes on."""

from __future__ import annotations

import io
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from restarting import WebProcess
from visitor import TRAINING, Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

_STOPPED = "Digits: deep dense, code of 4 (stopped at"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebProcess]:
    process = WebProcess(tmp_path)
    process.start()
    yield process
    process.close()


def settings(epochs: int, seed: int) -> str:
    return f"train?dataset=digits&hidden_sizes=64&code_size=4&learning_rate=0.005&batch_size=32&epochs={epochs}&seed={seed}"


def upload() -> dict[str, object]:
    file = io.BytesIO()
    Image.fromarray(np.full((40, 40), 200, np.uint8)).save(file, "PNG")
    return {"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}


def draw(visitor: Visitor) -> str:
    """A stroke on the pad, by the keys; what the pad then shows."""
    canvas = visitor.main.locator(".pad canvas")
    canvas.focus()
    for key in (" ", "ArrowDown", "ArrowDown", "ArrowRight", " "):
        canvas.press(key)
    canvas.blur()
    visitor.rest()
    return pixels(visitor)


def pixels(visitor: Visitor) -> str:
    return str(visitor.main.locator(".pad canvas").evaluate("canvas => canvas.toDataURL()"))


def has_work(visitor: Visitor) -> str:
    """Draw, upload, stop a run and have another one trained; what the pad shows."""
    visitor.open("denoise?source=draw")
    drawn = draw(visitor)
    visitor.choose("Upload")
    visitor.main.locator("input[type=file]").set_input_files([upload()])  # type: ignore[list-item]
    expect(visitor.main.get_by_text("mine.png")).to_be_visible()
    visitor.open(settings(epochs=1000, seed=1))
    visitor.press(visitor.button("Train"))
    expect(visitor.progress()).to_be_visible(timeout=TRAINING)
    visitor.press(visitor.button("Stop"))
    expect(visitor.main.get_by_text("Stopped after")).to_be_visible(timeout=TRAINING)
    visitor.open(settings(epochs=60, seed=2))
    visitor.press(visitor.button("Train"))
    expect(visitor.main.get_by_role("heading", name="Training: ")).to_be_visible(timeout=TRAINING)
    return drawn


def finds_it(visitor: Visitor, drawn: str) -> None:
    expect(visitor.main.get_by_text("The lab was restarted; your run waits again.")).to_be_visible(timeout=TRAINING)
    visitor.rest()
    visitor.shelf.click()
    expect(visitor.page.get_by_role("option", name=_STOPPED)).to_have_count(1)
    visitor.shelf.press("Escape")
    expect(visitor.main.get_by_text("Finished after")).to_be_visible(timeout=TRAINING)
    visitor.open("denoise?source=draw")
    assert pixels(visitor) == drawn
    visitor.choose("Upload")
    expect(visitor.main.get_by_text("mine.png")).to_be_visible()


def test_who_was_there_when_it_was_killed_finds_runs_pictures_and_the_training(web: WebProcess, visit: Visit) -> None:
    visitor = visit(server=web.address)
    drawn = has_work(visitor)
    time.sleep(2.5)  # what is new is written within two seconds
    web.end(signal.SIGKILL)
    web.start()
    # the tab comes back by itself: nobody presses anything
    finds_it(visitor, drawn)
    visitor.problems.clear()  # that it was not there for a while the console tells
    stranger = visit(server=web.address)
    stranger.open("train")
    stranger.shelf.click()
    expect(stranger.page.get_by_role("option", name="stopped at")).to_have_count(0)


def test_asked_to_end_it_writes_what_is_new_and_leaves_no_process(web: WebProcess, visit: Visit) -> None:
    visitor = visit(server=web.address)
    drawn = has_work(visitor)
    web.end(signal.SIGTERM)  # at once
    assert "Traceback" not in web.log.read_text()
    web.start()
    visitor.page.reload()
    finds_it(visitor, drawn)
    visitor.press(visitor.page.get_by_role("button", name="Forget my work"))
    visitor.press(visitor.page.get_by_role("button", name="Forget it all"))
    visitor.rest()
    assert not list((web.folder / "runs" / "visitors").iterdir())
    visitor.problems.clear()

"""The web process is killed or asked to end, and started again: visitors find what is theirs, and it goes on."""

from __future__ import annotations

import io
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect
from pointer import pixels, stroke_by_keys
from restarting import WebProcess
from visitor import TRAINING, Visitor, quick_run

pytestmark = [pytest.mark.browser, pytest.mark.load]
Visit = Callable[..., Visitor]


def upload() -> dict[str, object]:
    file = io.BytesIO()
    Image.fromarray(np.full((40, 40), 200, np.uint8)).save(file, "PNG")
    return {"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}


def draw(visitor: Visitor) -> str:
    """A stroke on the pad, by the keys; what the pad then shows."""
    stroke_by_keys(pad(visitor))
    visitor.rest()
    return pixels(pad(visitor))


def pad(visitor: Visitor) -> Locator:
    return visitor.main.locator(".pad canvas")


def kept(visitor: Visitor) -> None:
    """Wait until the lab has taken the upload in, and not only the browser's list of files."""
    expect(visitor.main.get_by_text("mine.png It is kept for you alone")).to_be_visible()


def has_pictures(visitor: Visitor) -> str:
    """Draw and upload; what the pad shows."""
    visitor.open("denoise?source=draw")
    drawn = draw(visitor)
    visitor.choose("Upload")
    visitor.main.locator("input[type=file]").set_input_files([upload()])  # type: ignore[list-item]
    kept(visitor)
    return drawn


def finds_pictures(visitor: Visitor, drawn: str) -> None:
    visitor.open("denoise?source=draw")
    assert pixels(pad(visitor)) == drawn
    visitor.choose("Upload")
    kept(visitor)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebProcess]:
    """One whose workers are not there: every job stays in the queue."""
    yield from started(tmp_path, AE_DASK_ADDRESS="tcp://127.0.0.1:9")


@pytest.fixture
def training_web(tmp_path: Path) -> Iterator[WebProcess]:
    yield from started(tmp_path)


def started(folder: Path, **settings: str) -> Iterator[WebProcess]:
    process = WebProcess(folder, **settings)
    process.start()
    yield process
    process.close()


def test_who_was_there_when_it_was_killed_finds_runs_pictures_and_the_training(
    web: WebProcess, visit: Visit, tiny_file: Path
) -> None:
    visitor = visit(server=web.address)
    drawn = has_pictures(visitor)
    visitor.open(quick_run(epochs=3, seed=2))
    visitor.press(visitor.page.get_by_text("Upload a checkpoint"))
    visitor.page.get_by_test_id("stSidebar").locator("input[type=file]").set_input_files(tiny_file)
    expect(visitor.shelf).to_have_value("Digits: deep dense, code of 3 (uploaded)")
    visitor.open(quick_run(epochs=3, seed=2))
    visitor.press(visitor.button("Train"))
    expect(visitor.button("Leave the queue")).to_be_visible()
    time.sleep(2.5)  # what is new is written within two seconds
    web.end(signal.SIGKILL)
    web.start()
    # the tab comes back by itself: nobody presses anything
    expect(visitor.main.get_by_text("The lab was restarted; your run waits again.")).to_be_visible(timeout=TRAINING)
    expect(visitor.button("Leave the queue")).to_be_visible()
    visitor.rest()
    visitor.shelf.click()
    expect(visitor.page.get_by_role("option", name="Digits: deep dense, code of 3 (uploaded)")).to_have_count(1)
    visitor.shelf.press("Escape")
    finds_pictures(visitor, drawn)
    visitor.problems.clear()  # that nobody answered for a while the console tells

    stranger = visit(server=web.address)
    stranger.open("train")
    stranger.shelf.click()
    expect(stranger.page.get_by_role("option", name="uploaded")).to_have_count(0)
    stranger.open("denoise?source=draw")
    expect(stranger.main.get_by_text("Draw something on the pad")).to_be_visible()

    visitor.press(visitor.page.get_by_role("button", name="Forget my work"))
    visitor.press(visitor.page.get_by_role("button", name="Forget it all"))
    expect(visitor.page.get_by_role("button", name="Forget it all")).to_have_count(0)
    visitor.rest()
    assert not list((web.folder / "runs" / "visitors").iterdir())


def test_asked_to_end_it_writes_what_is_new_leaves_no_process_and_trains_on_when_it_is_back(
    training_web: WebProcess, visit: Visit
) -> None:
    visitor = visit(server=training_web.address)
    drawn = has_pictures(visitor)
    visitor.open(quick_run(epochs=60, seed=3))
    visitor.press(visitor.button("Train"))
    expect(visitor.main.get_by_role("heading", name="Training: ")).to_be_visible(timeout=TRAINING)
    training_web.end(signal.SIGTERM)  # at once
    training_web.start()
    visitor.page.reload()
    expect(visitor.main.get_by_text("The lab was restarted; your run waits again.")).to_be_visible(timeout=TRAINING)
    goes_on = re.compile("seconds left|Finished after")  # by new workers, which have to start first
    expect(visitor.main.get_by_text(goes_on).first).to_be_visible(timeout=2 * TRAINING)
    finds_pictures(visitor, drawn)
    visitor.problems.clear()

"""From what is on screen to somebody's phone and somebody's disk."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, expect
from visitor import Visitor, has_pixels

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def open_dialog(visitor: Visitor) -> Locator:
    if visitor.phone:
        visitor.page.get_by_test_id("stExpandSidebarButton").tap()
    visitor.press(visitor.page.get_by_role("button", name="Share and take home"))
    dialog = visitor.page.get_by_role("dialog")
    has_pixels(dialog.get_by_alt_text("QR code of the link"))
    return dialog


def seen_by_a_camera(dialog: Locator) -> str:
    """What a QR reader makes of the picture on the screen."""
    for _ in range(30):  # a dialog is faded in
        screen = Image.open(io.BytesIO(dialog.get_by_alt_text("QR code of the link").screenshot()))
        for code in zxingcpp.read_barcodes(screen):
            return code.text
        dialog.page.wait_for_timeout(100)
    return "no code could be read"


def taken_home(visitor: Visitor, dialog: Locator, label: str, folder: Path) -> Path:
    with visitor.page.expect_download() as download:
        visitor.press(dialog.get_by_role("button", name=label))
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_what_is_on_screen_is_shared_and_taken_home(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    visitor.open("generate")
    visitor.choose("Interpolation")  # not what the page opens on, so that the view is in the link
    expect(visitor.main.locator(".strip img")).to_have_count(2)
    visitor.rest()
    dialog = open_dialog(visitor)
    link = seen_by_a_camera(dialog)
    visitor.page.wait_for_url(link)
    expect(dialog.get_by_test_id("stCode")).to_contain_text(link)
    here = visitor.shown()

    script = taken_home(visitor, dialog, "Python script", tmp_path)
    assert script.suffix == ".py"
    compile(script.read_text(encoding="utf-8"), script.name, "exec")
    onnx.checker.check_model(onnx.load(taken_home(visitor, dialog, "Decoder (ONNX)", tmp_path)))
    assert Image.open(taken_home(visitor, dialog, "Images (PNG)", tmp_path)).width > 1000

    friend = visit("phone", scheme="dark")
    friend.open(link)
    friend.waits_to_show(here)
    assert friend.shown() == here
    assert seen_by_a_camera(open_dialog(friend)) == link

"""A CSV file of a visitor's own in a real browser: uploaded, trained on, its strange rows ranked, and kept over a reload."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tables import csv_table
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def pick(visitor: Visitor, name: str, option: str) -> None:
    """Pick an entry of a drop-down list once it lies still: a page that scrolls closes a list that is open."""
    visitor.rest()
    visitor.page.wait_for_timeout(800)
    box = visitor.main.get_by_role("combobox", name=re.compile(name)).first
    box.scroll_into_view_if_needed()
    visitor.page.wait_for_timeout(800)
    visitor.press(box)
    visitor.press(visitor.page.get_by_role("option", name=option, exact=True))
    visitor.rest()


def test_an_own_table_is_trained_on_and_its_strange_rows_are_found(visit: Visit) -> None:
    visitor = visit()
    visitor.open("tables")
    expect(visitor.main.get_by_text("number 1 of 26,058")).to_be_visible()
    wrong = {"name": "mine.xlsx", "mimeType": "", "buffer": b"PK\x03\x04rubbish"}
    visitor.main.locator("input[type=file]").last.set_input_files([wrong])  # type: ignore[list-item]
    expect(visitor.main.get_by_text("a workbook")).to_be_visible()
    file = {"name": "machines.csv", "mimeType": "text/csv", "buffer": csv_table()}
    visitor.main.locator("input[type=file]").last.set_input_files([file])  # type: ignore[list-item]
    expect(visitor.main.get_by_text("240 rows, 6 columns")).to_be_visible()
    pick(visitor, "Class", "state")
    pick(visitor, "Learn from", "fine alone")
    expect(visitor.main.get_by_alt_text(re.compile("First rows"))).to_be_visible()
    visitor.press(visitor.button("Make it a data set and go to Train"))
    expect(visitor.main.get_by_role("heading", name="Train an autoencoder")).to_be_visible()
    visitor.press(visitor.button("Train"))
    expect(visitor.main.get_by_text(re.compile("^Finished after"))).to_be_visible(timeout=120_000)

    visitor.go("tables")
    expect(visitor.main.get_by_text("held-out ones by its error")).to_be_visible()
    expect(visitor.main.get_by_text(re.compile("^Of those that were told nothing"))).to_be_visible(timeout=120_000)
    visitor.go("anomalies")
    expect(visitor.main.locator(".threshold .plot")).to_be_visible(timeout=120_000)
    visitor.page.reload()
    expect(visitor.main.locator(".threshold .plot")).to_be_visible(timeout=60_000)
    assert visitor.problems == []

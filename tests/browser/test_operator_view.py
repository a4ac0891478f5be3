"""The operator in a browser: the token typed once, the view, draining; and what a visitor is told meanwhile."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from serving import serve
from tab import cookies_of, tab

from ae_core.jobs.snapshot import DRAINING

pytestmark = pytest.mark.browser

TOKEN = "of-this-test-alone-1"
MARK = "nobodyshouldseethis"


def test_the_operator_logs_in_sees_the_lab_and_drains_it(browser: Browser, tmp_path: Path) -> None:
    with serve(tmp_path, AE_OPERATOR_TOKEN=TOKEN, AE_LOG="json") as address:
        page = browser.new_page()
        problems: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))

        page.goto(f"{address}/operator")
        page.get_by_label("The token").fill("not the token at all")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_have_text("This is not the token.")
        assert all("403" in problem for problem in problems), problems  # the browser itself says what was answered
        problems.clear()
        page.get_by_label("The token").fill(TOKEN)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Operator's view")).to_be_visible()
        assert page.url == f"{address}/operator"
        expect(page.locator("dl")).to_have_css("display", "grid")  # the style sheet is taken
        tabs = page.locator("dl div", has_text="Open tabs").locator("dd")
        expect(tabs).to_have_text("0")

        cookies = cookies_of(address)
        with tab(address, "train", {"lesson": MARK}, cookies) as visitor:
            expect(tabs).to_have_text("1")  # the page looks anew by itself
            page.get_by_role("button", name="Drain").click()
            expect(page.get_by_text("nothing runs any more")).to_be_visible()
            visitor.run("Train with a new seed")
            visitor.until(DRAINING)
            page.get_by_role("button", name="Take on new work again").click()
            expect(page.get_by_text("Takes on new work.")).to_be_visible()

        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("The token")).to_be_visible()
        assert problems == []
        assert {urlsplit(url).netloc for url in asked} == {urlsplit(address).netloc}
        assert not any(TOKEN in url for url in asked)
        page.close()
    log = (tmp_path / "server.log").read_text()
    hidden = [TOKEN, MARK, *(part.split("=", 1)[1] for part in cookies.split("; "))]
    assert not [one for one in hidden if one in log]
    for line in log.splitlines():
        if line.strip() and not line.startswith("  "):  # what Streamlit greets with
            json.loads(line)

"""What a stranger wrote into a file or a link is shown as text: nobody else's server hears of it, and nothing leads there."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import cycle, islice
from urllib.parse import urlencode

import pytest
from apptest_helpers import described_otherwise, description_of
from playwright.sync_api import expect
from requests_seen import watched
from titles import TITLES
from visitor import Visitor

from ae_core.classroom.lesson import PARAMETERS
from ae_core.config.schema import FIELD_NAMES
from ae_core.tasks.restoration.samples import SAMPLES, TERMS
from ui.classroom.lesson import VIEWS

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

MARKUP = [  # each short enough to be quoted whole
    "![x](https://evil.example/x.png)",
    "[x](https://evil.example)",
    "<img src=https://evil.example/x.png>",
    "www.evil.example",
    "(www.evil.example)",
    "https://evil.example/a",
    "HTTP://evil.example",
    "<https://evil.example>",
    "a@evil.example",
    "mailto:a@evil.example",
    "$x^2$ $$x$$",
    ":material/home: :red[x] :smile:",
    ":red-background[x]",
    "**x** __x__ `x` ~~x~~",
    "x\u202egnp.exe",
    "&lt;b&gt; \\",
    "!\\[x\\](https://evil.example/x.png)",  # whose own escapes are no escapes of ours
    "\\<img src=//evil.example/x.png\\>",
]
# What is written on the page, without the character that parts addresses; and what on it is more than text.
_FOUND = """() => {
  const at = location.host, out = [];
  for (const e of document.querySelectorAll('[href], [src], [action], [data], [srcset], [poster]')) {
    for (const name of ['href', 'src', 'action', 'data', 'srcset', 'poster']) {
      const value = e.getAttribute(name);
      if (value && (/evil/i.test(value) || (e.tagName === 'A' && new URL(value, location).host !== at))) out.push(value);
    }
  }
  for (const box of document.querySelectorAll('[data-testid=stAlert], [data-testid=stCaptionContainer]')) {
    for (const e of box.querySelectorAll('.katex, s, [style*=background], p [role=img]')) out.push(e.outerHTML);
  }
  return out;
}"""

# The lab's own links: whose a sample photograph is, and where its licence is to be read.
CREDITS = {*(sample.source for sample in SAMPLES.values()), *TERMS.values()}


def assert_text_alone(visitor: Visitor, foreign: list[str]) -> None:
    visitor.page.wait_for_timeout(200)  # a picture is asked for when it is drawn
    assert foreign == []
    assert [found for found in visitor.page.evaluate(_FOUND) if found not in CREDITS] == []
    assert "\u202e" not in visitor.page.inner_text("body")


def read(visitor: Visitor) -> str:
    """The words of the page as somebody reads them."""
    return visitor.page.inner_text("body").replace("\u2060", "")


def test_a_checkpoint_draws_nothing_but_words(visit: Visit, tiny_bytes: bytes) -> None:
    about = description_of(tiny_bytes)
    odd = dict.fromkeys(MARKUP, 1.0)
    file = {
        "device": "cpu (www.evil.example) " + " ".join(MARKUP),
        "versions": {"torch": "www.evil.example"} | {text: text for text in MARKUP},
        "metrics": about["metrics"] | odd,
        "history": about["history"] | {text: about["history"]["epoch"] for text in odd},
    }
    visitor = visit()
    foreign = watched(visitor.page, visitor.server)
    visitor.open("reconstruct")
    sidebar = visitor.page.get_by_test_id("stSidebar")
    sidebar.get_by_text("Upload a checkpoint").click()
    data = described_otherwise(tiny_bytes, **file)
    sidebar.locator("input[type=file]").set_input_files(
        [{"name": f"{MARKUP[0].replace('/', '_')}.safetensors", "mimeType": "", "buffer": data}]
    )
    expect(visitor.shelf).to_have_value(re.compile("uploaded"))
    for path in ("reconstruct", "train", "denoise", "latent_map", "generate", "compare", ""):
        visitor.go(path)
        assert_text_alone(visitor, foreign)
        if path:
            assert "on cpu (www.evil.example)" in read(visitor)


def test_what_a_refused_checkpoint_is_told_draws_nothing_but_words(visit: Visit, tiny_bytes: bytes) -> None:
    visitor = visit()
    foreign = watched(visitor.page, visitor.server)
    visitor.open("reconstruct")
    sidebar = visitor.page.get_by_test_id("stSidebar")
    sidebar.get_by_text("Upload a checkpoint").click()
    for text in MARKUP:
        data = described_otherwise(tiny_bytes, config=description_of(tiny_bytes)["config"] | {text: 1})
        sidebar.locator("input[type=file]").set_input_files([{"name": "a.safetensors", "mimeType": "", "buffer": data}])
        words = "\\" if "\\" in text else text.replace("\u202e", "")
        expect(sidebar.get_by_test_id("stAlert").filter(has_text="does not know")).to_contain_text(
            re.compile(".?".join(map(re.escape, words)))
        )
        assert_text_alone(visitor, foreign)


@pytest.mark.parametrize("path", TITLES, ids=[path or "home" for path in TITLES])
def test_a_link_draws_nothing_but_words(visit: Visit, path: str) -> None:
    views = {name for names in VIEWS.values() for name in names} | {"images", "size", "b", "vary", "values", "pins"}
    settings = sorted(FIELD_NAMES) if path == "train" else []  # a page that shows a run would train it
    names = [*settings, *sorted({*views, *PARAMETERS} - {"on"})]
    first = list(TITLES).index(path)
    link = dict(zip(names, islice(cycle(MARKUP), first, None), strict=False)) | {"on": path}
    visitor = visit()
    foreign = watched(visitor.page, visitor.server)
    visitor.open(f"{path}?{urlencode(link)}")
    assert_text_alone(visitor, foreign)
    notes = visitor.page.get_by_test_id("stAlert").filter(has_text="The link")
    if path == "train":
        for text in MARKUP:
            assert text.replace("\u202e", "") in notes.inner_text().replace("\u2060", ""), text

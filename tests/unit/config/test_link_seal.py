"""Links: what happens to one on its way is noticed, and made good where that can be."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from apptest_helpers import address, assert_opens, link_of, visit, warnings
from hypothesis import given
from strategies import configs

from ae_core.config.link_seal import opened, sealed
from ae_core.config.schema import Config
from ui.shell.share import link_to

WHOLE = Config(
    dataset="digits", hidden_sizes=(8,), code_size=16, corruption="gaussian", corruption_strength=0.5
).to_query()


VAE = Config(dataset="digits", hidden_sizes=(128, 64), code_size=2, activation="gelu", loss="bce", variational=True,
    learning_rate=3e-3, batch_size=32, epochs=150)  # fmt: skip


def arrived(text: str) -> tuple[dict[str, str], list[str]]:
    return opened(dict(parse_qsl(text, keep_blank_values=True)))


@given(configs())
def test_a_sealed_link_opens_as_it_was_and_without_a_word(config: Config) -> None:
    query = config.to_query()
    assert arrived(urlencode(sealed(query))) == (query, [])
    assert arrived(urlencode(sealed(query)) + "&utm_source=mail&embed=true")[1] == []
    assert arrived("embed=true&" + urlencode(sealed(query)))[1] == []
    assert arrived(urlencode(query)) == (query, [])  # of an earlier version, or written by hand


@given(configs())
def test_a_link_whose_ampersands_were_escaped_is_the_same_run_and_says_what_happened(config: Config) -> None:
    for query in (config.to_query(), sealed(config.to_query())):
        escaped = urlencode(query).replace("&", "&amp;")
        mended, notes = arrived(escaped)
        assert mended == config.to_query()
        assert len(notes) == ("&" in escaped)


def test_a_link_that_was_cut_or_changed_anywhere_says_so() -> None:
    text = urlencode(sealed(WHOLE))
    for end in range(len("check="), len(text)):
        assert "cut or changed on its way" in " ".join(arrived(text[:end])[1]), text[:end]
    assert len(arrived(text.replace("code_size=16", "code_size=1"))[1]) == 1
    assert len(arrived(text.replace("code_size=16&", ""))[1]) == 1


def test_nothing_that_a_seal_may_hold_breaks_a_link() -> None:
    for seal in ("", "-", "9" * 5000, "-1-abcd", "\ud800", "1-", "٣-abcd", "0-e3b0"):
        assert opened({"check": seal, "dataset": "digits"})[0] == {"dataset": "digits"}


def test_a_page_says_that_its_link_was_cut() -> None:
    written = link_to("http://lab/generate", link_of(VAE, show="Samples", temperature="1.5"))
    cut = dict(parse_qsl(written.partition("?")[2][:-4], keep_blank_values=True))
    at = visit("generate", **cut)
    assert "cut or changed on its way" in warnings(at)
    whole = dict(parse_qsl(written.partition("?")[2]))
    assert "on its way" not in warnings(visit("generate", **whole))


@pytest.mark.parametrize(
    ("page", "view", "note", "taken"),
    [
        ("generate", {"temperature": "9"}, "temperature “9”; the nearest valid setting is 2", {"temperature": "2"}),
        ("generate", {"temperature": "0,5"}, "", {"temperature": "0.5"}),
        ("generate", {"show": "Interpolation", "from": "99999"}, "from image “99999”", {"from": "359"}),
        ("generate", {"show": "Interpolation", "to": "x"}, "to image “x”; the nearest valid setting is 1", {"to": "1"}),
        ("latent_map", {"plane": "7"}, "plane “7”; the nearest valid setting is 0", {}),
        ("latent_map", {"pins": "nonsense"}, "pins “nonsense”; the nearest valid setting is none", {}),
        ("latent_map", {"pins": "[[1,2],[3,4]]"}, "", {"pins": "[[1.0,2.0],[3.0,4.0]]"}),
        ("denoise", {"strength": "0,5"}, "", {"strength": "0.5"}),
    ],
)
def test_what_a_link_asks_of_a_view_is_taken_or_said(
    page: str, view: dict[str, str], note: str, taken: dict[str, str]
) -> None:
    at = visit(page, **link_of(VAE, **view))
    assert_opens(at, page)
    assert note in warnings(at)
    assert bool(warnings(at)) == bool(note)
    assert taken.items() <= address(at).items()

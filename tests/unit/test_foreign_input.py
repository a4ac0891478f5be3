"""Whatever a stranger sends, in a link, a file or a task: it is read, or refused by a sentence, and drawn as words.

What these find in seconds ``python -m benchmarks.fuzzing`` looks for in hundreds of thousands of inputs.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from strategies import configs

from ae_core import tasks
from ae_core.classroom.lesson import LONGEST_TASK, PARAMETERS, Lesson
from ae_core.config.link_seal import opened, sealed
from ae_core.config.schema import FIELD_NAMES, Config
from ae_core.data.upload import UploadRejected, open_image, prepare
from ae_core.errors import LabError
from ae_core.runs.checkpoint import CheckpointError
from ae_core.tasks.restoration.strokes import StrokesRejected, mask_of, read_strokes
from ae_core.text import as_written, plain, quoted
from benchmarks import fuzzing
from benchmarks.inert import more_than_words
from ui.classroom.lesson import VIEWS

pytestmark = pytest.mark.filterwarnings("ignore:Corrupt EXIF", "ignore:Tag data larger")  # Pillow's, of damaged files

# Signs that mean something, in any order, and any letters between them
SIGNS = [
    *"\\`*_[]<>()#$~|&!:;@.-+=/\"'\n\t ",
    "www",
    "https:",
    "//",
    "evil.example",
    "amp;",
    "1.",
    "x",
    "\u202e",
    "\u2060",
]
TEXT = st.one_of(st.lists(st.sampled_from(SIGNS), max_size=24).map("".join), st.text(max_size=60))
NAMES = st.sampled_from(sorted({*FIELD_NAMES, *PARAMETERS, "check", "kind"}))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.sampled_from([2**64, 10**400])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)


def assert_words(*sentences: str) -> None:
    for sentence in sentences:
        assert more_than_words(as_written(sentence)) == "", sentence


# --- Words ---------------------------------------------------------------------------------------------------


MORE = (
    *(
        "![x](//a)",
        "[x](/a)",
        "<b>",
        "<https://a.b>",
        "`x`",
        "*x*",
        "# x",
        "- x",
        "1. x",
        "$x$",
        "www.a.b",
        "https://a.b",
    ),
    *("a@b.c", ":red[x]", ":material/home:", ":smile:", "~~x~~", "a\n\nb\n---", "|a|\n|-|\n", "    x", "\\\\[x](/a)"),
)


@pytest.mark.parametrize("markdown", MORE)
def test_what_is_more_than_words_is_found(markdown: str) -> None:
    """Or the tests below would find nothing."""
    assert more_than_words(markdown) != ""


@pytest.mark.parametrize(
    "text", ["Held-out error 0.05 (PCA: 0.04), 50% of it.", "a \\< b", "12\\. a", "http:\u2060//a.b"]
)
def test_words_are_words(text: str) -> None:
    assert more_than_words(text) == ""


@settings(max_examples=200)
@given(TEXT)
def test_text_is_shown_letter_by_letter_and_as_nothing_else(text: str) -> None:
    assert_words(text, quoted(text))


@pytest.mark.parametrize(
    "text", ["!\\[x\\](//evil.example/a.png)", "\\[x\\](/a)", "\\<img src=x\\>", "\\\\`x\\`", "\\:red[x]"]
)
def test_a_backslash_takes_no_others_escape(text: str) -> None:
    assert_words(text)
    shown = as_written(text).replace("\\\\", "\0").replace("\\", "").replace("\0", "\\").replace("\u2060", "")
    assert shown == plain(text)


# --- Links and lessons -----------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.dictionaries(NAMES, TEXT), configs())
def test_any_link_is_a_valid_run_and_says_in_words_what_is_otherwise(params: dict[str, str], config: Config) -> None:
    for link in (params, sealed(config.to_query()) | params):
        read, notes = opened(link)
        settled, more = Config.from_query(read)
        assert Config.from_json(settled.to_json()) == settled
        again, none = Config.from_query(settled.to_query())
        assert (again.key, none) == (settled.key, [])
        assert_words(*notes, *more)


@given(st.dictionaries(st.sampled_from(PARAMETERS), TEXT), st.sampled_from(sorted(VIEWS)))
def test_any_lesson_of_a_link_is_one_of_words_or_none(params: dict[str, str], page: str) -> None:
    for link in (params, params | {"on": page}):
        lesson, notes = Lesson.from_query(link, Config(), VIEWS)
        assert_words(*notes)
        if lesson is not None:
            assert len(lesson.task) <= LONGEST_TASK
            assert_words(lesson.task, *lesson.view.values())
            once_more, _ = Lesson.from_query(lesson.to_query(None), Config(), VIEWS)
            assert once_more is not None
            assert once_more.task == lesson.task


# --- Files -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parts(tiny_bytes: bytes) -> tuple[dict[str, Any], bytes]:
    """The header of a checkpoint, and the bytes behind it."""
    length = int.from_bytes(tiny_bytes[:8], "little")
    return json.loads(tiny_bytes[8 : 8 + length]), tiny_bytes[8 + length :]


@given(st.data())
def test_a_checkpoint_that_says_anything_else_is_read_or_refused(
    parts: tuple[dict[str, Any], bytes], data: st.DataObject
) -> None:
    header, numbers = parts
    about = json.loads(header["__metadata__"]["about"])
    name = data.draw(st.sampled_from([*about, *(f"config.{field}" for field in about["config"])]))
    value = data.draw(JSON)
    if name.startswith("config."):
        about["config"] |= {name.removeprefix("config."): value}
    else:
        about[name] = value
    text = json.dumps(header | {"__metadata__": header["__metadata__"] | {"about": json.dumps(about)}}).encode()
    try:
        run: Any = tasks.read(len(text).to_bytes(8, "little") + text + numbers)
    except CheckpointError as error:
        assert_words(str(error))
        return
    assert_words(run.device, *run.versions, *run.versions.values())
    assert all(map(np.isfinite, [run.seconds, *run.metrics.values()]))


@given(st.data())
def test_a_header_that_says_anything_else_is_refused_or_read(
    parts: tuple[dict[str, Any], bytes], data: st.DataObject
) -> None:
    header, numbers = parts
    name = data.draw(st.sampled_from([*header]))
    entry = dict(header[name])
    entry[data.draw(st.sampled_from([*entry, "dtype"]))] = data.draw(JSON)
    text = json.dumps(header | {name: entry}).encode()
    try:
        tasks.read(len(text).to_bytes(8, "little") + text + numbers)
    except LabError as error:
        assert_words(str(error))


@settings(max_examples=60)
@given(
    mode=st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16"]),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    shape=st.sampled_from([(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 1, 1)]),
    seed=st.integers(0, 99),
    calm=st.booleans(),
    options=st.fixed_dictionaries(
        {
            "crop": st.booleans(),
            "polarity": st.sampled_from(["auto", "as is", "invert"]),
            "centre": st.booleans(),
            "fill": st.sampled_from([0.01, 20 / 28, 1.0]),
            "keep_noise": st.booleans(),
        }
    ),
)
def test_any_picture_becomes_a_models_input(
    mode: str,
    size: tuple[int, int],
    shape: tuple[int, int, int],
    seed: int,
    calm: bool,
    options: dict[str, Any],
) -> None:
    chance = np.random.default_rng(seed)
    noise = chance.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    image = Image.fromarray(noise // 255 * 255 if calm else noise)
    if mode == "I;16":
        image = Image.fromarray(noise[..., 0].astype(np.uint16) * 257)
    elif mode in ("LAB", "HSV", "LA", "I", "F"):
        image = image.convert("L").convert(mode) if mode in ("LA", "I", "F") else image.convert("RGB").convert("HSV")
    else:
        image = image.convert(mode)
    prepared = prepare(image, shape, **options)
    assert prepared.pixels.shape == shape
    assert 0 <= prepared.pixels.min() <= prepared.pixels.max() <= 1
    assert all(step.pixels.dtype == np.uint8 and max(step.pixels.shape[:2]) <= 256 for step in prepared.steps)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"II*\0", b"BM"]),
)
def test_bytes_of_any_kind_are_refused_by_a_sentence(data: bytes, head: bytes) -> None:
    try:
        open_image(head + data)
    except UploadRejected as error:
        assert_words(str(error))


# --- What is painted ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stroke",
    [
        [0, 19_999, *[50, 60] * 100_000],  # wide
        [0, 12, *[5, 6] * 190_000],  # many
        [0, 1, *[-900_000, 0, 900_000, 5] * 40_000],  # long
    ],
)
def test_more_strokes_than_can_be_drawn_in_two_seconds_are_refused_at_once(stroke: list[int]) -> None:
    text = json.dumps([stroke], separators=(",", ":"))
    start = time.process_time()
    for size in ((480, 640), (4000, 6000)):
        with pytest.raises(StrokesRejected, match="fewer strokes, or a finer brush"):
            mask_of(text, *size)
    assert time.process_time() - start < 2


def test_what_somebody_paints_in_minutes_is_drawn() -> None:
    broad = [
        0,
        750,
        *[value for x in range(1500) for value in (x, 2000)],
    ]  # the broadest brush of a photograph of 24 million
    usual = [0, 38, *[value for x in range(20_000) for value in (x % 6000, x % 4000)]]
    for stroke in (broad, usual):
        assert len(read_strokes(json.dumps([stroke]), 4000, 6000)) == 1


# --- The fuzzing itself --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in fuzzing.TARGETS if name != "HEIC"])
def test_nothing_is_found_in_a_few_inputs(name: str) -> None:
    with fuzzing.silence():
        seen = fuzzing.fuzz(name, 40, seed=1)
    assert seen.found == []
    assert seen.accepted + seen.refused == 40
    assert seen.refused or name in ("link", "task", "pins")  # some of it is damaged
    assert seen.accepted  # and some is not


def busy(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


@pytest.mark.parametrize(
    ("reads", "found"),
    [
        (lambda data: {}["no such"], "KeyError"),
        (lambda data: busy(0.3), "took 0.3 s"),
        (lambda data: np.ones(8 << 20), "took 6"),  # 64 MB
        (lambda data: time.sleep(60), "was broken off"),
    ],
    ids=["a crash", "too slow", "too large", "without end"],
)
def test_what_is_wrong_is_found_and_can_be_made_again(monkeypatch: pytest.MonkeyPatch, reads: Any, found: str) -> None:
    monkeypatch.setattr(fuzzing, "SECONDS", 0.2)
    monkeypatch.setattr(fuzzing, "AT_ONCE", 32 << 20)
    monkeypatch.setattr(fuzzing, "_GIVEN_UP", 0.5 if "broken off" in found else 60.0)
    target = replace(fuzzing.TARGETS["picture"], read=reads)
    monkeypatch.setitem(fuzzing.TARGETS, "picture", target)
    seen = fuzzing.fuzz("picture", 1, seed=3)
    assert found in seen.found[0]
    assert seen.found[0].startswith("picture:0 ")
    make = target.inputs()
    assert fuzzing.made(3, "picture", 0, make) == fuzzing.made(3, "picture", 0, make)
    assert fuzzing.made(3, "picture", 0, make) != fuzzing.made(4, "picture", 0, make)


# --- What stands on a page, and can be sent otherwise ---------------------------------------------------------------


def test_numbers_beyond_a_widgets_bounds_are_not_taken() -> None:
    """Streamlit has looked at them in Python since some release or other; the lab leaves it to it."""
    from streamlit.testing.v1 import AppTest

    def page() -> None:
        import streamlit as st

        from ui.visit import link

        whole = link.number_input("n", 0, 9, 3, name="n", key="n")
        share = link.slider("s", 0.0, 1.0, 0.5, name="s", key="s")
        st.text(f"{whole} {share}")

    at = AppTest.from_function(page).run()
    assert at.text[0].value == "3 0.5"
    at.number_input("n").set_value(10**9)
    at.slider("s").set_value(-7.5)
    assert at.run().text[0].value == "3 0.5"
    at.number_input("n").set_value(4)
    at.slider("s").set_value(0.75)
    assert at.run().text[0].value == "4 0.75"
    assert not at.exception


def test_a_task_without_end_is_cut_before_it_is_read() -> None:
    start = time.process_time()
    assert Lesson.of("x" * 50_000_000, (), (), Config()).task == "x" * LONGEST_TASK
    assert time.process_time() - start < 1

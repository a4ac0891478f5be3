"""Teacher's links: what a lesson is, what a link may carry of it, and what the pages make of it."""

from __future__ import annotations

import io
import json
import random
import unicodedata
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from apptest_helpers import (
    InstantManager,
    address,
    assert_opens,
    knobs,
    link_of,
    open_lab,
    press,
    remembered,
    said,
    sent,
    turn_to,
    visit,
    warnings,
    without_planes,
)
from PIL import Image
from streamlit.testing.v1 import AppTest

from ae_core.classroom.lesson import CONTROLS, LONGEST_TASK, Lesson, controls_of
from ae_core.config.link_seal import opened
from ae_core.config.presets import PRESETS
from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.runs import zoo
from ae_core.text import as_written, plain
from ui.classroom.lesson import VIEWS
from ui.settings import controls
from ui.shell import navigation
from ui.visit import link

DENSE = VARIANTS["dense"].config("digits", code_size=4, epochs=2, batch_size=64)
NOISY = VARIANTS["denoising"].config("digits", corruption_strength=0.5, corruption_min=0.2)
TASK = "Make the code as small as you can."
NASTY = [
    *"abc ,:;=&%+#?/\\<>\"'`$*_~[](){}|!-", "\n", "\r", "\t", "\0", "\x1b", "\x7f", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800",
    "\u0301" * 9, "é", "漢", "🙂", "👩‍🔬", "<script>", "</section>", "$x^2$", "![](http://x)", "code_size", "dataset:", "seed", "kind", ",,",
    "9" * 30, "settings", "1e999", "nan", "../..", "x" * 500,
]  # fmt: skip


def nasty_text(random_: random.Random) -> str:
    return "".join(random_.choices(NASTY, k=random_.randrange(40)))


def any_lesson(random_: random.Random, settings: Config) -> Lesson:
    some = [name for name in CONTROLS if random_.random() < 0.3]
    return Lesson.of(f"Try {random_.random()} <b>&</b>", some, random_.sample(CONTROLS, 4), settings)


# --- The value ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIANTS)
def test_a_lesson_comes_back_from_its_link_whatever_run_the_page_shows(name: str) -> None:
    random_ = random.Random(name)
    settings = VARIANTS[name].config("digits", seed=5).canonical()
    shown = [settings, *(kind.config("fashion", code_size=3, k=3) for kind in VARIANTS.values())]
    for beside in shown:
        lesson = any_lesson(random_, settings)
        query = dict(parse_qsl(urlencode(lesson.to_query(beside))))
        back, notes = Lesson.from_query(query, beside)
        assert back is not None
        assert not notes
        assert (back.task, back.fixed, back.hidden) == (lesson.task, lesson.fixed, lesson.hidden)
        assert back.held == lesson.held
        assert not lesson.holds("kind") or "kind" not in lesson.broken_by(back.settings)
        if beside == settings:
            assert "settings" not in query


@pytest.mark.parametrize("page", VIEWS)
def test_a_lesson_on_a_page_comes_back_with_what_it_holds_there(page: str) -> None:
    view = {name: f"{number}" for number, name in enumerate(VIEWS[page])}
    first, *others = VIEWS[page]
    lesson = Lesson.of(TASK, ["seed", first], others, DENSE, page, VIEWS[page], view | {"elsewhere": "1"})
    assert lesson.view == view
    back, notes = Lesson.from_query(dict(parse_qsl(urlencode(lesson.to_query(DENSE)))), DENSE, VIEWS)
    assert (back, notes) == (lesson, [])


def test_a_lesson_knows_the_controls_of_its_own_page_alone() -> None:
    lesson = Lesson.of(
        TASK,
        ["start", "temperature"],
        [],
        DENSE,
        "reconstruct",
        VIEWS["reconstruct"],
        {"start": "3", "temperature": "2"},
    )
    assert (lesson.fixed, lesson.view) == ({"start"}, {"start": "3"})
    lesson, notes = Lesson.from_query({"fix": "start", "task": TASK, "on": "nowhere", "view": "start:3"}, DENSE, VIEWS)
    assert lesson == Lesson.of(TASK, [], [], DENSE)
    assert "controls that this version does not have: “start”" in notes[0]


@pytest.mark.parametrize("seed", range(50))
def test_nothing_that_a_link_carries_breaks_a_lesson(seed: int) -> None:
    random_ = random.Random(seed)
    lesson, notes = Lesson.from_query(
        {n: nasty_text(random_) for n in ("task", "fix", "hide", "settings", "on", "view")}, DENSE, VIEWS
    )
    assert all(len(note) < 400 for note in notes)
    if lesson is None:
        return
    assert len(lesson.task) <= LONGEST_TASK
    assert lesson.task == plain(lesson.task)
    assert not [c for c in lesson.task if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert lesson.fixed | lesson.hidden <= set(CONTROLS)
    assert not lesson.fixed & lesson.hidden
    again, notes = Lesson.from_query(dict(parse_qsl(urlencode(lesson.to_query(DENSE)))), DENSE)
    assert again is not None
    assert not notes
    assert (again.task, again.fixed, again.hidden, again.held) == (
        lesson.task,
        lesson.fixed,
        lesson.hidden,
        lesson.held,
    )


def test_a_link_without_a_lesson_has_none() -> None:
    assert Lesson.from_query({"dataset": "digits", "show": "Samples"}, DENSE) == (None, [])
    assert Lesson.from_query({"task": " \n\u202e ", "fix": ",,"}, DENSE) == (None, [])


def test_a_task_is_one_line_of_visible_text() -> None:
    assert plain(" a\r\n\tb\0\x1b[31m \u202ec\u2066\u200b ") == "a b[31m c"
    assert plain("👩\u200d🔬") == "👩\u200d🔬"
    assert plain("e\u0301") == "é"


def test_what_is_too_long_or_unknown_is_told() -> None:
    lesson, notes = Lesson.from_query({"task": "ab " * 500, "fix": "seed,variational,<b>,x"}, DENSE)
    assert lesson is not None
    assert lesson.task == ("ab " * 500)[:LONGEST_TASK].rstrip()
    assert lesson.fixed == {"seed"}
    assert notes == [
        f"The link's task was longer than {LONGEST_TASK} characters, and was cut.",
        "The link's lesson names controls that this version does not have: “<b>”, “variational”, “x”. They were left out.",
    ]


def test_what_is_both_fixed_and_hidden_is_hidden() -> None:
    lesson = Lesson.of("", ["seed", "epochs"], ["seed"], DENSE)
    assert (lesson.fixed, lesson.hidden) == ({"epochs"}, {"seed"})
    assert lesson.held == {"epochs": 2, "seed": 0}


def test_a_lesson_made_when_settings_had_other_names_holds_what_it_held() -> None:
    old = {"fix": "noise,hidden", "hide": "active", "settings": "dataset:digits,hidden:8,noise:blur,noise_strength:0.5"}
    lesson, notes = Lesson.from_query(old, DENSE)
    assert lesson is not None
    assert (lesson.fixed, lesson.hidden, notes) == ({"corruption", "hidden_sizes"}, {"k"}, [])
    assert lesson.held == {"hidden_sizes": (8,), "corruption": "blur"}


def test_a_lesson_knows_what_would_break_it() -> None:
    lesson = Lesson.of("", ["code_size", "kind"], ["seed"], DENSE)
    assert lesson.broken_by(replace(DENSE, epochs=9, activation="elu")) == []
    assert lesson.broken_by(replace(DENSE, code_size=5, seed=1)) == ["code_size", "seed"]
    assert lesson.broken_by(VARIANTS["vae"].config("digits", code_size=4)) == ["kind"]
    assert Lesson.of("", ["corruption_strength"], [], DENSE).broken_by(NOISY) == []  # the lesson has no noise to hold


@pytest.mark.parametrize("name", VARIANTS)
def test_every_control_of_the_train_page_can_be_fixed(name: str) -> None:
    config = VARIANTS[name].config("digits")
    named = controls_of(config)
    assert all(controls.label(name) for name in CONTROLS)
    assert len(named) == len(set(named))
    assert set(named) <= set(CONTROLS)
    at = AppTest.from_function(_all_knobs)
    remembered(at).settings.draft = config
    remembered(at).lesson.taken = Lesson.of("", named, [], config)
    at.run()
    assert not at.exception
    shown = knobs(at)
    assert {n for n in shown if not n.startswith(("layers", "width"))} == {
        n for n in named if n not in ("hidden_sizes", "kind", "dataset")
    }
    kinds = (at.slider, at.select_slider, at.selectbox, at.multiselect, at.number_input)
    assert all(widget.disabled for kind in kinds for widget in kind)


def _all_knobs() -> None:
    from ae_core.classroom.lesson import controls_of
    from ui.settings import controls

    for name in controls_of(controls.draft()):
        if name not in ("kind", "dataset"):
            controls.knob(name)


# --- The pages ----------------------------------------------------------------------------------------------


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server with only digits on it."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    without_planes(monkeypatch)
    return open_lab(tmp_path / "runs", monkeypatch)


def attend(page: str = "train", config: Config = DENSE, **lesson: str) -> AppTest:
    """Open a lesson's link."""
    at = visit(page, **link_of(config, task=TASK) | lesson)
    assert not at.exception
    return at


def settings(at: AppTest) -> Config:
    draft = remembered(at).settings.draft
    assert draft is not None
    return draft.canonical()


@pytest.mark.usefixtures("lab")
class TestPages:
    def test_every_page_of_the_visit_shows_the_task_and_its_address_stays_the_lessons(self) -> None:
        at = attend(fix="code_size", hide="seed")
        for page in ("train", "generate", "photos", "home"):
            if page != "train":
                turn_to(at, page)
            assert_opens(at, page)
            assert TASK in said(at)
            here = address(at)
            assert (here["task"], here["fix"], here["hide"]) == (TASK, "code_size", "seed")
            friend = visit(page, **here)
            assert_opens(friend, page)
            turn_to(friend, "train")
            assert (settings(friend).code_size, settings(friend).seed) == (4, 0)

    def test_the_task_is_shown_letter_by_letter(self) -> None:
        task = "<img src=x onerror=alert(1)> $x^2$ **bold** :red[x] </section>"
        at = attend(task=task)
        (box,) = [element.value for element in at.html if 'class="lesson"' in element.value]
        assert "&lt;img src=x onerror=alert(1)&gt; $x^2$ **bold** :red[x] &lt;/section&gt;" in box
        assert not any("onerror" in element.value for kind in (at.markdown, at.caption, at.warning) for element in kind)

    def test_notes_about_a_link_draw_no_pictures(self) -> None:
        at = attend(loss="![x](http://x)", fix="![x](y)")
        assert as_written("![x](") == "!\\[x\\]("
        assert "![x]" not in warnings(at)
        assert "!\\[x\\]" in warnings(at)

    def test_hidden_controls_are_not_there_and_fixed_ones_cannot_be_moved(self) -> None:
        at = attend(fix="code_size,hidden,loss,seed,dataset", hide="activation,batch_size")
        assert not {"activation", "batch_size"} & knobs(at)
        for widget in (
            at.select_slider(key="knob_code_size"), at.slider(key="knob_layers"), at.number_input(key="knob_width_0"),
            at.selectbox(key="knob_loss"), at.number_input(key="knob_seed"), at.selectbox(key="knob_dataset"),
        ):  # fmt: skip
            assert widget.disabled
            assert widget.key.startswith("knob_width") or widget.help.startswith("Fixed by this lesson.")
        assert not at.select_slider(key="knob_epochs").disabled

    def test_a_fixed_control_that_is_moved_all_the_same_goes_back(self) -> None:
        at = attend(fix="code_size,hidden")
        at.session_state["knob_code_size"] = 16  # AppTest does not move what is disabled; a forged message does
        at.run()
        assert_opens(at, "train")
        assert at.select_slider(key="knob_code_size").value == 4
        assert "this lesson keeps Code size as set" in warnings(at)
        at.session_state["knob_layers"] = 3
        at.run()
        assert at.slider(key="knob_layers").value == 1
        assert "this lesson keeps Hidden layers as set" in warnings(at)
        assert settings(at) == DENSE.canonical()

    def test_a_free_control_does_not_take_a_held_one_with_it(self) -> None:
        at = attend(config=NOISY, hide="corruption_min")
        at.slider(key="knob_corruption_strength").set_value(0.1).run()
        assert_opens(at, "train")
        assert "this lesson keeps Least noise as set" in warnings(at)
        assert at.slider(key="knob_corruption_strength").value == 0.5
        at.slider(key="knob_corruption_strength").set_value(0.3).run()
        assert "this lesson keeps" not in warnings(at)
        assert (settings(at).corruption_strength, settings(at).corruption_min) == (0.3, 0.2)

    def test_another_kind_keeps_what_is_held(self) -> None:
        at = attend(fix="code_size", hide="learning_rate")
        at.selectbox(key="knob_variant").select("conv").run()
        assert_opens(at, "train")
        assert (settings(at).architecture, settings(at).code_size) == ("conv", 4)
        assert settings(at).learning_rate == DENSE.learning_rate

    @pytest.mark.parametrize(
        ("held", "kind"), [("corruption", "denoising"), ("hidden_sizes", "linear"), ("loss", "linear")]
    )
    def test_a_kind_that_does_not_go_with_the_lesson_is_refused(self, held: str, kind: str) -> None:
        config = replace(DENSE, loss="bce") if held == "loss" else DENSE
        at = attend(config=config, fix=held)
        at.selectbox(key="knob_variant").select(kind).run()
        assert_opens(at, "train")
        assert settings(at) == config.canonical()
        assert at.selectbox(key="knob_variant").value == "dense"
        assert "Nothing was changed" in warnings(at)
        assert controls.label(held) in warnings(at) or VARIANTS[kind].title in warnings(at)

    def test_a_fixed_kind_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ui.train.panel.on_disk", lambda dataset: True)
        at = attend(fix="kind")
        assert at.selectbox(key="knob_variant").disabled
        assert all(at.button(key=f"preset_{name}").disabled for name in PRESETS)
        at.slider(key="knob_layers").set_value(0).run()  # which would make it the single-layer kind
        assert "this lesson keeps Kind of autoencoder as set" in warnings(at)
        assert settings(at) == DENSE.canonical()

    def test_a_hidden_kind_has_neither_picker_nor_tutorials(self) -> None:
        at = attend(hide="kind,dataset")
        assert not {"variant", "dataset"} & knobs(at)
        assert not [button for button in at.button if str(button.key).startswith("preset_")]

    def test_only_the_tutorials_that_a_lesson_allows_can_be_started_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ui.train.panel.on_disk", lambda dataset: True)
        at = attend(config=replace(DENSE, dataset="mnist", code_size=32), fix="code_size,dataset")
        free = {name for name in PRESETS if not at.button(key=f"preset_{name}").disabled}
        theirs = {name: preset.config for name, preset in PRESETS.items()}
        assert free == {name for name, config in theirs.items() if config.code_size == 32 and config.dataset == "mnist"}

    def test_a_held_seed_is_not_drawn_anew(self) -> None:
        (button,) = [one for one in attend(fix="seed").button if one.label == "Train with a new seed"]
        assert button.disabled
        assert "Train with a new seed" not in [one.label for one in attend(hide="seed").button]

    def test_a_lesson_can_be_left(self) -> None:
        at = attend(fix="code_size", hide="epochs")
        assert "epochs" not in knobs(at)
        press(at, "All controls")
        assert_opens(at, "train")
        assert TASK not in said(at)
        assert "epochs" in knobs(at)
        assert not at.select_slider(key="knob_code_size").disabled
        assert not {"task", "fix", "hide", "settings"} & set(address(at))
        assert settings(at) == DENSE.canonical()

    def test_a_lesson_of_nothing_but_a_task_holds_the_settings_of_its_page(self) -> None:
        at = visit("train", task=TASK, fix="code_size")
        assert_opens(at, "train")
        assert at.select_slider(key="knob_code_size").disabled
        assert settings(at) == VARIANTS["dense"].config("digits").canonical()

    def test_a_lesson_on_a_trained_run_opens_on_it(self, lab: InstantManager) -> None:
        at = attend(trained="1", fix="code_size")
        assert_opens(at, "train")
        assert [job.config for job in lab.jobs] == [DENSE.canonical()]
        assert "code of 4" in at.subheader[0].value
        assert TASK in said(at)
        assert address(at)["trained"] == "1"

    def test_a_link_whose_ampersands_were_escaped_keeps_its_lesson_and_says_so(self, lab: InstantManager) -> None:
        written = link_of(DENSE, task=TASK, fix="code_size")
        (first, value), *others = written.items()
        at = visit("train", **{first: value}, **{f"amp;{name}": value for name, value in others})
        assert_opens(at, "train")
        assert TASK in said(at)
        assert settings(at) == DENSE.canonical()
        assert "damaged on its way" in warnings(at)

    @pytest.mark.parametrize("seed", range(6))
    def test_no_link_breaks_the_train_page(self, seed: int) -> None:
        random_ = random.Random(seed)
        absurd = {name: nasty_text(random_).replace("\ud800", "") for name in ("task", "fix", "hide", "settings")}
        absurd["fix"] += "," + ",".join(random_.sample(CONTROLS, 12))
        assert_opens(visit("train", **link_of(NOISY) | absurd), "train")

    def test_the_dialog_makes_the_link_of_a_lesson(self) -> None:
        at = visit("train", **link_of(DENSE))
        remembered(at).lesson.made = Lesson.of(TASK, ["code_size", "kind"], ["seed"], DENSE)
        press(at, "Make a teacher's link")
        assert not at.exception
        (code,) = at.code
        made, notes = opened(dict(parse_qsl(code.value.partition("?")[2])))
        assert not notes
        assert made == link_of(DENSE, task=TASK, fix="kind,code_size", hide="seed")
        assert_opens(visit("train", **made), "train")


# --- On the pages that show a run ---------------------------------------------------------------------------

SHOWN = zoo.ZOO["digits-denoising"].config
#: for each page: a view, and the key of the widget of each control but the mixer's
PAGES = {
    "reconstruct": ({"start": "7"}, {"start": "reconstruct_start_digits"}),
    "denoise": (
        {"image": "4", "noise_kind": "blur", "draw": "3"},
        {"image": "denoise_image_digits", "noise_kind": "denoise_noise", "draw": "denoise_draw"},
    ),
    "latent_map": ({"plane": "2", "points": "200"}, {"plane": "map_plane_32", "points": "map_count_digits"}),
    "generate": (
        {"show": "Samples", "temperature": "0.5", "draw": "9"},
        {"show": "generate_view", "temperature": "temperature", "draw": "sample_draw"},
    ),
    "anomalies": (
        {"strange": "patches8", "score": "lof", "promise": "90"},
        {
            "strange": "anomalies_strange_digits_False", "score": "anomalies_score_False",
            "promise": "anomalies_promise",
        },
    ),
    "clusters": (
        {"found_by": "pca-mixture", "clusters": "10"},
        {"found_by": "clusters_way", "clusters": "clusters_count"},
    ),
    "search": ({"image": "33"}, {"image": "search_image_digits"}),
    "compress": (
        {"images": "patches8", "files": "alone", "codes": "encoder", "measure": "ssim", "step": "40"},
        {
            "images": "compression_images_digits", "files": "compression_files", "codes": "compression_codes",
            "measure": "compression_measure", "step": "compression_step",
        },
    ),
    "reading": (
        {"read": "images", "start": "7", "noise_kind": "blur", "draw": "3"},
        {
            "read": "reading_view", "start": "reading_start_digits", "noise_kind": "reading_noise",
            "draw": "reading_draw",
        },
    ),
    "photos": (
        {"picture": "sample", "photo": "gravel", "repair": "denoise", "way": "see", "damage": "shot", "amount": "60", "draw": "3"},
        {
            "picture": "photos_source", "photo": "photos_sample", "repair": "photos_task", "way": "photos_way",
            "damage": "photos_damage_denoise", "amount": "photos_strength_shot", "draw": "photos_draw",
        },
    ),
}  # fmt: skip


def on_page(page: str, way: str) -> AppTest:
    view, widgets = PAGES[page]
    pairs = ",".join(f"{name}:{value}" for name, value in view.items())
    return visit(page, **run_on(page), task=TASK, on=page, view=pairs, **{way: ",".join(widgets)})


def run_on(page: str) -> dict[str, str]:
    """What a link to the page carries of a run."""
    return link_of(SHOWN) if navigation.PAGES[page].shows_run else {}


def widgets_of(at: AppTest) -> dict[str, bool]:
    """Whether each widget is disabled, by its key."""
    kinds = (at.slider, at.number_input, at.selectbox, at.button_group)
    return {str(one.key): one.disabled for kind in kinds for one in kind}


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("page", PAGES)
class TestOnAPage:
    def test_a_fixed_control_stands_at_the_lessons_value_and_cannot_be_moved(self, page: str) -> None:
        at = on_page(page, "fix")
        assert_opens(at, page)
        view, widgets = PAGES[page]
        assert all(widgets_of(at)[key] for key in widgets.values())
        assert address(at).items() >= view.items()
        turn_to(at, "train")
        assert address(at)["view"] == ",".join(f"{name}:{value}" for name, value in view.items())

    def test_a_hidden_control_is_not_there_and_keeps_the_lessons_value(self, page: str) -> None:
        at = on_page(page, "hide")
        assert_opens(at, page)
        view, widgets = PAGES[page]
        assert not set(widgets.values()) & set(widgets_of(at))
        assert address(at).items() >= view.items()

    def test_every_control_comes_back_at_its_value_when_the_lesson_is_left(self, page: str) -> None:
        at = on_page(page, "hide")
        press(at, "All controls")
        assert_opens(at, page)
        view, widgets = PAGES[page]
        assert not any(widgets_of(at)[key] for key in widgets.values())
        assert address(at).items() >= view.items()
        assert not {"task", "hide", "on", "view"} & set(address(at))

    def test_the_dialog_makes_the_link_of_what_the_page_shows(self, page: str) -> None:
        view, _ = PAGES[page]
        at = visit(page, **run_on(page), **view)
        first, *others = view
        remembered(at).lesson.made = Lesson.of(TASK, [first, "show", "start"], others, SHOWN, page, VIEWS[page])
        press(at, "Make a teacher's link")
        assert not at.exception
        (code,) = at.code
        made, notes = opened(dict(parse_qsl(code.value.partition("?")[2])))
        assert not notes
        free = {
            name: made[name]
            for name in {"denoise": ["strength"], "photos": ["dial"], "reading": ["strength"]}.get(page, [])
        }
        order = ",".join(f"{name}:{view[name]}" for name in VIEWS[page] if name in view)
        lesson = {"task": TASK, "fix": first, "hide": ",".join(others), "on": page, "view": order}
        assert made == run_on(page) | free | {name: value for name, value in lesson.items() if value}
        assert_opens(visit(page, **made), page)


def test_every_control_that_a_page_may_hold_is_named() -> None:
    assert set(link.VIEW_LABELS) == {name for names in VIEWS.values() for name in names}
    assert VIEWS.keys() <= navigation.PAGES.keys()
    assert not set(link.VIEW_LABELS) & set(CONTROLS)


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize(("way", "held"), [("fix", "fixed"), ("hide", "hidden")])
def test_the_dial_of_photos_is_held_at_the_lessons_value(way: str, held: str) -> None:
    at = visit("photos", task=TASK, on="photos", view="dial:0.4", **{way: "dial"})
    assert_opens(at, "photos")
    shown = json.loads(sent(at, "photo_viewer")["json"])
    assert (shown["strength"], shown["held"]) == (0.4, held)
    remembered(at).photos.strength = 1.0  # as a forged message of the dial would have it
    at.run()
    assert json.loads(sent(at, "photo_viewer")["json"])["strength"] == 0.4
    press(at, "All controls")
    shown = json.loads(sent(at, "photo_viewer")["json"])
    assert (shown["strength"], shown["held"]) == (0.4, "")


@pytest.mark.usefixtures("lab")
def test_the_link_from_a_page_without_a_run_carries_settings_only_where_it_holds_some() -> None:
    plain_visit, lesson = visit("photos"), turn_to(attend(fix="code_size"), "photos")
    remembered(plain_visit).lesson.made = Lesson.of(TASK, ["way"], [], DENSE, "photos", VIEWS["photos"], {"way": "see"})
    made = []
    for at in (plain_visit, lesson):
        press(at, "Make a teacher's link")
        (code,) = at.code
        made.append(opened(dict(parse_qsl(code.value.partition("?")[2])))[0])
    assert not {"settings", *CONTROLS} & set(made[0])
    student = visit("photos", **made[1])
    assert_opens(student, "photos")
    turn_to(student, "train")
    assert settings(student).code_size == 4
    assert student.select_slider(key="knob_code_size").disabled


@pytest.mark.usefixtures("lab")
def test_a_teachers_link_carries_what_is_shown_and_cannot_be_held() -> None:
    at = visit("photos", why="filters")
    remembered(at).lesson.made = Lesson.of(TASK, ["way"], [], DENSE, "photos", VIEWS["photos"], {"way": "see"})
    press(at, "Make a teacher's link")
    (code,) = at.code
    made, _ = opened(dict(parse_qsl(code.value.partition("?")[2])))
    assert made["why"] == "filters"
    assert "6 × 6 pixels" in said(visit("photos", **made))


@pytest.mark.usefixtures("lab")
def test_a_lesson_on_photos_is_not_replaced_by_a_picture_from_denoise() -> None:
    file = io.BytesIO()
    Image.new("L", (90, 60), 128).save(file, "PNG")
    for lesson, offers in (({}, 1), ({"task": TASK, "on": "photos", "fix": "photo", "view": "photo:gravel"}, 0)):
        at = visit("denoise", source="upload", **lesson)
        at.file_uploader(key="own_upload_0").upload("mine.png", file.getvalue(), "image/png").run()
        assert_opens(at, "denoise")
        assert len([button for button in at.button if button.label == "Clean it at its full size"]) == offers


@pytest.mark.usefixtures("lab")
def test_a_held_control_is_free_on_another_page() -> None:
    at = on_page("denoise", "fix")
    assert widgets_of(at)["denoise_draw"]
    turn_to(at, "generate")
    assert not widgets_of(at)["sample_draw"]


@pytest.mark.usefixtures("lab")
def test_absurd_values_of_a_held_view_become_the_nearest_valid_ones() -> None:
    held = {
        "on": "denoise",
        "fix": "image,noise_kind,draw,strength",
        "view": "image:1e9,noise_kind:fog,draw:nan,strength:-3",
    }
    at = visit("denoise", **link_of(SHOWN), **held)
    assert_opens(at, "denoise")
    assert address(at).items() >= {"noise_kind": SHOWN.corruption, "draw": "0", "strength": "0"}.items()
    assert "The link asked for noise “fog”" in warnings(at)

"""The box with a lesson's task at the top of every page, and the dialog that makes a teacher's link."""

from __future__ import annotations

import html

import streamlit as st

from ae_core.classroom.lesson import CONTROLS, LONGEST_TASK, PARAMETERS, Lesson, controls_of
from ae_core.config.schema import FIELD_NAMES, Config
from ui.settings import controls
from ui.shell import share
from ui.shell.navigation import PAGES
from ui.visit import link, widget_values
from ui.visit.state import visit
from ui.visit.widget_values import LESSON_FIX, LESSON_HIDE, LESSON_TASK, WidgetKey

#: What a lesson may fix or hide beside the settings: of each page its own controls, by what they are called in its links.
VIEWS = {
    "reconstruct": ("start",),
    "denoise": ("image", "noise_kind", "draw", "strength"),
    "latent_map": ("plane", "points"),
    "generate": ("show", "temperature", "draw", "from", "to"),
    "anomalies": ("strange", "score", "promise", "line"),
    "tables": ("order", "row"),
    "search": ("image",),
    "documents": ("topic", "turn", "ask", "sentence", "document"),
    "compress": ("images", "files", "codes", "measure", "bytes", "step"),
    "clusters": ("found_by", "clusters"),
    "reading": ("read", "start", "noise_kind", "draw", "strength", "scan", "grain"),
    "photos": ("picture", "photo", "repair", "way", "damage", "amount", "draw", "dial"),
    "few_labels": ("picks", "labels"),
}

_BOX = """
<style>
.st-key-lesson_box { padding-top: 1rem; }
.lesson { border-left: .3rem solid var(--ae); padding: .1rem 0 .1rem 1rem; overflow: hidden; overflow-wrap: anywhere; }
.lesson small { display: block; font-size: .875rem; opacity: .8; }
.lesson p { font-size: 1.2rem; line-height: 1.4; margin: .1rem 0 .2rem; max-width: 62rem; }
</style>
<section class="lesson" aria-label="Lesson">TEXT</section>
"""


def show() -> None:
    """Show the task of the visit's lesson in a box, with a button that leaves it; nothing when there is no lesson."""
    lesson = link.lesson()
    if lesson is None:
        return
    if not visit().lesson.begun:
        visit().lesson.begun = True
        controls.set_draft(lesson.settings)
    with st.container(key="lesson_box"):
        text, way_out = st.columns([5, 1], vertical_alignment="center")
    text.html(_box_html(lesson))
    with way_out.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "All controls",
            key="leave_lesson",
            on_click=_leave,
            help="Leave the lesson. Your settings stay, and every control comes back.",
        )


def _box_html(lesson: Lesson) -> str:
    held = bool(lesson.fixed or lesson.hidden)
    task = f"<small>Your task</small><p>{html.escape(lesson.task)}</p>" if lesson.task else ""
    return _BOX.replace("TEXT", task + ("<small>This lesson fixes or hides some of the controls.</small>" * held))


def _leave() -> None:
    state = visit().lesson
    state.made, state.taken = state.taken, None


def offer_on(page: str) -> None:
    """Show the button for a teacher's link to what ``page`` shows, below a page that has controls of its own."""
    if page in VIEWS:
        _offer(page, link.shown() if PAGES[page].shows_run else None)


def offer() -> None:
    """Show the button for a teacher's link to the Train page with its settings."""
    _offer("train", controls.draft().canonical())


def _offer(page: str, config: Config | None) -> None:
    if st.button("Make a teacher's link", on_click=_start, type="tertiary", icon=":material/school:"):
        make(page, config)


def _start() -> None:
    start = link.lesson() or visit().lesson.made
    known = start.order if start else ()
    widget_values.write(LESSON_TASK, start.task if start else "")
    widget_values.write(LESSON_FIX, [name for name in known if start and name in start.fixed])
    widget_values.write(LESSON_HIDE, [name for name in known if start and name in start.hidden])


@st.dialog("Make a teacher's link", width="medium")
def make(page: str, config: Config | None) -> None:
    """Show the dialog in which a teacher writes a task, fixes or hides controls, and gets the link.

    Between them stands what a student will meet.

    Args:
        page: that the link leads to, by its address.
        config: the settings that it shows, or of the run that it shows; None for a page that shows no run.
    """
    training = page == "train"
    st.write(
        "Whoever opens the link meets the Train page with your settings as they stand now."
        if training
        else f"Whoever opens the link meets this page{' with this run' * bool(config)}, as you see it now."
    )
    if not training:
        share.say_what_stays_here()
    task = st.text_area(
        "Task",
        key=LESSON_TASK,
        max_chars=LONGEST_TASK,
        height=90,
        placeholder="Find the smallest code with which you can still read every digit.",
        help="One or two sentences of plain text. They stand at the top of every page.",
    )
    view = {name: value for name, value in visit().link.address.items() if name in VIEWS.get(page, ())}
    own = controls_of(config) if training and config else list(view)
    others = [name for key in (LESSON_FIX, LESSON_HIDE) for name in widget_values.read(key) if name in CONTROLS]
    options = list(dict.fromkeys([*own, *others]))
    fixed, hidden = ([name for name in widget_values.read(key) if name in options] for key in (LESSON_FIX, LESSON_HIDE))
    widget_values.write(LESSON_FIX, fixed)
    widget_values.write(LESSON_HIDE, hidden)
    for label, key, other, help_text in (
        ("Fix: shown, greyed out", LESSON_FIX, LESSON_HIDE, "Students see the value and cannot move it."),
        ("Hide: not shown", LESSON_HIDE, LESSON_FIX, "The value stays as you have set it, out of sight."),
    ):
        st.pills(
            label, options, selection_mode="multi", format_func=_label, key=key,
            on_change=_only_in, args=(key, other), help=help_text,
        )  # fmt: skip
    with st.container(horizontal=True):
        st.button("Fix all the others", on_click=_add_rest, args=(LESSON_FIX, LESSON_HIDE, options))
        st.button("Hide all the others", on_click=_add_rest, args=(LESSON_HIDE, LESSON_FIX, options))
    trained = training and st.toggle(
        "Open with the finished run",
        key="lesson_trained",
        help="Where the server does not have the run yet, opening the link trains it. Otherwise students train it themselves.",
    )
    settings = config or controls.draft()
    lesson = Lesson.of(task or "", fixed, hidden, settings, page, VIEWS.get(page, ()), view)
    if not (lesson.task or lesson.fixed or lesson.hidden):
        st.info("Write a task, or choose what to fix or to hide. Your link appears here.")
        return
    visit().lesson.made = lesson
    st.markdown("**What a student meets**")
    with st.container(border=True):
        st.html(_box_html(lesson))
    free = [_label(name) for name in options if not lesson.holds(name)]
    st.caption(f"Free to move: {', '.join(free)}." if free else "No control is left to move.")
    said = {*FIELD_NAMES, *PARAMETERS, *lesson.view}  # elsewhere in the link
    shown = {} if training else {name: value for name, value in visit().link.address.items() if name not in said}
    seen = {"trained": "1"} if trained else shown
    query = (config.to_query() if config else {}) | seen | lesson.to_query(config)
    address = share.link_to(st.context.url or "", query)  # of the page on screen
    st.markdown("**The link**")
    picture, words = st.columns([2, 3], vertical_alignment="center")
    picture.html(share.qr_html(address))
    with words:
        share.copyable(address, height=200)
        share.say_if_only_here(address)
        st.link_button("Open it as a student", address, icon=":material/open_in_new:")


def _label(name: str) -> str:
    return link.VIEW_LABELS.get(name) or controls.label(name)


def _only_in(key: WidgetKey, other: WidgetKey) -> None:
    """Take the controls chosen under ``key`` out of ``other``.

    A control is fixed or hidden, not both: what was chosen last counts.
    """
    chosen = widget_values.read(key)
    widget_values.write(other, [name for name in widget_values.read(other) if name not in chosen])


def _add_rest(key: WidgetKey, other: WidgetKey, options: list[str]) -> None:
    chosen = widget_values.read(other)
    widget_values.write(key, [name for name in options if name not in chosen])

"""The link: what a visit's address asks for, and the address bar, which follows the run and the view on screen.

What a link brings is read once, when a visit begins, and validated like any other input. After that the address
follows the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from ae_core import tasks
from ae_core.classroom.lesson import PARAMETERS, Lesson
from ae_core.config.link_seal import opened, sealed
from ae_core.config.schema import FIELD_NAMES, Config, read_number, renamed
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import default_dataset
from ae_core.tasks.trainable import Trainable
from ae_core.text import as_written, plain, quoted
from ui.components.address_bar import address_bar
from ui.components.latent_explorer import pinned
from ui.visit.state import visit

_LONGEST = 2000  # characters of a link that are read at all
_FIXED = "Fixed by this lesson."
VIEW_LABELS = {  # of the pages' own controls, by their names in a link
    "start": "First image",
    "image": "Which image",
    "order": "Rows in order",
    "row": "Which row",
    "noise_kind": "Noise",
    "draw": "Draw",
    "strength": "Strength",
    "plane": "Plane",
    "points": "Images shown",
    "show": "Samples, Explore or Interpolation",
    "temperature": "Temperature",
    "from": "From image",
    "to": "To image",
    "picture": "Picture",
    "photo": "Photograph",
    "repair": "What shall be done",
    "way": "How",
    "damage": "Damage",
    "amount": "Strength of the damage",
    "dial": "How much of the repair",
    "strange": "Strange images",
    "score": "Score",
    "promise": "Normal images below the line",
    "line": "Threshold",
    "images": "Images",
    "files": "Files",
    "codes": "Codes",
    "measure": "Chart",
    "bytes": "Bytes an image",
    "step": "Step",
    "found_by": "Found in, and by",
    "clusters": "Clusters",
    "labels": "Number of labels",
    "picks": "Which images are labelled",
    "read": "Images or a scanned page",
    "scan": "Scan",
    "grain": "Noise on the scan",
    "topic": "Number of the code",
    "turn": "How far it is turned",
    "ask": "What is searched for",
    "sentence": "Sentence",
    "document": "Document",
}
_OTHER_LABELS = {"why": "Open explanations"}  # of what a link carries and no lesson holds


def open_link(page: str, views: Mapping[str, Sequence[str]]) -> None:
    """Read the link this visit came by, on the first run of the visit.

    Args:
        page: the one on screen, by its address.
        views: of each page, the controls beside the settings that a lesson may hold.
    """
    state = visit().link
    state.page = page
    if state.read:
        return
    state.read = True
    params, state.notes = opened(st.query_params.to_dict())
    params = {name: value[:_LONGEST] for name, value in params.items()}
    # a link to a run of another task is read by that task's page; its settings may be called as a Config's are
    fields = frozenset() if tasks.KIND in params else FIELD_NAMES
    params = renamed(params) if fields else params
    others = fields | set(PARAMETERS)
    state.view = {name: value for name, value in params.items() if name not in others}
    settings = {name: value for name, value in params.items() if name in fields}
    if settings:
        state.config, notes = Config.from_query(settings)
        state.notes += notes
    beside = state.config or VARIANTS["dense"].config(default_dataset())
    taken, notes = Lesson.from_query(params, beside, views)
    state.notes += notes
    if taken:
        visit().lesson.taken = taken
        state.view |= taken.view


def lesson() -> Lesson | None:
    """Return the lesson that this visit came by, until it is left; None without one."""
    return visit().lesson.taken


def hides(name: str) -> bool:
    """Return whether the lesson hides this control of the page on screen."""
    taken = lesson()
    return taken is not None and holds(name) and name in taken.hidden


def holds(name: str) -> bool:
    """Return whether the lesson keeps this control of the page on screen at its value, shown or not."""
    taken = lesson()
    return taken is not None and taken.page == visit().link.page and taken.holds(name)


def show_notes() -> None:
    """Say what of the link could not be taken as written; once, and it can be closed."""
    notes = visit().link.notes
    if notes:
        with st.container(key="link_notes_box"):
            st.warning("  \n".join(as_written(note) for note in notes), icon=":material/link_off:")
            if st.button("Got it", key="close_link_notes"):
                visit().link.notes = []
                st.rerun()


def number(name: str, default: float, low: float, high: float, whole: bool = False) -> Any:
    """Return the number at which a control of a page starts: the link's, moved into its range, else the default.

    Args:
        name: of the link's parameter.
        default: without one, or where it is no number.
        low: the smallest number.
        high: the largest number.
        whole: whether it is cut to a whole number.
    """
    text = visit().link.view.get(name)
    if text is None:
        return default
    value = read_number(text)
    if value is None:
        _note(name, text, default)
        return default
    taken = min(max(value, low), high)
    if whole:
        taken = int(taken)
    if taken != value:
        _note(name, text, taken)
    return taken


def slider(
    label: str, low: float, high: float, default: float, *, name: str, key: str, linked: bool = True, **more: Any
) -> Any:
    """Show a slider that starts where the link says and keeps its value for the visit.

    Args:
        label: the slider's.
        low: its lowest value.
        high: its highest value.
        default: where it starts when the link does not say.
        name: of the link's parameter, and of the control in a lesson.
        key: of the widget.
        linked: whether it is the one that the link speaks of; another choice may have put one like it in its place.
        more: what else ``st.slider`` is given.

    Returns:
        Its value; where it starts when a lesson hides it.
    """
    start = number(name, default, low, high, whole=isinstance(low, int)) if linked else default
    return _show(st.slider, name, start, label, low, high, value=start, key=key, **more)


def number_input(label: str, low: int, high: int, default: int, *, name: str, key: str, **more: Any) -> int:
    """Show a field for a whole number that starts where the link says and keeps its value for the visit.

    Args:
        label: the field's.
        low: the smallest number.
        high: the largest number.
        default: where it starts when the link does not say.
        name: of the link's parameter, and of the control in a lesson.
        key: of the widget.
        more: what else ``st.number_input`` is given.

    Returns:
        Its value; where it starts when a lesson hides it.
    """
    start = int(number(name, default, low, high, whole=True))
    return int(_show(st.number_input, name, start, label, low, high, value=start, key=key, **more))


def choice(name: str, default: str, options: Sequence[str]) -> str:
    """Return the choice with which a control of a page starts: the link's where it is an option, else the default.

    Args:
        name: of the link's parameter.
        default: without one, or where it is no option.
        options: that there are.
    """
    text = visit().link.view.get(name)
    if text is None or text in options:
        return text or default
    _note(name, text, default)
    return default


def choices(name: str, options: Sequence[str]) -> list[str]:
    """Return the options that the link names, with "_" between them; none where it names anything else."""
    text = visit().link.view.get(name, "")
    named = text.split("_") if text else []
    if set(named) <= set(options):
        return [option for option in options if option in named]
    _note(name, text, "none")
    return []


def text_input(label: str, default: str, longest: int, *, name: str, key: str, **more: Any) -> str:
    """Show a field for a line of text that starts with what the link brings and keeps its text for the visit.

    Args:
        label: the field's.
        default: what stands there when the link does not say.
        longest: characters that are read.
        name: of the link's parameter, and of the control in a lesson.
        key: of the widget.
        more: what else ``st.text_input`` is given.

    Returns:
        The text in one line, without characters that cannot be seen.
    """
    start = plain(visit().link.view.get(name, default))[:longest]
    return plain(str(_show(st.text_input, name, start, label, start, max_chars=longest, key=key, **more)))[:longest]


def selectbox(
    label: str, options: Sequence[str], default: str, *, name: str, key: str, linked: bool = True, **more: Any
) -> str:
    """Show a select box that starts where the link says and keeps its choice for the visit.

    Args:
        label: the box's.
        options: that there are.
        default: where it starts when the link does not say.
        name: of the link's parameter, and of the control in a lesson.
        key: of the widget.
        linked: whether it is the one that the link speaks of; another choice may have put one like it in its place.
        more: what else ``st.selectbox`` is given.

    Returns:
        The choice; where it starts when a lesson hides it.
    """
    start = choice(name, default, options) if linked else default
    return str(_show(st.selectbox, name, start, label, options, index=options.index(start), key=key, **more))


def segments(label: str, options: Sequence[str], default: str, *, name: str, key: str, **more: Any) -> str:
    """Show a row of buttons, one of them pressed, that starts where the link says and keeps its choice for the visit.

    Args:
        label: the row's.
        options: a button each.
        default: where it starts when the link does not say.
        name: of the link's parameter, and of the control in a lesson.
        key: of the widget.
        more: what else ``st.segmented_control`` is given.

    Returns:
        The choice; where it starts when a lesson hides it.
    """
    start = choice(name, default, options)
    more |= {"default": start, "required": True, "key": key, "wrap": True}
    return str(_show(st.segmented_control, name, start, label, options, **more))


def _show(widget: Callable[..., Any], name: str, start: Any, *given: Any, **more: Any) -> Any:
    """Show a widget that keeps its value for the visit, and return that; ``start`` where a lesson hides its control."""
    if hides(name):
        return start
    return widget(*given, persist_state="session", **locked(holds(name), **more))


def locked(held: bool, **more: Any) -> dict[str, Any]:
    """Return a widget's options, with the widget disabled, and its help saying why, where a lesson holds its control."""
    if not held:
        return more
    return more | {"disabled": True, "help": f"{_FIXED} {more.get('help') or ''}".rstrip()}


def pins() -> list[list[float]]:
    """Return the places (x, y) that the link pins on the latent plane; none where it brings nonsense."""
    text = visit().link.view.get("pins")
    places = pinned(text)
    if text and places is None:
        _note("pins", text, "none")
    return places or []


def publish(config: Config | Trainable, **view: object) -> None:
    """Put ``config``, the page's view and the visit's lesson into the address bar. What is None is left out."""
    taken = lesson()
    lesson_of = taken.to_query(config) if taken and isinstance(config, Config) else {}  # it holds settings of those
    _show_address(tasks.to_query(config) | _texts(view) | lesson_of)


def publish_view(**view: object) -> None:
    """Put the view of a page that shows no run, and the visit's lesson, into the address bar. What is None is left out."""
    taken = lesson()
    _show_address(_texts(view) | (taken.to_query(None) if taken else {}))


def _show_address(address: dict[str, str]) -> None:
    visit().link.address = address
    address_bar(sealed(address))


def _texts(view: Mapping[str, object]) -> dict[str, str]:
    return {name: _text(value) for name, value in view.items() if value is not None}


def shown() -> Config:
    """Return the Config of the run that the page on screen shows, read from its address."""
    return Config.from_query(visit().link.address)[0]


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _note(name: str, text: str, taken: object) -> None:
    words = (VIEW_LABELS | _OTHER_LABELS).get(name, name).lower()
    note = f"The link asked for {words} {quoted(text)}; the nearest valid setting is {taken}."
    state = visit().link
    state.view.pop(name, None)
    if note not in state.notes:
        state.notes.append(note)

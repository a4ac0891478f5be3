"""The widgets of the settings (knobs), one for each field of a Config, and the draft Config that they make together.

The draft lives outside the widgets, because Streamlit forgets a widget that a page switch removed. Whatever changes it
asks the visit's lesson first, if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ae_core.config.rules import SUITING
from ae_core.config.schema import MAX_LAYERS, MAX_WIDTH, UNITS, Config, ConfigError, nearest, spec
from ae_core.config.variants import VARIANTS, variant_of
from ae_core.data.datasets import INFO, default_dataset
from ae_core.text import as_written
from ui.visit import link, widget_values
from ui.visit.state import visit

FOLLOWS = "what_follows"  # the key of the fragment that shows what the settings come to
OWN_IMAGES = (
    "You cannot train on a collection of your own images: of yours, a model learns from patches of one picture only, which the page "
    "Photos cuts. A picture of yours can be reconstructed, cleaned and repaired by what has been trained."
)
WAY_OUT = "“All controls” at the top of the page leaves the lesson."


def label(name: str) -> str:
    """Return the label of a control: by the field that it sets, or "kind" for the picker of variants."""
    return "Kind of autoencoder" if name == "kind" else spec(name).label


def draft() -> Config:
    """Return the Config that the visitor has set."""
    settings = visit().settings
    if settings.draft is None:
        settings.draft = VARIANTS["dense"].config(visit().home.dataset or default_dataset())
    return settings.draft


def set_draft(config: Config) -> None:
    """Replace the Config that the visitor has set; the knobs follow.

    Where the visit's lesson holds a setting that would change, nothing is replaced, and the page says so.
    """
    if problem := refusal(config):
        visit().settings.refusal = problem
        return
    visit().settings.draft = config
    visit().settings.notes = []
    widget_values.forget_knobs()


def hides(name: str) -> bool:
    """Return whether the visit's lesson hides this control."""
    lesson = link.lesson()
    return lesson is not None and name in lesson.hidden


def holds(name: str) -> bool:
    """Return whether the visit's lesson keeps this control at its value, shown or not."""
    lesson = link.lesson()
    return lesson is not None and lesson.holds(name)


def names(controls: Iterable[str]) -> str:
    """Return the labels of these controls in a phrase."""
    return ", ".join(label(name) for name in controls)


def refusal(config: Config) -> str:
    """Say why the visit's lesson does not let the settings become ``config``; empty when it does."""
    lesson = link.lesson()
    broken = lesson.broken_by(config) if lesson else []
    return f"Nothing was changed: this lesson keeps {names(broken)} as set. {WAY_OUT}" if broken else ""


def pick_variant() -> str:
    """Show the picker of the kind of autoencoder, and return the name of the kind.

    Another kind keeps what the visitor has set, where it has that setting too.
    """
    current = variant_of(draft()).name
    key = widget_values.knob("variant")
    widget_values.write(key, current)
    if not hides("kind"):
        st.selectbox(
            label("kind"),
            [name for name, variant in VARIANTS.items() if name == current or variant.suits(draft().dataset)],
            format_func=lambda name: VARIANTS[name].title,
            key=key,
            on_change=lambda: _switch(variant=widget_values.read(key)),
            **link.locked(holds("kind")),
        )
    _said("kind", visit().settings.refusal)
    visit().settings.refusal = ""
    return current


def pick_dataset(names: list[str], missing: list[str]) -> None:
    """Show the picker of the data set; one that is ``missing`` on disk is listed and says so."""
    if hides("dataset"):
        return
    key = widget_values.knob("dataset")
    widget_values.write(key, draft().dataset)
    st.selectbox(
        label("dataset"),
        list(dict.fromkeys([*names, *missing, draft().dataset])),  # a link's own picture is in neither
        format_func=lambda name: INFO[name].title + ("" if name in names else " (not on this machine)"),
        key=key,
        on_change=lambda: _switch(dataset=widget_values.read(key)),
        **link.locked(holds("dataset"), help=f"{INFO[draft().dataset].about} {OWN_IMAGES}"),
    )


def _switch(variant: str | None = None, dataset: str | None = None) -> None:
    old = draft()
    was = variant_of(old)
    kind = VARIANTS[variant] if variant else was
    name = dataset or old.dataset
    if not kind.suits(name):
        kind = VARIANTS["dense"]
    start = was.config(old.dataset)
    chosen = {
        f.name: getattr(old, f.name)
        for f in fields(Config)
        if f.name not in ("dataset", "architecture", "hidden_sizes", *kind.fixed)
        and not (f.name == "classes" and name != old.dataset)  # each data set has classes of its own
        and f.name not in was.fixed
        and getattr(old, f.name) != getattr(start, f.name)
    }
    if kind.name.endswith("denoising") and chosen.get("corruption") == "none":
        del chosen["corruption"]
    lesson = link.lesson()
    kept = {field: value for field, value in lesson.held.items() if field not in kind.fixed} if lesson else {}
    kept.pop("dataset", None)
    for changes in (chosen | kept, kept):
        config, notes = nearest(kind.config(name), **changes)
        if variant_of(config) is kind:
            break
    else:
        config, notes = kind.config(name), []
    if lesson and variant_of(config) is not kind:
        visit().settings.refusal = (
            f"Nothing was changed: {kind.title} does not go together with what this lesson keeps. {WAY_OUT}"
        )
        return
    set_draft(config)
    if draft() is config:
        visit().settings.moved, visit().settings.notes = "kind", notes


def forget(*names: str) -> None:
    """Have the knobs of these fields start from the draft again."""
    if "hidden_sizes" in names:
        names += ("layers", *(f"width_{index}" for index in range(max(MAX_LAYERS.values()))))
    widget_values.forget(*map(widget_values.knob, names))


def knob(name: str) -> None:
    """Show the widget of one field, which writes what is chosen into the draft; a lesson may hide or disable it."""
    if hides(name):
        return
    if name == "hidden_sizes":
        _hidden_knobs()
        return
    key, rule, spoken = widget_values.knob(name), spec(name), INFO[draft().dataset].spoken
    # what was chosen is taken, or turned down, before the widget is drawn: then it can still be moved back
    problem = _move(name, widget_values.begin_with(key, _for_widget(getattr(draft(), name))))
    config = draft()
    value = getattr(config, name)
    if problem:
        widget_values.write(key, _for_widget(value))
    # each is given its value twice, as state and as default: a browser that is sent a second picture of the page before it
    # has built the first does not hear of the state any more, and would begin at the lowest value
    common = link.locked(holds(name), help=spoken(rule.help), key=key, on_change=_moved, args=(name,))
    if rule.kind == "classes":
        names = INFO[config.dataset].class_names
        st.multiselect(
            rule.label,
            range(len(names)),
            default=list(value),
            format_func=names.__getitem__,
            placeholder="all",
            **common,
        )
    elif rule.kind == "choice":
        options = [c for c in rule.choices if _offered(name, c, config)]
        if len(options) == 1:  # there is nothing to choose
            return
        at = options.index(value)
        st.selectbox(rule.label, options, index=at, format_func=lambda value: spoken(rule.words(value)), **common)
    elif rule.steps:
        steps = sorted({*rule.steps, value})
        st.select_slider(rule.label, steps, value=value, format_func=lambda v: f"{v:g}", **common)
    elif rule.kind == "float":
        st.slider(rule.label, rule.low, rule.high, value=value, step=0.05, **common)
    else:
        st.number_input(rule.label, int(rule.low), int(rule.high), value=value, **common)
    _said(name, problem)


def _moved(name: str) -> None:
    """Take a knob's new value, and redraw only what follows from the settings where no other knob changes."""
    before, said = draft(), visit().settings.notes
    if _move(name, widget_values.read(widget_values.knob(name))):
        return  # it is turned down where it is drawn
    after = draft()
    changed = {f.name for f in fields(Config) if getattr(before, f.name) != getattr(after, f.name)}
    if changed == {name} and before.used_fields() == after.used_fields() and not said:
        # a quick hand moves a knob before the page has been drawn to its end: then all is drawn anew
        with suppress(StreamlitAPIException):
            st.rerun(FOLLOWS)


def _drawn_anew() -> None:
    """Do nothing: the knob's value is taken where it is drawn.

    That the widget has a callback matters: when it is reported together with a knob that :func:`_moved` takes, all is
    drawn anew.
    """


def _offered(name: str, choice: str, config: Config) -> bool:
    """Return whether the visitor may choose ``choice`` for a field.

    A choice that makes another kind is not on offer, nor are the networks of tutorials: for these there is the picker
    of kinds.

    Args:
        name: the field.
        choice: one of its values.
        config: the settings as they stand.
    """
    if name == "architecture":
        suits = choice in ("dense", "conv") and choice in SUITING[INFO[config.dataset].kind]
        return suits or choice == config.architecture
    if name not in ("corruption", "sparsity") or choice == getattr(config, name):
        return True
    change: dict[str, Any] = {name: choice}
    try:
        return variant_of(replace(config, **change)) is variant_of(config)
    except ConfigError:
        return False


def _change(name: str, **changes: Any) -> str:
    """Change settings with the knob ``name``, and what has to go with it; return why that cannot be, else ""."""
    config = draft()
    settled, notes = nearest(config, **changes)
    kind = variant_of(config)
    if any(getattr(settled, field) != getattr(config, field) for field in kind.fixed if field not in changes):
        try:  # what makes the kind is not moved by a knob: the picker of kinds is there for that
            replace(config, **changes)
        except ConfigError as error:
            return str(error)
    if problem := refusal(settled):
        return problem
    visit().settings.draft = settled
    visit().settings.moved, visit().settings.notes = name, notes
    forget(*(f.name for f in fields(Config) if getattr(settled, f.name) != getattr(config, f.name) and f.name != name))
    return ""


def _move(name: str, value: Any) -> str:
    """Set one field of the draft, and what has to go with it; return why that cannot be, else ""."""
    config = draft()
    if spec(name).kind == "classes":
        value = tuple(sorted(value))
    if value == getattr(config, name):
        return ""
    brings: dict[str, Any] = {}
    if name == "architecture":  # its layers are counted in other units
        brings["hidden_sizes"] = VARIANTS["conv" if value == "conv" else "dense"].config(config.dataset).hidden_sizes
    if name == "corruption" and config.corruption_strength == 0 and value != "none":
        brings["corruption_strength"] = 0.4
    problem = _change(name, **{name: value}, **brings)
    if not problem:
        widget_values.write(widget_values.knob(name), _for_widget(getattr(draft(), name)))
    return problem


def _for_widget(value: Any) -> Any:
    """Return a field's value as Streamlit's widgets have it: several choices are a list."""
    return list(value) if isinstance(value, tuple) else value


def _said(name: str, problem: str) -> None:
    """Show below a knob why it could not be moved, or which settings moved along with it."""
    if problem:
        st.warning(as_written(problem))
    if visit().settings.moved == name:
        for note in visit().settings.notes:
            st.caption(as_written(note))


def _hidden_knobs() -> None:
    """Show the knobs for the number of hidden layers and the width of each."""
    config = draft()
    most, widest = MAX_LAYERS[config.architecture], MAX_WIDTH[config.architecture]
    if most == 0:  # a tutorial's own network
        return
    dense, conv = config.architecture == "dense", config.architecture == "conv"
    unit, fewest = UNITS[config.architecture], (0 if dense else 1)
    layers = widget_values.knob("layers")
    count = widget_values.begin_with(layers, len(config.hidden_sizes))
    widths = list(config.hidden_sizes)[:count]
    while len(widths) < count:
        last = widths[-1] if widths else (16 if conv else 256)
        widths.append(min(last * 2, widest) if conv else max(1, last // 2))
    widths = [
        widget_values.begin_with(widget_values.knob(f"width_{index}"), width) for index, width in enumerate(widths)
    ]
    problem = _change("hidden_sizes", hidden_sizes=tuple(widths)) if tuple(widths) != config.hidden_sizes else ""
    if problem:
        widths = list(config.hidden_sizes)
        widget_values.write(layers, len(widths))
        for index, width in enumerate(widths):
            widget_values.write(widget_values.knob(f"width_{index}"), width)
    st.slider(
        f"{label('hidden_sizes')} before the code",
        fewest,
        most,
        value=len(widths),
        key=layers,
        on_change=_drawn_anew,
        **link.locked(
            holds("hidden_sizes"),
            help=(INFO[config.dataset].spoken("Each halves the image. ") if conv else "") + "The decoder mirrors them.",
        ),
    )
    columns = st.columns(min(len(widths), 4)) if widths else []
    for index, width in enumerate(widths):
        with columns[index % 4]:
            st.number_input(
                f"{unit.capitalize()} {index + 1}",
                1,
                widest,
                value=width,
                key=widget_values.knob(f"width_{index}"),
                on_change=_drawn_anew,
                disabled=holds("hidden_sizes"),
            )
    _said("hidden_sizes", problem)

"""The choice of what is normal, and the button that trains on that alone."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO
from ae_core.text import as_written, readable
from ui.visit import caches, jobs, link, shelf
from ui.visit.state import visit

_MOST_EPOCHS = 200  # of a run that took fewer: more teach a few images by heart


def choose(config: Config, entry_id: str) -> None:
    """Show which classes are normal, and a button to train on others alone.

    Args:
        config: of the run on screen, whose classes they are at first.
        entry_id: the run's on the shelf.
    """
    info = INFO[config.dataset]
    if len(info.class_names) < 2 or link.hides("classes"):
        return
    shown = config.canonical().classes or tuple(range(len(info.class_names)))
    chosen = st.multiselect(
        "Normal",
        range(len(info.class_names)),
        default=shown,
        format_func=lambda index: info.class_names[index],
        key=f"anomalies_normal_{entry_id}",
        persist_state="session",
        **link.locked(
            link.holds("classes"),
            help="The classes that count as normal. The autoencoder has to be trained on them alone; all others are then "
            "strange.",
        ),
    )
    if tuple(sorted(chosen)) == shown:
        return
    if not chosen:
        st.caption("Choose at least one class that is normal.")
        return
    if jobs.active_job() is not None:
        _under_way()
        return
    wanted = on_these_alone(config, tuple(sorted(chosen)))
    known = shelf.known(wanted) is not None
    st.caption(_what_it_takes(config, wanted, known))
    st.button(
        "Show that run" if known else "Train on these alone",
        type="primary",
        icon=":material/visibility:" if known else ":material/model_training:",
        on_click=_train,
        args=(wanted,),
        key="anomalies_train",
        help="With every other setting of the run on screen. When it is done it is on screen here.",
    )


def _under_way() -> None:
    """Show how far the visitor's training is, and the button that stops it.

    The sidebar tells the first as well, but on a phone it is folded.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        _progress()
        st.button(
            "Stop",
            icon=":material/stop:",
            on_click=jobs.stop,
            key="anomalies_stop",
            help="Stops the training. What was learned so far is kept.",
        )


@st.fragment(run_every=1.0)
def _progress() -> None:
    jobs.show_progress()


def on_these_alone(config: Config, classes: tuple[int, ...]) -> Config:
    """Return the settings that train on some classes alone, with about as many steps as before, within reason.

    Args:
        config: of the run on screen.
        classes: indices of those that are normal.
    """
    alone = replace(config, classes=classes).canonical()
    as_many = round(config.epochs * config.train_count / alone.train_count)
    return replace(alone, epochs=max(1, min(as_many, max(_MOST_EPOCHS, config.epochs))))


def _what_it_takes(config: Config, wanted: Config, known: bool) -> str:
    if known:
        return "The run on screen was trained on something else. One on these alone is ready."
    seconds = caches.manager().pace.seconds(wanted)
    fewer = f", {wanted.epochs} epochs, to take about as many steps" if wanted.epochs != config.epochs else ""
    return f"The run on screen was trained on something else. On these alone: about {readable(seconds)}{fewer}."


def _train(config: Config) -> None:
    """Train, or show what was trained before; a refusal is said at the top of the page."""
    visit().job.error = jobs.start(config)


def told(config: Config) -> str:
    """Say what the run on screen takes for normal, and what that means for what can be strange to it."""
    info = INFO[config.dataset]
    classes = config.canonical().classes
    if classes:
        names = ", ".join(info.class_names[index] for index in classes)
        return f"It was shown **{as_written(names)}** of {info.title} alone: that is what is normal to it."
    return (
        f"It was shown **all of {info.title}**: none of its classes is strange to it, so strange {info.items} come from another "
        "data set. To make some classes strange, choose the normal ones beside and train on them alone."
    )

"""The slider that turns a number of the code, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from ae_core.runs.run import Run
from ae_core.tasks.documents.study import topics_of
from ae_core.tasks.study import Answer
from ui.components.topic_slider import place_of, topic_slider, topic_slider_data
from ui.visit import link, studies, widget_values
from ui.visit.state import visit
from ui.widgets.study_view import show_study

START = 80  # per cent of the way up, where the slider stands at first: at the mean there would be nothing to see


@dataclass(frozen=True)
class Place:
    """Where the slider stands: a number of the code, and per cent of the way from its mean to either end."""

    number: int
    turn: int

    def in_words(self) -> str:
        """Return the code that is meant, in words."""
        if not self.turn:
            return "the mean code"
        return (
            f"the mean code with number {self.number + 1} turned {abs(self.turn)} % {'up' if self.turn > 0 else 'down'}"
        )


def place(run: Run, run_name: str) -> Place:
    """Return where the slider stands: where it was put, else where the link says, else on the number that changes most.

    Args:
        run: whose code is turned.
        run_name: what names it in the key of a study.
    """
    state, study = visit().documents, topics_of(run, run_name)
    if not state.asked or link.holds("topic") or link.holds("turn"):
        state.asked = True
        view = visit().link.view
        if "topic" in view or "turn" in view:
            first = _numbers(run, run_name)[0]
            number = link.number("topic", first + 1, 1, run.config.code_size, whole=True) - 1
            turn = link.number("turn", START, -100, 100, whole=True)
            was = state.place if state.place is not None and state.place[0] == study.key else None
            if was is not None:  # a lesson may hold only one of the two
                number = number if link.holds("topic") else was[1]
                turn = turn if link.holds("turn") else was[2]
            state.place = (study.key, number, turn)
    numbers = _numbers(run, run_name)
    if state.place is not None and state.place[0] == study.key and state.place[1] in numbers:
        return Place(state.place[1], state.place[2])
    return Place(numbers[0], START)


def _numbers(run: Run, run_name: str) -> list[int]:
    """Return the numbers that can be turned: all, until it is known which change the words."""
    answers = studies.look(topics_of(run, run_name)).answers
    return list(answers["topics"]["numbers"]) if "topics" in answers else list(range(run.config.code_size))


def show(run: Run, run_name: str, then: Callable[[Place], None]) -> None:
    """Show the slider with the words that it raises and lowers.

    Args:
        run: whose code is turned.
        run_name: what names it in the key of a study.
        then: called with where the slider stands, each time that it was put elsewhere.
    """
    study = topics_of(run, run_name)

    def take() -> None:
        found = place_of(widget_values.read(widget_values.TOPICS, {}).get("place"))
        if found is not None and found[0] == study.key:
            visit().documents.place = found

    def draw(answers: Mapping[str, Answer]) -> None:
        if "topics" not in answers:
            st.info("The words appear here as soon as the decoder has answered.")
            then(place(run, run_name))
            return
        answer, now = answers["topics"], place(run, run_name)
        data = topic_slider_data(
            study.key,
            answer,
            topic=list(answer["numbers"]).index(now.number),
            turn=now.turn,
            start=START,
            held=(_held("topic"), _held("turn")),
        )
        topic_slider(widget_values.TOPICS, data, take)
        then(now)

    show_study(study, draw)


def _held(name: str) -> str:
    return "hidden" if link.hides(name) else "fixed" if link.holds(name) else ""

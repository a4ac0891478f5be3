"""The words that a number of the code raises and lowers, as bars that follow a slider.

Python sends the decoder's answers along each number once, for a grid of values; the browser draws what lies between two of
them. Where the slider comes to rest, and which number is turned, is told to Python for the address bar.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ui.components.shared import component, packed

_component = component(__file__)


def topic_slider_data(
    name: str, answer: Mapping[str, Any], *, topic: int, turn: int, start: int, held: tuple[str, str] = ("", "")
) -> dict[str, str]:
    """Return the data of :func:`topic_slider`.

    Args:
        name: of what is shown: where it changes, the slider stands where Python says.
        answer: of :func:`ae_core.tasks.documents.study.turned_words`.
        topic: the place in ``answer`` of the number that is turned.
        turn: how far, in per cent of the way from its mean to either end.
        start: where the slider's button puts it back to.
        held: of the choice of the number and of the slider: "fixed" where it cannot be changed, "hidden" where it is not
            shown either.
    """
    about = {
        "name": name,
        "topic": topic,
        "turn": turn,
        "start": start,
        "held": list(held),
        "topics": [
            {
                "number": int(number),
                "values": packed(np.asarray(values, np.float32)),
                "words": [answer["vocabulary"][word] for word in words],
                "weights": packed(np.asarray(weights, np.float32)),
            }
            for number, values, words, weights in zip(
                answer["numbers"], answer["values"], answer["words"], answer["weights"], strict=True
            )
        ],
    }
    return {"json": json.dumps(about)}


def topic_slider(key: str, data: dict[str, str], on_place: Callable[[], None]) -> None:
    """Show what :func:`topic_slider_data` returned.

    Args:
        key: of the component.
        data: from :func:`topic_slider_data`.
        on_place: called when another number is turned, or the slider has come to rest; finds ``place`` in
            ``st.session_state[key]``, unchecked.
    """
    _component(key=key, data=data, on_place_change=on_place)


def place_of(value: object) -> tuple[str, int, int] | None:
    """Read where the slider stands from what the browser sent.

    It is the name of the data that it was moved on, the number of the code that is turned, and per cent; None for anything
    else. Whether there is such a number is for whoever asks to find out.
    """
    if not isinstance(value, str) or len(value) > 200:
        return None
    name, _, rest = value.partition("|")
    number, _, turn = rest.partition("|")
    try:
        place = (name, int(number), int(turn))
    except ValueError:
        return None
    return place if place[1] >= 0 and -100 <= place[2] <= 100 else None

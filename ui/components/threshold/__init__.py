"""Two histograms with a line between them that is dragged: what lies above it is called strange.

Python sends the scores of all normal and strange images, sorted, and a sample of the images with their reconstructions.
Counts, curves, and the images beside the line follow the drag in the browser. Where the line comes to rest is told to
Python, for the address bar.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ui.components.shared import component, packed
from ui.components.shared.sheets import sheet
from ui.components.tell import tell

COLUMNS = 20  # of the sheet
_SHEET = 330_000  # characters of a crisp one
_TAIL = 5e-4  # of the scores on either side lie beyond the axis, at its end

_component = component(__file__)

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Shown:
    """The images that may stand beside the line.

    ``images`` and ``drawn``, float (S, C, H, W) in [0, 1], are they and their reconstructions; ``scores`` (S,) theirs;
    ``names`` say of what class each is, and ``strange`` whether that is a strange one.
    """

    images: Tensor
    drawn: Tensor
    scores: Scores
    names: Sequence[str]
    strange: Sequence[bool]


def axis_of(normal: Scores, strange: Scores, logarithmic: bool) -> tuple[float, float]:
    """Return where the axis of the scores begins and ends.

    Args:
        normal: the scores of normal images.
        strange: those of strange ones.
        logarithmic: whether the axis is; then scores that are not positive are beyond it.
    """
    scores = np.concatenate([normal, strange]).astype(np.float64)
    scores = scores[scores > 0] if logarithmic else scores
    low, high = np.quantile(scores, [_TAIL, 1 - _TAIL]) if len(scores) else (0.0, 0.0)
    if high <= low:
        low, high = (low / 2, low * 2) if logarithmic and low > 0 else (low - 1, low + 1)
    return float(low), float(high)


def threshold_data(
    name: str,
    title: str,
    normal: Scores,
    strange: Scores,
    *,
    logarithmic: bool,
    start: float,
    promised: str,
    line: float | None,
    figures: Sequence[float],
    shown: Shown,
    drawn_by: str,
    items: str,
    words: tuple[str, str],
    held: str = "",
) -> dict[str, str]:
    """Return the data of :func:`threshold`.

    Args:
        name: of what is shown: when it changes, the line goes back to its start.
        title: of the score.
        normal: the scores of held-out normal images.
        strange: those of strange ones.
        logarithmic: whether the axis of the scores is.
        start: the score at which the line stands at first.
        promised: what that is, in words.
        line: where the link has it instead, as a share of the axis; None for the start.
        figures: area under the ROC curve, and average precision.
        shown: the images that may stand beside the line.
        drawn_by: whose reconstructions those are, in words.
        items: what the images are called.
        words: what normal and what strange images are, in a few words.
        held: "fixed" where the line cannot be moved, "hidden" where its slider is not shown either.
    """
    _, _, height, width = shown.images.shape
    about = {
        "name": name,
        "title": title,
        "log": logarithmic,
        "axis": axis_of(normal, strange, logarithmic),
        "start": start,
        "promised": promised,
        "line": line,
        "figures": list(figures),
        "side": [width, height],
        "columns": COLUMNS,
        "shown": {
            "scores": [float(score) for score in shown.scores],
            "names": list(shown.names),
            "strange": [bool(strange) for strange in shown.strange],
        },
        "drawnBy": drawn_by,
        "items": items,
        "words": list(words),
        "held": held,
    }
    pairs = torch.stack([shown.images, shown.drawn], 1).flatten(0, 1)  # each image, and right after it what was drawn
    return {
        "json": json.dumps(about),
        "normal": packed(np.sort(normal).astype(np.float32)),
        "strange": packed(np.sort(strange).astype(np.float32)),
        "sheet": sheet(pairs, COLUMNS, _SHEET),
    }


def threshold(key: str, data: dict[str, str], on_line: Callable[[], None]) -> None:
    """Show the histograms of :func:`threshold_data` with the line.

    Args:
        key: of the component; :func:`mark_own` tells it more.
        data: from :func:`threshold_data`.
        on_line: called when the line has come to rest; finds ``line`` in ``st.session_state[key]``, unchecked.
    """
    _component(key=key, data={**data, "key": key}, on_line_change=on_line)


def mark_own(key: str, score: float | None) -> None:
    """Mark where the visitor's own image falls; None takes the mark away."""
    tell(key, "own", score)


def line_of(value: object) -> tuple[str, float] | None:
    """Read where the line stands from what the browser sent.

    It is the name of the data that it was moved on, and a share of that axis; None where it stands at its start, or for
    anything else.
    """
    if not isinstance(value, str) or len(value) > 200:
        return None
    name, _, text = value.rpartition("|")
    try:
        share = float(text)
    except ValueError:
        return None
    return (name, share) if 0 <= share <= 1 else None

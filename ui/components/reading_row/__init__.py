"""A row of images with noise and after each repair, each marked read or misread, which follows the strength as it is dragged.

Python sends every strength at once: one sheet of pictures, what was read in each, and a curve of how many of many images
are read, as far as that is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ui.components.shared import component, packed

_component = component(__file__)


def reading_data(
    sheet: str,
    size: tuple[int, int],
    labels: Sequence[int],
    names: Sequence[str],
    classes: npt.NDArray[np.uint8],
    curves: Sequence[Sequence[float | None]],
    said: Sequence[str],
    step: int,
    measure: str,
    learned: tuple[float, float] | None = None,
    held: str = "",
) -> dict[str, str]:
    """Return the data of :func:`reading_row`.

    Args:
        sheet: a data: URL of pictures, N to a row: the noisy ones at each of the S strengths, then those of the autoencoder,
            of PCA and of the median filter.
        size: width and height of a picture.
        labels: the true classes of the N images.
        names: by class.
        classes: that were read, (M, S, N): in the pictures in their order, and last by the reader that was trained on noise.
        curves: the share of many images that each of the M methods reads, by strength; None where it is not known yet.
        said: of each strength which method reads most; empty where it is not known yet.
        step: of the strength where it starts.
        measure: what the strength is a measure of.
        learned: the strengths that the model was trained on, lowest and highest.
        held: "fixed" where the strength cannot be moved, "hidden" where its slider is not shown either.
    """
    data = {
        "tile": size,
        "labels": list(labels),
        "names": list(names),
        "classes": packed(classes),
        "curves": [list(curve) for curve in curves],
        "said": list(said),
        "step": step,
        "measure": measure,
        "learned": learned,
        "held": held,
    }
    return {"json": json.dumps(data), "sheet": sheet}


def reading_row(key: str, data: dict[str, str], on_strength: Callable[[], None]) -> None:
    """Show the row and its curve, with a slider for the strength.

    Args:
        key: of the component.
        data: from :func:`reading_data`.
        on_strength: called when the strength has changed; finds it in ``st.session_state[key]``, unchecked.
    """
    _component(key=key, data=data, on_strength_change=on_strength)

"""Training images to be labelled by a click, and what a classifier makes of those that are.

The choice lives in the browser and is told to Python, which answers with the errors of that choice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from ui.components.shared import component
from ui.components.shared.sheets import sheet

_component = component(__file__)
_MOST_CHARACTERS = 400_000  # of the images


def picking_data(
    images: np.ndarray,
    labels: Sequence[int],
    names: Sequence[str],
    random: Mapping[str, Sequence[float]],
    medoids: Sequence[int],
    unit: str,
    *,
    ten: int,
    most: int,
    held: bool,
    called: tuple[str, str] = ("image", "images"),
) -> dict[str, str]:
    """Return what does not change of the data of :func:`pick_labels`.

    Args:
        images: to choose from, uint8 (G, C, H, W).
        labels: their classes, each a place in ``names``.
        names: of the classes.
        random: errors of random choices by the kind of features.
        medoids: the choice that another button makes.
        unit: what the numbers of an image are called: "pixels".
        ten: how many a choice has that is held against the random ones.
        most: how many can be taken.
        held: whether the choice cannot be changed.
        called: what one and what several of what is labelled are called.
    """
    data = {
        "labels": [int(label) for label in labels],
        "names": list(names),
        "tile": [images.shape[3], images.shape[2]],
        # alone, and within a sentence
        "kinds": [("codes", "Codes", "codes"), ("pca", "PCA", "PCA"), ("pixels", unit.capitalize(), unit)],
        "random": {kind: [round(float(error), 4) for error in errors] for kind, errors in random.items()},
        "medoids": [int(one) for one in medoids],
        "ten": ten,
        "most": most,
        "held": held,
        "called": called,
    }
    return {"json": json.dumps(data), "sheet": sheet(torch.from_numpy(images), len(images), _MOST_CHARACTERS)}


def pick_labels(
    key: str, data: dict[str, str], picked: Sequence[int], errors: Mapping[str, float], on_picked: Callable[[], None]
) -> None:
    """Show training images that a click labels, and the errors of the choice.

    Args:
        key: of the component.
        data: from :func:`picking_data`.
        picked: the numbers of the images that are labelled.
        errors: of that choice by the kind of features; nothing where nothing is labelled.
        on_picked: called when the choice has changed; finds ``picked`` in ``st.session_state[key]``, numbers with "_" between
            them as a browser sent them, unchecked.
    """
    _component(
        key=key,
        data=data | {"picked": "_".join(map(str, picked)), "errors": json.dumps(errors) if errors else ""},
        on_picked_change=on_picked,
    )

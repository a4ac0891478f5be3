"""The training images that were found, drawn on one sheet with the images that were searched for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data import datasets
from ae_core.data.datasets import INFO
from ae_core.tasks.search.spaces import SPACES
from ae_core.tasks.study import Answer
from ui.components.neighbours import Found, neighbours_data
from ui.components.shared import MOST_BYTES
from ui.components.shared.sheets import sheet
from ui.figures.items import draw, picture_size

_COLUMNS = 30
_ACTORS = {"codes": "ae", "pca": "pca"}


@st.cache_data(show_spinner=False, max_entries=8)  # 3 MB each of the largest images
def training_images(dataset: str, classes: tuple[int, ...], numbers: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Read training images of a data set: only these are kept in this process.

    Args:
        dataset: that is on disk.
        classes: that the numbers count; all where there are none.
        numbers: of the images.

    Returns:
        The images, (N, C, H, W).
    """
    images = datasets.load(dataset, "train").of_classes(classes).images
    return images[list(numbers)].numpy()


def figure(
    config: Config,
    asked: Tensor,
    questions: Sequence[str],
    right: Sequence[int],
    answers: Mapping[str, Answer],
) -> dict[str, str]:
    """Return the data of the component that shows what was found.

    Args:
        config: of the run whose code it is.
        asked: the images that were searched for, (Q, C, H, W), uint8 or float in [0, 1].
        questions: what each of them is called.
        right: their classes; empty where nobody knows them.
        answers: of the study so far, by the name of the space.
    """
    info = INFO[config.dataset]
    numbers = np.unique(np.concatenate([np.zeros(0, np.int32), *(one["found"].ravel() for one in answers.values())]))
    classes = config.canonical().classes
    found = training_images(config.dataset, classes, tuple(numbers.tolist())) if len(numbers) else None
    tiles = draw(asked, info)
    if found is not None:
        tiles = torch.cat([tiles, draw(torch.from_numpy(found), info)])
    abouts = {
        "codes": f"{config.code_size} numbers",
        "pixels": info.size_in_words,
        "pca": f"{config.code_size} numbers",
        "bits": "of the code",
    }
    rows = [
        Found(
            info.spoken(about.title),
            abouts[space],
            _ACTORS.get(space, ""),
            about.unit,
            np.asarray(np.searchsorted(numbers, answers[space]["found"]) + len(asked), np.int32),
            answers[space]["classes"],
            answers[space]["apart"],
        )
        for space, about in SPACES.items()
        if space in answers
    ]
    whole = sheet(tiles, _COLUMNS, MOST_BYTES * 2 // 3)
    return neighbours_data(whole, _COLUMNS, picture_size(info), questions, right, info.class_names, rows, info.item)

"""The bottleneck: an image, its code, and what the autoencoder and PCA decode from it, at the size that is dragged.

Python sends ten images at every shipped code size, once; what the size and the choice of image change is drawn in
the browser. Where they come to rest is told to Python, for the address bar.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.components.shared import component

_component = component(__file__)


def squeeze(
    key: str,
    figure: dict[str, str],
    size: int,
    image: int,
    on_size: Callable[[int], None],
    on_image: Callable[[int], None],
) -> None:
    """Show an image, its code and two reconstructions, with a slider for the code size.

    Args:
        key: of the component.
        figure: from :func:`ui.home.squeezing.figure`. While it, ``size`` and ``image`` stay the same nothing is sent
            again.
        size: the code size where it starts, a shipped one.
        image: the place in the figure of the image where it starts.
        on_size: called with the visitor's code size when it has come to rest; the value is a whole number that a
            browser sent, and no more than that is certain of it.
        on_image: called with the place of the visitor's image, of which no more is certain.
    """

    def taken(name: str, take: Callable[[int], None]) -> Callable[[], None]:
        def told() -> None:
            value = st.session_state[key].get(name)
            if isinstance(value, int):
                take(value)

        return told

    _component(
        key=key,
        data={**figure, "size": str(size), "image": str(image)},
        on_size_change=taken("size", on_size),
        on_image_change=taken("image", on_image),
    )

"""Search: the images that are nearest to one, by its code, its pixels, its principal components and 32 bits."""

import streamlit as st

from ae_core.data.datasets import INFO
from ae_core.tasks.search.opening import ENDING
from ui.search import finding
from ui.visit import caches, link, shelf, studies, widget_values
from ui.widgets.expander import reading
from ui.widgets.other_run import nothing_to_do
from ui.widgets.picture_input import ASKED, own_picture, own_sources

entry = shelf.current_entry("search")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Search")
SOURCES = ("Held out", *own_sources(info))


def bench() -> None:
    """Show what is found for the chosen image, beside the controls that choose it."""
    st.write(
        f"**{entry.title}.** Two {info.items} are alike where their codes lie near each other: **choose one**, and see which "
        f"training {info.items} each way of searching puts nearest. None of them was told a class."
    )
    name = studies.name_of(entry)
    by_link = {source.lower(): source for source in SOURCES}
    with st.container(horizontal=True, vertical_alignment="top", key="search_controls"):
        source = st.segmented_control(
            info.spoken("Image to search for"),
            SOURCES,
            default=by_link[link.choice("source", "held out", list(by_link))],
            required=True,
            key="search_source",
            persist_state="session",
            wrap=True,
            width="content",
            help=info.spoken("One of the held-out images, which no training ever saw")
            + (", or a picture of your own: it is kept for you alone, and is in no link." if len(SOURCES) > 1 else "."),
        )
        if source == "Held out":
            field = widget_values.search_image(config.dataset, config.canonical().classes)
            image = link.number_input(
                "Which one",
                0,
                len(caches.held_out_of(config).images) - 1,
                0,
                name="image",
                key=field,
                width=160,
                help=info.spoken(
                    "Its number among the held-out images. Those around it stand in the grid: choose one there."
                ),
            )
    if source == "Held out":
        finding.held_out(run, name, image, field)
        link.publish(config, image=image)
    else:
        with st.container(key="own_and_result"):
            panel, picture = st.columns([1, 3], gap="large")
        with panel:
            own = own_picture(info, source)
        with picture:
            if own is None:
                st.info(f"{ASKED[source]}, with what is nearest to it.")
            else:
                finding.own(run, name, own)
        link.publish(config, source=source.lower())
    st.subheader("How good each way is")
    finding.measures(run, name)


if not nothing_to_do(
    entry,
    "Without them there is nothing to search in.",
    ENDING,
):
    bench()

reading(
    "How to read it",
    info.spoken(
        "- **A row is what one way finds**, nearest first. Below each image stands its class, and its distance; ✗ and a frame mark "
        "another class than that of the image that was searched for.\n"
        "- **Code and PCA** are as many numbers; the code was learned. "
        + (
            "Distances in pixels are large for a stroke that is moved by one pixel, which the eye does not see; a "
            if info.kind == "image"
            else "A "
        )
        + "code can be blind to what does not matter.\n"
        "- **32 bits** say on which side of 32 planes a code lies, and a distance is how many of them differ (semantic hashing, "
        "Salakhutdinov & Hinton 2009). A code of 32 numbers or more is turned first so that it lies near the corners of a cube "
        "(iterative quantisation, Gong & Lazebnik 2011): of held-back training images that found more of the right class than "
        "cutting each number at its median or after a random turn. Of a shorter code each number is cut at several places. Many "
        "images have the same distance then; those that come first in the data set are shown.\n"
        "- **An index is searched whole** here: with 60,000 images that takes milliseconds. Of a billion it would not, and one "
        "would search by bits first, then by the codes of what they leave.\n"
        "- **The right class is a stand-in** for what you would call alike. A way that finds other classes may have found what "
        "is alike in another way, digits in slant or thickness."
    ),
)

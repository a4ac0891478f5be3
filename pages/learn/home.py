"""Home: what an autoencoder is, in one screen."""

import streamlit as st

from ae_core.data.datasets import INFO, MAIN, on_disk
from ae_core.runs import zoo
from ui.components.squeeze import squeeze
from ui.home import squeezing
from ui.shell import navigation
from ui.visit import caches, link, widget_values
from ui.visit.state import visit
from ui.widgets import download
from ui.widgets.picture_input import drawing_pad

st.title("Squeeze an image through a few numbers")
st.write(
    "An **autoencoder** turns an image into a short list of numbers, its *code*, and draws the image again from "
    "the code alone. Nobody tells it what the numbers should mean: it learns them from examples. "
    "Make the code smaller and see what survives."
)

datasets = squeezing.swept_datasets()
if not datasets:
    st.info(
        "The shipped runs of every code size are missing. Build them with python -m ae_core zoo --build, or open the Train page."
    )
    st.stop()


state = visit().home


def take_size(size: int) -> None:
    """Remember the code size that the visitor dragged to."""
    if size in zoo.CODE_SIZES:
        state.size = size


def take_image(place: int) -> None:
    """Remember which image of the strip the visitor chose; a drawing of their own is not remembered."""
    place -= state.has_own
    if 0 <= place < squeezing.AT_ONCE:
        state.image = squeezing.strip_start(state.image, count) + place


def turn_over() -> None:
    """Go to the next ten images, after the last to the first."""
    state.image = (squeezing.strip_start(state.image, count) + squeezing.AT_ONCE) % count


if state.fetched in datasets:
    widget_values.write(widget_values.HOME_DATASET, state.fetched)
state.fetched = ""
with st.container(horizontal=True, vertical_alignment="bottom"):
    start = state.dataset
    dataset = st.segmented_control(
        "Images",
        datasets,
        default=link.choice(
            "images", start if start in datasets else MAIN if MAIN in datasets else datasets[0], datasets
        ),
        format_func=lambda name: INFO[name].title,
        required=True,
        key=widget_values.HOME_DATASET,
        persist_state="session",
        width="content",
        wrap=True,
    )
    st.button("Ten other images", on_click=turn_over, help="None of these images was used for training.")
    draws = st.toggle("Draw one yourself", key="home_draws", persist_state="session")
state.dataset = dataset
count = len(caches.held_out(dataset).images)
if not state.opened:
    state.opened = True
    state.size = int(link.choice("size", str(state.size), [str(size) for size in zoo.CODE_SIZES]))
    state.image = link.number("image", state.image, 0, count - 1, whole=True)
state.image = min(state.image, count - 1)


@st.fragment
def bottleneck(first: int, size: int, place: int) -> None:
    """Show the figure of the bottleneck with the drawing pad, and put what is chosen into the address.

    A choice redraws it alone, with the arguments of the page's last run, so that nothing is sent twice.
    """
    beside, place_of_figure, own = None, st.container(key="pad_and_figure"), None
    if draws:
        with place_of_figure:
            beside, place_of_figure = st.columns([1, 3.2], gap="medium")
        with beside:
            own = drawing_pad(f"home_pad_{dataset}", INFO[dataset])
    had_own, state.has_own = state.has_own, own is not None
    if had_own and own is None:
        st.rerun()  # of the whole page: the arguments are from before the drawing
    figure = squeezing.held_out_figure(dataset, first, own)
    with place_of_figure:
        squeeze("squeeze", figure, size, place if own is None else 0, on_size=take_size, on_image=take_image)
    run = zoo.ZOO[f"{dataset}-code-{state.size}"]
    image = state.image if own is None else None  # the visitor's own goes into no link
    link.publish(run.config, images=dataset, size=state.size, image=image)


squeezing.runs_of(dataset)  # one that is lost is told to app.py from here, and could not be from within a fragment
first = squeezing.strip_start(state.image, count)
bottleneck(first, state.size, state.image - first)

if not on_disk(MAIN):
    st.caption(
        "The lab is made for MNIST, 70,000 handwritten digits of 28 × 28 pixels, which are not on this machine yet."
    )
    if download.button(MAIN):
        state.fetched = MAIN
        st.rerun()

st.subheader("Where to go from here")
with st.container(key="where_to_go"):
    for address in (
        "train",
        "reconstruct",
        "latent_map",
        "generate",
        "photos",
        "denoise",
        "anomalies",
        "search",
        "compress",
    ):
        page = navigation.PAGES[address]
        with st.container(border=True, height="stretch"):
            st.page_link(page.script, label=f"**{page.title}**")
            st.caption(page.about)

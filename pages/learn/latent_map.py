"""Latent map: where the held-out images lie, beside PCA's plane, and what is decoded between them."""

import streamlit as st

from ae_core.data.datasets import INFO, on_disk
from ae_core.models.codec import reconstruct
from ae_core.runs.run import MAP_POINTS
from ui.components.latent_explorer import show_count
from ui.figures import film
from ui.figures.pictures import Panel, panels_html
from ui.figures.planes import explore, mark_own, pins_text, sliders
from ui.figures.projection import ways
from ui.visit import link, shelf
from ui.widgets import factors
from ui.widgets.expander import reading
from ui.widgets.picture_input import drawing_pad, own_sources

EXPLORER = "explorer_points"  # the key of the planes
STEP = 20  # images: divides what the smallest and the largest data set have for the map

entry = shelf.current_entry("latent_map")
run = shelf.run_of(entry)
config, info, m = run.config, INFO[run.config.dataset], run.metrics
size, codes = config.code_size, run.latent_map.codes
most = min(MAP_POINTS, len(codes) // STEP * STEP)

st.title("Latent map")
said = info.spoken(
    "Held-out images as points: the encoder's plane, and the plane of the images' first two principal components."
)
st.write(
    f"**{entry.title}.** {said} Nobody told either of them the classes. Move over a plane to see what is decoded there."
)


@st.fragment
def planes() -> None:
    """Show the run's plane beside PCA's, with the choice of projection and the drawing pad."""
    with st.container(key="map_planes"):
        picture, panel = st.columns([15, 4], gap="large")
    options = ways(size)
    way = options[0]
    with panel:
        start = link.number("plane", 0, 0, len(options) - 1, whole=True)
        if len(options) > 1:
            way = options[start]
            if not link.hides("plane"):
                way = st.selectbox(
                    f"How {size} numbers become a plane",
                    options,
                    index=start,
                    key=f"map_plane_{size}",
                    persist_state="session",
                    disabled=link.holds("plane"),
                    help="A code of more than two numbers has to be projected to be drawn; distances on the plane then "
                    "mislead.",
                )
    with picture:
        pins = explore(EXPLORER, entry.id, run, way, "points", link.pins())
    with panel:
        how_many(plane=options.index(way) if len(options) > 1 else None, pins=pins_text(pins))
        if "Draw" in own_sources(info):
            with st.container(key="map_own"):
                own(way)


@st.fragment
def how_many(**view: object) -> None:
    """Show the slider for how many images are drawn: by itself, so that the planes are not sent again for it."""
    count = link.slider(
        info.spoken("Images shown"),
        100,
        most,
        min(600, most),
        name="points",
        key=f"map_count_{config.dataset}",
        step=STEP,
        help=info.spoken("The first so many of the held-out images."),
    )
    show_count(EXPLORER, count)
    link.publish(config, points=count, **view)


@st.fragment
def own(way: str) -> None:
    """Show a drawing pad, and mark on both planes where the drawing lands while it is drawn."""
    st.markdown("**Draw one**, and watch where it lands (★)")
    image = drawing_pad(f"map_pad_{info.shape[2]}", info)
    mark_own(EXPLORER, entry.id, run, way, image)
    if image is not None:
        decoded, linear = reconstruct(run.model, image), reconstruct(run.pca.truncated(2), image)
        pictures = [
            Panel("Seen", image[0]),
            Panel("Decoded", decoded[0], actor="ae"),
            Panel("PCA", linear[0], actor="pca"),
        ]
        st.html(panels_html(pictures, info, "three"))


@st.fragment
def one_by_one() -> None:
    """Show a slider for each number of the code."""
    sliders(entry.id, run)


planes()
st.caption(
    (
        ""
        if on_disk(config.dataset)
        else f"The {info.items} are not on this machine: what appears is drawn by the decoder. "
    )
    + f"5-NN accuracy: each of the {info.test_count:,} held-out codes is given the class that most of its five nearest "
    f"among {info.train_count:,} training codes have. Trustworthiness, whether neighbours among the codes are neighbours "
    f"as {info.items}: **{m['trustworthiness']:.3f}** (PCA {m['pca_trustworthiness']:.3f})."
)
if size > 2:
    st.subheader("One slider a number")
    one_by_one()
factors.show(entry.id, run)
st.subheader("How the map came about")
film.show(run, key="map_film")
reading(
    "How to read it",
    info.spoken(
        "- **Clusters** are classes that the encoder had to tell apart in order to draw them.\n"
        "- **Overlaps**, of digits often 4 with 9 and 3 with 5 with 8, are images that look alike to it: two numbers are few.\n"
        "- **Hatched regions** lie far from every code: farther than twice the distance within which 99 of 100 codes have a "
        "neighbour. Nobody asked the decoder to draw anything sensible there.\n"
        "- **Empty regions** decode to forms between those it learned in a plain autoencoder. A variational one is pressed into "
        "one round cloud around zero, without holes: compare the shipped 2-D VAE on the shelf.\n"
        "- **At the edge** stand the one or two in a hundred that lie beyond the frame; "
        "zoom out, and each is where it belongs. The decoder is asked inside the frame only.\n"
        "- **The other plane's cross** marks the same image: PCA's projection of what the autoencoder draws, or, of what PCA "
        "draws, the most alike of the autoencoder's grid.\n"
        "- **PCA** may only turn and flatten the space, so its clouds lie on top of each other."
    ),
)
if size != 2:
    name = f"{config.dataset}-code-2"
    if any(e.id == f"zoo:{name}" for e in shelf.entries()):
        st.button("Open the shipped 2-D autoencoder", on_click=shelf.choose_shipped, args=(name,))

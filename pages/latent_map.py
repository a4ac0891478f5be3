"""Latent map: where the held-out images lie, beside PCA's plane."""

import streamlit as st

from ae_core.datasets import INFO, on_disk
from ae_core.run import MAP_POINTS
from ae_core.training import to_bytes
from ui import link, resources, shelf
from ui.components.plane_map import plane_map, sheet
from ui.projection import project, ways

STEP = 20  # images: divides what the smallest and the largest data set have for the map

entry = shelf.current_entry("latent_map")
run = shelf.run_of(entry)
config, info, m = run.config, INFO[run.config.dataset], run.metrics
size, codes = config.code_size, run.latent_map.codes
most = min(MAP_POINTS, len(codes) // STEP * STEP)

st.title("Latent map")
st.write(
    f"**{entry.title}.** Held-out images as points: the encoder's plane, and the plane of the images' first two "
    "principal components. Nobody told either of them the classes. Point at an image to see it, in both."
)


@st.cache_data(show_spinner=False, max_entries=16)
def tiles(source: str, count: int) -> str:
    """The first ``count`` images that the points show, as one picture: the held-out ones or what ``source`` draws."""
    if on_disk(config.dataset):
        return sheet(resources.held_out(config.dataset).images[:count])
    return sheet(to_bytes(run.model.decode(codes[:count])))


@st.fragment
def planes() -> None:
    left, right = st.columns([2, 3])
    with left:
        count = link.slider(
            "Images shown",
            100,
            most,
            min(600, most),
            name="points",
            key=f"map_count_{config.dataset}",
            step=STEP,
            help="The first so many of the held-out images.",
        )
    options = ways(size)
    way = options[0]
    if len(options) > 1:
        with right:
            way = st.selectbox(
                f"How {size} numbers become a plane",
                options,
                index=link.number("plane", 0, 0, len(options) - 1, whole=True),
                key=f"map_plane_{size}",
                persist_state="session",
                help="A code of more than two numbers has to be projected to be drawn; distances on the plane then mislead.",
            )
    points, title = project(codes, way)
    components = f"With {size} component{'' if size == 1 else 's'}: " if size != 2 else ""
    plane_map(
        key="plane_map",
        left=(title, f"5-NN accuracy {m['knn_accuracy']:.1%}, reconstruction error {m['mse']:.4f}", points[:count]),
        right=(
            "PCA: the images' first two principal components",
            f"{components}5-NN accuracy {m['pca_knn_accuracy']:.1%}, reconstruction error {m['pca_mse']:.4f}",
            run.latent_map.pca[:count],
        ),
        labels=run.latent_map.labels[:count],
        names=info.class_names,
        sheet=tiles(config.dataset if on_disk(config.dataset) else entry.id, count),
        tile=(info.shape[2], info.shape[1]),
    )
    link.publish(config, points=count, plane=options.index(way) if len(options) > 1 else None)


planes()
st.caption(
    ("" if on_disk(config.dataset) else "The images are not on this machine: what appears is drawn by the decoder. ")
    + f"5-NN accuracy: each of the {info.test_count:,} held-out codes is given the class that most of its five nearest "
    f"among {info.train_count:,} training codes have. Trustworthiness, whether neighbours among the codes are neighbours "
    f"as images: **{m['trustworthiness']:.3f}** (PCA {m['pca_trustworthiness']:.3f})."
)
with st.expander("How to read it"):
    st.markdown(
        "- **Clusters** are classes that the encoder had to tell apart in order to draw them.\n"
        "- **Overlaps**, often 4 with 9 and 3 with 5 with 8, are images that look alike to it: two numbers are few.\n"
        "- **Empty regions** decode to shapes between digits in a plain autoencoder. A variational one is pressed into "
        "one round cloud around zero, without holes: compare the shipped 2-D VAE on the shelf.\n"
        "- **At the edge** stand the one or two in a hundred that lie beyond the frame.\n"
        "- **PCA** may only turn and flatten the space, so its clouds lie on top of each other."
    )
if size != 2:
    name = f"{config.dataset}-code-2"
    if any(e.id == f"zoo:{name}" for e in shelf.entries()):
        st.button("Open the shipped 2-D autoencoder", on_click=shelf.choose_shipped, args=(name,))

"""Latent map: where the held-out images lie, beside PCA's plane."""

import streamlit as st
import torch

from ae_core.datasets import INFO, on_disk
from ae_core.run import MAP_POINTS
from ae_core.training import plane_of, to_bytes
from ui import link, resources, shelf
from ui.components.plane_map import plane_map
from ui.tables import facts_html

entry = shelf.current_entry("latent_map")
run = shelf.run_of(entry)
config, info, m = run.config, INFO[run.config.dataset], run.metrics
size = config.code_size

st.title("Latent map")
st.write(
    f"**{entry.title}.** Every held-out image as a point: on the left where the encoder puts it, on the right its first "
    "two principal components. Nobody told either of them the classes."
)

codes = run.latent_map.codes
left, right = st.columns([2, 3])
with left:
    count = st.slider(
        "Images shown",
        100,
        min(MAP_POINTS, len(codes) // 100 * 100),
        value=link.number(
            "points", min(600, len(codes) // 100 * 100), 100, min(MAP_POINTS, len(codes) // 100 * 100), True
        ),
        step=100,
        key=f"map_count_{config.dataset}",
        persist_state="session",
        help="The first so many of the held-out images.",
    )
dims: tuple[int, int] | None = None
if size > 2:
    with right:
        options = [
            "First two principal components of the codes",
            *(f"Numbers {i + 1} and {i + 2}" for i in range(0, min(size - 1, 9), 2)),
        ]
        how = st.selectbox(
            f"How {size} numbers become a plane",
            options,
            index=link.number("plane", 0, 0, len(options) - 1, whole=True),
            key=f"map_plane_{size}",
            persist_state="session",
            help="A code of more than two numbers has to be projected to be drawn; distances on the plane then mislead.",
        )
        if how != options[0]:
            first = 2 * (options.index(how) - 1)
            dims = (first, first + 1)

if size == 1:
    # one number is a line: it is drawn along x, and spread in y only so that the points do not cover each other
    spread = torch.rand(len(codes), 1, generator=torch.Generator().manual_seed(0))
    points = torch.cat([codes, (spread - 0.5) * codes.std() * 0.8], dim=1)
    title = "The code's one number, along x (y is only there to spread the points)"
elif size == 2:
    points, title = codes, "The autoencoder's latent space"
elif dims is not None:
    points, title = codes[:, list(dims)], f"A projection: numbers {dims[0] + 1} and {dims[1] + 1} of {size}"
else:
    origin, axes = plane_of(codes)
    points, title = (codes - origin) @ axes, f"A projection: the first two principal components of {size}-D codes"

if on_disk(config.dataset):
    images = resources.held_out(config.dataset).images[:count]
    shown = "the held-out images themselves"
else:
    images = to_bytes(run.model.decode(codes[:count]))
    shown = "drawn by the decoder, as the images are not on this machine"

plane_map(
    key="plane_map",
    left=(title, f"5-NN accuracy {m['knn_accuracy']:.1%}, reconstruction error {m['mse']:.4f}", points[:count]),
    right=(
        "PCA: the images' first two principal components",
        (
            f"5-NN accuracy {m['pca_knn_accuracy']:.1%}, reconstruction error {m['pca_mse']:.4f}"
            if size == 2
            else f"with {size} component{'s' if size > 1 else ''}: 5-NN accuracy {m['pca_knn_accuracy']:.1%}, error {m['pca_mse']:.4f}"
        ),
        run.latent_map.pca[:count],
    ),
    labels=run.latent_map.labels[:count],
    names=info.class_names,
    images=images,
)
st.html(
    facts_html(
        [
            (f"{m['knn_accuracy']:.1%}", "5-NN accuracy of the codes", "ae"),
            (f"{m['pca_knn_accuracy']:.1%}", f"of {size} principal components", "pca"),
            (f"{m['mse']:.4f}", "reconstruction error", "ae"),
            (f"{m['pca_mse']:.4f}", "PCA's", "pca"),
            (f"{m['trustworthiness']:.3f}", f"trustworthiness (PCA {m['pca_trustworthiness']:.3f})", ""),
        ]
    )
)
st.caption(
    f"The images that appear are {shown}. 5-NN accuracy: each of the {info.test_count:,} held-out codes is given the class "
    f"that most of its five nearest among {info.train_count:,} training codes have. Trustworthiness: whether neighbours "
    "on the map are neighbours as images."
)
with st.expander("How to read it"):
    st.markdown(
        "- **Clusters** are classes that the encoder had to tell apart in order to draw them.\n"
        "- **Overlaps**, often 4 with 9 and 3 with 5 with 8, are images that look alike to it: two numbers are few.\n"
        "- **Empty regions** decode to shapes between digits in a plain autoencoder. A variational one is pressed into "
        "one round cloud around zero, without holes: compare the shipped 2-D VAE on the shelf.\n"
        "- **PCA** may only turn and flatten the space, so its clouds lie on top of each other."
    )
if size != 2:
    name = f"{config.dataset}-code-2"
    if any(e.id == f"zoo:{name}" for e in shelf.entries()):
        st.button("Open the shipped 2-D autoencoder", on_click=shelf.choose_shipped, args=(name,))
link.publish(config, points=count)

"""Home: what an autoencoder is, in one screen."""

import streamlit as st

from ae_core import zoo
from ae_core.codec import reconstruct
from ae_core.datasets import INFO, available
from ae_core.metrics import to_float
from ui import charts, link, resources
from ui.pictures import Panel, Row, bottleneck_html, strip_html
from ui.tables import caption_html

st.title("Squeeze an image through a few numbers")
st.write(
    "An **autoencoder** turns an image into a short list of numbers, its *code*, and draws the image again from "
    "the code alone. Nobody tells it what the numbers should mean: it learns them from examples. "
    "Make the code smaller and see what survives."
)

ladders = [
    name
    for name in available()
    if all(f"{name}-code-{size}" in {entry.name for entry in zoo.present()} for size in zoo.LADDER)
]
if not ladders:
    st.info(
        "The shipped ladder of runs is missing. Build it with python -m ae_core zoo --build, or open the Train page."
    )
    st.stop()


@st.fragment
def squeeze() -> None:
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    start = st.session_state.get("dataset")
    first = start if start in ladders else ("mnist" if "mnist" in ladders else ladders[0])
    with middle:
        dataset = st.segmented_control(
            "Images",
            ladders,
            default=link.choice("images", first, ladders),
            format_func=lambda name: INFO[name].title,
            required=True,
            key="home_dataset",
            persist_state="session",
        )
    with left:
        size = st.select_slider(
            "Code size: how many numbers",
            zoo.LADDER,
            value=int(link.choice("size", "16", [str(n) for n in zoo.LADDER])),
            key="home_size",
            persist_state="session",
            help="Seven autoencoders come with the lab, one for each size. Nothing is trained while you drag.",
        )
    st.session_state.dataset = dataset
    if st.session_state.ladder_of not in (None, dataset):
        st.rerun()  # the chart below is of another dataset; None says that the whole page is being drawn
    images = resources.held_out(dataset)
    with right:
        index = link.number_input(
            "Held-out image",
            0,
            len(images.images) - 1,
            0,
            name="image",
            key="home_image",
            help="None of these images was used for training.",
        )
    run = resources.shipped_run(f"{dataset}-code-{size}")
    first_image = min(index, len(images.images) - 10)
    shown = to_float(images.images[[index, *range(first_image, first_image + 10)]])
    pca = run.pca_at_code_size
    codes = run.model.encode(shown)
    decoded, linear = run.model.decode(codes), reconstruct(pca, shown)
    pixels = shown[0].numel()
    error, pca_error = run.metrics["mse"], run.metrics["pca_mse"]
    error_here, pca_error_here = ((image[0] - shown[0]).square().mean() for image in (decoded, linear))
    figure = bottleneck_html(
        Panel("Original", shown[0], f"{pixels} pixels"),
        codes[0],
        ("Code", f"{size} number{'s' if size > 1 else ''}, {pixels / size:.0f}× fewer"),
        Panel("Autoencoder", decoded[0], f"squared error {error_here:.4f}", "ae"),
        Panel("PCA, same size", linear[0], f"squared error {pca_error_here:.4f}", "pca"),
    )
    rows = [
        Row("Original", shown[1:], small="held out"),
        Row(
            "Autoencoder", decoded[1:], f"<b>{error:.4f}</b><small>mean squared error</small>", f"code of {size}", "ae"
        ),
        Row("PCA", linear[1:], f"<b>{pca_error:.4f}</b><small>mean squared error</small>", f"{size} components", "pca"),
    ]
    ratio = pca_error / error
    caption = caption_html(
        f"Errors are means over all {len(images.images):,} held-out images. "
        + (
            "With as many components as there are pixels PCA loses nothing; its line leaves the chart."
            if size >= pixels
            else f"At {size} number{'s' if size > 1 else ''} the autoencoder's is {ratio:.1f} times smaller than PCA's."
            if ratio > 1
            else "Here PCA is better: with this many numbers the images lie flat enough for it, and it finds its optimum exactly."
        )
    )
    st.html(figure + strip_html(rows) + caption)
    st.html(charts.ladder_mark(size))
    link.publish(run.config, images=dataset, size=size, image=index)


st.session_state.ladder_of = None
squeeze()
st.session_state.ladder_of = st.session_state.dataset
with st.container(key="ladder_place"):  # as tall as the chart, which comes later on a first visit
    if st.session_state.get("home_is_drawn"):
        st.plotly_chart(charts.ladder(st.session_state.dataset), key="ladder", config=charts.BARE, width="stretch")
if not st.session_state.get("home_is_drawn"):

    @st.fragment(run_every=0.3)
    def chart_follows() -> None:
        """Plotly is 5 MB of script: loaded together with the picture it keeps a visitor waiting for both."""
        if "home_is_drawn" in st.session_state:
            st.session_state.home_is_drawn = True
            st.rerun()
        st.session_state.home_is_drawn = False

    chart_follows()

st.subheader("Where to go from here")
columns = st.columns(5)
for column, (page, title, text) in zip(
    columns,
    [
        ("pages/train.py", "Train one", "Pick a kind, drag its settings, and watch it learn for a few seconds."),
        ("pages/reconstruct.py", "Reconstruct", "Its best and its worst, and images of a kind it never saw."),
        ("pages/denoise.py", "Denoise", "Add noise to an image, or upload your own, and have it cleaned."),
        ("pages/latent_map.py", "Latent map", "Held-out images as points on a plane, beside PCA's plane."),
        ("pages/generate.py", "Generate", "Draw images that nobody drew, with a variational autoencoder."),
    ],
    strict=True,
):
    with column, st.container(border=True, height="stretch"):
        st.page_link(page, label=f"**{title}**")
        st.caption(text)

"""Reconstruct: what comes back, where it fails, and what happens to images of another kind."""

import streamlit as st
import torch

from ae_core.data.datasets import INFO, absence, on_disk, others_like
from ae_core.data.items import resized, to_float
from ae_core.evaluation.metrics import SAMPLE, has_ssim
from ae_core.models.codec import reconstruct
from ui.figures import charts
from ui.figures.items import in_a_strip
from ui.figures.pictures import Panel, Row, bottleneck_html, difference, strip_html
from ui.figures.tables import table_html
from ui.reconstruct import examples
from ui.visit import caches, link, shelf, widget_values
from ui.widgets.picture_input import ASKED, OWN, own_picture, own_sources

entry = shelf.current_entry("reconstruct")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]
pca = run.pca_at_code_size
IMAGES = "-".join(map(str, (config.dataset, *config.classes)))  # other images are another slider
START = widget_values.first_image(IMAGES)

COUNT = min(10, in_a_strip(info))

st.title("Reconstruct")
st.write(
    f"**{entry.title}.** Each of the {info.items} is squeezed into {config.code_size} numbers and drawn again from them alone. "
    "All that are shown are held out: the model never saw them in training."
)


@st.fragment
def originals() -> None:
    """Show ten held-out images, their reconstructions by the autoencoder and by PCA, and the errors."""
    images = caches.held_out_of(config)
    last = max(0, len(images.images) - COUNT)
    with st.container(key="first_image"):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        start = link.slider(
            f"First {info.items.removesuffix('s')}",
            0,
            last,
            0,
            name="start",
            key=START,
            help=info.spoken("Which of the held-out images to show."),
        )
    with right:
        if not link.holds("start"):
            st.button(
                f"{'Ten' if COUNT == 10 else 'Five'} at random",
                on_click=_shuffle,
                args=(last,),
                width="stretch",
                icon=":material/shuffle:",
            )
    shown = to_float(images.images[start : start + COUNT])
    decoded, linear = reconstruct(run.model, shown), reconstruct(pca, shown)
    error, pca_error = (decoded - shown).square().mean(), (linear - shown).square().mean()
    errors = (
        Row("Error", difference(decoded, shown), small="autoencoder"),
        Row("Error", difference(linear, shown), small="PCA"),
    )
    st.html(
        strip_html(
            [
                Row("Original", shown, small="held out"),
                Row(
                    "Autoencoder",
                    decoded,
                    f"{error:.4f}<small>error of these</small>",
                    f"code of {config.code_size}",
                    "ae",
                    over=shown,
                ),
                Row("PCA", linear, f"{pca_error:.4f}<small>error of these</small>", "same size", "pca", over=shown),
                *(errors if info.kind == "image" else ()),  # of others the error is shaded where it is made
            ],
            info,
        )
    )
    link.publish(config, start=start)


def _shuffle(last: int) -> None:
    widget_values.write(START, int(torch.randint(last + 1, (1,))))


if on_disk(config.dataset):
    originals()
else:
    st.info(
        f"Its held-out {info.items} cannot be shown. {absence(config.dataset)} Below, others go through this model."
    )
    link.publish(config)

m = run.metrics
others = others_like(config.dataset)
never_seen: dict[str, int] = {}  # classes of its own data set that it did not learn from
if config.classes and on_disk(config.dataset):
    never_seen = {name: index for index, name in enumerate(info.class_names) if index not in config.classes}


@st.fragment
def foreign() -> None:
    """Show what the run makes of images that it was not trained on: other data sets, other classes, the visitor's own."""
    sources = [*never_seen, *others, *own_sources(info)]
    if not sources:
        return
    st.subheader(f"{info.items.capitalize()} of another kind{', and yours' if own_sources(info) else ''}")
    st.write("An autoencoder is data-specific: it draws everything with the strokes it knows.")
    source = st.segmented_control(
        f"{info.items.capitalize()} of",
        sources,
        default=sources[0],
        format_func=lambda name: INFO[name].title if name in INFO else name,
        required=True,
        key=f"foreign_{IMAGES}",
        persist_state="session",
        wrap=True,
    )
    if source in OWN:
        own(source)
        return
    if source in never_seen:
        images, title = caches.held_out(config.dataset).of_classes([never_seen[source]]), f"{info.title}: {source}"
    else:
        images, title = caches.held_out(source), INFO[source].title
    shown = resized(to_float(images.images[:COUNT]), info.shape)
    as_shown = f"as {info.shape[1]} × {info.shape[2]} pixels" if info.kind == "image" else ""
    decoded, linear = reconstruct(run.model, shown), reconstruct(pca, shown)
    error, pca_error = (decoded - shown).square().mean(), (linear - shown).square().mean()
    st.html(
        strip_html(
            [
                Row(title, shown, small=as_shown),
                Row(
                    "Autoencoder", decoded, f"{error:.4f}<small>at home {m['mse']:.4f}</small>", actor="ae", over=shown
                ),
                Row(
                    "PCA", linear, f"{pca_error:.4f}<small>at home {m['pca_mse']:.4f}</small>", actor="pca", over=shown
                ),
            ],
            info,
        )
    )


def own(source: str) -> None:
    """Show the visitor's own picture, its code, and what the autoencoder and PCA make of it."""
    with st.container(key="own_and_result"):
        left, right = st.columns([2, 5], gap="large")
    with left:
        image = own_picture(info, source)
    with right:
        if image is None:
            st.info(f"{ASKED[source]}, squeezed through {config.code_size} numbers.")
            return
        code = run.model.encode(image)
        decoded, linear = run.model.decode(code), reconstruct(pca, image)
        error, pca_error = ((other - image).square().mean() for other in (decoded, linear))
        st.html(
            bottleneck_html(
                info,
                Panel("Yours", image[0], "as the model sees it"),
                code[0],
                ("Code", f"{config.code_size} number{'s' if config.code_size > 1 else ''}"),
                Panel("Autoencoder", decoded[0], f"squared error {error:.4f}", "ae", over=image[0]),
                Panel("PCA, same size", linear[0], f"squared error {pca_error:.4f}", "pca", over=image[0]),
            )
        )


foreign()

st.subheader("In numbers")
st.caption(
    f"Over all {'' if config.classes else f'{info.test_count:,} '}held-out {info.items}"
    + (" of the classes that it learned from" if config.classes else "")
    + (
        f"; {'SSIM and trustworthiness' if has_ssim(info.shape) else 'trustworthiness'} over the first {SAMPLE:,}."
        if info.test_count > SAMPLE
        else "."
    )
)
names = {
    "mse": (f"Mean squared error of the {info.unit}", "{:.5f}", "less is better"),
    "sse": ("Summed squared error", "{:.3f}", "less is better"),
    "psnr": ("PSNR, dB", "{:.2f}", "more is better"),
    "ssim": ("Structural similarity (SSIM)", "{:.4f}", "more is better"),
    "knn_accuracy": ("5-NN accuracy of the codes", "{:.4f}", "more is better"),
    "trustworthiness": ("Trustworthiness of the codes", "{:.4f}", "more is better"),
}
if info.factors:
    names["mig"] = ("Mutual information gap of the codes (MIG)", "{:.4f}", "more is better")
st.html(
    table_html(
        [("Metric", ""), ("Autoencoder", "ae"), ("PCA, same size", "pca"), ("Which way", "")],
        [
            [title, form.format(m[name]), form.format(m[f"pca_{name}"]), way]
            for name, (title, form, way) in names.items()
            if name in m
        ]
        + [
            [
                f"The mean of all {info.items} as the answer to everything (MSE)",
                f"{m['mean_image_mse']:.5f}",
                "",
                "less is better",
            ]
        ],
    )
)

if on_disk(config.dataset):
    st.subheader("Its best and its worst")
    errors = examples.errors(entry.id, run)
    images = caches.held_out_of(config).images
    order = errors.argsort()
    for title, picked in (("Best", order[:COUNT]), ("Worst", order[-COUNT:].flip(0))):
        shown = to_float(images[picked])
        note = f"{errors[picked].mean():.4f}<small>mean error</small>"
        st.html(
            strip_html(
                [
                    Row(title, shown, small="originals"),
                    Row("Autoencoder", reconstruct(run.model, shown), note, actor="ae", over=shown),
                ],
                info,
            )
        )
    st.caption(
        f"Of the first {len(errors):,} held-out {info.items}. The best are the plainest, the worst the oddest"
        + (" and have the most ink: squared error counts ink." if info.kind == "image" else ".")
    )
    st.plotly_chart(charts.error_histogram(errors, info), key="errors", config=charts.BARE, width="stretch")

"""Compress: codes as real files, byte for byte beside PCA and the formats that one would use instead."""

from collections.abc import Mapping

import streamlit as st

from ae_core.data import own_patches
from ae_core.data.datasets import INFO, absence, default_dataset, on_disk
from ae_core.runs import zoo
from ae_core.tasks.compression.sources import COUNT, SOURCES, title_of
from ae_core.tasks.compression.study import compression_study
from ae_core.tasks.study import Answer
from ui.compress.figure import FILES, MEASURES, show_dial, show_file, show_upload, take_home
from ui.visit import link, shelf, studies
from ui.widgets.expander import reading
from ui.widgets.study_view import show_study

entry = shelf.current_entry("compress")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Compress")
st.write(
    f"**{entry.title}** writes {COUNT} images into a file, and every byte of it is counted. Drag the bytes, and see what is "
    "left of the same images in as many bytes of anything else."
)


def refuse(why: str) -> None:
    """Say why this run cannot be shown here, and offer one that can."""
    st.info(why)
    if (shipped := zoo.suiting(default_dataset(), "code-64")) is not None:
        st.button(f"Open {shipped.title}", on_click=shelf.choose_shipped, args=(shipped.name,))
    link.publish(config)


def bench() -> None:
    """Show the dial beside the controls that choose what is compressed, and the file under them."""
    with st.container(key="picture_and_panel"):
        picture, panel = st.columns([5, 2], gap="large")
    with panel:
        source = link.segments(
            "Images",
            SOURCES,
            "own",
            name="images",
            key=f"compress_images_{config.dataset}",
            format_func=lambda one: title_of(one, config.dataset),
            help="The held-out images of its own data set, or foreign ones through the same coder.",
        )
        mode = link.segments(
            "Files",
            list(FILES),
            "hundred",
            name="files",
            key="compress_files",
            format_func=FILES.__getitem__,
            help="A file of a hundred images has one header; of the image formats it is one sheet of 10 × 10.",
        )
        measure = link.segments(
            "Measure",
            list(MEASURES),
            "psnr",
            name="measure",
            key="compress_measure",
            format_func=MEASURES.__getitem__,
            help="By which the nearest is told: PSNR counts squared errors, SSIM compares structure.",
        )
        if source != "own":
            st.caption("This run has seen nothing like them: its code has no words for what it never learned.")
    with picture:
        show_study(
            compression_study(run, studies.name_of(entry), source),
            lambda answers: shown(answers, mode, measure, source),
        )


def shown(answers: Mapping[str, Answer], mode: str, measure: str, source: str) -> None:
    """Show what there is of the study."""
    most = show_dial(answers, mode, measure)
    show_file(run, answers, most)
    take_home(run if source == "own" else None, answers, most)
    show_upload(run, answers)
    link.publish(config, images=source, files=mode, measure=measure, bytes=most)


if own_patches.is_own(config.dataset):
    refuse("Patches of a picture of yours are kept for you alone, and no worker has them: this page needs another run.")
elif not on_disk(config.dataset):
    refuse(f"{absence(config.dataset)} A coder is fitted on training images, so this page needs another run.")
else:
    bench()

reading(
    "How a code becomes bytes",
    "The code's numbers are first **turned and scaled**, so that each matters as much to the picture as any other and none "
    "says another's: the decoder's slopes and the codes' covariance on training images say how. Then they are **rounded** to "
    "multiples of a step, and for each image whole numbers near by are **searched** that draw a nearer picture for as many "
    "bits: a network's encoder is quick, not best. Last, a range coder (`constriction`) writes them by how likely they are "
    "under a **mixture of normal distributions** that was fitted on training codes; it is kept with the run, as its decoder is. "
    "Nothing here was fitted or chosen on the images that are shown. PCA goes the same way, with as many components as pay.\n\n"
    "**Why headers count.** A JPEG of one image of 28 × 28 takes 200 bytes, and nearly all of them are tables and names: the "
    "picture itself is some thirty. A file of a hundred images has one header, so that a method is compared by what it knows of "
    "pictures. The image formats get one sheet of 10 × 10 for that, which is unkind to none of them: their blocks of 8 or 16 pixels "
    "fall across the images' edges as they do in any photograph.\n\n"
    "**What it is not.** The network that reads the file is a few hundred kB, and who receives one file alone has to have that, too. "
    "It knows its own data set and nothing else: choose foreign images, and the formats that know any picture win.",
)

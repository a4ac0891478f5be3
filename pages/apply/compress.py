"""Compress: codes as files, beside PCA and image formats at the same bytes."""

import streamlit as st

from ae_core.data import own
from ae_core.data.datasets import INFO
from ae_core.evaluation.metrics import has_ssim
from ae_core.tasks.compression.images import OWN, TOGETHER, choices, in_words
from ae_core.tasks.compression.opening import ENDING
from ui.compression import dial, file
from ui.compression.curves import WAYS
from ui.visit import link, shelf, studies
from ui.widgets.expander import reading
from ui.widgets.other_run import nothing_to_do

entry = shelf.current_entry("compress")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]
MEASURES = {"psnr": "PSNR", "ssim": "SSIM"}
_FORMATS = (
    "- **Headers dominate** at 28 × 28 pixels: a JPEG says some 170 bytes about itself before the first pixel, and an AVIF "
    "some 300. A hundred images in one file share one header, so that is the fair comparison; *each by itself* shows what it "
    "hides.\n"
    "- **Formats know nothing of digits.** The network does, and that knowledge is in its weights, which are in no file: it "
    "pays for many images of one sort. For foreign images it is worth nothing, and formats win; try some.\n"
    "- **The curve of a run ends:** finer steps cost bytes, but the network draws no better than its code allows. Formats go "
    "on until nothing is lost.\n"
)
_ALONE = (
    "- **What knows the data is in no file:** the weights of the network, and PCA's directions. They pay for many images of "
    "one sort.\n"
    "- **The curve of a run ends:** finer steps cost bytes, but the network draws no better than its code allows.\n"
)
CODES = {"searched": "Searched", "encoder": "The encoder's"}

st.title("Compress")


def bench() -> None:
    """Show the images at equal bytes beside the controls, and under them the files."""
    rivals = ", PCA and the formats that one would use instead" if info.kind == "image" else " and PCA"
    st.write(
        f"**{entry.title}** writes its codes of {config.code_size} numbers as real files, down to the last byte. **Turn the "
        f"dial**, and see what it{rivals} make of the same {info.items} in the same bytes."
    )
    name = studies.name_of(entry)
    with st.container(key="picture_and_panel"):
        picture, panel = st.columns([5, 2], gap="large")
    with panel:
        options = {
            name: f"{in_words(config, OWN)}, held out" if name == OWN else f"Foreign: {INFO[name].title}"
            for name in choices(config)
        }
        source = link.selectbox(
            info.spoken("Images"),
            list(options),
            OWN,
            name="images",
            key=f"compression_images_{config.dataset}",
            format_func=options.__getitem__,
            help=info.spoken(
                "Held-out images of what the run was trained on, or foreign ones, resized: what it has never seen it "
                "cannot say in few bytes."
            ),
        )
        together = min(TOGETHER, dial.counted(run, source))
        way = link.segments(
            "Files",
            list(WAYS),
            "together",
            name="files",
            key="compression_files",
            format_func=lambda name: WAYS[name].format(count=together),
            help=info.spoken(f"One header for {together} images, or one for each.")
            + (" Image formats get them as one sheet of tiles." if info.kind == "image" else ""),
        )
        codes = link.segments(
            "Codes",
            list(CODES),
            "searched",
            name="codes",
            key="compression_codes",
            format_func=CODES.__getitem__,
            help="The encoder's code is a first guess: a search downhill from it finds one that costs less error and fewer "
            "bytes, and whoever decodes notices no difference. PCA's are searched for as well.",
        )
        measure = link.segments(
            "Chart",
            list(MEASURES) if has_ssim(info.shape) else ["psnr"],
            "psnr",
            name="measure",
            key="compression_measure",
            format_func=MEASURES.__getitem__,
            help="What stands upwards: the peak signal-to-noise ratio, or structural similarity.",
        )
        st.caption(
            "PCA has up to 256 components and is rounded, searched and range-coded as the network's code is."
            + (" PNG loses nothing." if info.kind == "image" else "")
        )
    search = codes == "searched"
    figures, files = st.container(), st.container()
    with files:
        st.subheader("Write a file")
        asked = file.ask(run)

    def publish() -> None:
        link.publish(
            config, images=source, files=way, codes=codes, measure=measure, bytes=dial.bytes_in_link(), step=asked.step
        )

    with picture:
        dial.pictures(run, name, source, way, measure, search=search, publish=publish)
    with figures:
        dial.below(run, name, source, way, search=search)
    file.write(asked, run, name, search=search)
    st.subheader("Read it again")
    file.open_file(run, name)


if not nothing_to_do(
    entry,
    info.spoken("How codes are written is fitted on training images."),
    ENDING,
):
    bench()
elif not own.is_own(config.dataset):
    st.subheader("Read a file")
    st.write(info.spoken("To read a file of this run no image is needed, only what it was written by."))
    file.open_file(run, studies.name_of(entry))

reading(
    "How to read it",
    info.spoken(
        "- **From code to bytes:** the code is turned into directions in which a step costs equal error everywhere, and which are "
        "uncorrelated; each is rounded to whole steps. Training codes lie in heaps, a mixture of up to 160 normal distributions: "
        "a file says of each image its heap, and then its whole numbers, which a range coder writes in hardly more bits than they "
        "are unlikely in that heap.\n"
        "- **A search** goes downhill from the encoder's code on squared error plus the price of the bytes, where each number is "
        "rounded down or up by chance, ever less so. Whoever decodes notices nothing of it.\n"
        "- **The file** has a header of 25 bytes: it names the run by the key of its settings and a hash of its weights, its coder "
        "(the directions and the heaps), the step and the number of images. Without that run nobody can read it.\n"
        + (_FORMATS if info.kind == "image" else _ALONE)
        + "- **What is chosen is chosen on training images:** the step where the dial starts, and how codes are written. Held-out "
        "images are only counted."
    ),
)

"""Can it be read?: noisy images and scans, read as they are, after each repair, and by who was trained on noise."""

import streamlit as st

from ae_core.data import own
from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.datasets import INFO, absence, on_disk
from ae_core.runs import zoo
from ae_core.tasks.reading.opening import ENDING, GRAIN
from ae_core.tasks.reading.reader import has_reader
from ae_core.tasks.reading.scan import GRAINS, SCANS
from ui.reading import images, scans
from ui.visit import caches, link, shelf
from ui.widgets.expander import reading
from ui.widgets.other_run import offer_other_run

entry = shelf.current_entry("reading")
run = shelf.run_of(entry)
config, info = run.config, INFO[run.config.dataset]

st.title("Can it be read?")
VIEWS = {"images": "Images", "scan": "A scanned page"}
view = link.segments(
    "What is read",
    list(VIEWS),
    "images",
    name="read",
    key="reading_view",
    format_func=VIEWS.__getitem__,
    label_visibility="collapsed",
    help="Images of the run's data set, or a page of text.",
)


def bench() -> None:
    """Show the row of images and the curve beside the controls of the noise."""
    asked = "" if link.holds("strength") else " **Drag the noise**, and watch who still reads."
    st.write(
        f"A denoiser is good for something if what it gives back **can be read**. **{entry.title}** repairs noisy images, and a "
        f"small reader says what it sees.{asked}"
    )
    with st.container(key="picture_and_panel"):
        picture, panel = st.columns([2, 1], gap="large")
    with panel:
        noise = link.selectbox(
            "Noise",
            [name for name in CORRUPTIONS if name != "none"],
            config.corruption if config.corruption != "none" else "gaussian",
            name="noise_kind",
            key="reading_noise",
            format_func=lambda name: CORRUPTIONS[name].label,
            help="What to do to the images. The model learned one of these at most; the rival this one alone, or all of them where no such reader comes with the lab.",
        )
        count = len(caches.held_out_of(config).images)
        start = link.number_input(
            "First image",
            0,
            max(0, count - images.in_a_row(config.dataset)),
            0,
            name="start",
            key=f"reading_start_{config.dataset}{'-'.join(map(str, config.canonical().classes))}",
            help="The number of the row's first image among the held-out ones.",
        )
        draw = link.number_input(
            "Noise draw",
            0,
            9999,
            0,
            name="draw",
            key="reading_draw",
            help="Another number is another draw of the row's noise. The curves keep theirs.",
        )
        if config.corruption == "none":
            st.caption("This run was never shown noise: what it repairs, its narrow code repairs alone.")
            if (shipped := zoo.suiting(config.dataset, ENDING)) is not None:
                st.button(f"Open {shipped.title}", on_click=shelf.choose_shipped, args=(shipped.name,))

    def publish(strength: float) -> None:
        link.publish(config, read=view, noise_kind=noise, strength=strength, draw=draw, start=start)

    with picture:
        images.show(entry, run, noise, draw, start, publish)


def scanned() -> None:
    """Show the scan after each way of cleaning, above the controls of its noise."""
    st.write(
        "Before a machine reads a page, the page is made black and white. Noise makes that hard: here the lab's network for "
        "photographs cleans a scan first. It is the same network whatever run is on the shelf."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scan = link.segments(
            "Scan",
            list(SCANS),
            "page",
            name="scan",
            key="reading_scan",
            format_func=SCANS.__getitem__,
            help="Both come with scikit-image.",
        )
        grain = link.segments(
            "Noise that is added",
            [str(grain) for grain in GRAINS],
            str(GRAIN),
            name="grain",
            key="reading_grain",
            format_func=lambda grain: "none" if grain == "0" else f"{grain} of 255",
            help="The standard deviation of Gaussian noise, of 255 steps from black to white.",
        )
    scans.show(scan, int(grain))
    link.publish(config, read=view, scan=scan, grain=grain)


if view == "scan":
    scanned()
elif not has_reader(config.dataset):
    offer_other_run(
        entry,
        f"{info.title} have no classes that could be read, so the lab has no reader of them."
        if own.is_own(config.dataset) or config.dataset.startswith("patches")
        else f"The lab has no reader of {info.title}.",
        ENDING,
    )
elif not on_disk(config.dataset):
    offer_other_run(entry, f"{absence(config.dataset)} Without them there is nothing to read.", ENDING)
else:
    bench()

reading(
    "How to read it",
    "- **A picture that looks better is not one that is read better.** A denoiser draws what it saw often: it can turn a noisy "
    "4 into a fine 9. Whether it helps, only a reader says.\n"
    "- **The rival needs no repair.** Whoever knows what noise will come can train the reader on noisy images. A denoiser pays "
    "where the reader cannot be trained again, or where it has to read what it never saw. Of Gaussian noise "
    "the rival learned that alone, and of every other kind all at once: one that had learned only the noise on screen might "
    "read more still.\n"
    "- **✓ is read, ✗ is misread**; beside it stands what was read, where its name is short. Choose an image to be told in "
    "words.\n"
    "- **Two ways are told apart** where their difference is over two standard errors, counted from the images that one of them "
    "reads and the other does not (McNemar 1947).\n"
    "- **Otsu's threshold** is one for the whole page, so a shadow turns black. **Sauvola's** follows the light around each "
    "pixel, and takes noise in empty paper for ink.",
)

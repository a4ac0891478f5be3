"""A file: images are compressed and downloaded, and a file that is uploaded gives its images back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from ae_core.data.datasets import INFO, DatasetInfo
from ae_core.data.items import to_bytes, to_float
from ae_core.errors import LabError
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ae_core.tasks.compression import coder_file
from ae_core.tasks.compression.coder import STEPS
from ae_core.tasks.compression.container import MAGIC, SUFFIX, read
from ae_core.tasks.compression.images import TOGETHER
from ae_core.tasks.compression.writing import study_of_file, study_of_reading
from ae_core.tasks.study import Answer
from ae_core.text import as_written
from ui.figures.pictures import Row, strip_html
from ui.figures.tables import facts_html
from ui.visit import caches, link, shelf
from ui.visit.state import visit
from ui.widgets.picture_input import ASKED, own_picture, own_sources
from ui.widgets.study_view import show_study

HELD_OUT = "Held out"
FIRST_STEP = 64
_SHOWN = 10  # images of a file


@dataclass(frozen=True, eq=False)
class Asked:
    """What is to be written: the images, uint8 (N, C, H, W), or None while there are none; and the step."""

    source: str
    images: Tensor | None
    step: int
    place: DeltaGenerator  # where the file is shown


def ask(run: Run) -> Asked:
    """Show the controls that say what is to be written by a run."""
    info = INFO[run.config.dataset]
    spoken, sources = info.spoken, [HELD_OUT, *own_sources(info)]
    left, right = st.columns([3, 5], gap="large")
    with left:
        source = st.segmented_control(
            spoken("Images to write"),
            sources,
            default=HELD_OUT,
            required=True,
            key="compression_source",
            persist_state="session",
            wrap=True,
            help=spoken(
                "Held-out images"
                + (", or one of your own. That is kept for you alone, and is in no link." if len(sources) > 1 else ".")
            ),
        )
        images = _held_out(run) if source == HELD_OUT else _own(run, source)
        step = link.slider(
            "Step",
            0,
            STEPS - 1,
            FIRST_STEP,
            name="step",
            key="compression_step",
            help="What codes are rounded to: 0 is the coarsest, and 16 further the step is half as wide.",
        )
    return Asked(source, images, int(step), right)


def write(asked: Asked, run: Run, run_name: str, *, search: bool) -> None:
    """Write the file that was asked for, show what is in it, and offer it.

    Args:
        asked: what is to be written.
        run: that compresses.
        run_name: what names it in a study's key.
        search: whether better codes than the encoder's are searched for.
    """
    with asked.place:
        if asked.images is None:
            st.info(f"{ASKED[asked.source]}, as it is read from its file.")
            return
        pixels = asked.images.numpy()

        def draw(answers: Mapping[str, Answer]) -> None:
            if "file" in answers:
                _file(run, pixels, answers["file"])

        study = study_of_file(run, run_name, pixels, asked.step, search)
        state = visit().compression
        if state.wanted != study.key:
            st.button(
                f"Compress {_counted(len(pixels), INFO[run.config.dataset])}",
                type="primary",
                icon=":material/compress:",
                on_click=_want,
                args=(study.key,),
                help="Writes the file, counts its bytes, and shows what is read from it.",
            )
            st.caption(f"{pixels.nbytes:,} bytes as they are.")
            return
        show_study(study, draw)


def _counted(count: int, info: DatasetInfo) -> str:
    """Return how many items of a data set there are: "1 image", "20 beats"."""
    return f"{count:,} {info.item if count == 1 else info.items}"


def _want(key: str) -> None:
    visit().compression.wanted = key


def _held_out(run: Run) -> Tensor:
    held_out = caches.held_out_of(run.config).images
    count = st.slider(
        "How many",
        1,
        min(TOGETHER, len(held_out)),
        min(20, len(held_out)),
        key="compression_count",
        persist_state="session",
        help="The first so many. The header is the same for one as for all.",
    )
    return held_out[:count]


def _own(run: Run, source: str) -> Tensor | None:
    picture = own_picture(INFO[run.config.dataset], source)
    return None if picture is None else to_bytes(picture)


def _file(run: Run, pixels: np.ndarray, answer: Answer) -> None:
    data = answer["file"].tobytes()
    count, spoken = len(pixels), INFO[run.config.dataset].spoken
    st.html(
        facts_html(
            [
                (f"{len(data):,}", "bytes, all of the file", "ae"),
                (f"{len(data) / count:.1f}", spoken("bytes an image"), ""),
                (
                    f"{pixels.nbytes / len(data):.0f} ×",
                    spoken(f"smaller than the {pixels.nbytes:,} bytes of the pixels"),
                    "",
                ),
                (f"{answer['zlib']:,}", "bytes with zlib for the range coder", ""),
                (f"{answer['psnr']:.1f} dB", "PSNR of what is read from it", ""),
            ]
        )
        + _beside(run, pixels, answer["read"])
    )
    coder = answer["coder"].tobytes()
    with st.container(horizontal=True):
        st.download_button(
            f"Download the file ({len(data):,} bytes)",
            data=data,
            file_name=f"{run.config.dataset}{SUFFIX}",
            mime="application/octet-stream",
            on_click="ignore",
            type="primary",
            icon=":material/download:",
            help="Its header names the run that decodes it. Upload it below, and the images are back.",
        )
        st.download_button(
            f"Its coder ({len(coder) / 1000:,.0f} kB)",
            data=coder,
            file_name=f"{run.config.dataset}{coder_file.SUFFIX}",
            mime="application/octet-stream",
            on_click="ignore",
            icon=":material/key:",
            help="One for all files of this run. Beside the run it is all that another machine needs to read them, images or "
            "not; here it is known.",
        )


def _beside(run: Run, pixels: np.ndarray, read_again: np.ndarray) -> str:
    info = INFO[run.config.dataset]
    rows = [
        Row("Before", to_float(torch.from_numpy(pixels[:_SHOWN]))),
        Row("From the file", to_float(torch.from_numpy(read_again[:_SHOWN])), actor="ae"),
    ]
    return strip_html(rows, info)


@st.fragment
def open_file(run: Run, run_name: str) -> None:
    """Ask for a file, and show the images that are read from it.

    Args:
        run: on screen.
        run_name: what names it in a study's key.
    """
    given = st.file_uploader(
        f"A file that Compress wrote ({SUFFIX})",
        key="compression_file",
        accept_multiple_files=True,
        max_upload_size=max(1, coder_file.MOST_BYTES // 2**20),
        help="It is read by the run that wrote it, which its header names. Where it was written on another machine, add its "
        f"coder ({coder_file.SUFFIX}) to it.",
    )
    if not given:
        return
    files = [file.getvalue() for file in given]
    compressed = [file for file in files if file.startswith(MAGIC)]
    others = [file for file in files if not file.startswith(MAGIC)]
    # of several the last that came, as whoever adds one wants to see it
    data = (compressed or others)[-1]
    coder = others[-1] if compressed and others else b""
    try:
        header, _ = read(data)
    except LabError as error:
        st.error(as_written(str(error)), icon=":material/broken_image:")
        return
    if header.run != run.config.key and (shipped := zoo.BY_KEY.get(header.run)) is not None:
        st.info(f"This file was written by another run: {shipped.title}.")
        st.button(f"Open {shipped.title}", on_click=shelf.choose_shipped, args=(shipped.name,), key="compression_other")
        return

    def draw(answers: Mapping[str, Answer]) -> None:
        found = answers.get("read", {})
        if "refusal" in found:
            st.error(as_written(found["refusal"]), icon=":material/broken_image:")
        elif "read" in found:
            pictures = to_float(torch.from_numpy(found["read"]))
            info = INFO[run.config.dataset]
            st.markdown(f"**{_counted(header.count, info)}** from {len(data):,} bytes:")
            rows = [Row("" if at else "Read", part, actor="ae") for at, part in enumerate(pictures[:30].split(_SHOWN))]
            st.html(strip_html(rows, info))

    show_study(study_of_reading(run, run_name, data, coder), draw)

"""The byte dial, what it says in words and numbers, and the files: to download, and to upload again."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import streamlit as st
import torch

from ae_core.errors import LabError
from ae_core.export.compression import compression_script
from ae_core.runs import zoo
from ae_core.runs.run import Run
from ae_core.tasks.compression.coder import Coder
from ae_core.tasks.compression.container import HEADER_BYTES, MAX_BYTES, from_file
from ae_core.tasks.compression.files import decompress
from ae_core.tasks.compression.formats import FORMATS
from ae_core.tasks.compression.study import files_of, gathered
from ae_core.tasks.compression.verdict import in_words, leaders
from ae_core.tasks.study import Answer
from ae_core.text import as_written
from ui.components.byte_dial import Method, byte_dial, dial_data
from ui.components.shared.sheets import mosaic
from ui.figures.tables import caption_html
from ui.visit import link, shelf
from ui.visit.state import visit

_KEY = "byte_dial"
START = {"hundred": 20.0, "single": 60.0}  # bytes an image
FILES = {"hundred": "100 in one file", "single": "Each by itself"}
MEASURES = {"psnr": "PSNR", "ssim": "SSIM"}
_LARGEST = 100_000.0  # bytes an image that a link may ask for
_COLUMNS = 20  # of the pictures that an uploaded file holds
_SHOWN = 200  # of these at most


def methods_of(answers: Mapping[str, Answer], mode: str) -> list[Method]:
    """Return the methods that there are points of, this run first.

    Args:
        answers: of the study so far.
        mode: how the images lie in files.
    """
    names = {"ae": ("This run", "this run", "ae"), "pca": ("PCA", "PCA", "pca")}
    names |= {key: (one.name, one.name, "") for key, one in FORMATS.items()}
    found = []
    for key, name in names.items():
        points, tiles = gathered(answers, key)
        shown = [point for point in points if point["mode"] == mode]
        if shown and tiles is not None:
            found.append(Method(*name, shown, tiles))
    return found


def show_dial(answers: Mapping[str, Answer], mode: str, measure: str) -> float:
    """Show the dial with what there is of the study, and return the bytes an image that it stands at.

    Args:
        answers: of the study so far.
        mode: how the images lie in files.
        measure: "psnr" or "ssim".
    """
    state = visit().compress
    if state.bytes is None or link.holds("bytes"):
        state.bytes = link.number("bytes", START[mode], 0.1, _LARGEST)
    methods = methods_of(answers, mode)
    if not methods or "png" not in answers:
        st.info("The first pictures come in a moment.")
        return state.bytes
    held = "hidden" if link.hides("bytes") else "fixed" if link.holds("bytes") else ""
    data = dial_data(
        answers["png"]["originals"], methods, start=state.bytes, mode=FILES[mode].lower(), measure=measure, held=held
    )
    byte_dial(_KEY, data, on_bytes=_take_bytes)
    said = in_words(leaders({method.said: method.points for method in methods}, mode, measure))
    st.markdown(f"By {MEASURES[measure]}: {said}")
    return state.bytes


def _take_bytes() -> None:
    value = st.session_state[_KEY].get("bytes")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= _LARGEST:
        visit().compress.bytes = float(f"{value:.3g}")


def show_file(run: Run, answers: Mapping[str, Answer], most: float) -> None:
    """Show the button for the run's own file of a hundred images that the dial stands at.

    Args:
        run: on screen.
        answers: of its study so far.
        most: bytes an image.
    """
    files = files_of(answers)
    if not files:
        return
    within = [one for one in files if len(one[1]) <= 100 * most] or files[:1]
    step, data = within[-1]
    points = [one for part in answers for one in (answers[part]["points"] if part.startswith("ae ") else ())]
    own = next((one for one in points if one["mode"] == "hundred" and one["bytes"] == len(data) / 100), None)
    zlib = f" zlib would make {own['zlib'] * 100:,.0f} of it." if own else ""
    st.download_button(
        f"Compress: a file of {len(data):,} bytes",
        data,
        f"{run.config.key}-{len(data)}.aelz",
        "application/octet-stream",
        on_click="ignore",
        icon=":material/compress:",
        help="The hundred images as this run writes them at the dial's bytes. Upload it below, and they are back.",
    )
    st.html(
        caption_html(
            f"Quantised in steps of {step:.3g}; {HEADER_BYTES} bytes of it say which run and coder read it, how many images "
            f"there are, and whether all is whole.{zlib}"
        )
    )


def show_upload(run: Run, answers: Mapping[str, Answer]) -> None:
    """Show the uploader of a compressed file, and the pictures that it gives back.

    Args:
        run: on screen, which reads its own files.
        answers: of its study so far, the coder among them.
    """
    file = st.file_uploader(
        "A compressed file, to get its pictures back", key="compress_file", help="One that was downloaded here."
    )
    data = getattr(file, "getvalue", bytes)()[: MAX_BYTES + 1] if file is not None else b""
    if file is None:
        return
    if "coder" not in answers:
        st.caption("It is read as soon as this run's coder is here.")
        return
    try:
        header, _ = from_file(data)
        other = zoo.BY_KEY.get(header.run)
        if header.run != run.config.key and other is not None and other.path.is_file():
            st.info(f"This file was written by **{other.title}**.")
            st.button("Put that run on screen", on_click=shelf.choose_shipped, args=(other.name,), key="compress_other")
            return
        images = decompress(data, run, Coder.from_arrays(answers["coder"]["arrays"]))
    except LabError as error:
        st.error(as_written(error), icon=":material/broken_image:")
        return
    st.success(f"{len(data):,} bytes gave back {len(images):,} images.", icon=":material/unarchive:")
    shown = images[:_SHOWN]
    columns = min(_COLUMNS, len(shown))
    blank = torch.zeros(-len(shown) % columns, *shown.shape[1:])
    url = mosaic(torch.cat([shown, blank]), columns)
    st.html(f'<img class="px" src="{url}" alt="{len(shown)} images from the file">')


def take_home(run: Run | None, answers: Mapping[str, Answer], most: float) -> None:
    """Show the buttons for the numbers as CSV, and for the script.

    Args:
        run: on screen; None where its images are foreign, which the script does not have.
        answers: of its study so far.
        most: bytes an image, which the script's step is chosen for.
    """
    files = [one for one in files_of(answers) if len(one[1]) <= 100 * most] or files_of(answers)[:1]
    with st.container(horizontal=True):
        st.download_button(
            "Numbers as CSV",
            lambda: numbers_csv(answers),
            "compression.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/table:",
        )
        if files and run is not None:
            repeated = run
            step = files[-1][0]
            st.download_button(
                "Script",
                lambda: compression_script(repeated, step),
                "compress.py",
                "text/x-python",
                on_click="ignore",
                icon=":material/code:",
                help="Trains this run again and writes the same hundred held-out images, without the lab.",
            )


def numbers_csv(answers: Mapping[str, Answer]) -> str:
    """Write every point of every method as CSV: a row each."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["method", "files", "setting", "bytes_per_image", "psnr_db", "ssim", "zlib_bytes_per_image"])
    for mode, words in FILES.items():
        for method in methods_of(answers, mode):
            for p in method.points:
                zlib = f"{p['zlib']:.2f}" if p["zlib"] else ""
                near = "inf" if p["psnr"] >= 120 else f"{p['psnr']:.3f}"
                rows.writerow([method.name, words, p["setting"], f"{p['bytes']:.2f}", near, f"{p['ssim']:.4f}", zlib])
    return out.getvalue()

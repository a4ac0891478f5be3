"""A study of a run's compression on the page: the pictures at equal bytes, the chart, what wins, the downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import streamlit as st
import torch

from ae_core.data.datasets import INFO, DatasetInfo
from ae_core.export.compression import compression_script
from ae_core.jobs.job import State
from ae_core.runs.run import Run
from ae_core.tasks.compression.images import MOST_ALONE, OWN, TOGETHER, count_of, in_words
from ae_core.tasks.compression.study import PCA, RUN, merged, study
from ae_core.tasks.study import Answer
from ui.components.byte_dial import FEWEST, MOST, byte_dial, byte_dial_data, bytes_of
from ui.compression.curves import methods_of, numbers, suggested, verdict
from ui.figures.items import draw as draw_items
from ui.figures.tables import caption_html
from ui.visit import caches, link, studies, widget_values
from ui.visit.state import visit
from ui.widgets.study_view import show_study
from ui.widgets.take_home import numbers_taken, script_taken, take_home

_EVERY = 1.0  # seconds between two looks at what is under way


def pictures(
    run: Run, run_name: str, source: str, way: str, measure: str, *, search: bool, publish: Callable[[], None]
) -> None:
    """Show the images at equal bytes under the dial, and have the study computed where nobody has yet.

    Args:
        run: that compresses.
        run_name: what names it in the study's key.
        source: what the images are of.
        way: one of ``WAYS``.
        measure: "psnr" or "ssim", which the chart is of.
        search: whether better codes than the encoder's are searched for.
        publish: puts what is shown into the address bar.
    """
    asked = study(run, run_name, source, search)

    def draw(parts: Mapping[str, Answer]) -> None:
        answers = merged(parts)
        if RUN in answers and "coder" in answers:
            name = f"{asked.key[:12]}-{way}"
            info = INFO[run.config.dataset]
            data = byte_dial_data(
                name,
                _drawn(answers[RUN]["original"], info),
                [replace(each, pictures=_drawn(each.pictures, info)) for each in methods_of(answers, way)],
                raw=info.pixels,
                measure=measure,
                start=suggested(answers, way),
                at=_bytes(name),
                held="hidden" if link.hides("bytes") else "fixed" if link.holds("bytes") else "",
                item=info.item,
            )
            byte_dial(widget_values.BYTE_DIAL, data, _take_bytes)
        else:
            st.info("The pictures appear here as soon as the files of this run are written.")
        publish()

    show_study(asked, draw)


def _drawn(items: np.ndarray, info: DatasetInfo) -> np.ndarray:
    """Return the pictures of items, uint8 (..., C, H, W)."""
    flat = torch.from_numpy(items.reshape(-1, *items.shape[-3:]))
    return draw_items(flat, info).unflatten(0, items.shape[:-3]).numpy()


def below(run: Run, run_name: str, source: str, way: str, *, search: bool) -> None:
    """Show the sentence that says who wins, what was counted, and the downloads, as far as they are computed.

    Args:
        run: that compresses.
        run_name: what names it in the study's key.
        source: what the images are of.
        way: one of ``WAYS``.
        search: whether better codes than the encoder's are searched for.
    """
    asked = study(run, run_name, source, search)
    under_way = studies.look(asked).state in (State.QUEUED, State.RUNNING)

    @st.fragment(run_every=_EVERY if under_way else None)
    def shown() -> None:
        parts = studies.look(asked).answers
        if len(parts) < len(asked.parts):
            return
        answers = merged(parts)
        methods = methods_of(answers, way)
        spoken = INFO[run.config.dataset].spoken
        st.markdown(spoken(verdict(methods, suggested(answers, way))))
        curve = answers[RUN]["together"]
        step = int(answers["coder"]["step"])
        place = curve["levels"].index(float(step))
        count = counted(run, source)
        if way == "together":
            files = f"{min(TOGETHER, count)} in a file"
        else:
            count, files = min(MOST_ALONE, count), "each a file"
        st.html(
            caption_html(
                f"The first {count} held-out {INFO[run.config.dataset].items} of {in_words(run.config, source)}, {files}; every byte of "
                + spoken(
                    "every file is counted, headers too. PSNR is of the mean squared error over all of them. The dial starts at step "
                    f"{step}, which was chosen on training images: the coarsest by which they lose at most half a dB. There, zlib would "
                    f"write the same whole numbers in {answers[RUN]['zlib'][place]:.1f} bytes an image, and the range coder does in "
                )
                + f"{curve['bytes'][place]:.1f}. "
                f"{_who_decodes(run, answers)}"
            )
        )
        _downloads(run, source, answers, search=search)

    shown()


def counted(run: Run, source: str) -> int:
    """Return how many held-out images a run's study is of.

    Args:
        run: that compresses.
        source: what the images are of.
    """
    there = len(caches.held_out_of(run.config).images) if source == OWN else INFO[source].test_count
    return count_of(run.config, there)


def _who_decodes(run: Run, answers: Mapping[str, Answer]) -> str:
    network = f"{run.parameters:,} weights"
    searched = "PCA's codes were searched for and coded in the same way as the network's. " if PCA in answers else ""
    return f"{searched}Not counted is what decodes: the {network} of the network, and PCA's, as no file holds JPEG's program."


def _downloads(run: Run, source: str, answers: dict[str, Answer], *, search: bool) -> None:
    step = int(answers["coder"]["step"])
    take_home(
        numbers_taken(
            "compression.csv", lambda: numbers(answers), "A row for each point of the chart, with every figure in full."
        ),
        script_taken(
            "compress.py",
            lambda: compression_script(run, step, source, search=search),
            f"Trains this run, compresses the same {INFO[run.config.dataset].items} at the suggested step and counts the bytes, without the lab.",
        ),
    )


def _bytes(name: str) -> float | None:
    """Return where the dial stands on what is called ``name``, in bytes an image; None for its start."""
    state = visit().compression
    if not state.asked or link.holds("bytes"):
        state.asked = True
        if "bytes" in visit().link.view:
            state.dial = (name, link.number("bytes", 20.0, FEWEST, MOST))
    return state.dial[1] if state.dial is not None and state.dial[0] == name else None


def _take_bytes() -> None:
    """Keep where the dial came to rest, so that it outlasts a change of page."""
    visit().compression.dial = bytes_of(widget_values.read(widget_values.BYTE_DIAL, {}).get("bytes"))


def bytes_in_link() -> float | None:
    """Return what a link says of the dial; None where it stands at its start."""
    dial = visit().compression.dial
    return dial[1] if dial else None

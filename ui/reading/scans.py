"""A scanned page with noise, cleaned in two ways or not at all, and made black and white by two thresholds."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np
import streamlit as st

from ae_core.export.scan import scan_zip
from ae_core.table import csv_of
from ae_core.tasks.reading.scan import SIDES, SPECK, THRESHOLDS, cleaning, ink_in, verdict
from ae_core.tasks.study import Answer
from ui.components.shared.sheets import png
from ui.figures.tables import caption_html
from ui.widgets.study_view import show_study
from ui.widgets.take_home import Taken, numbers_taken, take_home

_STYLE = """
<style>
.scans { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .8rem; }
.scans figure { margin: 0; }
.scans img { width: 100%; display: block; border-radius: .3rem; border: 1px solid GRID; }
.scans figcaption { line-height: 1.25; margin-top: .3rem; font-size: .9rem; min-height: 2.4em; }
.scans b { display: block; }
@container page (max-width: 40rem) { .scans { grid-template-columns: 1fr; } .scans figcaption { min-height: 0; } }
</style>
"""
_NAMES = {"scan": "As it is", "median": "Median filter", "network": "Network"}


def show(scan: str, grain: int) -> None:
    """Show a scan in three states, each in grey and by both thresholds, and which way wins.

    Args:
        scan: one of ``SCANS``.
        grain: the standard deviation of the noise, of 255.
    """

    def shown(answers: Mapping[str, Answer]) -> None:
        if not answers:
            return
        if set(answers) == set(SIDES):
            st.write(verdict(answers, grain))
        st.html(_STYLE.replace("GRID", "rgba(128, 128, 128, .4)") + _figures(answers, grain))
        told = (
            "Wrong: pixels that are otherwise than in the scan without noise, made black and white by Sauvola's threshold; that "
            "favours Sauvola's. "
            if grain
            else ""
        )
        st.html(
            caption_html(
                f"{told}Specks: islands of fewer than {SPECK} pixels, black or white. The network is the lab's own denoiser of "
                "grey photographs (it never saw a page); the median is 3\u00a0×\u00a03; Sauvola's window is 25 pixels. Nothing was "
                "chosen on these two scans, which come with scikit-image."
            )
        )
        kept = dict(answers)
        script = "Adds this noise, cleans, thresholds and counts as the lab does, without the lab; with the network."
        take_home(
            numbers_taken(
                "scan.csv",
                lambda: numbers(scan, grain, kept),
                "What is wrong, and how many specks there are, after each way.",
            ),
            Taken("Script with the network (ZIP)", "scan.zip", lambda: scan_zip(scan, grain), script),
        )

    show_study(cleaning(scan, grain), shown)


def _figures(answers: Mapping[str, Answer], grain: int) -> str:
    pictures = []
    for row in ("grey", *THRESHOLDS):
        for side in SIDES:
            if (answer := answers.get(side)) is None:
                pictures.append(f"<figure><figcaption><b>{_NAMES[side]}</b>…</figcaption></figure>")
                continue
            if row == "grey":
                pixels, title = answer["grey"], _NAMES[side]
                added = f"noise of {grain} of 255" if grain else "no noise added"
                note = added if side == "scan" else SIDES[side]
            else:
                pixels = np.where(ink_in(answer, row), 0, 255).astype(np.uint8)
                title = f"{_NAMES[side]}, {THRESHOLDS[row][0]}"
                note = f"{answer[f'{row}_specks']:,} specks"
                if grain:
                    note = f"{100 * answer[f'{row}_wrong']:.1f} % wrong, {note}"
            pictures.append(
                f'<figure><img src="{png(pixels[..., None])}" alt="{html.escape(title)}">'
                f"<figcaption><b>{html.escape(title)}</b>{html.escape(note)}</figcaption></figure>"
            )
    return f'<div class="scans">{"".join(pictures)}</div>'


def numbers(scan: str, grain: int, answers: Mapping[str, Answer]) -> str:
    """Write what is wrong after each way as CSV.

    Args:
        scan: one of ``SCANS``.
        grain: the standard deviation of the noise, of 255.
        answers: of the study.
    """
    rows = [
        [scan, grain, side, way, f"{answers[side][f'{way}_wrong']:.5f}", answers[side][f"{way}_specks"]]
        for side in SIDES
        if side in answers
        for way in THRESHOLDS
    ]
    return csv_of(["scan", "noise", "cleaned", "threshold", "wrong", "specks"], rows)

"""The methods of a study with their curves, and which of them wins, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ae_core.table import csv_of
from ae_core.tasks.compression.formats import FORMATS
from ae_core.tasks.compression.study import PCA, RUN
from ae_core.tasks.study import Answer
from ui.components.byte_dial import Method

WAYS = {"together": "{count} in one file", "alone": "Each by itself"}
_ACTORS = {RUN: "ae", PCA: "pca"}
_ALIKE = 0.1  # dB: less is no difference


def title_of(name: str) -> str:
    """Return what a part of the study is called beside its pictures."""
    return {RUN: "This run", PCA: "PCA, coded alike"}.get(name) or FORMATS[name].title


def methods_of(answers: Mapping[str, Answer], way: str) -> list[Method]:
    """Return the methods that have answered, in the order in which they are shown.

    Args:
        answers: by the part's name.
        way: one of :data:`WAYS`.
    """
    return [
        Method(
            title_of(name),
            _ACTORS.get(name, ""),
            *(answers[name][way][what] for what in ("bytes", "psnr", "ssim", "pictures")),
        )
        for name in (RUN, PCA, *FORMATS)
        if name in answers
    ]


def best(method: Method, most: float) -> float | None:
    """Return the highest PSNR of a method in at most so many bytes an image; None where nothing of it is so small."""
    fitting = [psnr for size, psnr in zip(method.bytes, method.psnr, strict=True) if size <= most]
    return max(fitting, default=None)


def suggested(answers: Mapping[str, Answer], way: str) -> float:
    """Return the bytes an image that the run takes at the step that is suggested."""
    curve = answers[RUN][way]
    return float(curve["bytes"][curve["levels"].index(float(answers["coder"]["step"]))])


def verdict(methods: Sequence[Method], most: float) -> str:
    """Say which method is nearest to the originals in as many bytes, and from where on another is nearer than the run.

    Args:
        methods: the run first.
        most: bytes an image.
    """
    run, others = methods[0], methods[1:]
    own = best(run, most)
    rivals = {method.title: found for method in others if (found := best(method, most)) is not None}
    if own is None:
        return ""
    if not rivals:
        head = f"**Nothing else is so small:** in {most:.1f} bytes an image this run reaches {own:.1f} dB"
    else:
        rival = max(rivals, key=lambda title: rivals[title])
        theirs = rivals[rival]
        if abs(own - theirs) < _ALIKE:
            head = f"**It makes no difference:** in {most:.1f} bytes an image this run is as near as *{rival}* ({own:.1f} dB)"
        elif own > theirs:
            head = (
                f"**The autoencoder wins** in {most:.1f} bytes an image: {own:.1f} dB, against {theirs:.1f} of the best of the "
                f"others, *{rival}*"
            )
        else:
            head = (
                f"**The autoencoder loses here:** in {most:.1f} bytes an image *{rival}* reaches {theirs:.1f} dB, and this run "
                f"{own:.1f}"
            )
    return f"{head}. {_where_it_ends(run, others)}"


def _where_it_ends(run: Method, others: Sequence[Method]) -> str:
    """Say from how many bytes on another method is always nearer than the run: its network draws no finer than it can."""
    sizes = sorted({size for method in (run, *others) for size in method.bytes})
    ahead = [size for size in sizes if _leads(run, others, size)]
    if not ahead:
        return "At no number of bytes is it the nearest."
    beaten = [size for size in sizes if size > ahead[-1]]
    if not beaten:
        return "It is at every number of bytes that was tried beyond that."
    rival = max(others, key=lambda method: best(method, beaten[0]) or 0.0)
    return f"From {beaten[0]:.0f} bytes on *{rival.title}* is nearer: it can take as many as it likes, the network draws no finer."


def _leads(run: Method, others: Sequence[Method], most: float) -> bool:
    own = best(run, most)
    return own is not None and all((best(method, most) or 0.0) < own for method in others)


def numbers(answers: Mapping[str, Answer]) -> str:
    """Write all points as CSV: the method, how images go into files, its level, and the figures."""
    rows = [
        [name, way, *("" if figure is None else f"{figure:.6g}" for figure in row)]
        for name in (RUN, PCA, *FORMATS)
        if name in answers
        for way in WAYS
        for row in zip(*(answers[name][way][what] for what in ("levels", "bytes", "psnr", "ssim")), strict=True)
    ]
    return csv_of(["method", "files", "level", "bytes_per_image", "psnr", "ssim"], rows)

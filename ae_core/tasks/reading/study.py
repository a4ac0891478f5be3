"""How many held-out images are read at each strength of the noise, by each method, and which method wins."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ae_core.data.items import to_float
from ae_core.runs.fit import images_of_classes
from ae_core.runs.run import Run
from ae_core.tasks.reading.methods import METHODS, STEPS, STRENGTHS, noisy_at, read_by_all, repaired
from ae_core.tasks.reading.reader import digest, rival_of
from ae_core.tasks.study import Answer, Part, Study, file_of, key_of, run_of

COUNT = 2000  # held-out images that are read, as many as the lab's other measures of noise take
SEED = 0  # of the noise
_FIRST = (0, STEPS, STEPS // 2, STEPS // 4, 3 * STEPS // 4)  # steps, so that the curve has its form at once

Right = npt.NDArray[np.bool_]  # (M, N): whether each method read each image right


def readings(run: Run, name: str, corruption: str) -> Study:
    """Return the study of how many images are read at each of STRENGTHS.

    Args:
        run: whose autoencoder and PCA repair the images.
        name: what names the run, see :func:`ae_core.tasks.study.key_of`.
        corruption: the kind of noise, a key of ``CORRUPTIONS``.
    """
    file = file_of(run)
    order = [*_FIRST, *(step for step in range(STEPS + 1) if step not in _FIRST)]
    return Study(
        key_of("reading", name, {"noise": corruption, "count": COUNT, "readers": digest(run.config.dataset)}),
        [
            Part(
                str(step),
                f"what is read at strength {STRENGTHS[step]:.2f}",
                read_at,
                (file, corruption, STRENGTHS[step]),
            )
            for step in order
        ],
    )


def read_at(file: bytes, corruption: str, strength: float, count: int = COUNT) -> Answer:
    """Read the first held-out images with noise, by every one of METHODS.

    Args:
        file: the run's.
        corruption: the kind of noise.
        strength: in [0, 1].
        count: images, at most.

    Returns:
        ``right``: whether each was read right, a bit an image, uint8 (M, N / 8); and ``count``, N.
    """
    run = run_of(file)
    held_out = images_of_classes(run.config)[1]
    clean, labels = to_float(held_out.images[:count]), held_out.labels[:count]
    pictures = repaired(run, noisy_at(clean, corruption, strength, SEED))
    right = (read_by_all(run.config.dataset, pictures, corruption) == labels).numpy()
    return {"right": np.packbits(right, axis=1), "count": len(clean)}


def right_in(answer: Answer) -> Right:
    """Return whether each method read each image right, from an answer of :func:`read_at`."""
    return np.unpackbits(answer["right"], axis=1, count=answer["count"]).astype(bool)


def shares(answers: Mapping[str, Answer]) -> dict[str, list[float | None]]:
    """Return the share that each method reads right at each of STRENGTHS; None where that is not there yet."""
    found: dict[str, list[float | None]] = {method: [None] * len(STRENGTHS) for method in METHODS}
    for step, answer in answers.items():
        for method, share in zip(METHODS, right_in(answer).mean(1), strict=True):
            found[method][int(step)] = float(share)
    return found


def surely_more(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> bool:
    """Return whether one reads more of the same images than the other, by more than chance would have it.

    That is by over two standard errors of the difference, which counts the images on which they do not agree (McNemar 1947).
    """
    won, lost = int((one & ~other).sum()), int((other & ~one).sum())
    return won - lost > 2 * math.sqrt(won + lost)


def said_at(step: int, answer: Answer) -> str:
    """Say in a sentence or two which method reads most at a strength.

    Args:
        step: the strength's, an index into STRENGTHS.
        answer: of :func:`read_at`.
    """
    right = dict(zip(METHODS, right_in(answer), strict=True))
    share = {method: f"{100 * row.mean():.1f} %" for method, row in right.items()}
    fixes = [method for method in METHODS if method not in ("noisy", "rival")]
    best = max(fixes, key=lambda method: right[method].mean())
    start = f"At strength {STRENGTHS[step]:.2f}, of {answer['count']:,} held-out images, {share['noisy']} are read as they are"
    if surely_more(right[best], right["noisy"]):
        helped = f", and {share[best]} after the best repair, {_BY[best]}."
    elif surely_more(right["noisy"], right[best]):
        helped = f"; every repair costs: after the best, {_BY[best]}, {share[best]} are."
    else:
        helped = f", and no repair changes that surely: after the best, {_BY[best]}, {share[best]} are."
    front = best if right[best].mean() > right["noisy"].mean() else "noisy"
    if surely_more(right["rival"], right[front]):
        return f"{start}{helped} The reader trained on noise wins with {share['rival']}."
    if surely_more(right[front], right["rival"]):
        return f"{start}{helped} The reader trained on noise reads fewer, {share['rival']}."
    return f"{start}{helped} The reader trained on noise reads about as many, {share['rival']}."


_NOT_BEATEN = {True: "", False: ", and is beaten at none"}
_BY = {"autoencoder": "the autoencoder's", "pca": "PCA's", "median": "the median filter's"}


def summary(answers: Mapping[str, Answer], corruption: str) -> str:
    """Say at which strengths the autoencoder helps, beats the other repairs, and beats the reader trained on noise.

    Args:
        answers: of the parts of :func:`readings`.
        corruption: the kind of noise.
    """
    right = {int(step): dict(zip(METHODS, right_in(answer), strict=True)) for step, answer in answers.items()}

    def where(one: str, *others: str) -> list[int]:
        return [s for s, rows in sorted(right.items()) if all(surely_more(rows[one], rows[o]) for o in others)]

    helps, harms = where("autoencoder", "noisy"), where("noisy", "autoencoder")
    parts = [
        f"The autoencoder lets the reader of clean images read more at {_ranges(helps)}"
        if helps
        else "At no strength does the autoencoder let the reader of clean images read more"
    ]
    if harms:
        parts[0] += f", and fewer at {_ranges(harms)}"
    parts[0] += "."
    beats = where("autoencoder", "pca", "median")
    parts.append(
        f"It beats both PCA and the median filter at {_ranges(beats)}."
        if beats
        else "At no strength does it beat both PCA and the median filter."
    )
    lost, won = where("rival", "autoencoder"), where("autoencoder", "rival")
    learned = "this noise alone" if rival_of(corruption) == corruption else "every kind of noise at once"
    rival = f"reader trained on noise, which learned {learned} and repairs nothing,"
    if lost and won:
        parts.append(f"**The {rival} beats it at {_ranges(lost)}, and is beaten at {_ranges(won)}.**")
    elif lost:
        parts.append(f"**The {rival} beats it at {_ranges(lost)}{_NOT_BEATEN[len(lost) == len(right)]}.**")
    elif won:
        parts.append(f"**It beats the {rival} at {_ranges(won)}.**")
    else:
        parts.append(f"**The {rival} reads about as many at every strength.**")
    return " ".join(parts)


def _ranges(steps: Sequence[int]) -> str:
    """Return strengths in words: "strengths 0.05 to 0.3 and 1"."""
    if len(steps) == len(STRENGTHS):
        return "every strength"
    said = [
        f"{STRENGTHS[first]:g} to {STRENGTHS[last]:g}" if last > first else f"{STRENGTHS[first]:g}"
        for first, last in _runs(steps)
    ]
    words = " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))
    return f"strength{'s' if len(steps) > 1 else ''} {words}"


def _runs(steps: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of consecutive numbers."""
    first = last = steps[0]
    for step in steps[1:]:
        if step != last + 1:
            yield first, last
            first = step
        last = step
    yield first, last

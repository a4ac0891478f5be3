"""A scanned page, with noise or as it is, cleaned by the network for photographs and made black and white by a threshold."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from ae_core.tasks.restoration.restoring import repair
from ae_core.tasks.restoration.weights import weights_file
from ae_core.tasks.study import Answer, Part, Study, key_of

Grey = npt.NDArray[np.uint8]  # (H, W)
Ink = npt.NDArray[np.bool_]  # (H, W), true where there is ink

SCANS = {"page": "A page of a book", "text": "A photographed text"}  # by their names in skimage.data
GRAINS = (0, 20, 40)  # standard deviations of the noise that is added, of 255
SPECK = 5  # pixels: what is smaller, of black or of white, is no part of a letter
SEED = 0
SIDES = {"scan": "as it is", "median": "after a median filter", "network": "cleaned by the network"}


def otsu(picture: Grey) -> Ink:
    """Return where a picture is darker than one threshold for all of it (Otsu 1979)."""
    from skimage.filters import threshold_otsu

    return np.asarray(picture < threshold_otsu(picture))


def sauvola(picture: Grey) -> Ink:
    """Return where a picture is darker than a threshold that follows light and contrast (Sauvola & Pietikäinen 2000)."""
    from skimage.filters import threshold_sauvola

    return np.asarray(picture < threshold_sauvola(picture, window_size=25))


THRESHOLDS: dict[str, tuple[str, Callable[[Grey], Ink]]] = {"otsu": ("Otsu", otsu), "sauvola": ("Sauvola", sauvola)}


def scanned(name: str, grain: int) -> Grey:
    """Return a scan that comes with scikit-image, uint8 (H, W), with Gaussian noise.

    Args:
        name: one of SCANS.
        grain: the standard deviation of the noise, of 255.
    """
    from skimage import data

    picture = np.asarray(getattr(data, name)())
    noise = np.random.default_rng(SEED).normal(0, grain, picture.shape) if grain else 0.0
    return np.asarray((picture + noise).round().clip(0, 255), np.uint8)


def specks(ink: Ink) -> int:
    """Return how many islands of fewer than :data:`SPECK` pixels there are, of ink and in it."""
    from scipy import ndimage

    found = 0
    for islands in (ink, ~ink):
        labelled, _ = ndimage.label(islands, np.ones((3, 3)))
        found += int((np.bincount(labelled.ravel())[1:] < SPECK).sum())
    return found


def cleaning(name: str, grain: int) -> Study:
    """Return the study of a scan: as it is and cleaned by the network, each with both thresholds.

    Args:
        name: one of SCANS.
        grain: the standard deviation of the noise, of 255.
    """
    return Study(
        key_of("scan", "", {"scan": name, "grain": grain, "network": _network()}),
        [
            Part(side, f"the scan {about}", thresholded, (name, grain, side), 8 if side == "network" else 1)
            for side, about in SIDES.items()
        ],
    )


def _network() -> str:
    """Return eight hexadecimal digits that name the network by its weights; what its card says may be written anew."""
    try:
        data = weights_file("denoise-grey").read_bytes()
    except OSError:
        return ""
    header = int.from_bytes(data[:8], "little")  # bytes, in a safetensors file
    return hashlib.sha256(data[8 + header :]).hexdigest()[:8]


def thresholded(name: str, grain: int, side: str) -> Answer:
    """Make a scan black and white in each way, and count what is wrong in it.

    Args:
        name: one of SCANS.
        grain: the standard deviation of the noise, of 255.
        side: one of SIDES: what is done to it first.

    Returns:
        ``grey`` (H, W); of each of THRESHOLDS a bit a pixel, uint8 (H, W / 8), as ``otsu`` and ``sauvola``, and as
        ``otsu_wrong``, ... the share of pixels that are otherwise than in the scan without noise, made black and white by
        Sauvola's; ``otsu_specks``, ...; ``width`` and ``seconds``.

    Raises:
        RepairMissing: the network is not on this machine.
    """
    picture = scanned(name, grain)
    started = time.perf_counter()
    if side == "network":
        cleaned = repair("denoise", picture[..., None])
        assert cleaned is not None  # nobody stopped it
        picture = np.ascontiguousarray(cleaned[..., 0])
    elif side == "median":
        from scipy import ndimage

        picture = ndimage.median_filter(picture, size=3, mode="nearest")
    answer: dict[str, object] = {
        "grey": picture,
        "width": picture.shape[1],
        "seconds": round(time.perf_counter() - started, 2),
    }
    truth = sauvola(scanned(name, 0))
    for way, (_, threshold) in THRESHOLDS.items():
        ink = threshold(picture)
        answer |= {
            way: np.packbits(ink, axis=1),
            f"{way}_wrong": float((ink != truth).mean()),
            f"{way}_specks": specks(ink),
        }
    return answer


def ink_in(answer: Answer, way: str) -> Ink:
    """Return where there is ink after one of THRESHOLDS, from an answer of :func:`thresholded`."""
    return np.unpackbits(answer[way], axis=1, count=answer["width"]).astype(bool)


def verdict(answers: Mapping[str, Answer], grain: int) -> str:
    """Say which way leaves the fewest pixels wrong or, where no noise was added, how many specks are left.

    Args:
        answers: of all parts.
        grain: the standard deviation of the noise, of 255.
    """
    kind = "wrong" if grain else "specks"
    best = {side: min(THRESHOLDS, key=lambda way: answers[side][f"{way}_{kind}"]) for side in SIDES}
    value = {side: answers[side][f"{way}_{kind}"] for side, way in best.items()}
    by = {side: f"{THRESHOLDS[way][0]}'s" for side, way in best.items()}

    if not grain:
        network, plain = value["network"], value["scan"]
        changed = 100 * answers["network"]["sauvola_wrong"]
        start = (
            "**Nothing was damaged, and the network finds little to do:**"
            if network > 0.9 * plain
            else "**The network leaves fewer specks:**"
        )
        return (
            f"{start} {network:,} specks by {by['network']} threshold, against {plain:,} by {by['scan']} of the scan as it is. "
            f"It changes {changed:.1f} % of the pixels that Sauvola's threshold makes black or white, and nobody knows which "
            "are right."
        )
    winner = min(value, key=value.__getitem__)
    others = " and ".join(
        f"{100 * value[side]:.1f} % ({by[side]}) {about}" for side, about in SIDES.items() if side != winner
    )
    start = {
        "scan": "**Plain thresholding wins:**",
        "median": "**A median filter wins over the network:**",
        "network": "**Cleaned by the network first it is most legible:**",
    }[winner]
    return f"{start} {by[winner]} threshold leaves {100 * value[winner]:.1f} % of the pixels wrong, against {others}."

"""The heartbeats of ECG5000, as the UCR archive has them: checked, split, scaled, and read again.

5,000 beats from twenty hours of one patient, each of 140 numbers, labelled as normal or as one of four strange kinds (Chen et
al. 2015). The four are one class here: what looks for anomalies is trained on normal beats alone.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

ADDRESS = "https://www.timeseriesclassification.com/aeon-toolkit/ECG5000.zip"
FILE = "ECG5000/beats.npz"  # below the data folder
LENGTH, TRAIN, TEST = 140, 2_335, 2_665  # numbers of a beat; normal beats to train on, and those held out
_KINDS = {1: 2_919, 2: 1_767, 3: 96, 4: 194, 5: 24}  # how many beats the archive has of each; 1 is normal
SHOWN = (-0.5, 1.5)  # of the range of normal training beats, what is stored in bytes: strange beats leave it

Floats = npt.NDArray[np.float32]


def made_of(archive: bytes) -> bytes:
    """Make the file that is read here from the archive's ZIP file.

    Normal beats are split at random, by a fixed seed; each of the 140 numbers is scaled to [0, 1] by the training beats.

    Args:
        archive: the ZIP file's bytes.

    Returns:
        A NumPy file of ``train`` (2335, 140), ``test`` (2665, 140) and ``test_anomalous`` (2665,), 1 for a strange beat.

    Raises:
        ValueError: it is not the archive: files, beats, numbers, classes and scale are checked. The message says which.
    """
    table = np.concatenate([_table(archive, part) for part in ("TRAIN", "TEST")])
    kinds, beats = table[:, 0].astype(int), table[:, 1:]
    if {int(kind): int(count) for kind, count in zip(*np.unique(kinds, return_counts=True), strict=True)} != _KINDS:
        raise ValueError("it has other numbers of beats than the archive is known to have")
    if np.abs(beats.mean(1)).max() > 1e-3 or np.abs(beats.std(1, ddof=1) - 1).max() > 1e-2:
        raise ValueError("its beats are not scaled as the archive's are")
    random = np.random.RandomState(0)
    normal = random.permutation(np.flatnonzero(kinds == 1))
    chosen, held_out = np.sort(normal[:TRAIN]), np.sort(np.append(normal[TRAIN:], np.flatnonzero(kinds != 1)))
    low, high = beats[chosen].min(0), beats[chosen].max(0)
    scaled = ((beats - low) / (high - low)).astype(np.float32)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, train=scaled[chosen], test=scaled[held_out], test_anomalous=(kinds[held_out] != 1).astype(np.uint8)
    )
    return buffer.getvalue()


def _table(archive: bytes, part: str) -> npt.NDArray[np.float64]:
    name = f"ECG5000_{part}.txt"
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            text = opened.read(name)
        table = np.loadtxt(io.BytesIO(text), ndmin=2)
    except (KeyError, zipfile.BadZipFile, ValueError, OSError) as error:
        raise ValueError(f"{name} is not in it, or cannot be read") from error
    if table.shape[1] != LENGTH + 1 or not np.isfinite(table).all():
        raise ValueError(f"{name} holds other numbers than 140 of each beat")
    return table


def read_beats(path: Path) -> dict[str, tuple[Floats, npt.NDArray[np.int64]]]:
    """Read the file that :func:`made_of` makes.

    Args:
        path: of the file.

    Returns:
        Of "train" and "test" the beats, (N, 140), and 0 for normal and 1 for strange ones, (N,).

    Raises:
        ValueError, OSError, KeyError or zipfile.BadZipFile: it is damaged.
    """
    with np.load(path) as stored:
        train, test, strange = (stored[name] for name in ("train", "test", "test_anomalous"))
    if train.shape != (TRAIN, LENGTH) or test.shape != (TEST, LENGTH) or strange.shape != (TEST,):
        raise ValueError("it holds other beats")
    return {"train": (train, np.zeros(TRAIN, np.int64)), "test": (test, strange.astype(np.int64))}

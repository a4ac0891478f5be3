"""Read the ``cancer`` data set: 30 measures of the cell nuclei in 569 breast tumours, which comes with scikit-learn.

Wolberg, Street & Mangasarian, Breast Cancer Wisconsin (Diagnostic), UCI Machine Learning Repository, 1993. Each nucleus of
a needle biopsy's picture has ten measures; a row holds their means, standard errors and the means of the three largest.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np

from ae_core.data.tables.scaled import ScaledTable
from ae_core.data.tables.scaling import Scaling

__all__ = ["CLASSES", "COLUMNS", "LIMIT", "LOGGED", "cancer_table", "read_cancer"]

_MEASURES = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)
#: What scikit-learn calls the columns, too.
COLUMNS = (
    *(f"mean {measure}" for measure in _MEASURES),
    *(f"{measure} error" for measure in _MEASURES),
    *(f"worst {measure}" for measure in _MEASURES),
)
CLASSES = ("malignant", "benign")
#: A few tumours are far larger than the others, and vary far more. Of a measure much below 1 this changes next to nothing.
LOGGED = tuple(range(len(COLUMNS)))
LIMIT = 4.0


def read_cancer() -> tuple[np.ndarray, np.ndarray]:
    """Read the file that sklearn.datasets.load_breast_cancer reads: float (569, 30), and the classes, int64 (569,)."""
    # Found without importing scikit-learn, as it is for the digits: see ae_core.data.datasets.read_digits.
    sklearn = importlib.util.find_spec("sklearn")
    assert sklearn is not None
    assert sklearn.origin is not None
    table = np.loadtxt(
        Path(sklearn.origin).parent / "datasets" / "data" / "breast_cancer.csv", delimiter=",", skiprows=1
    )
    return table[:, :-1], table[:, -1].astype(np.int64)


@lru_cache(maxsize=1)
def cancer_table() -> ScaledTable:
    """Read, split and scale the tumours; their classes are as in :data:`CLASSES`."""
    rows, classes = read_cancer()
    # The split is in a file, as that of the digits is. It is train_test_split's of a quarter, stratified, random_state=0.
    lines = (Path(__file__).parent / "cancer_split.txt").read_text().splitlines()
    train, held_out = (np.array(line.split(), dtype=np.int64) for line in lines)
    scaling = Scaling.fit(rows[train], LOGGED, limit=LIMIT)
    items = scaling.transform(rows)
    return ScaledTable(items[train], classes[train], items[held_out], classes[held_out], scaling)

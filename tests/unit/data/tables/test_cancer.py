"""The table of tumours is scikit-learn's, read without scikit-learn, in a split that never changes."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import torch

from ae_core.data.datasets import INFO, load
from ae_core.data.tables.cancer import CLASSES, COLUMNS, LOGGED, cancer_table, read_cancer
from ae_core.data.tables.scaling import Scaling


def test_the_table_is_scikit_learns() -> None:
    from sklearn.datasets import load_breast_cancer

    theirs = load_breast_cancer()
    rows, classes = read_cancer()
    assert np.array_equal(rows, theirs.data)
    assert np.array_equal(classes, theirs.target)
    assert tuple(theirs.feature_names) == COLUMNS == INFO["cancer"].columns
    assert tuple(theirs.target_names) == CLASSES == INFO["cancer"].class_names


def test_the_table_is_read_without_scikit_learn() -> None:
    program = "import sys; from ae_core.data.datasets import load; load('cancer', 'train'); print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in found
    assert not {"sklearn", "scipy", "pandas"} & {*found}


def test_the_split_is_stratified_and_every_row_is_in_one_part() -> None:
    train, held_out = (load("cancer", split) for split in ("train", "test"))
    assert (train.labels.bincount() + held_out.labels.bincount()).tolist() == [212, 357]
    assert held_out.labels.bincount().tolist() == [53, 90]
    scaling = cancer_table().scaling
    whole = sorted(row.tobytes() for row in scaling.transform(read_cancer()[0]))
    assert whole == sorted(row.tobytes() for part in (train, held_out) for row in part.images.numpy())


def test_it_is_scaled_by_the_rows_for_training_alone() -> None:
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import train_test_split

    table = load_breast_cancer()
    train, _ = train_test_split(table.data, test_size=0.25, stratify=table.target, random_state=0)
    found, wanted = cancer_table().scaling, Scaling.fit(train, LOGGED)
    assert np.array_equal(found.means, wanted.means)
    assert np.array_equal(found.deviations, wanted.deviations)


def test_the_held_out_tumours_never_change() -> None:
    test = load("cancer", "test")
    content = test.images.numpy().tobytes() + test.labels.numpy().astype("<i8").tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "082eca14e42b965e"


def test_who_writes_to_the_rows_writes_to_no_others() -> None:
    load("cancer", "train").images.zero_()
    assert load("cancer", "train").images.any()
    assert isinstance(load("cancer", "train").images, torch.Tensor)

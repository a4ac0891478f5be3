"""The code that a script to take home reads a table by gives the lab's items, without the lab."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from scripts import assert_clean, printed_by

from ae_core.data.datasets import INFO, load
from ae_core.export.recipe import imports_of

KEEP = """
    torch.save({key: left[key] for key in ("train", "held_out", "labels", "held_out_labels")}, name + ".pt")
"""


def code_of(name: str) -> str:
    code = INFO[name].script(INFO[name], True).strip()
    return f"{imports_of(code)}\n\n\n{code}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    for name in ("cancer", "payments"):
        (folder / f"{name}.py").write_text(code_of(name), encoding="utf-8")
    printed_by(folder, ("cancer", "payments"), KEEP)
    return folder


@pytest.mark.parametrize("name", ["cancer", "payments"])
def test_a_script_reads_the_rows_that_the_lab_reads(name: str, folder: Path) -> None:
    left = torch.load(folder / f"{name}.pt")
    train, test = load(name, "train"), load(name, "test")
    assert torch.equal(left["train"], train.images)
    assert torch.equal(left["held_out"], test.images)
    assert torch.equal(left["labels"], train.labels)
    assert torch.equal(left["held_out_labels"], test.labels)


def test_scripts_of_tables_are_clean_python(folder: Path) -> None:
    assert_clean(folder)


@pytest.mark.parametrize("name", ["cancer", "payments"])
def test_labels_are_left_out_where_no_class_is_chosen(name: str) -> None:
    assert "labels" not in INFO[name].script(INFO[name], False)

"""A table of somebody's own is a data set with a name, a file and a script; who does not have it is given nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save
from tables import csv_table

from ae_core.config.schema import Config, ConfigError
from ae_core.config.variants import VARIANTS
from ae_core.data import own
from ae_core.data.datasets import INFO, DatasetMissing, available, load, on_disk
from ae_core.data.tables import own_table
from ae_core.data.tables.own_table import OwnTable, PreparedTable
from ae_core.export.script import script
from ae_core.runs.fit import fit, forget_images
from ae_core.tasks import trainable

TABLE = OwnTable.of(csv_table()).prepare(class_column="state")


def test_the_name_says_how_large_it_is_and_which_it_is() -> None:
    info = INFO[TABLE.name]
    assert info.shape == (1, 1, 6)  # four numbers, and a column for each of two places
    assert (info.train_count, info.test_count) == (192, 48)
    assert info.class_names == ("class 1", "class 2")  # nobody has it here
    assert info.kind == "table"
    assert OwnTable.of(csv_table(seed=1)).prepare(class_column="state").name != TABLE.name
    assert OwnTable.of(csv_table()).prepare(class_column="state").name == TABLE.name
    with own.lent(TABLE.name, TABLE):
        assert INFO[TABLE.name].class_names == ("broken", "fine")
        assert INFO[TABLE.name].columns[:2] == ("speed", "heat")


@pytest.mark.parametrize(
    "name",
    [
        "own-table-",
        "own-table-6x192x48x2",
        "own-table-1x192x48x2-" + "a" * 24,
        "own-table-401x192x48x2-" + "a" * 24,
        "own-table-6x49999x48x2-" + "a" * 24,
        "own-table-6x192x48x99-" + "a" * 24,
        "own-table-6x192x48x2-" + "A" * 24,
        "own-table-06x192x48x2-" + "a" * 24,
    ],
)
def test_other_names_are_no_such_data_set(name: str) -> None:
    assert not own.is_own(name)
    assert name not in INFO
    with pytest.raises(ConfigError):
        Config(dataset=name)


def test_it_is_there_for_whoever_was_lent_it_and_for_nobody_else() -> None:
    assert not on_disk(TABLE.name)
    with pytest.raises(DatasetMissing, match="Upload the same file on Tables"):
        load(TABLE.name, "train")
    with own.lent(TABLE.name, TABLE):
        assert TABLE.name in available()
        assert (load(TABLE.name, "train").images.numpy() == TABLE.table.train).all()
        assert (load(TABLE.name, "test").labels.numpy() == TABLE.table.held_out_labels).all()
    assert TABLE.name not in available()


def test_its_file_brings_it_back_and_another_one_is_refused() -> None:
    again = PreparedTable.from_file(TABLE.name, TABLE.as_file())
    assert again.name == TABLE.name
    assert (again.columns, again.class_names, again.notes) == (TABLE.columns, TABLE.class_names, TABLE.notes)
    rows = np.random.default_rng(0).random((3, 6))
    assert np.allclose(again.table.scaling.inverse_transform(rows), TABLE.table.scaling.inverse_transform(rows))
    other = OwnTable.of(csv_table(seed=1)).prepare(class_column="state")
    with pytest.raises(ValueError, match="another table"):
        PreparedTable.from_file(TABLE.name, other.as_file())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"rubbish",
        TABLE.as_file()[:-100],
        save({"train": np.zeros(3)}),
        save({"train": np.zeros(3)}, {"names": "[]"}),
    ],
    ids=["empty", "rubbish", "cut off", "without words", "without the rest"],
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="table"):
        PreparedTable.from_file(TABLE.name, data)


def test_it_goes_to_a_worker_with_the_job() -> None:
    config = VARIANTS["linear"].config(TABLE.name)
    assert trainable(config).enclosed is None
    with own.lent(TABLE.name, TABLE):
        asked = trainable(config)
    assert asked.private
    there = type(asked).from_json(asked.to_json()).with_enclosed(asked.enclosed)
    forget_images()
    run = there.train(lambda event: None, lambda: True)
    assert run.config.dataset == TABLE.name
    with pytest.raises(DatasetMissing):
        load(TABLE.name, "test")


def test_its_script_reads_the_file_beside_it_and_ends_with_the_labs_numbers(tmp_path: Path) -> None:
    config = VARIANTS["dense"].config(TABLE.name, epochs=2)
    with own.lent(TABLE.name, TABLE):
        run = fit(config, "cpu")
        text = script(config)
    forget_images()
    (tmp_path / "run.py").write_text(text)

    def executed() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "run.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )

    assert "Put table-" in executed().stderr
    file = tmp_path / own_table.file_name(TABLE.name)
    file.write_bytes(OwnTable.of(csv_table(seed=1)).prepare(class_column="state").as_file())
    assert "another table" in executed().stderr
    file.write_bytes(TABLE.as_file())
    done = executed()
    assert done.returncode == 0, done.stderr
    assert f"{run.metrics['mse']:.5f}" in done.stdout

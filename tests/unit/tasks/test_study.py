"""Studies: parts that give answers, keys that tell them apart, and files that hold them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ae_core.runs.run import Run
from ae_core.tasks import study_file
from ae_core.tasks.study import Part, Study, file_of, key_of, run_of


def square(number: int) -> dict[str, int]:
    return {"square": number * number}


def test_each_part_is_a_piece_whose_answer_is_found_under_its_name() -> None:
    study = Study("k", [Part("two", "two", square, (2,)), Part("three", "three", square, (3,), weight=4)])
    assert study.total == 5
    assert study.under_way == "two"
    assert study.done_here() == {"two": {"square": 4}, "three": {"square": 9}}
    assert study.under_way == ""


def test_a_key_tells_kinds_runs_and_settings_apart_whatever_their_order() -> None:
    one = key_of("search", "a", {"classes": [1, 2], "size": 3})
    assert one == key_of("search", "a", {"size": 3, "classes": [1, 2]})
    others = {key_of("clusters", "a", {}), key_of("search", "a", {}), key_of("search", "b", {}), one}
    assert len(others) == 4


def test_a_worker_reads_the_run_that_it_was_sent(tiny_run: Run) -> None:

    again = run_of(file_of(tiny_run))
    assert again.config == tiny_run.config
    assert again.film is None


def test_answers_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    answers = {"part": {"array": array, "text": "x", "list": [1, 2.5, array[0]], "number": np.float64(0.1)}}
    path = tmp_path / "study.safetensors"
    path.write_bytes(study_file.to_bytes(answers))
    read = study_file.read(path)["part"]
    np.testing.assert_array_equal(read["array"], array)
    np.testing.assert_array_equal(read["list"][2], array[0])
    assert (read["text"], read["number"], read["list"][:2]) == ("x", 0.1, [1, 2.5])


@pytest.mark.parametrize("damage", [b"", b"not a file", None])
def test_a_damaged_file_of_a_study_is_none_and_it_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes | None
) -> None:
    monkeypatch.setattr(study_file, "checkpoints_dir", lambda: tmp_path)
    path = study_file.path_of("abc")
    path.parent.mkdir()
    whole = study_file.to_bytes({"part": {"x": np.zeros(100)}})
    path.write_bytes(whole[:200] if damage is None else damage)
    study_file.shipped.cache_clear()
    assert study_file.shipped("abc") is None
    study_file.shipped.cache_clear()
    path.write_bytes(whole)
    found = study_file.shipped("abc")
    assert found is not None
    assert set(found) == {"part"}
    study_file.shipped.cache_clear()


def test_every_study_that_comes_with_the_lab_can_be_read() -> None:
    for path in study_file.path_of("x").parent.glob("*.safetensors"):
        assert study_file.read(path), path.name

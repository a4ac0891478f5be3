"""Train on some classes and look at others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from apptest_helpers import InstantManager, assert_opens, link_of, open_lab, press, said, shelf, turn_to, visit

from ae_core.config.schema import Config

BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=3, epochs=1, batch_size=64)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    return open_lab(tmp_path, monkeypatch)


def test_train_on_threes_and_show_it_eights(lab: InstantManager) -> None:
    at = visit("train", **link_of(BRIEF))
    at.multiselect(key="knob_classes").set_value([3]).run()
    press(at, "Train")
    assert_opens(at, "train")
    assert lab.jobs[-1].key == replace(BRIEF, classes=(3,)).key
    assert shelf(at)[0].startswith("Digits (3 alone)")
    turn_to(at, "reconstruct")
    assert_opens(at, "reconstruct")
    kinds = next(group for group in at.button_group if str(group.key).startswith("foreign_"))
    assert "8" in kinds.options
    assert "3" not in kinds.options
    kinds.set_value("8").run()
    assert_opens(at, "reconstruct")
    assert "Digits: 8" in said(at)


@pytest.mark.parametrize("page", ["denoise", "latent_map", "generate", "compare"])
def test_a_run_of_one_class_opens_everywhere(lab: InstantManager, page: str) -> None:
    at = visit("train", trained="1", **link_of(replace(BRIEF, classes=(3,))))
    assert_opens(turn_to(at, page), page)

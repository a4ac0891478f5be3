"""The Train page of each kind of autoencoder: what it draws, what it compares, and where the tutorials' models are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from apptest_helpers import InstantManager, address, assert_opens, link_of, open_lab, press, said, tables, visit
from streamlit.testing.v1 import AppTest

from ae_core.config.presets import PRESETS
from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.jobs.job import State
from ae_core.runs import preset_records
from ae_core.training.loop import Progress

QUICK = {"epochs": 2, "batch_size": 64}


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server with only digits on it."""
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    return open_lab(tmp_path / "runs", monkeypatch)


def trained(name: str, **changes: object) -> AppTest:
    config = VARIANTS[name].config("digits", **{**QUICK, **changes})
    return press(visit("train", **link_of(config)), "Train")


@pytest.mark.parametrize("name", VARIANTS)
def test_every_kind_can_be_trained_and_shown(name: str) -> None:
    short = {"pretraining_epochs": 1} if name == "rbm" else {}
    at = trained(name, **short)
    assert_opens(at, "train")
    assert "Finished after" in " ".join(bar.proto.text for bar in at.get("progress"))
    assert VARIANTS[name].adds in said(at)


def test_a_sparse_run_shows_its_units() -> None:
    at = trained("k-sparse", code_size=40, k=6)
    html = " ".join(tables(at))
    assert "6 of 40" in html
    assert "What its strongest units draw" in html
    assert "What units draw alone" in html
    assert "components: the first 40." in html
    assert re.search(r"are both: edges.*\d+ of \d+.*\d+ of 40", html)
    at.number_input(key="unit_image_digits").set_value(359).run()
    assert_opens(at, "train")


def test_a_variational_run_shows_its_parts_and_its_numbers() -> None:
    at = trained("vae", code_size=4)
    assert "Negative evidence lower bound" in said(at)
    assert "of 4 numbers carry more than" in said(at)


def test_a_contractive_run_is_held_against_the_same_network_without_the_penalty() -> None:
    at = trained("contractive", contraction=0.01)
    before = " ".join(tables(at))
    assert "a pixel to the right" in before
    assert "Without the penalty" not in before
    press(at, "Train the same network without the penalty")
    assert "contractive" not in at.subheader[0].value  # its twin came on screen
    contractive = next(one for one in at.selectbox(key="shelf").options if "contractive, code" in one)
    at.selectbox(key="shelf").select(contractive).run()
    assert "Without the penalty" in " ".join(tables(at))


def test_a_pretrained_run_is_held_against_the_same_network_without_pretraining() -> None:
    at = trained("rbm", pretraining_epochs=2)
    assert "3 Boltzmann machines learned" in said(at)
    press(at, "Train the same network without pretraining")
    pretrained = next(one for one in at.selectbox(key="shelf").options if "belief net" in one)
    at.selectbox(key="shelf").select(pretrained).run()
    assert "The same fine-tuning ends at a held-out squared error of" in said(at)


def test_machines_are_watched_while_they_learn(lab: InstantManager) -> None:
    lab.holds = True
    at = trained("rbm")
    (job,) = lab.jobs
    report = Progress(
        step=10, steps=100, epoch=0.0, seconds=1.0, seconds_left=9.0, images_per_second=1.0, history={"epoch": []},
        pretraining=[[0.2, 0.1], [0.3]],
    )  # fmt: skip
    job.state, job.phase, job.report = State.RUNNING, "training", report
    at.run()
    assert "Boltzmann machine 2 of 3 learns to model the 64 units below it with 32 of its own" in said(at)


def test_two_runs_are_compared_in_words_curves_images_and_numbers() -> None:
    at = trained("dense", code_size=5)
    trained_as = at.selectbox(key="shelf").value
    options = at.selectbox(key="compare_with").options
    assert all(trained_as != option for option in options)
    at.selectbox(key="compare_with").select("zoo:digits-code-8").run()
    assert_opens(at, "train")
    assert "code size 8 → 5" in said(at)
    html = " ".join(tables(at))
    assert "Seconds of training" in html
    assert "The other: 12 images" in html
    at.selectbox(key="compare_with").select("zoo:digits-vae-2").run()
    assert "Their losses are in different units" in said(at)
    at.selectbox(key="compare_with").select("zoo:mnist-code-8").run()
    assert "They learned from different data sets" in said(at)


@pytest.mark.parametrize("name", PRESETS)
def test_a_tutorials_model_is_one_click_away(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.train.panel.on_disk", lambda dataset: True)
    preset = PRESETS[name]
    at = press(visit("train"), preset.title)
    assert_opens(at, "train")
    assert Config.from_query(address(at))[0] == preset.config.canonical()
    assert preset.source in said(at)
    reached = preset_records.recorded()[preset.config.key]  # a preset whose settings changed has to be trained again
    assert f"Here: held-out squared error **{reached['metrics']['mse']:.4f}**" in said(at)


def test_what_is_on_record_belongs_to_a_preset_as_it_is_now() -> None:
    on_record = preset_records.recorded()
    assert set(on_record) == set(preset_records.BY_KEY)
    assert on_record[PRESETS["geeks-64"].config.key]["metrics"]["mse"] == pytest.approx(0.0040, abs=1e-4)  # as printed


@pytest.fixture
def own_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A record of presets that is not the shipped one."""
    monkeypatch.setattr(preset_records, "RECORD", tmp_path / "presets.json")
    preset_records.recorded.cache_clear()
    yield preset_records.RECORD
    preset_records.recorded.cache_clear()


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1}', '{"a": {"metrics": {}}}'])
def test_a_damaged_record_of_presets_is_as_good_as_none(own_record: Path, text: str) -> None:
    own_record.write_text(text)
    assert preset_records.recorded() == {}


def test_recording_a_preset_keeps_the_others(own_record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brief = {
        preset.name: replace(preset, config=VARIANTS["dense"].config("digits", epochs=1, seed=seed))
        for seed, preset in enumerate(list(PRESETS.values())[:2])
    }
    monkeypatch.setattr(preset_records, "PRESETS", brief)
    monkeypatch.setattr(preset_records, "BY_KEY", {preset.config.key: preset for preset in brief.values()})
    reached = {preset.config.key: preset_records.record(name) for name, preset in brief.items()}
    assert preset_records.recorded() == reached


def test_layers_of_another_sort_can_be_given_to_a_sparse_code() -> None:
    at = visit("train", **link_of(VARIANTS["sparse"].config("digits")))
    at.selectbox(key="knob_architecture").select("conv").run()
    assert_opens(at, "train")
    config = Config.from_query(address(at))[0]
    assert (config.architecture, config.sparsity) == ("conv", "l1")


def test_of_code_size_and_k_the_one_that_was_moved_last_takes_the_other_with_it_and_says_so() -> None:
    at = visit("train", **link_of(VARIANTS["k-sparse"].config("digits")))
    at.select_slider(key="knob_code_size").set_value(4).run()
    assert_opens(at, "train")
    config = Config.from_query(address(at))[0]
    assert (config.code_size, config.k) == (4, 4)
    assert "at most 4 units can fire" in said(at)
    at.select_slider(key="knob_k").set_value(25).run()
    assert Config.from_query(address(at))[0] == replace(config, k=25, code_size=25)
    assert at.select_slider(key="knob_code_size").value == 25
    assert "so “Code size” is now 25" in said(at)

"""The Compare page: a sweep at once, a sweep that is trained, and two runs beside one another; without MNIST."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from apptest_helpers import (
    InstantManager,
    address,
    assert_opens,
    link_of,
    on_screen,
    open_lab,
    press,
    said,
    serve,
    shelf,
    tables,
    turn_to,
    visit,
    warnings,
)
from streamlit.testing.v1 import AppTest

from ae_core.config.schema import Config, spec
from ae_core.config.variants import VARIANTS
from ae_core.jobs.job import State
from ae_core.jobs.limits import Limits
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit
from ae_core.runs.run import Run
from ui.compare import comparison

TINY = Config(
    dataset="digits", hidden_sizes=(16,), code_size=3, epochs=3, batch_size=64, learning_rate=1e-2
)  # of conftest


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "data"))
    return open_lab(tmp_path / "runs", monkeypatch)


@pytest.fixture
def known(lab: InstantManager, tiny_run: Run) -> Run:
    """A run that this server has trained before."""
    lab.store.put(tiny_run.config.key, checkpoint.to_bytes(tiny_run))
    return tiny_run


def sweep_of(config: Config, vary: str, values: str) -> AppTest:
    return visit("compare", **link_of(config, show="sweep", vary=vary, values=values))


def tiles(at: AppTest) -> list[str]:
    """The heads of the small multiples: value and errors."""
    return [html for html in tables(at) if html.startswith('<div class="tile">') and "Originals" not in html]


def pictures(at: AppTest) -> list[str]:
    return [html for html in tables(at) if html.startswith('<div class="tile-picture"')]


# --- Sweeps -------------------------------------------------------------------------------------------------


def test_the_page_opens_on_the_finished_sweep_that_is_shipped(lab: InstantManager) -> None:
    at = visit("compare")
    assert_opens(at, "compare")
    assert len(tiles(at)) == 7
    assert all("error 0." in tile and "PCA 0." in tile for tile in tiles(at))
    assert all("<img" in picture for picture in pictures(at))
    assert "All 7 runs are here" in said(at)
    assert "so these differ too: hidden" in said(at)
    assert lab.jobs == []


def test_a_sweep_is_trained_and_shown_beside_pca(lab: InstantManager, known: Run) -> None:
    at = sweep_of(known.config, "code_size", "1_2_3")
    assert_opens(at, "compare")
    assert "1 of 3 runs are here. Training the other 2 takes about" in said(at)
    assert ["error" in tile for tile in tiles(at)] == [False, False, True]
    assert ["not trained yet" in picture for picture in pictures(at)] == [False, True, True, False]
    before = on_screen(at)
    press(at, "Train the sweep")
    assert_opens(at, "compare")
    assert "All 3 runs are here" in said(at)
    for tile, size in zip(tiles(at), (1, 2, 3), strict=True):
        run = lab.store.get(replace(TINY, code_size=size).key)
        assert run is not None
        assert f"Code size {size}" in tile
        assert f"error {run.metrics['mse']:.4f}" in tile
        assert f"PCA {run.metrics['pca_mse']:.4f}" in tile
    assert on_screen(at) == before  # what was trained is on the shelf, and nothing was put on screen
    assert len([title for title in shelf(at) if "code of 1" in title and title.startswith("Digits: deep")]) == 1


@pytest.mark.parametrize(
    ("kind", "vary", "values", "page", "words"),
    [
        ("denoising", "corruption_strength", "0.2_0.3", "denoise", "before: 0."),
        ("vae", "beta", "0.5_4", "generate", " nats"),
        ("sparse", "sparsity_weight", "0.1_1", "reconstruct", "units fire"),
        ("k-sparse", "k", "2_5", "reconstruct", "units fire"),
    ],
)
def test_each_setting_is_swept_and_its_runs_are_told_apart_and_opened(
    lab: InstantManager, kind: str, vary: str, values: str, page: str, words: str
) -> None:
    base = VARIANTS[kind].config("digits", epochs=2)
    lab.store.put(base.key, checkpoint.to_bytes(fit(base, "cpu")))
    at = press(sweep_of(base, vary, values), "Train the sweep")
    assert_opens(at, "compare")
    assert "All 2 runs are here" in said(at)
    assert all(words in tile for tile in tiles(at))
    last = values.partition("_")[2]
    assert len([title for title in shelf(at) if title.endswith(f"{spec(vary).name_within} {last}")]) == 1
    [button for button in at.button if button.label == "Open"][-1].click().run()
    assert_opens(at, page)
    assert on_screen(at) == f"run:{replace(base, **{vary: type(getattr(base, vary))(last)}).key}"


def test_the_link_of_a_sweep_made_when_settings_had_other_names_restores_it() -> None:
    query = {"dataset": "digits", "sparsity": "top_k", "hidden": "8", "code_size": "12", "active": "5", "epochs": "1"}
    at = visit("compare", **query, show="sweep", vary="active", values="2_5")
    assert at.button_group(key="sweep_values_k").value == [2, 5]
    assert (address(at)["k"], address(at)["vary"]) == ("5", "k")


def test_the_link_of_a_sweep_restores_it(known: Run) -> None:
    at = sweep_of(known.config, "code_size", "2_3")
    link = address(at)
    assert (link["show"], link["vary"], link["values"]) == ("sweep", "code_size", "2_3")
    at.button_group(key="sweep_values_code_size").set_value([2, 3, 8]).run()
    assert address(at)["values"] == "2_3_8"
    friend = visit("compare", **address(at))
    assert_opens(friend, "compare")
    assert [tile.partition("</b>")[0] for tile in tiles(friend)] == [tile.partition("</b>")[0] for tile in tiles(at)]
    turn_to(turn_to(at, "train"), "compare")
    assert address(at)["values"] == "2_3_8"


@pytest.mark.parametrize(
    ("vary", "values", "sentence"),
    [
        ("code_size", "2_x_99999", "values of code size that are not all valid; shown are 2, 2048"),
        ("beta", "1_2", "asked for vary “beta”; the nearest valid setting is ladder"),
    ],
)
def test_what_of_a_sweeps_link_is_no_good_is_said(known: Run, vary: str, values: str, sentence: str) -> None:
    at = sweep_of(known.config, vary, values)
    assert_opens(at, "compare")
    assert sentence in warnings(at)


def test_another_setting_is_chosen_and_a_run_without_it_goes_back_to_what_there_is() -> None:
    at = visit("compare")
    at.selectbox(key="shelf").select("zoo:digits-vae-2").run()
    at.button_group(key="sweep_setting").set_value("beta").run()
    assert_opens(at, "compare")
    assert address(at)["vary"] == "beta"
    turn_to(turn_to(at, "train"), "compare")
    assert address(at)["vary"] == "beta"
    at.selectbox(key="shelf").select("zoo:digits-code-8").run()
    assert_opens(at, "compare")
    assert address(at)["vary"] == "ladder"


@pytest.mark.parametrize("name", ["mnist-code-8", "fashion-vae-2", "mnist-k-sparse"])
def test_a_run_whose_images_are_not_here_shows_its_numbers_and_says_so(name: str) -> None:
    at = visit("compare")
    at.selectbox(key="shelf").select(f"zoo:{name}").run()
    assert_opens(at, "compare")
    assert sum("error 0." in tile for tile in tiles(at)) == 7
    assert not any("<img" in picture for picture in pictures(at))
    assert sum("no picture: the images are not on this machine" in picture for picture in pictures(at)) == 7
    at.button_group(key="sweep_setting").set_value("code_size").run()
    assert_opens(at, "compare")
    assert "are not on this machine; the Train page can fetch them" in said(at)
    assert [button.disabled for button in at.button if button.label == "Train the sweep"] == [True]
    at.button_group(key="compare_view").set_value("two").run()
    assert_opens(at, "compare")


def test_no_value_and_too_many_are_refused_in_words(known: Run) -> None:
    at = sweep_of(known.config, "code_size", "2_3")
    values = at.button_group(key="sweep_values_code_size")
    values.set_value([]).run()
    assert "Choose at least one value for the code size." in said(at)
    at.button_group(key="sweep_values_code_size").set_value([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]).run()
    assert "A sweep has at most 12 runs; 13 values were chosen." in said(at)
    assert not at.exception


def test_a_sweep_that_would_take_too_long_cannot_be_started(lab: InstantManager, known: Run) -> None:
    lab.limits = Limits(seconds=2 * lab.pace.seconds(TINY))
    at = sweep_of(known.config, "code_size", "1_2_4_6_8_12")
    (button,) = [button for button in at.button if button.label == "Train the sweep"]
    assert button.disabled
    assert "These 6 runs would take about" in said(at)


def test_a_sweep_goes_on_while_the_visitor_looks_at_other_pages(lab: InstantManager, known: Run) -> None:
    lab.holds = True
    at = press(sweep_of(known.config, "code_size", "1_2_4_6"), "Train the sweep")
    assert "0 of 4 runs trained; the next is number 1 in the queue" in next(
        bar.proto.text for bar in at.get("progress")
    )
    states = " ".join(pictures(at))
    assert states.count("in the queue") == 2
    assert states.count("waits for the runs before it") == 2
    turn_to(at, "reconstruct")
    assert ["0 of 4 runs trained" in bar.proto.text for bar in at.sidebar.get("progress")] == [True]
    first, second = lab.jobs
    lab.train(first)
    second.state, second.message = State.FAILED, "Training diverged. Lower the learning rate."
    lab.feed()
    turn_to(at, "compare")
    assert "1 of 4 runs trained" in next(bar.proto.text for bar in at.get("progress"))
    assert any("Training diverged. Lower the learning rate." in picture for picture in pictures(at))
    assert "error 0." in tiles(at)[0]
    press(at, "Stop")
    assert_opens(at, "compare")
    assert " ".join(pictures(at)).count("stopped before") == 2
    assert "1 of 4 runs are here. Training the other 3" in said(at)  # what is finished is kept, the rest on offer


# --- Two runs -----------------------------------------------------------------------------------------------


def test_two_runs_stand_beside_one_another_and_change_places(known: Run) -> None:
    at = visit("compare", **link_of(known.config, show="two", b="digits-code-8"))
    assert_opens(at, "compare")
    html = " ".join(tables(at))
    assert f"{known.metrics['mse']:.5f}" in html
    assert "A: 12 images" in html
    assert "B: 12 images" in html
    assert "code size 8 → 3" in said(at)
    assert address(at)["b"] == "digits-code-8"
    at.button(key="swap").click().run()
    assert_opens(at, "compare")
    assert "code size 3 → 8" in said(at)
    assert on_screen(at) == "zoo:digits-code-8"
    assert comparison.from_text(address(at)["b"])[0].key == known.config.key


def test_b_stays_pinned_while_a_changes_and_other_pages_are_visited() -> None:
    at = visit("compare", show="two")
    assert_opens(at, "compare")
    at.selectbox(key="compare_b").select("zoo:digits-vae-2").run()
    at.selectbox(key="compare_a").select("zoo:digits-conv").run()
    assert on_screen(at) == "zoo:digits-conv"
    turn_to(turn_to(at, "latent_map"), "compare")
    assert (at.selectbox(key="compare_a").value, at.selectbox(key="compare_b").value) == (
        "zoo:digits-conv",
        "zoo:digits-vae-2",
    )
    at.selectbox(key="compare_b").select("zoo:digits-conv").run()
    assert "A and B are the same run" in said(at)


@pytest.mark.parametrize("name", ["dense", "conv-vae", "sparse-kl", "rbm", "lstm"])
def test_any_run_fits_a_link_as_b(name: str) -> None:
    for config in (VARIANTS[name].config("digits"), VARIANTS[name].config("mnist", learning_rate=1.5e-5, seed=7)):
        assert comparison.from_text(comparison.to_text(config)) == (config.canonical(), [])


def test_a_b_that_this_server_does_not_have_is_trained_on_request(lab: InstantManager, known: Run) -> None:
    other = replace(TINY, code_size=5)
    at = visit("compare", **link_of(known.config, show="two", b=comparison.to_text(other)))
    assert_opens(at, "compare")
    assert "The link compares with **Digits: deep dense, code of 5**, which is not on this server" in said(at)
    assert lab.jobs == []
    press(at, "Train B")
    assert_opens(at, "compare")
    assert at.selectbox(key="compare_b").value == f"run:{other.key}"
    assert on_screen(at) == f"run:{known.config.key}"
    assert "code size 5 → 3" in said(at)


def test_a_b_that_is_no_run_is_said() -> None:
    at = visit("compare", show="two", b="<script>nonsense")
    assert_opens(at, "compare")
    assert "a run that is not known here" in warnings(at)


def test_a_refused_batch_is_said(lab: InstantManager, known: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    at = sweep_of(known.config, "code_size", "1_2")
    lab.limits = Limits(seconds=1e-6)  # meanwhile
    press(at, "Train the sweep")
    assert "Take fewer" in "\n".join(element.value for element in at.error) + said(at)
    serve(lab, monkeypatch)

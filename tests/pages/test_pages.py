"""The pages, driven as a visitor would: opened, linked to, set, trained on, and given files of every kind."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from apptest_helpers import (
    PAGES,
    RUN_PAGES,
    InstantManager,
    address,
    assert_opens,
    described_otherwise,
    errors,
    knobs,
    link_of,
    on_screen,
    open_lab,
    press,
    remembered,
    said,
    script_of,
    sent,
    serve,
    shelf,
    tables,
    turn_to,
    uploader,
    visit,
    warnings,
)
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from ae_core.config.schema import Config
from ae_core.data import datasets
from ae_core.data.corruption import CORRUPTIONS
from ae_core.data.upload import MAX_BYTES, open_image, prepare
from ae_core.errors import LabError
from ae_core.jobs.job import State
from ae_core.jobs.limits import Limits
from ae_core.paths import data_dir
from ae_core.runs import checkpoint, zoo
from ae_core.runs.run import Run
from ae_core.training.film import Film
from ae_core.training.loop import Progress
from ui.denoise.repairs import repaired
from ui.figures.pictures import sprite

QUICK = Config(dataset="digits", hidden_sizes=(8,), code_size=3, epochs=1, batch_size=64)  # trained in no time
DIVERGING = replace(
    QUICK, epochs=10, output_activation="linear", activation="linear", hidden_sizes=(64,) * 8, learning_rate=10.0
)


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> InstantManager:
    """A server with only digits on it, no runs yet, and a queue that trains at once."""
    if request.node.get_closest_marker("needs_mnist") is None:
        monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    return open_lab(tmp_path / "runs", monkeypatch)


def shipped(*datasets_named: str) -> list[Any]:
    """The names of the zoo's runs, each skipped where it has not been built."""
    return [
        pytest.param(name, marks=pytest.mark.skipif(not entry.path.is_file(), reason="this run is not shipped yet"))
        for name, entry in zoo.ZOO.items()
        if entry.config.dataset in datasets_named
    ]


def on_shelf(at: AppTest, name: str) -> AppTest:
    """The visit with a shipped run chosen, also when it is the one that the page opened on."""
    remembered(at).chosen = f"zoo:{name}"
    return at.run()


def train_quickly(at: AppTest, seed: int = 0) -> AppTest:
    """On the Train page: set a run of a moment, and train it."""
    at.select_slider(key="knob_epochs").set_value(1)
    at.number_input(key="knob_seed").set_value(seed).run()
    return press(at, "Train")


def running_progress(at: AppTest) -> list[str]:
    return [bar.proto.text for bar in at.get("progress")]


# --- Opening ------------------------------------------------------------------------------------------------

OF_ITS_OWN = {"documents": "documentation", "tables": "payments"}  # pages that show runs of one kind of data set alone


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_a_finished_run(page: str, lab: InstantManager) -> None:
    at = visit(page)
    assert_opens(at, page)
    assert on_screen(at).startswith(f"zoo:{OF_ITS_OWN.get(page, 'digits')}-")
    assert not lab.jobs  # nothing was trained to show it


@pytest.mark.needs_mnist
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_mnist_where_its_images_are(page: str) -> None:
    at = visit(page)
    assert_opens(at, page)
    assert on_screen(at).startswith(f"zoo:{OF_ITS_OWN.get(page, 'mnist')}-")


def opens_on_every_page(name: str) -> None:
    at = on_shelf(visit("reconstruct"), name)
    for page in ("train", *RUN_PAGES):
        at.switch_page(script_of(page)).run()
        assert_opens(at, page)
        assert zoo.ZOO[name].title in said(at)


@pytest.mark.parametrize("name", shipped("digits"))
def test_a_shipped_run_opens_on_every_page(name: str) -> None:
    opens_on_every_page(name)


# one of each kind: of a plain code's sizes those that pages open on
@pytest.mark.parametrize(
    "name", [one for one in shipped("mnist", "fashion") if not re.search(r"-code-(1|4|8|16|64)$", one.values[0])]
)
def test_a_run_opens_on_every_page_without_its_images(name: str) -> None:
    opens_on_every_page(name)


needs_mnist_runs = pytest.mark.skipif(
    not all(
        zoo.ZOO[name].path.is_file() for name in ("mnist-denoising", "mnist-vae-2", "mnist-vae-16", "mnist-code-2")
    ),
    reason="the MNIST runs are not shipped yet",
)


@needs_mnist_runs
def test_without_images_denoise_repairs_an_image_drawn_by_the_model() -> None:
    at = turn_to(on_shelf(visit("reconstruct"), "mnist-denoising"), "denoise")
    assert at.segmented_control(key="denoise_source").value == "Drawn by it"
    assert sent(at, "noise_mixer")["strip"].startswith("data:image/png")


@needs_mnist_runs
@pytest.mark.parametrize(("view", "pictures"), [("Samples", 2), ("Explore", 0), ("Interpolation", 2)])
def test_without_images_generate_still_draws(view: str, pictures: int) -> None:
    at = turn_to(on_shelf(visit("reconstruct"), "mnist-vae-16"), "generate")
    at.segmented_control(key="generate_view").set_value(view).run()
    assert_opens(at, "generate")
    assert "".join(tables(at)).count("data:image/png") == pictures  # a component's pictures are not in the page


@needs_mnist_runs
def test_without_images_the_latent_map_shows_what_the_decoder_draws() -> None:
    at = turn_to(on_shelf(visit("reconstruct"), "mnist-code-2"), "latent_map")
    assert "drawn by the decoder" in said(at)


@needs_mnist_runs
def test_without_images_reconstruct_says_where_to_get_them() -> None:
    at = on_shelf(visit("reconstruct"), "mnist-code-2")
    assert "the Train page can fetch them" in at.info[0].value


def test_the_shelf_changes_the_run_on_screen() -> None:
    at = visit("reconstruct")
    at.selectbox(key="shelf").set_value("zoo:digits-code-4").run()
    assert "squeezed into 4 numbers" in said(at)
    assert address(at)["code_size"] == "4"


@pytest.mark.parametrize(
    ("page", "label", "name"),
    [
        ("denoise", "Open the shipped denoising model", "digits-denoising"),
        ("generate", "Open the shipped 2-D VAE", "digits-vae-2"),
        ("latent_map", "Open the shipped 2-D autoencoder", "digits-code-2"),
    ],
)
def test_a_page_offers_the_run_that_suits_it(page: str, label: str, name: str) -> None:
    at = press(turn_to(on_shelf(visit("reconstruct"), "digits-code-8"), page), label)
    assert_opens(at, page)
    assert on_screen(at) == f"zoo:{name}"


def test_the_latent_map_shows_any_two_numbers_of_a_code() -> None:
    at = turn_to(on_shelf(visit("reconstruct"), "digits-vae-16"), "latent_map")
    planes = at.selectbox(key="map_plane_16").options
    assert len(planes) == 6
    for plane in planes:
        at.selectbox(key="map_plane_16").set_value(plane).run()
        assert_opens(at, "latent_map")


@pytest.mark.parametrize("corruption", [name for name in CORRUPTIONS if name != "none"])
def test_denoise_takes_every_noise_at_every_strength(corruption: str) -> None:
    at = visit("denoise")
    at.selectbox(key="denoise_noise").set_value(corruption).run()
    assert_opens(at, "denoise")
    scores = np.frombuffer(base64.b64decode(json.loads(sent(at, "noise_mixer")["json"])["scores"]), np.float32)
    assert len(scores) == 4 * 21 * 2
    assert not np.isnan(scores).any()


def test_ten_at_random_shows_other_images() -> None:
    at = visit("reconstruct")
    torch.manual_seed(0)
    before = tables(at)[0]
    press(at, "Ten at random")
    assert_opens(at, "reconstruct")
    assert tables(at)[0] != before


def test_draw_again_draws_other_samples() -> None:
    at = visit("generate")
    before = tables(at)
    press(at, "Draw again")
    assert tables(at) != before


# --- Settings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [page for page in PAGES if page != "train"])
def test_settings_outlive_a_page_switch(page: str) -> None:
    at = visit("train")
    at.select_slider(key="knob_code_size").set_value(12)
    at.number_input(key="knob_width_0").set_value(99)
    at.number_input(key="knob_seed").set_value(41).run()
    turn_to(turn_to(at, page), "train")
    assert at.select_slider(key="knob_code_size").value == 12
    assert at.number_input(key="knob_width_0").value == 99
    assert at.number_input(key="knob_seed").value == 41


VARIANT_KNOBS = {"beta", "corruption", "corruption_strength", "corruption_min", "layers"}


@pytest.mark.parametrize(
    ("variant", "shown"),
    [
        ("linear", set()),
        ("single", set()),
        ("dense", {"layers"}),
        ("conv", {"layers"}),
        ("denoising", {"layers", "corruption", "corruption_strength", "corruption_min"}),
        ("conv-denoising", {"layers", "corruption", "corruption_strength", "corruption_min"}),
        ("vae", {"layers", "beta", "corruption"}),
        ("conv-vae", {"layers", "beta", "corruption"}),
    ],
)
def test_a_kind_shows_its_knobs_and_hides_the_others(variant: str, shown: set[str]) -> None:
    at = visit("train")
    at.selectbox(key="knob_variant").set_value(variant).run()
    assert_opens(at, "train")
    assert knobs(at) & VARIANT_KNOBS == shown


def test_a_closed_expander_holds_no_knobs() -> None:
    at = visit("train")
    assert "batch_size" in knobs(at)
    at.session_state["more_settings"] = False
    at.run()
    assert not knobs(at) & {"batch_size", "seed"}
    assert "code_size" in knobs(at)


def test_noise_given_to_a_vae_brings_its_strength() -> None:
    at = visit("train")
    at.selectbox(key="knob_variant").set_value("vae").run()
    at.selectbox(key="knob_corruption").set_value("gaussian").run()
    assert "corruption_strength" in knobs(at)


def test_another_kind_keeps_what_was_set() -> None:
    at = visit("train")
    at.select_slider(key="knob_code_size").set_value(12).run().run()  # the first draws what follows from it alone
    at.selectbox(key="knob_variant").set_value("vae").run()
    assert at.select_slider(key="knob_code_size").value == 12


def test_settings_that_made_the_run_on_screen_carry_no_notice() -> None:
    at = train_quickly(visit("train"))
    assert "Your settings differ" not in warnings(at)


def test_settings_that_differ_from_the_run_on_screen_are_named() -> None:
    at = train_quickly(visit("train"))
    at.select_slider(key="knob_code_size").set_value(12).run()
    assert warnings(at) == "Your settings differ from this run's: code size 8 → 12."


@pytest.mark.parametrize(
    ("variant", "size", "parameters", "compression"),
    [
        # 64-128-8-128-64; 64-8-64; 64-128-(2 x 16)-128-64, each layer with a bias for every output
        ("dense", 8, "18,760", "8×</b> compression (64 pixels to 8 numbers)"),
        ("linear", 8, "1,096", "8×</b> compression (64 pixels to 8 numbers)"),
        ("vae", 16, "22,880", "4×</b> compression (64 pixels to 16 numbers)"),
        ("dense", 128, "49,600", "0.5×</b> compression (64 pixels to 128 numbers)"),
    ],
)
def test_the_size_of_a_network_is_told_before_it_is_trained(
    variant: str, size: int, parameters: str, compression: str
) -> None:
    at = visit("train")
    at.selectbox(key="knob_variant").set_value(variant).run()
    at.select_slider(key="knob_code_size").set_value(size).run()
    assert f"<b>{parameters}</b> parameters" in said(at)
    assert compression in said(at)


def test_a_run_that_is_too_large_cannot_be_started(lab: InstantManager) -> None:
    lab.limits = Limits(parameters=1000)
    at = visit("train")
    assert "the lab trains at most 1,000" in warnings(at)
    (train,) = [button for button in at.button if button.label == "Train"]
    assert train.disabled


def test_a_dataset_that_is_not_here_is_offered_for_download_and_cannot_be_trained_on() -> None:
    at = visit("train")
    at.selectbox(key="knob_dataset").set_value("mnist").run()
    assert_opens(at, "train")
    labels = {button.label: button.disabled for button in at.button}
    assert labels["Train"]
    assert not labels["Download MNIST (12 MB)"]


def test_home_offers_mnist_where_it_is_missing_and_says_why_it_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fail(name: str, progress: object) -> None:
        asked.append(name)
        raise LabError("MNIST could not be downloaded: there is no network.")

    monkeypatch.setattr("ui.widgets.download.download", fail)
    at = visit("home")
    assert_opens(at, "home")
    assert asked == []  # nothing is fetched unasked
    press(at, "Download MNIST (12 MB)")
    assert asked == ["mnist"]
    assert errors(at) == "MNIST could not be downloaded: there is no network."


@pytest.mark.needs_mnist
def test_home_turns_to_mnist_when_it_has_come(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = str(data_dir())
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    monkeypatch.setattr("ui.widgets.download.download", lambda name, progress: monkeypatch.setenv("AE_DATA_DIR", real))
    at = press(visit("home"), "Download MNIST (12 MB)")
    assert_opens(at, "home")
    assert at.segmented_control(key="home_dataset").value == "mnist"
    assert not [button for button in at.button if button.label.startswith("Download")]


# --- Training -----------------------------------------------------------------------------------------------


def test_training_ends_on_the_finished_run() -> None:
    at = train_quickly(visit("train"))
    assert_opens(at, "train")
    assert at.subheader[0].value == "Digits: deep dense, code of 8"
    assert "held-out MSE" in tables(at)[0]
    assert "Finished after 1 epochs" in running_progress(at)[0]


@pytest.mark.parametrize(("learning_rate", "useless"), [(1e-2, False), (1e-5, True)])
def test_a_run_that_ended_no_better_than_the_mean_image_says_so(learning_rate: float, useless: bool) -> None:
    at = press(visit("train", **link_of(replace(QUICK, learning_rate=learning_rate, epochs=3))), "Train")
    assert "held-out MSE" in tables(at)[0]
    assert ("no better than answering everything with the mean image" in warnings(at)) == useless


def test_a_trained_run_comes_first_on_the_shelf() -> None:
    at = train_quickly(visit("train"))
    assert shelf(at)[0] == "Digits: deep dense, code of 8"
    assert on_screen(at).startswith("run:")


@pytest.mark.parametrize("page", RUN_PAGES)
def test_a_trained_run_is_on_screen_on_the_other_pages(page: str) -> None:
    at = turn_to(train_quickly(visit("train")), page)
    assert_opens(at, page)
    assert "Digits: deep dense, code of 8" in said(at)


def test_training_again_replays_the_same_numbers(lab: InstantManager) -> None:
    at = train_quickly(visit("train"))
    first = lab.jobs[0].run
    press(at, "Replay")
    assert len(lab.jobs) == 2
    assert first is not None
    assert lab.jobs[1].run is not None
    assert lab.jobs[1].run.metrics == first.metrics


def test_a_new_seed_is_another_run(lab: InstantManager) -> None:
    at = train_quickly(visit("train"))
    press(at, "Train with a new seed")
    assert lab.jobs[1].key != lab.jobs[0].key
    assert at.number_input(key="knob_seed").value == lab.jobs[1].config.seed


def test_a_run_that_fails_says_why(lab: InstantManager) -> None:
    at = press(visit("train", **link_of(DIVERGING)), "Train")
    assert lab.jobs[0].state is State.FAILED
    assert errors(at) == lab.jobs[0].message


@pytest.fixture
def waiting(lab: InstantManager) -> AppTest:
    """A visit to the Train page with a job in the queue."""
    lab.holds = True
    return train_quickly(visit("train"))


def test_a_job_that_waits_says_its_place(waiting: AppTest) -> None:
    assert "Number 1 in the queue" in running_progress(waiting)[0]


def test_a_job_that_waits_for_the_service_says_so(waiting: AppTest, lab: InstantManager) -> None:
    lab.ready = False
    waiting.run()
    assert "service is starting" in running_progress(waiting)[0]


def test_trouble_with_the_service_is_told(waiting: AppTest, lab: InstantManager) -> None:
    lab.trouble = "Training is not available at the moment (OSError). It is being retried."
    waiting.run()
    assert lab.trouble in warnings(waiting)


def test_the_queue_can_be_left(waiting: AppTest, lab: InstantManager) -> None:
    press(waiting, "Leave the queue")
    assert_opens(waiting, "train")
    assert lab.jobs[0].state is State.STOPPED
    assert "queue" not in said(waiting)


def report(**changes: Any) -> Progress:
    """What a worker tells in the middle of a run."""
    history = {"epoch": [0.0, 0.4], "train_loss": [0.2, 0.1], "held_out_loss": [0.2, 0.1]}
    progress = Progress(20, 44, 0.4, 0.5, 0.6, 1234.0, history)
    return replace(progress, **changes)


def test_a_job_that_trains_shows_how_far_it_is(waiting: AppTest, lab: InstantManager) -> None:
    job = lab.jobs[0]
    job.state, job.phase, job.report = State.RUNNING, "training", report(seconds_left=12.3)
    job.film = Film(torch.tensor([0.0, 0.4]), torch.zeros(2, 12, 1, 8, 8, dtype=torch.uint8), torch.rand(2, 360, 2))
    waiting.run()
    assert_opens(waiting, "train")
    assert "12 s" in running_progress(waiting)[0]
    assert "0.4 of 1" in said(waiting)
    (film,) = json.loads(sent(waiting, "film")["json"])["films"]
    assert film["shares"] == pytest.approx([0, 0.4])


def test_a_time_that_is_not_known_yet_is_left_out(waiting: AppTest, lab: InstantManager) -> None:
    job = lab.jobs[0]
    job.state, job.phase, job.report = State.RUNNING, "training", report(step=0, epoch=0.0, seconds_left=math.nan)
    waiting.run()
    assert "left" not in running_progress(waiting)[0]


def test_a_job_that_waits_is_told_on_the_other_pages(waiting: AppTest) -> None:
    turn_to(waiting, "generate")
    assert_opens(waiting, "generate")
    assert "number 1 in the queue" in running_progress(waiting)[0]


def test_a_stopped_run_is_on_the_shelf_and_says_so(waiting: AppTest, lab: InstantManager, tiny_run: Run) -> None:
    job = lab.jobs[0]
    job.state, job.run = State.STOPPED, replace(tiny_run, finished=False)
    waiting.run()
    assert_opens(waiting, "train")
    assert "(stopped at" in shelf(waiting)[0]
    assert "Stopped after 3.00 of 3 epochs" in running_progress(waiting)[0]


def test_a_job_that_ends_while_the_visitor_is_elsewhere_is_on_the_shelf(waiting: AppTest, lab: InstantManager) -> None:
    turn_to(waiting, "generate")
    lab.train(lab.jobs[0])
    waiting.run()
    assert_opens(waiting, "generate")
    assert shelf(waiting)[0] == "Digits: deep dense, code of 8"


def test_a_job_that_fails_while_the_visitor_is_elsewhere_says_why(waiting: AppTest, lab: InstantManager) -> None:
    turn_to(waiting, "generate")
    lab.jobs[0].state, lab.jobs[0].message = State.FAILED, "The worker died."
    waiting.run()
    assert "The worker died." in said(waiting)


# --- Links --------------------------------------------------------------------------------------------------


BAD_SETTINGS = [
    ("code_size", "1e9", 2048),
    ("code_size", "-5", 1),
    ("code_size", "many", 32),
    ("code_size", "nan", 32),
    ("hidden_sizes", "9999-x", (4096,)),
    ("loss", "mze", "mse"),
    ("seed", "1.5", 2),
]


@pytest.mark.parametrize(
    ("page", "name", "text", "nearest"),
    [*(("reconstruct", *bad) for bad in BAD_SETTINGS), *((page, *BAD_SETTINGS[1]) for page in RUN_PAGES[1:])],
)
def test_a_bad_setting_in_a_link_becomes_the_nearest(page: str, name: str, text: str, nearest: object) -> None:
    at = visit(page, **link_of(QUICK) | {name: text})
    assert_opens(at, page)
    assert f"“{text}”; the nearest valid" in warnings(at)
    shown, notes = Config.from_query(address(at))
    assert shown == replace(QUICK, **{name: nearest}).canonical()
    assert not notes


@pytest.mark.parametrize(("name", "text", "nearest"), BAD_SETTINGS)
def test_a_bad_setting_in_a_link_to_the_train_page_becomes_the_nearest(name: str, text: str, nearest: object) -> None:
    at = visit("train", **link_of(QUICK) | {name: text})
    assert_opens(at, "train")
    assert f"“{text}”; the nearest valid" in warnings(at)
    assert Config.from_query(address(at))[0] == replace(QUICK, **{name: nearest}).canonical()


@pytest.mark.parametrize("page", PAGES)
def test_a_link_to_a_dataset_that_there_is_not_opens_with_a_notice(page: str) -> None:
    at = visit(page, dataset="nonsense")
    assert_opens(at, page)
    assert "dataset “nonsense”" in warnings(at)
    assert on_screen(at).startswith(f"zoo:{OF_ITS_OWN.get(page, 'digits')}-")


@pytest.mark.parametrize("page", PAGES)
def test_parameters_that_mean_nothing_are_dropped(page: str) -> None:
    at = visit(page, nonsense="1", draft="2", __class__="3", link_view="4", **{"<b>": "5"})
    assert_opens(at, page)
    assert not {"nonsense", "draft", "__class__", "link_view", "<b>"} & set(address(at))


BAD_VIEWS = [
    ("home", "image", "99999", "home.image", 359),
    ("home", "size", "17", "home.size", 16),
    ("home", "images", "cats", "home_dataset", "digits"),
    ("reconstruct", "start", "1e400", "reconstruct_start_digits", 350),
    ("reconstruct", "start", "", "reconstruct_start_digits", 0),
    ("denoise", "image", "-4", "denoise_image_digits", 0),
    ("denoise", "strength", "7", "denoise.strength", 1.0),
    ("denoise", "noise_kind", "rain", "denoise_noise", "gaussian"),
    ("denoise", "draw", "nan", "denoise_draw", 0),
    ("latent_map", "points", "5", "map_count_digits", 100),
    ("generate", "show", "Sample", "generate_view", "Samples"),
    ("generate", "temperature", "99", "temperature", 2.0),
    ("generate", "draw", "0.5", "sample_draw", 0),
]


@pytest.mark.parametrize(("page", "name", "text", "key", "nearest"), BAD_VIEWS)
def test_a_view_out_of_range_opens_at_the_nearest(page: str, name: str, text: str, key: str, nearest: object) -> None:
    at = visit(page, **{name: text})
    assert_opens(at, page)
    widget = "." not in key  # what no widget holds is a field of the visit's state
    assert (at.session_state[key] if widget else attrgetter(key)(remembered(at))) == nearest


@pytest.mark.parametrize(("page", "name", "text"), {view[0]: view[:3] for view in BAD_VIEWS}.values())
def test_a_view_out_of_range_is_told(page: str, name: str, text: str) -> None:
    at = visit(page, **{name: text})
    assert f"“{text}”; the nearest valid" in warnings(at)


def test_a_view_of_the_latent_plane_out_of_range_opens_at_the_nearest() -> None:
    at = visit("latent_map", **link_of(zoo.ZOO["digits-vae-16"].config), plane="77")
    assert_opens(at, "latent_map")
    assert at.session_state["map_plane_16"] == "Numbers 9 and 10"


@pytest.mark.parametrize(
    ("name", "text", "key", "nearest"), [("from", "-1", "from_digits", 0), ("to", "9e9", "to_digits", 359)]
)
def test_an_interpolation_out_of_range_opens_at_the_nearest(name: str, text: str, key: str, nearest: int) -> None:
    at = visit("generate", show="Interpolation", **{name: text})
    assert_opens(at, "generate")
    assert at.session_state[key] == nearest


@pytest.mark.parametrize("pins", ["here", "[[1]]", "[[1,2],[3,4],[5,6]]", "[[1e400,0]]", "[" * 1999])
@pytest.mark.parametrize("page", ["latent_map", "generate"])
def test_pins_that_nobody_set_are_left_out(page: str, pins: str) -> None:
    at = visit(page, show="Explore", pins=pins)
    assert_opens(at, page)
    assert "pins" not in address(at)


def test_a_note_can_be_closed() -> None:
    at = press(visit("reconstruct", **link_of(QUICK) | {"loss": "mze"}), "Got it")
    assert not at.warning


@pytest.mark.parametrize("page", ["train", *RUN_PAGES])
@pytest.mark.parametrize("name", ["digits-vae-16", "digits-denoising"])
def test_a_link_to_a_shipped_config_shows_that_run(page: str, name: str, lab: InstantManager) -> None:
    at = visit(page, **link_of(zoo.ZOO[name].config))
    assert_opens(at, page)
    assert on_screen(at) == f"zoo:{name}"
    assert not lab.jobs


def test_a_link_to_a_shipped_config_sets_the_train_page_to_it() -> None:
    config = zoo.ZOO["digits-vae-16"].config
    at = visit("train", **link_of(config))
    assert remembered(at).settings.draft.canonical() == config.canonical()


@pytest.mark.parametrize("page", RUN_PAGES)
def test_a_link_opens_with_the_same_numbers_on_the_same_server(page: str, lab: InstantManager) -> None:
    sender = turn_to(train_quickly(visit("train"), seed=7), page)
    receiver = visit(page, **address(sender))
    assert_opens(receiver, page)
    assert tables(receiver) == tables(sender)
    assert address(receiver) == address(sender)
    assert len(lab.jobs) == 1  # it was not trained a second time


@pytest.mark.parametrize("page", RUN_PAGES)
def test_a_link_opens_with_the_same_numbers_on_another_server(
    page: str, lab: InstantManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = turn_to(train_quickly(visit("train"), seed=8), page)
    elsewhere = serve(InstantManager(tmp_path / "elsewhere"), monkeypatch)
    receiver = visit(page, **address(sender))
    assert_opens(receiver, page)
    assert tables(receiver) == tables(sender)
    assert [job.key for job in elsewhere.jobs] == [lab.jobs[0].key]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_link_to_a_result_on_the_train_page_opens_on_it(
    elsewhere: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = train_quickly(visit("train"), seed=9)
    assert address(sender)["trained"] == "1"
    if elsewhere:
        serve(InstantManager(tmp_path / "elsewhere"), monkeypatch)
    receiver = visit("train", **address(sender))
    assert_opens(receiver, "train")
    assert address(receiver) == address(sender)


@pytest.mark.parametrize("page", RUN_PAGES)
def test_the_view_of_a_link_is_restored(page: str) -> None:
    view = {
        "reconstruct": {"start": "23"},
        "denoise": {"image": "5", "noise_kind": "block", "strength": "0.25", "draw": "3"},
        "latent_map": {"points": "200", "pins": "[[0.5,-1.0],[1.25,2.0]]"},
        "generate": {"show": "Explore", "pins": "[[0.5,-1.0]]"},
    }[page]
    at = visit(page, **view)
    assert {name: address(at)[name] for name in view} == view


def test_a_link_to_a_run_of_another_task_is_left_to_the_page_of_that_task(lab: InstantManager) -> None:
    at = visit("train", kind="line", epochs="7")
    assert_opens(at, "train")
    assert remembered(at).link.view == {"kind": "line", "epochs": "7"}
    assert not lab.jobs  # no autoencoder of seven epochs was asked for


def test_a_link_to_a_run_that_is_being_trained_shows_its_progress(lab: InstantManager) -> None:
    lab.holds = True
    at = visit("generate", **link_of(QUICK))
    assert at.subheader[0].value == "Training the run that this link shows"
    assert "Training: number 1 in the queue; it starts in about 40 seconds" in running_progress(at)


def test_a_link_that_is_being_trained_for_becomes_its_page(lab: InstantManager) -> None:
    lab.holds = True
    at = visit("generate", **link_of(QUICK))
    lab.train(lab.jobs[0])
    at.run()
    assert_opens(at, "generate")
    assert on_screen(at) == f"run:{QUICK.key}"


def test_waiting_for_a_link_can_be_given_up(lab: InstantManager) -> None:
    lab.holds = True
    at = press(visit("generate", **link_of(QUICK)), "Show a run that is ready instead")
    assert_opens(at, "generate")
    assert lab.jobs[0].state is State.STOPPED
    assert on_screen(at) == "zoo:digits-vae-2"


LENGTHY = replace(QUICK, epochs=1000, batch_size=8)  # some minutes


def test_a_link_to_a_lengthy_run_is_offered_and_not_started(lab: InstantManager) -> None:
    lab.holds = True
    at = visit("reconstruct", **link_of(LENGTHY))
    assert_opens(at, "reconstruct")
    assert "Training it here takes about" in said(at)
    assert not lab.jobs


def test_a_lengthy_run_of_a_link_starts_when_asked_for(lab: InstantManager) -> None:
    lab.holds = True
    press(visit("reconstruct", **link_of(LENGTHY)), "Train it")
    assert [job.config for job in lab.jobs] == [LENGTHY.canonical()]


def test_a_link_to_a_run_that_is_too_large_is_refused_and_the_page_opens(lab: InstantManager) -> None:
    at = visit("reconstruct", **link_of(replace(QUICK, hidden_sizes=(4096, 4096, 4096))))
    assert not at.exception
    assert "the lab trains at most" in errors(at)
    assert on_screen(at) == "zoo:digits-code-32"
    assert not lab.jobs


@pytest.mark.parametrize("page", RUN_PAGES)
def test_a_link_to_a_run_that_diverges_says_so(page: str, lab: InstantManager) -> None:
    at = visit(page, **link_of(DIVERGING))
    assert lab.jobs[0].state is State.FAILED
    assert lab.jobs[0].message in said(at)


# --- Pictures -----------------------------------------------------------------------------------------------


def picture(size: tuple[int, int] = (60, 80), mode: str = "L") -> Image.Image:
    """A dark stroke on paper."""
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).line([(size[0] // 3, 10), (size[0] // 2, size[1] - 10)], fill=0, width=max(1, size[0] // 10))
    return image.convert(mode)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims this size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def upload_picture(data: bytes, name: str, **link: str) -> AppTest:
    at = visit("denoise", source="upload", **link)
    return uploader(at, "A picture").upload(name, data, "image/png").run()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.png"),
        (b"This is no picture.", "text.png"),
        (encoded(picture())[:-60], "truncated.png"),
        (png_of(60_000, 60_000), "huge.png"),
        (png_of(300, 300), "hollow.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.svg"),
        (b"PK\x03\x04" + bytes(26) + b"archive/data.pkl", "model.pth"),
        (bytes(MAX_BYTES + 1), "enormous.jpg"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_good_picture_is_refused_with_a_sentence(data: bytes, name: str) -> None:
    at = upload_picture(data, name)
    assert not at.exception
    assert len(at.error) == 1
    assert at.error[0].value.endswith(".")
    assert "Please" in at.error[0].value
    assert [element.value for element in at.title] == ["Denoise"]


def animated() -> bytes:
    frames = [picture(), picture().rotate(90)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def sixteen_bit() -> bytes:
    return encoded(Image.fromarray((np.asarray(picture()).astype(np.uint16)) * 257))


def transparent() -> bytes:
    image = Image.new("RGBA", (60, 80), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(20, 10), (30, 70)], fill=(0, 0, 0, 255), width=6)
    return encoded(image)


ODD_PICTURES: dict[str, Callable[[], bytes]] = {
    "plain.png": lambda: encoded(picture()),
    "thin.png": lambda: encoded(picture((1, 40))),
    "single.png": lambda: encoded(Image.new("L", (1, 1), 128)),
    "animated.gif": animated,
    "cmyk.jpg": lambda: encoded(picture(mode="CMYK"), "JPEG"),
    "sixteen.png": sixteen_bit,
    "transparent.png": transparent,
    "palette.png": lambda: encoded(picture(mode="P")),
}


@pytest.mark.parametrize("name", ODD_PICTURES)
def test_an_odd_picture_is_repaired_like_any_other(name: str) -> None:
    at = upload_picture(ODD_PICTURES[name](), name, intent="damage")
    assert_opens(at, "denoise")
    assert sent(at, "noise_mixer")["strip"].startswith("data:image/png")


def test_a_picture_that_is_noisy_already_is_cleaned_and_no_truth_is_claimed() -> None:
    digit = datasets.load("digits", "test").images[7, 0].numpy()
    noise = np.random.default_rng(0).normal(0, 60, digit.shape)
    noisy = np.clip(digit + noise, 0, 255).astype(np.uint8)
    at = upload_picture(encoded(Image.fromarray(noisy)), "noisy.png")
    assert_opens(at, "denoise")
    assert not [element for element in at.get("bidi_component") if element.proto.component_name == "noise_mixer"]
    words = said(at)
    assert "No noise was added" in words
    assert not re.search(r"dB|PSNR|SSIM", words)
    image = torch.from_numpy(noisy / np.float32(255))[None, None]
    for repair in repaired(zoo.load("digits-denoising"), image).values():
        assert sprite(repair, datasets.INFO["digits"]) in words
    assert sprite(image, datasets.INFO["digits"]) in words
    downloads = [element.proto.label for element in at.get("download_button")]
    assert downloads == ["Repaired picture (PNG)", "All beside each other (PNG)"]


def test_fine_noise_in_a_large_picture_reaches_the_model_unless_it_is_to_be_averaged_away() -> None:
    rng = np.random.default_rng(0)
    clean = np.asarray(picture((160, 160)).convert("L"), float)
    noisy = Image.fromarray(np.clip(255 - clean + rng.normal(0, 90, clean.shape), 0, 255).astype(np.uint8))
    at = upload_picture(encoded(noisy), "fine.png")
    assert_opens(at, "denoise")
    options = {"centre": True, "fill": 1.0}
    kept, averaged = (
        torch.from_numpy(prepare(noisy, (1, 8, 8), keep_noise=keep, **options).pixels)[None] for keep in (True, False)
    )
    assert sprite(kept, datasets.INFO["digits"]) in said(at)
    at.segmented_control(key="fine_noise").set_value("Average away").run()
    assert sprite(averaged, datasets.INFO["digits"]) in said(at)
    assert "cleaned it before a model sees it" in said(at)


def test_the_link_to_an_own_picture_says_what_is_asked_for_and_names_no_other_image() -> None:
    at = upload_picture(encoded(picture()), "stroke.png")
    assert address(at) | {"source": "upload", "intent": "clean"} == address(at)
    assert not {"image", "draw", "strength"} & set(address(at))
    assert "in no link" in said(at)
    other = visit("denoise", **address(at))
    assert_opens(other, "denoise")
    assert "Upload a picture" in other.info[0].value
    assert other.segmented_control(key="denoise_intent").value == "clean"


def test_an_own_picture_is_kept_when_the_source_and_the_page_change_until_it_is_removed() -> None:
    at = upload_picture(encoded(picture()), "stroke.png")
    before = said(at)
    at.segmented_control(key="denoise_source").set_value("Draw").run()
    assert "stroke.png" not in said(at)
    at.segmented_control(key="denoise_source").set_value("Upload").run()
    assert said(turn_to(turn_to(at, "generate"), "denoise")) == before
    turn_to(at, "reconstruct")
    at.segmented_control(key="foreign_digits").set_value("Upload").run()
    assert "stroke.png" in said(at)
    assert "Yours" in said(at)
    at.button(key="forget_Upload").click().run()
    assert "stroke.png" not in said(at)
    assert "Upload a picture" in said(at)


def test_the_link_to_an_own_drawing_on_home_names_no_other_image() -> None:
    at = visit("home", image="3")
    assert address(at)["image"] == "3"
    ink = io.BytesIO()
    Image.eval(picture((32, 32)), lambda level: 255 - level).save(ink, "PNG")
    remembered(at).own.drawing = "data:image/png;base64," + base64.b64encode(ink.getvalue()).decode()
    at.toggle(key="home_draws").set_value(True).run()
    assert not at.exception
    assert "image" not in address(at)
    assert "in no link" in said(press(at, "Share and take home"))


def test_a_file_that_was_taken_is_no_longer_in_the_uploader() -> None:
    """A browser goes on naming what lies in an uploader, even after a restart of the server that has lost it."""
    at = upload_picture(encoded(picture()), "stroke.png")
    assert uploader(at, "A picture").value is None
    uploader(at, "A picture").upload("empty.png", b"", "image/png").run()
    assert uploader(at, "A picture").value is None
    assert "empty" in errors(at)
    assert "stroke.png" in said(at)


def test_an_upload_shows_how_it_was_prepared() -> None:
    data = encoded(picture())
    at = upload_picture(data, "stroke.png")
    steps = prepare(open_image(data), (1, 8, 8), polarity="auto", centre=True, fill=1.0).steps
    captions = [element.value for element in at.caption]
    assert len(steps) > 2
    assert all(f"**{step.title}.** {step.note}" in captions for step in steps)


def test_before_a_picture_is_chosen_the_page_says_what_to_do() -> None:
    at = visit("denoise")
    at.segmented_control(key="denoise_source").set_value("Upload").run()
    assert_opens(at, "denoise")
    assert "Upload a picture" in at.info[0].value


# --- Checkpoints --------------------------------------------------------------------------------------------


def upload_checkpoint(at: AppTest, data: bytes) -> AppTest:
    return uploader(at, "Checkpoint file").upload("run.safetensors", data, "application/octet-stream").run()


@pytest.mark.parametrize("page", ["train", *RUN_PAGES])
def test_an_uploaded_checkpoint_is_on_the_shelf_and_on_screen(page: str, tiny_bytes: bytes) -> None:
    at = upload_checkpoint(visit(page), tiny_bytes)
    assert_opens(at, page)
    assert on_screen(at).startswith("mem:")
    assert shelf(at)[0] == "Digits: deep dense, code of 3 (uploaded)"
    assert "Digits: deep dense, code of 3 (uploaded)" in said(at)


def test_a_checkpoint_of_a_dataset_that_is_not_here_opens(tmp_path: Path) -> None:
    path = zoo.ZOO["mnist-vae-2"].path
    if not path.is_file():
        pytest.skip("this run is not shipped yet")
    at = upload_checkpoint(visit("reconstruct"), path.read_bytes())
    assert_opens(at, "reconstruct")
    assert on_screen(at).startswith("mem:")


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "corruption": lambda data: np.random.default_rng(0).bytes(5000),
    "truncated": lambda data: data[: len(data) // 2],
    "a picture": lambda data: encoded(picture()),
    "a pickle": lambda data: b"\x80\x04c__builtin__\neval\n(X\x01\x00\x00\x001tR.",
    "other settings": lambda data: described_otherwise(data, config={"dataset": "digits", "code_size": 9}),
    "no settings": lambda data: described_otherwise(data, config=None),
    "numbers that are none": lambda data: described_otherwise(data, metrics={"mse": "small"}),
    "no history": lambda data: described_otherwise(data, history={}),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_bad_checkpoint_is_refused_with_a_sentence_and_nothing_is_lost(kind: str, tiny_bytes: bytes) -> None:
    at = upload_checkpoint(train_quickly(visit("train")), tiny_bytes)
    before, shown = shelf(at), on_screen(at)
    upload_checkpoint(at, BROKEN[kind](tiny_bytes))
    assert not at.exception
    assert [error.value.endswith(".") for error in at.error] == [True]
    assert shelf(at) == before
    assert on_screen(at) == shown


def few_points(run: Run, count: int) -> bytes:
    """A checkpoint with a map of only so many images."""
    short = replace(
        run.latent_map,
        codes=run.latent_map.codes[:count],
        labels=run.latent_map.labels[:count],
        pca=run.latent_map.pca[:count],
    )
    return checkpoint.to_bytes(replace(run, latent_map=short))


STRANGE: dict[str, Callable[[Run, bytes], bytes]] = {
    "negative metrics": lambda run, data: described_otherwise(data, metrics=dict.fromkeys(run.metrics, -1e300)),
    "markdown in the device": lambda run, data: described_otherwise(data, device="<script>$x$ **b** \\"),
    "a flat history": lambda run, data: described_otherwise(data, history={name: [0.0] for name in run.history}),
    "a film without frames": lambda run, data: checkpoint.to_bytes(
        replace(
            run,
            film=replace(run.film, epochs=run.film.epochs[:0], images=run.film.images[:0], points=run.film.points[:0]),
        )  # type: ignore[type-var, union-attr]
    ),
}
CRASHING: dict[str, Callable[[Run, bytes], bytes]] = {
    "no metrics": lambda run, data: described_otherwise(data, metrics={}),
    "a history without rows": lambda run, data: described_otherwise(data, history={"epoch": []}, finished=False),
    "an epoch before the first": lambda run, data: described_otherwise(data, history={"epoch": [-5.0]}),
    "a map of nothing": lambda run, data: few_points(run, 0),
    "a map of three images": lambda run, data: few_points(run, 3),
    "a map of 150 images": lambda run, data: few_points(run, 150),
}


def assert_refused_or_open_everywhere(at: AppTest, data: bytes) -> None:
    """Whatever is taken can be looked at; whatever is not is refused with a sentence."""
    upload_checkpoint(at, data)
    for page in ("train", *RUN_PAGES):
        at.switch_page(script_of(page)).run()
        assert not at.exception, page
        assert all(error.value.endswith(".") for error in at.error)


@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_checkpoint_breaks_no_page(kind: str, tiny_run: Run, tiny_bytes: bytes) -> None:
    assert_refused_or_open_everywhere(visit("train"), STRANGE[kind](tiny_run, tiny_bytes))


@pytest.mark.parametrize("kind", CRASHING)
def test_an_incomplete_checkpoint_breaks_no_page(kind: str, tiny_run: Run, tiny_bytes: bytes) -> None:
    assert_refused_or_open_everywhere(visit("train"), CRASHING[kind](tiny_run, tiny_bytes))


def test_only_the_latest_uploads_are_kept(tiny_bytes: bytes) -> None:
    at = visit("reconstruct")
    for _ in range(6):
        upload_checkpoint(at, tiny_bytes)
    assert_opens(at, "reconstruct")
    assert len([title for title in shelf(at) if title.endswith("(uploaded)")]) == 4


@pytest.mark.needs_mnist
def test_home_goes_from_a_large_dataset_to_a_small_one() -> None:
    at = visit()
    remembered(at).home.image = 5000
    at.run()
    assert address(at)["image"] == "5000"
    at.segmented_control(key="home_dataset").set_value("digits").run()
    assert_opens(at, "home")
    assert datasets.INFO["digits"].test_count > int(address(at)["image"])

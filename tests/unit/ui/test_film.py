"""The training film: what its component is sent, and where the pages show it."""

from __future__ import annotations

import base64
import io
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from apptest_helpers import InstantManager, assert_opens, link_of, open_lab, press, remembered, said, sent, visit
from PIL import Image

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import INFO
from ae_core.jobs.job import Job, State, longer
from ae_core.jobs.messages import Report, from_wire, to_wire
from ae_core.runs.fit import fit, images_of
from ae_core.runs.run import Run
from ae_core.runs.zoo import ZOO
from ae_core.training.film import Film, film_indices
from ae_core.training.loop import Progress, run_to_end, train
from ae_core.training.trace import Trace
from ui.components.shared import MOST_BYTES
from ui.figures.film import Reel, film_data, placed, reel_of
from ui.train import step_through
from ui.visit.page_runs import PAGE_RUNS

BRIEF = Config(dataset="digits", hidden_sizes=(16,), code_size=4, epochs=2, batch_size=64)


@pytest.fixture(scope="module")
def run() -> Run:
    return fit(BRIEF, "cpu")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    return open_lab(tmp_path, monkeypatch)


def text(data: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(data["json"])
    return told


def pixels(url: str) -> torch.Tensor:
    return torch.from_numpy(np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))).copy())


# --- What the component is sent -----------------------------------------------------------------------------


def test_the_points_are_the_maps_first_images(run: Run) -> None:
    """They share the map's labels: at the end of the film they are the map's own codes, on a plane."""
    assert run.film is not None
    assert run.film.points.shape[1] == len(reel_of(run).labels)
    codes = run.latent_map.codes[: run.film.points.shape[1]]
    centred = codes - codes.mean(0)
    _, _, axes = torch.linalg.svd(centred, full_matrices=False)
    plane = centred @ axes[:2].T
    torch.testing.assert_close(run.film.points[-1].abs(), plane.abs(), atol=1e-3, rtol=1e-3)


def test_points_keep_their_shape_in_a_square_of_their_own() -> None:
    points = torch.stack([torch.rand(500, 2) * torch.tensor([4.0, 1.0]), torch.rand(500, 2) * 100 - 500])
    places, wide = placed(points)
    assert wide == pytest.approx([4, 100], rel=0.1)
    at = places.astype(np.float64) / 65535
    assert at[0, :, 1].max() - at[0, :, 1].min() == pytest.approx(0.25, abs=0.03)  # one scale for both axes
    assert np.corrcoef(at[1, :, 0], points[1, :, 0].numpy())[0, 1] > 0.999
    assert placed(torch.zeros(1, 500, 2))[1][0] > 0  # codes that all are one


def test_a_frame_has_the_loss_that_was_measured_with_it(run: Run) -> None:
    (film,) = text(film_data([reel_of(run)]))["films"]
    assert run.film is not None
    assert film["epochs"] == run.film.epochs.tolist()
    assert film["shares"][0] == 0
    assert film["shares"][-1] == 1
    for epoch, row in zip(film["epochs"], film["seen"], strict=True):
        assert run.history["epoch"][row] == pytest.approx(epoch, abs=1e-6)
        assert film["losses"][row] == pytest.approx(run.history["held_out_loss"][row], rel=1e-4)


def test_the_sheet_holds_the_originals_and_every_frame(run: Run) -> None:
    assert run.film is not None
    sheet = pixels(film_data([reel_of(run)])["sheetA"])
    assert sheet.shape == ((1 + len(run.film.epochs)) * 8, 12 * 8)
    held_out = images_of("digits")[1]
    first = held_out.images[film_indices(held_out.labels)[3], 0]
    assert (sheet[:8, 24:32].int() - first.int()).abs().max() <= 3  # 64 shades
    last = run.film.images[-1, 11, 0]
    assert (sheet[-8:, -8:].int() - last.int()).abs().max() <= 3


def test_a_denoiser_also_shows_what_it_was_given() -> None:
    noisy = fit(VARIANTS["denoising"].config("digits", epochs=1, hidden_sizes=(16,)), "cpu")
    data = film_data([reel_of(noisy)])
    assert text(data)["films"][0]["given"] == 2
    assert "what the autoencoder is given" in text(data)["key"]


def mnist_of_noise(frames: int = 31) -> Reel:
    """The most that a film can weigh: MNIST's size, and nothing in it that a PNG could pack."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (frames + 2, 12, *INFO["mnist"].shape), generator=generator, dtype=torch.uint8)
    film = Film(torch.linspace(0, 5, frames), images[2:], torch.randn(frames, 500, 2, generator=generator))
    history = {"epoch": torch.linspace(0, 5, 60).tolist(), "held_out_loss": torch.rand(60).tolist()}
    return Reel("A", VARIANTS["denoising"].config("mnist"), film, history, torch.arange(500) % 10, images[:2])


def test_two_films_of_mnist_stay_within_what_a_component_may_be_sent() -> None:
    reel = mnist_of_noise()
    for reels in ([reel], [reel, reel]):
        data = film_data(reels)
        assert sum(map(len, data.values())) <= MOST_BYTES
        for film in text(data)["films"]:
            assert film["shares"][-1] == 1  # frames may go, but never the last
            assert len(film["epochs"]) >= 7
            assert len(base64.b64decode(film["points"])) == len(film["epochs"]) * 500 * 2 * 2


def test_a_film_is_thinned_from_its_last_frame_on_until_it_is_small_enough(run: Run) -> None:
    assert run.film is not None
    frames, size = len(run.film.epochs), run.film.images.nbytes
    assert torch.equal(run.film.within(size).images, run.film.images)
    thinned = run.film.within(size - 1)
    assert torch.equal(thinned.epochs, run.film.epochs.flip(0)[::2].flip(0))
    assert thinned.images.nbytes <= size - 1
    assert len(thinned.points) == len(thinned.images) == (frames + 1) // 2
    assert len(run.film.within(1).epochs) == 1


def test_of_two_runs_in_different_units_the_curves_are_not_held_against_each_other(run: Run) -> None:
    other = replace(run, config=replace(BRIEF, loss="bce"))
    same, different = (text(film_data([reel_of(run, "A"), reel_of(one, "B")])) for one in (run, other))
    assert "units differ" not in same["key"]
    assert "units differ" in different["key"]
    assert [film["name"] for film in different["films"]] == ["A", "B"]


def test_classes_that_are_no_digits_are_named() -> None:
    reel = mnist_of_noise(3)
    assert "Classes" not in text(film_data([reel]))["key"]
    fashion = replace(reel, config=replace(reel.config, dataset="fashion"))
    assert "9 Ankle boot" in text(film_data([fashion]))["key"]


# --- The film so far ----------------------------------------------------------------------------------------


def test_the_film_of_a_job_grows_into_that_of_its_run() -> None:
    """What travels frame by frame from the worker is in the end the whole film; points in 16 bits."""
    frames: list[Film | None] = [None]

    def take(progress: Progress) -> None:
        report = from_wire(to_wire(Report("job", progress)))
        assert isinstance(report, Report)
        assert isinstance(report.event, Progress)
        if report.event.snapshot is not None:
            frames.append(longer(frames[-1], report.event))

    whole = run_to_end(train(BRIEF, *images_of("digits")), take).film
    films = [film for film in frames if film is not None]
    assert [len(film.epochs) for film in films] == list(range(1, len(whole.epochs) + 1))
    assert films[-1].epochs.equal(whole.epochs)
    assert films[-1].images.equal(whole.images)
    torch.testing.assert_close(films[-1].points, whole.points, atol=1e-2, rtol=1e-2)


def test_no_axis_turns_round_while_the_film_grows() -> None:
    seen: list[torch.Tensor] = []
    run_to_end(train(BRIEF, *images_of("digits")), lambda p: seen.append(p.points) if p.points is not None else None)
    turns = [
        float((newer[-2] * older[-1]).sum(0).min()) for older, newer in itertools.pairwise(seen[5:])
    ]  # the same codes on the plane before and after a frame was added
    assert min(turns) > 0


def test_a_film_that_missed_a_frame_stays_as_it_was() -> None:
    film = Film(torch.tensor([0.0]), torch.zeros(1, 12, 1, 8, 8, dtype=torch.uint8), torch.zeros(1, 360, 2))
    points = torch.zeros(3, 360, 2)  # of three frames, when this would be the second
    assert longer(film, Progress(9, 44, 0.5, 0.5, 0.6, 1.0, {}, film.images[0], points)) is film


@pytest.mark.parametrize("name", sorted({*PAGE_RUNS.values()} - {"one-class", "code-64"}))  # whose pages show none
def test_the_runs_that_pages_open_on_bring_their_film(name: str) -> None:
    assert all(ZOO[f"{dataset}-{name}"].filmed for dataset in ("digits", "shapes", "mnist"))


# --- On the Train page --------------------------------------------------------------------------------------


def test_a_run_without_a_film_says_where_films_come_from(lab: InstantManager) -> None:
    at = visit("train")
    remembered(at).chosen = "zoo:mnist-linear"
    at.run()
    assert_opens(at, "train")
    assert "training film comes with runs that were trained here" in said(at)
    assert not [one for one in at.get("bidi_component") if one.proto.component_name == "film"]


def test_a_run_trained_here_has_its_film(lab: InstantManager) -> None:
    at = press(visit("train", **link_of(BRIEF)), "Train")
    assert_opens(at, "train")
    told = text(sent(at, "film"))
    assert not told["live"]
    assert told["films"][0]["total"] == 2
    assert "comes with runs that were trained here" not in said(at)


def test_the_film_of_a_job_is_shown_as_it_grows(lab: InstantManager, run: Run) -> None:
    lab.holds = True
    at = press(visit("train", **link_of(BRIEF)), "Train")
    job: Job = lab.jobs[0]
    assert run.film is not None
    job.state, job.phase = State.RUNNING, "training"
    for frames, shown in ((4, 4), (9, 5), (12, 4)):  # a few, the last among them
        job.film = Film(run.film.epochs[:frames], run.film.images[:frames], run.film.points[:frames])
        history = {name: column[: 2 * frames] for name, column in run.history.items()}
        job.report = Progress(4, 44, float(job.film.epochs[-1]), 0.5, 0.6, 1234.0, history)
        at.run()
        assert_opens(at, "train")
        told = text(sent(at, "film"))
        assert told["live"]
        epochs = told["films"][0]["epochs"]
        assert len(epochs) == shown
        assert epochs[-1] == pytest.approx(float(job.film.epochs[-1]))
    assert told["id"] == text(film_data([reel_of(run)]))["id"]  # so the finished run goes on from where it was seen


# --- Step through -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIANTS)
def test_every_kind_is_stepped_through_with_what_it_adds_marked(name: str) -> None:
    config = step_through.walked_config(VARIANTS[name].config("digits"))
    assert step_through.refusal(config) == ""
    course = step_through._Course(Trace(config, images_of("digits")[0].images[: step_through.IMAGES]))
    data = course.step(0)
    told = text(data)
    stages = {stage["name"]: stage["adds"] for stage in told["stages"]}
    plain = {
        "Batch": False,
        "Encode": False,
        "Decode": False,
        "Loss": False,
        "Gradient": False,
        "Update": False,
        "Again": False,
    }
    own = {
        "conv": {"Encode": True, "Decode": True}, "denoising": {"Corrupt": True}, "vae": {"Sample": True, "KL": True},
        "sparse": {"Penalty": True}, "sparse-kl": {"Penalty": True}, "k-sparse": {"Keep k": True},
        "contractive": {"Penalty": True}, "rbm": {"Pretrain": True}, "lstm": {"Encode": True, "Decode": True},
        "linear": {}, "single": {}, "dense": {},
    }  # fmt: skip
    own["conv-denoising"], own["conv-vae"] = own["conv"] | own["denoising"], own["conv"] | own["vae"]
    assert stages == plain | own[name]
    assert told["title"] == "Batch 1 of 64"
    assert pixels(data["sheet"]).shape == (5 * 8, 8 * 8)
    assert sum(map(len, data.values())) < MOST_BYTES / 4
    assert course.step(0) is data  # made once for all who have these settings


def test_the_widest_code_stays_within_what_a_component_may_be_sent() -> None:
    config = step_through.walked_config(VARIANTS["vae"].config("digits", code_size=2048, hidden_sizes=()))
    course = step_through._Course(Trace(config, images_of("digits")[0].images[: step_through.IMAGES]))
    assert sum(map(len, course.step(0).values())) <= MOST_BYTES


def test_the_last_batch_is_the_last() -> None:
    config = step_through.walked_config(VARIANTS["k-sparse"].config("digits"))
    course = step_through._Course(Trace(config, images_of("digits")[0].images[: step_through.IMAGES]))
    last = text(course.step(step_through.STEPS - 1))
    assert last["last"]
    assert not text(course.step(step_through.STEPS - 2))["last"]
    assert any("10 of 100 at most" in str(stage["blocks"]) for stage in last["stages"])  # k in the end


def opened(**link: str) -> Any:
    at = visit("train", **link)
    at.session_state["step_through_open"] = True  # AppTest cannot click an expander
    return at.run()


def test_nothing_is_computed_before_it_is_opened(lab: InstantManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_through, "_course", lambda config: pytest.fail("a network was built"))
    assert_opens(visit("train", **link_of(BRIEF)), "train")


def test_the_settings_on_the_page_are_stepped_through(lab: InstantManager) -> None:
    at = opened(**link_of(BRIEF))
    assert_opens(at, "train")
    assert text(sent(at, "step_through"))["step"] == 0
    remembered(at).train.step = (step_through.walked_config(BRIEF).key, 5)
    at.run()
    assert text(sent(at, "step_through"))["title"] == "Batch 6 of 64"
    at.select_slider(key="knob_code_size").set_value(8).run()
    told = text(sent(at, "step_through"))  # other settings are another run, at its start
    assert told["step"] == 0
    assert told["run"] == step_through.walked_config(replace(BRIEF, code_size=8)).key


@pytest.mark.needs_mnist
def test_a_network_that_is_too_slow_for_the_web_process_is_refused_in_a_sentence() -> None:
    assert "fewer channels" in step_through.refusal(
        VARIANTS["conv"].config("mnist", hidden_sizes=(128, 256), code_size=4)
    )


def test_a_network_too_large_for_the_web_process_is_refused_in_a_sentence(lab: InstantManager) -> None:
    at = opened(**link_of(replace(BRIEF, hidden_sizes=(2048, 2048))))
    assert_opens(at, "train")
    assert "parameters. Step by step the lab shows at most 1,500,000" in said(at)
    assert step_through.refusal(VARIANTS["rbm"].config("digits", hidden_sizes=(1000, 500))) != ""


def test_images_that_are_not_here_cannot_be_stepped_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_through, "on_disk", lambda dataset: False)
    assert "The images of Digits are not on this machine" in step_through.refusal(BRIEF)

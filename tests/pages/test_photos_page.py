"""The page Photos: what it opens with, each repair, pictures of the visitor's own, masks, strokes and the downloads."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apptest_helpers import (
    InstantManager,
    address,
    assert_opens,
    errors,
    open_lab,
    press,
    remembered,
    said,
    sent,
    turn_to,
    visit,
    warnings,
)
from PIL import Image
from streamlit.testing.v1 import AppTest

from ae_core.data.upload.photo_files import JPEG_SIDE
from ae_core.jobs.job import State
from ae_core.tasks.restoration import explained, opening, work
from ae_core.tasks.restoration.classical import METHODS
from ae_core.tasks.restoration.restoring import offered
from ae_core.tasks.restoration.strength import taken
from ae_core.tasks.restoration.weights import network
from ui.photos import scene as scenes
from ui.photos import view
from ui.photos.scene import Scene
from ui.visit import caches, photograph, pieces
from ui.visit.state import REGISTER, VisitState

VIEWER = "photo_viewer"


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    """A server that computes at once, knows no sample's repairs but the shipped ones, and finds little pictures large."""
    caches._repaired_samples.clear()
    return open_lab(tmp_path / "runs", monkeypatch)


def file_of(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def noisy(height: int = 40, width: int = 60) -> np.ndarray:
    rng = np.random.default_rng(0)
    slope = np.linspace(40, 200, width)[None, :, None] + 20 * rng.standard_normal((height, width, 3))
    return np.clip(slope, 0, 255).astype(np.uint8)


def uploaded(at: AppTest, data: bytes, name: str = "mine.png") -> AppTest:
    at.segmented_control(key="photos_source").set_value("Upload").run()
    state = remembered(at).photo
    return at.file_uploader(key=f"photo_upload_{state.offered}").upload(name, data, "image/png").run()


def scene_of(at: AppTest) -> Scene:
    scene = remembered(at).photos.scene
    assert isinstance(scene, Scene)
    return scene


def viewed(at: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sent(at, VIEWER)["json"])
    return found


def in_viewer(at: AppTest, callback: Callable[[], None]) -> None:
    """Do what the viewer has Python do when something is pressed in it, which no AppTest can."""
    state = remembered(at)
    with pytest.MonkeyPatch.context() as patched:
        for module in (scenes, view, pieces):
            patched.setattr(module, "visit", lambda: state)
        callback()


def test_it_opens_repaired_without_any_work(lab: InstantManager) -> None:
    at = visit("photos")
    assert_opens(at, "photos")
    assert lab.piece_jobs == []
    shown = viewed(at)
    assert [layer["role"] for layer in shown["layers"]] == ["clean", "given", "ours", *["classic"] * 5]
    assert all(layer["here"] for layer in shown["layers"])
    scores = {layer["title"]: layer["psnr"] for layer in shown["layers"]}
    assert scores["Network"] > max(scores[method.title] for method in METHODS["denoise"].values())


def test_what_it_opens_with_is_what_the_networks_make() -> None:
    stored, made = opening.answers(opening.KEY), opening.made()
    assert stored is not None
    assert set(stored) == set(made)
    assert np.abs(stored[work.NETWORK].pixels.astype(int) - made[work.NETWORK].pixels).max() <= 1
    for name, answer in made.items():
        assert stored[name].psnr[-1] == pytest.approx(answer.psnr[-1], abs=0.01)
        if name != work.GIVEN:  # noise is drawn anew, not read
            assert np.abs(stored[name].pixels.astype(int) - answer.pixels).mean() < 4


@pytest.mark.parametrize("task", offered())
def test_every_repair_shows_every_method_on_a_sample_and_scores_it(task: str, lab: InstantManager) -> None:
    at = visit("photos", repair=task, photo="gravel")
    assert_opens(at, "photos")
    shown = viewed(at)
    assert all(layer["here"] for layer in shown["layers"])
    classic = [layer["title"] for layer in shown["layers"] if layer["role"] == "classic"]
    assert classic == [method.title for method in METHODS[task].values()]
    assert all(layer["psnr"] is not None for layer in shown["layers"] if layer["role"] != "clean")
    assert len(shown["curve"]["psnr"]) == len(work.STRENGTHS)
    first = len(lab.piece_jobs)
    again = visit("photos", repair=task, photo="gravel")
    assert_opens(again, "photos")
    assert len(lab.piece_jobs) == first  # who asks for the same sample is given what is known


def test_a_picture_of_the_visitor_s_own_is_repaired_as_it_is_and_not_scored(lab: InstantManager) -> None:
    at = uploaded(visit("photos"), file_of(noisy()))
    at.segmented_control(key="photos_way").set_value("mine").run()
    assert_opens(at, "photos")
    shown = viewed(at)
    assert (shown["w"], shown["h"]) == (60, 40)
    assert shown["curve"] is None
    assert all(layer["psnr"] is None for layer in shown["layers"])
    assert "estimated" in shown["note"]
    assert "for two hours after you have left" in said(at)
    at.button(key="photos_remove").click().run()
    assert remembered(at).photo.photo is None
    assert "Upload a picture" in said(at)


def test_a_first_picture_of_the_visitor_s_own_is_not_damaged_and_afterwards_they_choose(lab: InstantManager) -> None:
    at = visit("photos")
    assert "damaged on purpose" in said(at)
    at = uploaded(at, file_of(noisy()))
    assert at.segmented_control(key="photos_way").value == "mine"
    assert np.array_equal(scene_of(at).photo.pixels, noisy())
    assert "as it is" in said(at)
    assert "damaged on purpose" not in said(at)
    at.segmented_control(key="photos_way").set_value("see").run()
    at = uploaded(at, file_of(noisy(50)))
    assert at.segmented_control(key="photos_way").value == "see"


@pytest.mark.parametrize(
    ("told", "way"),
    [
        ({"picture": "upload", "way": "see"}, "see"),
        ({"picture": "sample", "way": "see"}, "mine"),
        ({"way": "see", "fix": "way", "on": "photos"}, "see"),
    ],
)
def test_a_link_to_an_own_picture_says_whether_it_is_damaged(
    told: dict[str, str], way: str, lab: InstantManager
) -> None:
    at = uploaded(visit("photos", **told), file_of(noisy()))
    assert at.segmented_control(key="photos_way").value == way


def test_the_download_is_the_picture_at_its_size_with_as_much_of_the_repair_as_asked_for(lab: InstantManager) -> None:
    mine = noisy()
    at = uploaded(visit("photos"), file_of(mine))
    at.segmented_control(key="photos_way").set_value("mine").run()
    result = scene_of(at).result
    assert result is not None
    assert result.shape == mine.shape
    half = taken(mine, result, 0.5)
    assert 0 < np.abs(half.astype(int) - mine).mean() < np.abs(result.astype(int) - mine).mean()


@pytest.mark.parametrize("task", ["denoise", "double"])
@pytest.mark.parametrize("way", ["mine", "see"])
def test_what_is_transparent_stays_so_in_either_way(way: str, task: str, lab: InstantManager) -> None:
    alpha = np.full((40, 60, 1), 255, np.uint8)
    alpha[:, :30] = 0
    link = {"repair": task, "picture": "upload", "way": way}
    at = uploaded(visit("photos", **link), file_of(np.concatenate([noisy(), alpha], 2)))
    assert "Its transparency is kept." in said(at)
    scene = scene_of(at)
    assert scene.result is not None
    kept = scene.photo.holding(scene.result).alpha
    assert kept is not None
    assert kept.shape == scene.result.shape[:2]
    assert kept[:, : kept.shape[1] // 3].max() == 0
    assert kept[:, -kept.shape[1] // 3 :].min() == 255


def test_a_file_that_is_no_picture_is_refused_by_a_sentence_and_the_one_before_stays(lab: InstantManager) -> None:
    at = uploaded(visit("photos"), file_of(noisy()))
    key = f"photo_upload_{remembered(at).photo.offered}"
    at.file_uploader(key=key).upload("x.png", b"rubbish", "image/png").run()
    assert not at.exception
    assert "not a picture" in said(at) + errors(at)
    assert remembered(at).photo.refused
    assert remembered(at).photo.photo is not None


def test_what_is_painted_is_filled(lab: InstantManager) -> None:
    at = uploaded(visit("photos", repair="fill"), file_of(noisy()))
    at.segmented_control(key="photos_way").set_value("mine").run()
    assert "Paint over" in viewed(at)["note"]
    assert viewed(at)["paints"]
    scene = scene_of(at)
    lab.holds = True
    assert scene.methods is None
    in_viewer(at, lambda: scenes.paint(scene, "[[0, 5, 20, 20, 30, 20]]"))
    assert scene.methods is not None
    assert scene.methods.mask is not None
    assert scene.methods.mask[20, 25]
    assert not scene.methods.mask[5, 5]


def test_a_mask_of_another_size_is_refused_and_one_of_the_same_is_taken(lab: InstantManager) -> None:
    at = uploaded(visit("photos", repair="fill"), file_of(noisy()))
    at.segmented_control(key="photos_way").set_value("mine").run()
    at.file_uploader(key="photo_mask_0").upload("m.png", file_of(np.zeros((9, 9), np.uint8)), "image/png").run()
    assert "9 × 9 pixels and the picture 60 × 40" in errors(at)
    mask = np.zeros((40, 60), np.uint8)
    mask[10:14, 10:14] = 255
    at.file_uploader(key="photo_mask_1").upload("m.png", file_of(mask), "image/png").run()
    assert_opens(at, "photos")
    scene = scene_of(at)
    assert scene.methods is not None
    assert scene.methods.mask is not None
    assert scene.methods.mask.sum() == 16


def test_a_mask_that_is_black_or_white_all_over_is_refused_beside_it(lab: InstantManager) -> None:
    at = uploaded(visit("photos", repair="fill"), file_of(noisy()))
    at.segmented_control(key="photos_way").set_value("mine").run()
    for number, value, colour in ((0, 0, "black"), (1, 255, "white")):
        mask = np.full((40, 60), value, np.uint8)
        at.file_uploader(key=f"photo_mask_{number}").upload("m.png", file_of(mask), "image/png").run()
        assert f"The mask is {colour} all over" in errors(at)


def test_a_broken_upload_leaves_the_picture_and_what_was_made_of_it_and_is_forgotten_with_it(
    lab: InstantManager,
) -> None:
    at = uploaded(visit("photos"), file_of(noisy()))
    before = scene_of(at)
    at = uploaded(at, b"no picture at all")
    assert scene_of(at) is before
    assert errors(at)
    at.button(key="photos_remove").click().run()
    assert not errors(at)


def test_what_stands_in_place_of_a_score_is_true_of_the_task(lab: InstantManager) -> None:
    at = uploaded(visit("photos"), file_of(noisy()))
    at.segmented_control(key="photos_way").set_value("mine").run()
    assert "without its noise" in viewed(at)["note"]
    at.selectbox(key="photos_task").select("double").run()
    assert "finer detail" in viewed(at)["note"]
    at.selectbox(key="photos_task").select("colour").run()
    assert "has colours already" in viewed(at)["note"]


def test_a_damage_without_chance_asks_for_no_draw(lab: InstantManager) -> None:
    at = visit("photos", photo="gravel")
    assert [one.label for one in at.number_input] == ["Draw"]
    at.selectbox(key="photos_task").select("jpeg").run()
    assert not at.number_input
    assert [one.label for one in at.slider] == ["Quality, of 100: the lower, the more is lost"]


@pytest.fixture
def soon_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of more than a thousand pixels is large, and a part of 24 by 24 of it is compared."""
    monkeypatch.setattr(work, "WHOLE", 1000)
    monkeypatch.setattr(work, "PART", 24)


@pytest.mark.usefixtures("soon_large")
def test_of_a_large_picture_a_part_is_compared_and_the_whole_on_demand(lab: InstantManager) -> None:
    at = uploaded(visit("photos"), file_of(noisy(100, 120)))
    at.segmented_control(key="photos_way").set_value("mine").run()
    shown = viewed(at)
    assert shown["detail"] == {"x": 48, "y": 32, "w": 24, "h": 24}
    assert sent(at, VIEWER)["before"].startswith("data:image/jpeg")
    assert sent(at, VIEWER)["after"] == ""
    assert scene_of(at).result is None
    assert shown["offer"].startswith("Repair the whole picture (0.0 megapixels")
    lab.holds = True
    in_viewer(at, lambda: scenes.move_part(scene_of(at), 0, 0))
    assert viewed(at.run())["offer"] == ""  # the comparison first
    in_viewer(at, view._take_whole)
    assert "whole" not in scene_of(at).jobs
    lab.holds = False
    in_viewer(at, lambda: scenes.compare(scene_of(at)))
    in_viewer(at, view._take_whole)
    assert_opens(at.run(), "photos")
    result = scene_of(at).result
    assert result is not None
    assert result.shape == (100, 120, 3)
    assert sent(at, VIEWER)["after"].startswith("data:image/jpeg")


@pytest.mark.usefixtures("soon_large")
def test_of_a_large_picture_the_part_that_was_painted_last_is_compared_and_all_that_was_is_filled(
    lab: InstantManager,
) -> None:
    at = uploaded(visit("photos", repair="fill"), file_of(noisy(100, 120)))
    assert viewed(at)["offer"] == ""  # there is nothing to be filled
    first, second, erased = "[0, 3, 8, 8, 12, 8]", "[0, 3, 100, 90, 104, 90]", "[1, 40, 0, 8, 30, 8]"
    for strokes, corner in ((f"[{first}]", (0, 0)), (f"[{first}, {second}]", (80, 64))):
        in_viewer(at, lambda strokes=strokes: scenes.paint(scene_of(at), strokes))  # type: ignore[misc]
        scene = scene_of(at.run())
        assert (scene.box.left, scene.box.top) == corner
        assert scene.methods is not None
        assert viewed(at)["offer"].startswith("Repair the whole picture")
    in_viewer(at, view._take_whole)
    result = scene_of(at.run()).result
    assert result is not None
    changed = (result != noisy(100, 120)).any(2)
    assert changed[8, 10]
    assert changed[90, 102]

    in_viewer(at, lambda: scenes.move_part(scene_of(at), 60, 50))
    shown = viewed(at.run())
    assert "Nothing is to be filled in the frame" in shown["note"]
    assert shown["offer"].startswith("Repair the whole picture")
    in_viewer(at, lambda: scenes.paint(scene_of(at), f"[{first}, {erased}]"))
    shown = viewed(at.run())
    assert "Paint over" in shown["note"]
    assert shown["offer"] == ""


@pytest.mark.usefixtures("soon_large")
def test_an_uploaded_mask_of_a_large_picture_shows_a_part_that_it_fills(lab: InstantManager) -> None:
    at = uploaded(visit("photos", repair="fill"), file_of(noisy(100, 120)))
    mask = np.zeros((100, 120), np.uint8)
    mask[90:94, 4:9] = 255
    at.file_uploader(key="photo_mask_0").upload("m.png", file_of(mask), "image/png").run()
    scene = scene_of(at)
    assert scene.methods is not None
    assert scene.box.of(mask).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 90, 3), (90, 1)])
@pytest.mark.parametrize("way", ["mine", "see"])
@pytest.mark.parametrize("task", [task for task in offered() if task != "fill"])
def test_a_picture_one_pixel_wide_is_repaired_in_either_way(
    task: str, way: str, shape: tuple[int, ...], lab: InstantManager
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    at = uploaded(visit("photos", picture="upload", way=way, repair=task), file_of(pixels))
    assert_opens(at, "photos")
    assert scene_of(at).result is not None
    assert ("is taken twice" in said(at)) == (task == "double" and way == "see")


@pytest.mark.parametrize(("way", "task"), [("mine", "double"), ("see", "double"), ("see", "jpeg")])
def test_a_picture_longer_than_a_jpeg_is_shown_and_taken_home_as_a_png(
    way: str, task: str, lab: InstantManager
) -> None:
    pixels = np.zeros((2, JPEG_SIDE + 1), np.uint8)
    pixels[:, ::3] = 200
    at = uploaded(visit("photos", picture="upload", way=way, repair=task), file_of(pixels))
    assert_opens(at, "photos")
    assert all(layer["here"] for layer in viewed(at)["layers"])
    assert scene_of(at).result is not None
    labels = [button.label for button in at.get("download_button")]
    assert [label.split(",")[0] for label in labels] == (["PNG"] if way == "mine" else ["PNG", "JPEG"])


def test_work_can_be_stopped_and_a_new_question_stops_the_old(lab: InstantManager) -> None:
    lab.holds = True
    at = visit("photos", photo="gravel")
    (job, _), *_ = lab.piece_jobs
    assert job.state is State.QUEUED
    assert viewed(at)["work"] == {"words": "Waiting for its turn: 0.0 of 1.8 million pixels", "share": 0.0}
    in_viewer(at, view._take_stop)
    assert job.state is State.STOPPED
    assert viewed(at.run())["work"] is None
    at.selectbox(key="photos_sample").set_value("coffee").run()
    (_, _), (second, _) = lab.piece_jobs
    at.selectbox(key="photos_sample").set_value("camera").run()
    assert second.state is State.STOPPED


@pytest.mark.parametrize(
    ("state", "error"), [(State.STOPPED, ""), (State.FAILED, "A part of this took too long. Try it again.")]
)
def test_what_was_stopped_or_failed_can_be_repaired_again(lab: InstantManager, state: State, error: str) -> None:
    lab.holds = True
    at = visit("photos", photo="gravel")
    (job, _), *_ = lab.piece_jobs
    assert "Repair it again" not in [button.label for button in at.button]
    job.state, job.error = state, error  # by the lane: its visitor was away for minutes, or a piece hung
    at.run()
    assert error in errors(at)
    assert ("stopped before" in said(at)) == (state is State.STOPPED)
    lab.holds = False
    press(at, "Repair it again")
    assert_opens(at, "photos")
    assert all(layer["here"] for layer in viewed(at)["layers"])
    assert "Repair it again" not in [button.label for button in at.button]


def test_the_link_brings_back_what_is_on_screen(lab: InstantManager) -> None:
    at = visit("photos", repair="jpeg", photo="gravel", amount="30", way="see")
    assert address(at) == {
        "picture": "sample",
        "photo": "gravel",
        "repair": "jpeg",
        "way": "see",
        "amount": "30",
        "dial": "1",
    }
    at.selectbox(key="photos_task").set_value("fill").run()
    at.selectbox(key="photos_damage_fill").set_value("text").run()
    at.slider(key="photos_strength_text").set_value(33).run()
    at.number_input(key="photos_draw").set_value(7).run()
    at.session_state["photos_filters"] = True
    remembered(at).photos.strength = 0.35
    at.run()
    assert_opens(at, "photos")
    assert not at.warning
    friend = visit("photos", **address(at))
    assert_opens(friend, "photos")
    assert not friend.warning
    assert address(friend) == address(at)
    assert (
        address(at).items() >= {"damage": "text", "amount": "33", "draw": "7", "dial": "0.35", "why": "filters"}.items()
    )
    assert (scene_of(friend).asked, viewed(friend)["strength"]) == (scene_of(at).asked, 0.35)
    assert sent(friend, VIEWER) == sent(at, VIEWER)
    assert "edges" in said(friend)


def test_a_picture_that_is_repaired_as_it_is_comes_back_so(lab: InstantManager) -> None:
    at = visit("photos", photo="gravel", way="mine", why="biases_bottleneck")
    shown = address(at)
    assert shown == {
        "picture": "sample",
        "photo": "gravel",
        "repair": "denoise",
        "way": "mine",
        "dial": "1",
        "why": "bottleneck_biases",
    }
    assert "homogeneous" in said(at)
    assert "skip connections" in said(at).lower()


@pytest.mark.parametrize(
    ("name", "text", "taken"),
    [
        ("repair", "nonsense", "denoise"),
        ("photo", "../../etc", "cat"),
        ("amount", "1e9", "100"),
        ("amount", "nan", "25"),
        ("damage", "rain", "gaussian"),
        ("draw", "-3", "0"),
        ("picture", "stolen", "sample"),
        ("way", "sideways", "see"),
        ("dial", "7", "1"),
        ("dial", "-1", "0"),
        ("dial", "much", "1"),
        ("why", "<b>", None),
        ("why", "filters_" * 200, None),
    ],
)
def test_what_no_link_can_ask_for_becomes_the_nearest_and_is_told(
    lab: InstantManager, name: str, text: str, taken: str | None
) -> None:
    at = visit("photos", **{name: text})
    assert_opens(at, "photos")
    (note,) = remembered(at).link.notes
    assert "the nearest valid setting is" in note
    assert note.partition("; the nearest")[0] in warnings(at).replace("\\", "")
    assert address(at).get(name) == taken


def test_what_a_link_says_of_a_damage_is_not_taken_for_that_of_another_task(lab: InstantManager) -> None:
    at = visit("photos", damage="speckles", amount="50")
    assert (scene_of(at).asked.kind, scene_of(at).asked.strength) == ("speckles", 50)
    at.selectbox(key="photos_damage_denoise").set_value("gaussian").run()
    assert scene_of(at).asked.strength == 25
    at.selectbox(key="photos_task").set_value("fill").run()
    assert_opens(at, "photos")
    assert not at.warning
    assert (scene_of(at).asked.kind, scene_of(at).asked.strength) == ("pixels", 50)
    at.selectbox(key="photos_task").set_value("jpeg").run()
    assert scene_of(at).asked.strength == 10


def test_a_link_cannot_carry_a_picture_of_the_visitor_s_own_and_says_so(lab: InstantManager) -> None:
    at = uploaded(visit("photos", photo="gravel"), file_of(noisy()))
    shown = address(at)
    assert shown["picture"] == "upload"
    assert "photo" not in shown
    assert "in no link" in said(at)
    for label in ("Share and take home", "Make a teacher's link"):
        assert "Your own pictures and drawings stay with this visit" in said(press(at, label))
    friend = visit("photos", **shown)
    assert_opens(friend, "photos")
    assert remembered(friend).photos.scene is None
    assert "Upload a picture" in friend.info[0].value
    assert address(friend) == shown
    assert "stay with this visit" not in said(press(friend, "Share and take home"))


def test_lessons_stay_open_when_the_page_is_left_and_come_with_the_link(lab: InstantManager) -> None:
    at = visit("photos", why="filters")
    assert "6 × 6 pixels" in said(at)
    turn_to(turn_to(at, "generate"), "photos")
    assert "6 × 6 pixels" in said(at)
    at.session_state["photos_filters"] = False
    at.run()
    assert "why" not in address(at)


def test_a_picture_is_forgotten_when_there_is_no_room_for_it(
    lab: InstantManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = uploaded(visit("photos"), file_of(noisy()))
    monkeypatch.setattr(photograph, "MOST_BYTES", 3 * noisy().nbytes)
    second = uploaded(visit("photos"), file_of(noisy()))
    assert remembered(second).photo.photo is not None
    assert remembered(first).photo.photo is None
    assert "upload it again" in remembered(first).photo.refused
    assert "upload it again" in errors(first.run())
    assert not first.exception


def test_the_lessons_are_shown_with_the_picture(lab: InstantManager) -> None:
    at = visit("photos")
    for key in ("photos_bottleneck", "photos_biases", "photos_filters"):
        at.session_state[key] = True
    at.run()
    assert_opens(at, "photos")
    text = said(at)
    assert "homogeneous" in text
    assert "6 × 6 pixels" in text
    assert "none of them is an edge" in text
    assert "skip connections" in text.lower()


def test_what_a_lesson_makes_of_an_own_picture_is_kept_while_that_is_on_screen_and_in_no_cache_of_all(
    lab: InstantManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    through = explained.through_bottleneck

    def counted(picture: Any) -> Any:
        asked.append(picture)
        return through(picture)

    monkeypatch.setattr(explained, "through_bottleneck", counted)
    at = visit("photos", why="bottleneck", picture="upload", way="see")
    at = uploaded(at, file_of(noisy()))
    at.slider(key="photos_strength_gaussian").set_value(60).run()
    assert len(asked) == 1
    visitor = remembered(at)
    assert visitor.photos.scene.lessons
    uploaded(visit("photos", why="bottleneck", picture="upload", way="see"), file_of(noisy()))
    assert len(asked) == 2  # somebody else's answer is not there to be found
    at.button(key="photos_remove").click().run()
    assert visitor.photos.scene is None


def test_a_picture_that_was_forgotten_in_another_tab_is_not_shown_for_the_next(lab: InstantManager) -> None:
    anna = "anna" * 8
    at = visit("photos", VisitState(REGISTER.find(anna)), picture="upload")
    at = at.file_uploader(key="photo_upload_0").upload("first.png", file_of(noisy()), "image/png").run()
    first = scene_of(at)
    press(press(visit("home", VisitState(REGISTER.find(anna))), "Forget my work"), "Forget it all")
    at.file_uploader(key="photo_upload_1").upload("second.png", file_of(255 - noisy()), "image/png").run()
    second = scene_of(at)
    assert first.asked == second.asked  # which is why it could be taken for the other
    assert np.array_equal(second.photo.pixels, 255 - noisy())


def test_two_visitors_pictures_never_meet(lab: InstantManager) -> None:
    one, other = noisy(), 255 - noisy()
    mine, yours = visit("photos"), visit("photos")
    mine, yours = uploaded(mine, file_of(one), "same.png"), uploaded(yours, file_of(other), "same.png")
    for at, picture in ((mine.run(), one), (yours.run(), other)):
        scene = scene_of(at)
        assert np.array_equal(scene.photo.pixels, picture)
        assert scene.result is not None
        assert np.abs(scene.result.astype(int) - picture).mean() < 30  # what was made of it is made of it
    assert (
        scene_of(mine).asked == scene_of(yours).asked
    )  # by what is asked they are told apart no more than by their names


def test_denoise_hands_a_large_picture_over(lab: InstantManager) -> None:
    at = visit("denoise")
    at.segmented_control(key="denoise_source").set_value("Upload").run()
    at.file_uploader(key="own_upload_0").upload("mine.png", file_of(noisy(90, 120)), "image/png").run()
    assert "28 × 28 pixels, and your picture has more" in said(at)
    labels = [button.label for button in at.main.button]
    assert labels.index("Clean it at its full size") < labels.index("Remove")  # in sight, above how it was made small
    (button,) = [button for button in at.button if button.label == "Clean it at its full size"]
    button.click().run()
    photo = remembered(at).photo.photo
    assert photo is not None
    assert photo.pixels.shape == (90, 120, 3)


def test_the_credit_of_a_sample_links_where_it_is_from_and_its_licence(lab: InstantManager) -> None:
    at = visit("photos", photo="flower")
    assert (
        "Photograph by vultilion ([source](https://www.flickr.com/photos/vultilion/6056698931)), "
        "[CC BY 2.0](https://creativecommons.org/licenses/by/2.0/)." in said(at)
    )


def test_the_sizes_of_the_networks_are_those_that_are_said() -> None:
    said_sizes = {"a third of a million": 0.33, "half a million": 0.5, "0.6 million": 0.6, "0.9 million": 0.9}
    for task in offered():
        sizes = [size for words, size in said_sizes.items() if words in view.ABOUT_NETWORK[task].lower()]
        count = sum(weights.numel() for weights in network(task).parameters()) / 1e6
        assert sizes == [pytest.approx(count, abs=0.051)], task


def test_figures_that_are_quoted_are_those_of_the_docs(lab: InstantManager) -> None:
    quoted = re.findall(r"\d\d\.\d\d", view._BM3D)
    assert len(quoted) == 12
    docs = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()
    rows = [line for line in docs.splitlines() if line.startswith(("| blind grey noise", "| blind colour noise"))]
    assert set(quoted) <= set(re.findall(r"\d\d\.\d\d", " ".join(rows)))
    at = visit("photos")
    assert view._BM3D in said(at)
    at.selectbox(key="photos_task").select("jpeg").run()
    assert "BM3D" not in said(at)

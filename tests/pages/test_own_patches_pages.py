"""Patches of the visitor's own picture: asked for on Photos, trained on Train, shown on every page, and for nobody else."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apptest_helpers import (
    PAGES,
    TITLES,
    InstantManager,
    address,
    assert_opens,
    errors,
    link_of,
    on_screen,
    open_lab,
    press,
    remembered,
    said,
    sent,
    shelf,
    tables,
    turn_to,
    uploader,
    visit,
    warnings,
)
from PIL import Image
from streamlit.testing.v1 import AppTest

from ae_core.config.schema import Config
from ae_core.data import own, own_patches
from ae_core.data.datasets import INFO
from ae_core.runs import checkpoint
from ui.visit import caches, own_sets

LONG = ("compress", "clusters", "few_labels")  # in test_tables_page.py on data of the visitor's own, of fewer numbers


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantManager:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path / "nothing"))
    return open_lab(tmp_path / "runs", monkeypatch)


def picture(seed: int) -> bytes:
    """A picture of random blobs and bars, with detail all over."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(small).resize((320, 240), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def with_patches(seed: int = 1, side: int = 8, colour: str = "grey", data: bytes | None = None) -> AppTest:
    """A visit that has asked for patches of a picture of its own, and has come to Train with them."""
    return asks(visit("photos", repair="colour"), side, colour, data or picture(seed))


def asks(at: AppTest, side: int, colour: str, data: bytes) -> AppTest:
    """The visit after it uploaded a picture on Photos, where it is, and asked for its patches."""
    at.segmented_control(key="photos_source").set_value("Upload").run()
    at.file_uploader(key="photo_upload_0").upload("mine.png", data, "image/png").run()
    at.segmented_control(key="photos_patch_side").set_value(side).run()
    at.segmented_control(key="photos_patch_colour").set_value(colour).run()
    at.button(key="photos_cut_patches").click().run()
    return arrived(at)


def arrived(at: AppTest) -> AppTest:
    """The visit on the page that the lab has sent it to, which AppTest forgets with the next run."""
    return turn_to(at, "train") if [title.value for title in at.title] == [TITLES["train"]] else at


def briefly(at: AppTest, **changes: Any) -> Config:
    """Have the visit's draft take a moment to train, and return it."""
    turn_to(at, "denoise")  # where there are no knobs, which would set what they stand at
    state = remembered(at).settings
    assert state.draft is not None
    quick: dict[str, Any] = {"epochs": 1, "code_size": 12, "k": 3, "hidden_sizes": (16,), "batch_size": 512}
    state.draft = replace(state.draft, **(quick | changes))
    turn_to(at, "train")
    config = state.draft.canonical()
    assert config.epochs == 1
    return config


def trained(seed: int = 1, **asked: Any) -> tuple[AppTest, Config]:
    """A visit with a run on patches of its own picture on screen."""
    at = with_patches(seed, **asked)
    config = briefly(at)
    press(at, "Train").run()
    assert_opens(at, "train")
    return at, config


def pictures(at: AppTest) -> set[str]:
    """The pictures that the page shows as held-out patches."""
    rows = re.findall(r'<img [^>]*src="([^"]+)"[^>]*alt="(?:Original|Best|Worst)', "".join(tables(at)))
    return set(rows)


@pytest.mark.parametrize(("side", "colour"), [(8, "grey"), (16, "colour")])
def test_patches_of_an_upload_are_the_data_set_on_train_and_are_trained_on(
    side: int, colour: str, lab: InstantManager
) -> None:
    at = with_patches(side=side, colour=colour)
    assert_opens(at, "train")
    name = at.selectbox(key="knob_dataset").value
    assert own_patches.kind_in(name) == f"patches{side}" + "_colour" * (colour == "colour")
    config = briefly(at)
    press(at, "Train").run()
    assert_opens(at, "train")
    assert on_screen(at) == f"own:{remembered(at).visitor}-{config.key}"
    assert "PCA" in "".join(tables(at))
    run = remembered(at).shelf.private[config.key]
    assert run.metrics["pca_mse"] < run.metrics["mean_image_mse"]
    assert "Which units fire, and what they draw" in said(at)


def test_every_page_shows_a_run_on_them_in_the_visit_that_trained_it() -> None:
    at, config = trained(colour="colour")
    for page in [page for page in PAGES if page not in LONG]:
        turn_to(at, page)
        assert_opens(at, page)
        if page not in ("home", "compare"):
            assert on_screen(at).endswith(config.key)
            assert "does not have" not in said(at)


def test_nobody_else_is_shown_the_picture_or_the_run(lab: InstantManager) -> None:
    at, config = trained()
    assert config.key not in lab.store
    assert not list(lab.store.folder.glob("*"))
    other = visit("reconstruct", **link_of(config))
    assert not other.exception
    assert "cut from a picture that this visit does not have" in warnings(other)
    assert config.key not in on_screen(other)
    with pytest.raises(LookupError):
        remembered(other).own_sets.sources[config.dataset]
    assert len(lab.jobs) == 1  # that link trained nothing
    assert remembered(at).shelf.private  # and the first visit still has its own


def test_a_link_to_settings_on_them_says_what_is_missing_and_the_same_picture_mends_it(lab: InstantManager) -> None:
    _, config = trained()
    other = visit("train", **link_of(config))
    assert_opens(other, "train")
    assert "Take the same picture on Photos" in said(other)
    assert other.selectbox(key="knob_dataset").value == config.dataset
    assert next(button for button in other.button if button.label == "Train").disabled
    asks(turn_to(other, "photos"), 8, "grey", picture(1))
    assert_opens(other, "train")
    assert remembered(other).settings.draft == config  # the link's
    press(other, "Train").run()
    assert_opens(other, "train")
    assert remembered(other).shelf.private[config.key].config == config
    assert with_patches(2).selectbox(key="knob_dataset").value != config.dataset


def test_a_checkpoint_brings_no_picture_with_it() -> None:
    at, config = trained()
    turn_to(at, "reconstruct")
    originals = pictures(at)
    assert originals
    file = checkpoint.to_bytes(remembered(at).shelf.private[config.key])
    other = visit("reconstruct")
    uploader(other, "Checkpoint").upload("run.safetensors", file, "application/octet-stream").run()
    assert on_screen(other).startswith("mem:")
    for page in PAGES:
        turn_to(other, page)
        assert not other.exception, page
        assert not errors(other), page
        if page == "reconstruct":
            assert "cut from a picture that this visit does not have" in said(other)
        assert not pictures(other) & originals
    given = [json.loads(sent(turn_to(each, "train"), "film")["json"])["films"][0]["given"] for each in (at, other)]
    assert given == [2, 0]  # rows of held-out patches that its film begins with: clean and corrupted ones, and none


def test_two_visits_with_one_picture_train_each_their_own(lab: InstantManager) -> None:
    first, config = trained()
    second, same = trained()
    assert config == same
    assert len(lab.jobs) == 2
    assert on_screen(first) != on_screen(second)


def test_a_removed_picture_takes_its_patches_along_and_no_page_breaks() -> None:
    at, _ = trained()
    turn_to(at, "photos")
    at.segmented_control(key="photos_source").set_value("Upload").run()
    at.button(key="photos_remove").click().run()
    assert not remembered(at).own_sets.sources
    turn_to(at, "train")
    assert_opens(at, "train")
    assert "Take the same picture on Photos" in said(at)
    for page in PAGES:
        turn_to(at, page)
        assert_opens(at, page)


def test_a_sweep_on_them_is_trained_and_put_on_the_shelf() -> None:
    at, _ = trained()
    turn_to(at, "compare")
    assert_opens(at, "compare")
    before = len(shelf(at))
    at.segmented_control(key="sweep_setting").set_value("k").run()
    at.button_group(key="sweep_values_k").set_value([1.0, 2.0]).run()
    press(at, "Train the sweep").run()
    assert_opens(at, "compare")
    assert len(shelf(at)) > before
    assert {run.config.k for run in remembered(at).shelf.private.values()} >= {1, 2}


def test_an_even_picture_is_refused_by_a_sentence() -> None:
    file = io.BytesIO()
    Image.new("RGB", (300, 300), "grey").save(file, "PNG")
    at = with_patches(data=file.getvalue())
    assert "There are 0 places for patches" in errors(at)
    assert not remembered(at).own_sets.sources


def test_the_oldest_of_more_than_a_few_gives_way() -> None:
    at = visit("photos")
    names = [_asked(at, side, colour) for side in (8, 16) for colour in ("grey", "colour")]
    assert list(remembered(at).own_sets.sources) == names
    turn_to(at, "photos").selectbox(key="photos_sample").select("cat").run()
    names.append(_asked(at, 8, "grey"))
    assert list(remembered(at).own_sets.sources) == names[1:]
    assert len(names[1:]) == own_sets.MOST_SETS


def _asked(at: AppTest, side: int, colour: str) -> str:
    turn_to(at, "photos")
    at.segmented_control(key="photos_patch_side").set_value(side).run()
    at.segmented_control(key="photos_patch_colour").set_value(colour).run()
    at.button(key="photos_cut_patches").click().run()
    arrived(at)
    return str(at.selectbox(key="knob_dataset").value)


def test_beyond_the_room_of_this_server_the_first_to_come_lose_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    first = with_patches(1)
    monkeypatch.setattr(own_sets, "MOST_BYTES", 300_000)
    second = with_patches(2)
    assert remembered(second).own_sets.sources
    assert not remembered(first).own_sets.sources
    first.run()
    assert_opens(first, "train")
    assert "ran out of room" in said(first)


def test_what_is_held_out_of_a_picture_is_in_no_cache_of_all() -> None:
    at, config = trained()
    with pytest.raises(Exception, match="does not have"):
        caches.held_out(config.dataset)  # asked outside of the visit
    assert own.is_own(address(at)["dataset"])
    assert INFO[config.dataset].test_count == len(remembered(at).own_sets.held_out[config.dataset].images)

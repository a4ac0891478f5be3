"""``python -m ae_core restore``: pictures from files into files, with one line for each, whatever becomes of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import encoded, grey_profile, wide_profile
from PIL import Image
from skimage import data

from ae_core.cli import main
from ae_core.data.upload import Photo, open_photo
from ae_core.tasks.restoration import files
from ae_core.tasks.restoration.files import output_files
from ae_core.tasks.restoration.strength import taken

Captured = pytest.CaptureFixture[str]
SMALL = Image.fromarray(data.astronaut()[60:124, 200:248].copy())  # 48 x 64


@pytest.fixture
def inverting(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A repair that inverts, in the place of the networks, which are not all shipped; and what it was called with."""
    calls: list[dict[str, Any]] = []

    def repair(
        task: str,
        pixels: np.ndarray,
        *,
        mask: np.ndarray | None = None,
        on_progress: Callable[[int, int], None],
    ) -> np.ndarray:
        calls.append({"task": task, "mask": mask})
        on_progress(1, 1)
        result = 255 - pixels
        if task == "colour":
            result = np.repeat(result, 3 // result.shape[2], 2)
        return result.repeat(2, 0).repeat(2, 1) if task == "double" else result

    monkeypatch.setattr(files, "repair", repair)
    return calls


def saved(path: Path, image: Image.Image = SMALL, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    format = {".jpg": "JPEG", ".webp": "WEBP"}.get(path.suffix, "PNG")
    path.write_bytes(encoded(image, format, **options))
    return path


def restore(capsys: Captured, *arguments: object, code: int = 0) -> list[dict[str, Any]]:
    """The lines that the command prints."""
    assert main(["restore", *map(str, arguments), "--json"]) == code
    out, err = capsys.readouterr()
    assert err == "" if code == 0 else err.startswith("error: ") and err.endswith(".\n")
    return [json.loads(line) for line in out.splitlines()]


def complaint(capsys: Captured, *arguments: object) -> str:
    """What the command says when it does nothing at all."""
    assert main(["restore", *map(str, arguments), "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(".\n")
    return err


def opened(line: dict[str, Any]) -> Photo:
    return open_photo(Path(line["output"]).read_bytes())


# --- What is written ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "times"), [("denoise", 1), ("jpeg", 1), ("double", 2)])
def test_a_photograph_is_repaired_by_the_shipped_network(
    tmp_path: Path, capsys: Captured, task: str, times: int
) -> None:
    source = saved(tmp_path / "photo.png")
    (line,) = restore(capsys, source, "--task", task, "--out", tmp_path / "out")
    assert line["input"] == str(source)
    assert line["output"] == str(tmp_path / "out" / f"photo-{task}.png")
    assert (line["task"], line["width"], line["height"]) == (task, 48 * times, 64 * times)
    assert line["seconds"] > 0
    pixels = opened(line).pixels
    assert pixels.shape == (64 * times, 48 * times, 3)
    small = np.asarray(Image.fromarray(pixels).resize(SMALL.size, Image.Resampling.BOX), float)
    assert 0 < np.abs(small - np.asarray(SMALL)).mean() < 12  # of 255: it is the same picture, and not the very same


def test_transparency_profile_and_notes_go_with_the_picture(
    tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]]
) -> None:
    image = SMALL.copy()
    alpha = np.zeros((64, 48), np.uint8)
    alpha[:, 24:] = 255
    image.putalpha(Image.fromarray(alpha))
    source = saved(tmp_path / "photo.png", image, icc_profile=wide_profile())
    (line,) = restore(capsys, source, "--task", "jpeg", "--out", tmp_path)
    assert line["notes"] == ["Its transparency is kept.", "Its colour profile, “A wide screen”, is kept."]
    photo = opened(line)
    np.testing.assert_array_equal(photo.pixels, 255 - np.asarray(SMALL))
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha, alpha)
    assert photo.profile == wide_profile()
    (line,) = restore(capsys, source, "--task", "double", "--out", tmp_path)
    doubled = opened(line).alpha
    assert doubled is not None
    assert doubled.shape == (128, 96)
    assert (doubled[:, 56:].min(), doubled[:, :40].max()) == (255, 0)


def test_grey_stays_grey_but_for_colour(tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]]) -> None:
    source = saved(tmp_path / "grey.png", SMALL.convert("L"), icc_profile=grey_profile())
    for task, channels, profile in (("denoise", 1, grey_profile()), ("colour", 3, None)):
        (line,) = restore(capsys, source, "--task", task, "--out", tmp_path)
        photo = opened(line)
        assert photo.pixels.shape == (64, 48, channels)
        assert photo.profile == profile


@pytest.mark.parametrize("strength", [0.0, 0.25, 1.0])
def test_strength_is_the_share_of_the_repair(
    tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]], strength: float
) -> None:
    source = saved(tmp_path / "photo.png")
    (line,) = restore(capsys, source, "--task", "watermark", "--strength", strength, "--out", tmp_path)
    before = np.asarray(SMALL, float)
    np.testing.assert_allclose(opened(line).pixels, before + strength * (255 - 2 * before), atol=0.5)


def test_half_of_a_repair_that_is_larger_or_has_colour() -> None:
    grey = np.full((300, 5, 1), 100, np.uint8)
    larger = taken(grey, np.full((600, 10, 1), 200, np.uint8), 0.5)
    assert larger.shape == (600, 10, 1)
    assert set(np.unique(larger)) == {150}
    coloured = taken(grey, np.full((300, 5, 3), (0, 100, 200), np.uint8), 0.5)
    assert coloured[299, 4].tolist() == [50, 100, 150]
    assert taken(grey, larger, 1.0) is larger


# --- Masks --------------------------------------------------------------------------------------------------


def test_a_mask_is_white_where_it_is_to_be_filled(
    tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]]
) -> None:
    mask = Image.new("RGBA", SMALL.size, (255, 255, 255, 0))  # nothing, which is white beneath
    mask.paste((0, 0, 0, 255), (0, 0, 24, 64))
    mask.paste((255, 250, 240, 255), (8, 16, 16, 32))
    restore(
        capsys,
        saved(tmp_path / "a.png"),
        "--task",
        "fill",
        "--mask",
        saved(tmp_path / "m.png", mask),
        "--out",
        tmp_path,
    )
    wanted = np.zeros((64, 48), bool)
    wanted[16:32, 8:16] = True
    np.testing.assert_array_equal(inverting[0]["mask"], wanted)


def test_a_mask_of_another_size_is_refused_for_that_picture_alone(
    tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]]
) -> None:
    mask = Image.new("L", SMALL.size)
    mask.paste(255, (8, 8, 16, 16))
    large = saved(tmp_path / "large.png", SMALL.resize((96, 128)))
    arguments = [large, saved(tmp_path / "small.png"), "--task", "fill", "--mask", saved(tmp_path / "mask.png", mask)]
    first, second = restore(capsys, *arguments, "--out", tmp_path, code=1)
    assert set(first) == {"input", "error"}
    assert "48 × 64 pixels and the picture 96 × 128" in first["error"]
    assert Path(second["output"]).exists()


def test_a_mask_that_is_black_everywhere_is_refused(tmp_path: Path, capsys: Captured) -> None:
    black = saved(tmp_path / "mask.png", Image.new("1", SMALL.size))
    (line,) = restore(capsys, saved(tmp_path / "a.png"), "--task", "fill", "--mask", black, "--out", tmp_path, code=1)
    assert "Nothing is marked" in line["error"]


# --- What is refused ----------------------------------------------------------------------------------------


def test_what_is_refused_stops_no_other(tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]]) -> None:
    (tmp_path / "words.png").write_text("Dear sir or madam")
    inputs = [tmp_path / "missing.png", tmp_path / "words.png", tmp_path, saved(tmp_path / "photo.jpg")]
    lines = restore(capsys, *inputs, "--task", "denoise", "--out", tmp_path / "out", code=1)
    assert [line["input"] for line in lines] == [str(path) for path in inputs]
    assert [set(line) == {"input", "error"} for line in lines] == [True, True, True, False]
    assert "cannot be read (no such file" in lines[0]["error"]
    assert "not a picture" in lines[1]["error"]
    assert "cannot be read" in lines[2]["error"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["photo-denoise.png"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--task", "denoise", "--strength", "1.5"], "from 0 to 1"),
        (["--task", "denoise", "--strength", "-0.1"], "from 0 to 1"),
        (["--task", "denoise", "--strength", "nan"], "from 0 to 1"),
        (["--task", "fill"], "needs one"),
        (["--task", "denoise", "--mask", "photo.png"], "goes with the task fill"),
        (["--task", "fill", "--mask", "missing.png"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_to_any_is_refused_at_once(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sentence in complaint(capsys, saved(tmp_path / "photo.png"), *arguments, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_is_no_folder(tmp_path: Path, capsys: Captured) -> None:
    source = saved(tmp_path / "photo.png")
    assert "choose a folder" in complaint(capsys, source, "--task", "denoise", "--out", source)


@pytest.mark.skipif(os.name == "nt", reason="there such names are not possible")
def test_a_name_that_is_hostile_is_shown_and_followed_as_a_name(
    tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]]
) -> None:
    name = "a\x1b[31m\u202e\udcff..\\b.png"
    source = saved(tmp_path / "in" / name)
    out = tmp_path / "out"
    assert main(["restore", str(source), "--task", "jpeg", "--out", str(out)]) == 0
    said, _ = capsys.readouterr()
    assert said.count("\n") == 1
    assert not {"\x1b", "\u202e", "\udcff"} & set(said)
    assert len([*out.iterdir()]) == 1


# --- Where it goes ------------------------------------------------------------------------------------------


def test_no_repair_overwrites_an_input_or_another_repair(
    tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]]
) -> None:
    inputs = [saved(tmp_path / name) for name in ("a.png", "a.jpg", "a-denoise.png", "sub/A.webp", "b.png")]
    before = inputs[2].read_bytes()
    lines = restore(capsys, *inputs, "--task", "denoise", "--out", tmp_path)
    names = [Path(line["output"]).name for line in lines]
    assert names == ["a-denoise-2.png", "a-denoise-3.png", "a-denoise-denoise.png", "A-denoise-4.png", "b-denoise.png"]
    assert inputs[2].read_bytes() == before
    link = tmp_path / "link.png"
    link.symlink_to(tmp_path / "out" / "a-jpeg.png")
    assert output_files([inputs[0], link], tmp_path / "out", "jpeg")[0].name == "a-jpeg-2.png"


def test_the_same_again_overwrites_what_it_wrote(
    tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]]
) -> None:
    source = saved(tmp_path / "photo.png")
    first, second = (restore(capsys, source, "--task", "jpeg", "--out", tmp_path / "out")[0] for _ in range(2))
    assert first["output"] == second["output"]
    assert len([*(tmp_path / "out").iterdir()]) == 1


def test_it_stays_within_its_folder(tmp_path: Path, capsys: Captured, inverting: list[dict[str, Any]]) -> None:
    out = tmp_path / "out"
    for path in (Path("../up.png"), Path("/etc/x.png"), Path(".."), Path("a/../../b.png"), Path(".png")):
        (file,) = output_files([path], out, "fill")
        assert file.parent == out
        assert file.name.endswith("-fill.png")
    outside = tmp_path / "outside.png"
    outside.write_bytes(b"kept")
    out.mkdir()
    (out / "photo-jpeg.png").symlink_to(outside)
    restore(capsys, saved(tmp_path / "photo.png"), "--task", "jpeg", "--out", out)
    assert outside.read_bytes() == b"kept"
    assert open_photo((out / "photo-jpeg.png").read_bytes()).pixels.shape == (64, 48, 3)

"""The generated heartbeats have the waves that their equations say, and ECG5000 is read as it was checked and made."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from ae_core.data import ecg5000
from ae_core.data.datasets import INFO, DatasetDamaged, DatasetMissing, load, on_disk
from ae_core.data.heartbeats import KINDS, beats_as_bytes, draw_beats


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    return draw_beats(2000)


def test_the_first_beats_of_more_are_other_beats_but_the_same_are_drawn_each_time() -> None:
    beats, kinds = draw_beats(50)
    again, same = draw_beats(50)
    assert np.array_equal(beats, again)
    assert np.array_equal(kinds, same)


def test_six_in_ten_are_normal_and_each_other_kind_is_one_in_ten(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    shares = np.bincount(drawn[1], minlength=len(KINDS)) / len(drawn[1])
    assert shares == pytest.approx([0.6, 0.1, 0.1, 0.1, 0.1], abs=0.03)


def means(drawn: tuple[np.ndarray, np.ndarray]) -> dict[str, np.ndarray]:
    beats, kinds = drawn
    return {name: beats[kinds == number].mean(0) for number, name in enumerate(KINDS)}


def test_a_normal_beat_has_its_waves_in_their_places_and_of_their_signs(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    beat = means(drawn)["normal"]
    assert abs(beat.argmax() - 70) <= 2  # R, in the middle of the turn
    beats = drawn[0][drawn[1] == 0]
    assert 1.0 < np.median(beats.max(1) - np.median(beats, axis=1)) < 2.0  # millivolts
    before, after = beat[:62], beat[80:]
    assert 35 <= before.argmax() <= 55  # P, at minus a third of pi
    assert 95 <= 80 + after.argmax() <= 115  # T, at half of pi
    assert beat[62:70].min() < beat[55]  # Q
    assert beat[71:78].min() < beat[85]  # S


def test_each_strange_kind_is_what_its_name_says(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    of = means(drawn)
    normal = of["normal"]
    assert of["inverted T"][105] < normal[105] - 0.2
    assert of["raised ST"][82:90].mean() > normal[82:90].mean() + 0.2
    beats, kinds = drawn
    middle = beats[:, 55:85]
    above = (middle > (middle.max(1) + np.median(beats, axis=1))[:, None] / 2).sum(1)
    assert above[kinds == 1].mean() > 1.5 * above[kinds == 0].mean()  # a wide complex
    p_wave = slice(35, 55)
    assert of["atrial"][p_wave].max() < normal[p_wave].max()


def test_voltages_become_bytes_from_the_lowest_to_the_highest() -> None:
    assert beats_as_bytes(np.array([[-9.0, -1.0, 0.5, 2.0, 9.0]])).ravel().tolist() == [0, 0, 128, 255, 255]


def test_the_splits_are_disjoint_and_of_their_sizes() -> None:
    info = INFO["heartbeats"]
    train, test = load("heartbeats", "train"), load("heartbeats", "test")
    assert train.images.shape == (info.train_count, *info.shape)
    assert test.images.shape == (info.test_count, *info.shape)
    seen = {beat.tobytes() for beat in train.images.numpy()}
    assert not seen & {beat.tobytes() for beat in test.images.numpy()}


# ------------------------------------------------------------------------------------------------ ECG5000


def archive(change: str = "") -> bytes:
    """A ZIP file like the archive's, of beats drawn here, with one thing changed."""
    counts = {1: 2919, 2: 1767, 3: 96, 4: 194, 5: 24}
    kinds = np.repeat(list(counts), list(counts.values()))
    beats = np.random.default_rng(0).normal(size=(5000, 140)).cumsum(1)
    beats = (beats - beats.mean(1, keepdims=True)) / beats.std(1, ddof=1, keepdims=True)
    if change == "a class":
        kinds[0] = 2
    if change == "scale":
        beats *= 2
    table = np.column_stack([kinds, beats])
    if change == "a column":
        table = table[:, :-1]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, part in (("TRAIN", table[:500]), ("TEST", table[500:])):
            if change != "a file" or name == "TRAIN":
                text = io.StringIO()
                np.savetxt(text, part, "%.6f")
                packed.writestr(f"ECG5000_{name}.txt", text.getvalue())
    return buffer.getvalue()


def test_what_is_fetched_becomes_normal_beats_to_train_on_and_all_others_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AE_DATA_DIR", str(tmp_path))
    assert not on_disk("ecg5000")
    with pytest.raises(DatasetMissing, match="Download it"):
        load("ecg5000", "train")
    path = tmp_path / ecg5000.FILE
    path.parent.mkdir()
    path.write_bytes(ecg5000.made_of(archive()))
    assert on_disk("ecg5000")
    train, test = load("ecg5000", "train"), load("ecg5000", "test")
    assert train.images.shape == (2335, 1, 140, 1)
    assert not train.labels.any()
    assert int(test.labels.sum()) == 5000 - 2919
    beats = ecg5000.read_beats(path)["train"][0]
    assert torch.tensor(beats).amin(0).tolist() == [0.0] * 140  # by the training beats alone
    assert torch.tensor(beats).amax(0).tolist() == pytest.approx([1.0] * 140)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DatasetDamaged, match="Download it again"):
        load("ecg5000", "test")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("a class", "other numbers of beats"),
        ("scale", "not scaled"),
        ("a column", "140 of each beat"),
        ("a file", "not in it"),
    ],
)
def test_another_archive_is_refused_by_what_is_otherwise(change: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ecg5000.made_of(archive(change))


def test_what_is_no_archive_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        ecg5000.made_of(b"<html>not found</html>")

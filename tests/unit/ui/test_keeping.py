"""What is a visitor's outlasts the web process: in a locker on the disk, read as if a stranger had written it."""

from __future__ import annotations

import base64
import errno
import io
import json
import logging
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clock import Clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from ae_core.config.schema import Config
from ae_core.data.own import lent
from ae_core.data.own_patches import PatchPicture
from ae_core.jobs.batch import Batch
from ae_core.jobs.job import Job, State
from ae_core.runs import checkpoint, files
from ae_core.runs.fit import fit, forget_images
from ae_core.runs.run import Run
from ae_core.tasks import trainable
from ui.visit import keeping, packing, photograph
from ui.visit.keeping import Keeping
from ui.visit.lockers import LIST, Lockers
from ui.visit.register import Known, Register
from ui.visit.shelf import Entry
from ui.visit.state import Belongings, Unseen

ANNA, BEN, CAROL = "anna" * 8, "ben-" * 8, "carol---" * 4
TINY = Config(dataset="digits", hidden_sizes=(4,), code_size=2, epochs=1, batch_size=256)
HOURS = 3600.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Process:
    """A web process: its register and its keeping, which is asked to look when a test says so."""

    def __init__(self, folder: Path, clock: Clock, **bounds: Any) -> None:
        self.register = Register(Belongings, keep=2 * HOURS, clock=clock)
        self.lockers = Lockers(folder, bounds.pop("most", 10**9), 2 * HOURS, clock)
        self.keeping = Keeping(self.register, self.lockers, **bounds)
        self.register.kept = self.keeping
        self.sweep()

    def of(self, token: str) -> Belongings:
        return self.register.find(token).belongings

    def here(self, token: str) -> Known[Belongings]:
        known = self.register.find(token)
        self.register.enter(known, "tab")
        return known

    def look(self) -> None:
        self.keeping.look()

    def sweep(self) -> None:
        self.keeping._sweep()


@pytest.fixture
def begin(tmp_path: Path, clock: Clock) -> Callable[..., Process]:
    """Begin another web process that shares the folder; what the one before has in memory is lost."""
    return lambda **bounds: Process(tmp_path / "visitors", clock, **bounds)


def picture(seed: int = 0, size: tuple[int, int] = (240, 200)) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def file_of(image: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def stopped(run: Run) -> Run:
    return replace(run, finished=False)


def shelve(
    mine: Belongings, name: str, run: Run, title: str = "Digits: deep dense, code of 3 (stopped at 1.0)"
) -> None:
    mine.shelf.memory[name] = run
    mine.shelf.runs.append(Entry(f"mem:{name}", title, run.config))


@pytest.fixture(scope="module")
def on_patches() -> tuple[str, PatchPicture, Run]:
    """A picture, the name of the data set of its patches, and a run on them."""
    mine = PatchPicture.of(picture(3, (320, 240)))
    name = mine.name("patches8")
    with lent(name, mine):
        run = fit(replace(TINY, dataset=name), "cpu")
    forget_images()
    return name, mine, run


def everything(mine: Belongings, visitor: str, run: Run, on_patches: tuple[str, PatchPicture, Run]) -> None:
    """Give a visitor one of each."""
    name, cut, private = on_patches
    shelve(mine, "a" * 32, stopped(run))
    mine.shelf.runs.append(Entry(f"run:{TINY.key}", "Digits: deep dense, code of 2", TINY))
    mine.shelf.private[private.config.key] = private
    mine.shelf.runs.append(Entry(f"own:{visitor}-{private.config.key}", "Your patches", private.config))
    mine.own.take_drawing("data:image/png;base64," + base64.b64encode(file_of(picture(4, (20, 20)))).decode())
    mine.own.turns["Upload"] = 2
    mine.own.take("Upload", "mine.png", file_of(picture(1)))
    photograph.take(mine.photo, "big.jpg", file_of(picture(2, (900, 700)), "JPEG"))
    mine.photo.taken = 3
    mine.photo.mask = np.zeros((700, 900), bool)
    mine.photo.mask[10:20] = True
    mine.paintings[1, 8, 8] = "AAAA"
    mine.own_sets.sources[name] = cut
    mine.job.current = Job(trainable(replace(TINY, seed=5)))
    batch = Batch([trainable(replace(TINY, seed=6)), trainable(replace(TINY, seed=7))], visitor, 0.0)
    mine.batch.current, mine.batch.left = batch, {replace(TINY, seed=7).key}
    mine.batch.titles = {replace(TINY, seed=7).key: "code size 2"}


def test_everything_is_there_after_a_restart(
    begin: Callable[..., Process], tiny_run: Run, on_patches: tuple[str, PatchPicture, Run]
) -> None:
    before = begin()
    known = before.here(ANNA)
    everything(known.belongings, known.visitor, tiny_run, on_patches)
    was = known.belongings
    before.look()
    now = begin().of(ANNA)
    assert now is not was
    assert [entry.id for entry in now.shelf.runs] == [entry.id for entry in was.shelf.runs]
    assert [entry.title for entry in now.shelf.runs] == [entry.title for entry in was.shelf.runs]
    assert now.shelf.memory["a" * 32].metrics == tiny_run.metrics
    assert not now.shelf.memory["a" * 32].finished
    assert list(now.shelf.private) == list(was.shelf.private)
    assert now.own.drawing == was.own.drawing
    assert now.own.pictures["Upload"].name == "mine.png"
    assert now.own.pictures["Upload"].data == was.own.pictures["Upload"].data
    assert now.own.turns["Upload"] == 2
    assert now.photo.photo is not None
    assert was.photo.photo is not None
    assert np.array_equal(now.photo.photo.pixels, was.photo.photo.pixels)
    assert (now.photo.name, now.photo.taken) == ("big.jpg", 3)
    assert now.photo.mask is not None
    assert np.array_equal(now.photo.mask, was.photo.mask)  # type: ignore[arg-type]
    assert now.paintings == was.paintings
    assert {name: one.as_file() for name, one in now.own_sets.sources.items()} == {
        name: one.as_file() for name, one in was.own_sets.sources.items()
    }
    assert now.job.unseen is not None
    assert (now.job.unseen.config, now.job.unseen.restarted) == (replace(TINY, seed=5), True)
    assert now.batch.unseen == (replace(TINY, seed=7),)
    assert now.batch.titles == was.batch.titles
    assert now.job.note == ""


def test_nobody_else_finds_it_and_who_cannot_come_back_leaves_nothing(
    begin: Callable[..., Process], tiny_run: Run, tmp_path: Path
) -> None:
    before = begin()
    shelve(before.of(ANNA), "a" * 32, tiny_run)
    nobody = before.register.find(None)
    shelve(nobody.belongings, "b" * 32, tiny_run)
    before.of(CAROL)
    before.look()
    assert [path.name for path in (tmp_path / "visitors").iterdir()] == [before.register.find(ANNA).visitor]
    assert ANNA not in str(list((tmp_path / "visitors").rglob("*")))
    after = begin()
    assert packing.is_nothing(after.of(BEN))
    assert after.of(ANNA).shelf.runs


def test_no_other_user_of_the_machine_looks_into_a_locker(begin: Callable[..., Process], tiny_run: Run) -> None:
    process = begin()
    shelve(process.of(ANNA), "a" * 32, tiny_run)
    process.look()
    (locker,) = process.lockers.folder.iterdir()
    assert locker.stat().st_mode & 0o077 == 0


def test_only_what_is_new_is_written(
    begin: Callable[..., Process], tiny_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = begin()
    mine = process.of(ANNA)
    shelve(mine, "a" * 32, tiny_run)
    process.look()
    written: list[str] = []
    write = process.lockers.write
    monkeypatch.setattr(
        process.lockers, "write", lambda who, name, data: written.append(name) or write(who, name, data)
    )
    process.look()
    assert written == []
    mine.own.take_drawing("data:image/png;base64,AAAA")
    process.look()
    assert written == [LIST]
    mine.own.take("Upload", "mine.png", file_of(picture()))
    process.look()
    assert written == [LIST, "upload-0.picture", LIST]
    mine.own.forget("Upload")
    process.look()
    (locker,) = process.lockers.folder.iterdir()
    assert {path.name for path in locker.iterdir()} == {LIST, f"run-{'a' * 32}.safetensors"}


def test_no_file_on_the_disk_tells_where_a_picture_was_taken(begin: Callable[..., Process], tmp_path: Path) -> None:
    process = begin()
    mine = process.of(ANNA)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Elm Street 13"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    file = io.BytesIO()
    picture().save(file, "JPEG", exif=exif)
    mine.own.take("Upload", "mine.jpg", file.getvalue())
    photograph.take(mine.photo, "mine.jpg", file.getvalue())
    process.look()
    kept = [path.read_bytes() for path in (tmp_path / "visitors").rglob("*.picture")]
    assert len(kept) == 2
    assert all(b"Elm Street" not in one and not Image.open(io.BytesIO(one)).getexif() for one in kept)
    photo = begin().of(ANNA).photo.photo
    assert photo is not None
    assert mine.photo.photo is not None
    assert np.array_equal(photo.pixels, mine.photo.photo.pixels)


def test_after_a_restart_nothing_is_written_again(
    begin: Callable[..., Process], tiny_run: Run, on_patches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = begin()
    everything(before.of(ANNA), before.register.find(ANNA).visitor, tiny_run, on_patches)
    before.look()
    after = begin()
    after.of(ANNA)
    monkeypatch.setattr(after.lockers, "write", lambda *args: pytest.fail(f"{args[1]} was written"))
    after.look()


def test_looking_at_three_hundred_visitors_takes_no_time_worth_mentioning(
    begin: Callable[..., Process], tiny_run: Run
) -> None:
    process = begin()
    for number in range(300):
        mine = process.of(f"{number:032}")
        for run in range(4):
            shelve(mine, f"{run:032}", tiny_run)
        process.keeping._kept[process.register.find(f"{number:032}").visitor] = keeping._Kept(packing.marks(mine))
    start = time.process_time()
    process.look()
    assert time.process_time() - start < 0.25  # 10 ms on an idle core
    assert not process.lockers.folder.exists()


# --- Leaving ------------------------------------------------------------------------------------------------


def test_who_left_is_in_memory_for_some_minutes_and_then_read_back(
    begin: Callable[..., Process], clock: Clock, tiny_run: Run
) -> None:
    process = begin()
    known = process.here(ANNA)
    shelve(known.belongings, "a" * 32, tiny_run)
    known.belongings.job.current = job = Job(trainable(TINY))
    clock.now += 1000
    process.look()
    assert known.held is not None  # the tab is open
    process.register.leave(known, "tab")
    job.state, job.abandoned = State.STOPPED, True
    clock.now += keeping.IN_MEMORY - 1
    process.look()
    assert known.held is not None
    clock.now += 2
    process.look()
    assert known.held is None
    assert not process.keeping._kept
    back = process.register.find(ANNA)
    assert back is known
    assert list(back.belongings.shelf.memory) == ["a" * 32]
    assert back.belongings.job.unseen is not None
    assert not back.belongings.job.unseen.restarted


def test_what_a_run_had_learned_when_its_visitor_left_is_kept(begin: Callable[..., Process], tiny_run: Run) -> None:
    before = begin()
    mine = before.of(ANNA)
    mine.job.current = job = Job(trainable(tiny_run.config))
    job.run, job.state, job.abandoned = stopped(tiny_run), State.STOPPED, True
    before.look()
    unseen = begin().of(ANNA).job.unseen
    assert unseen is not None
    assert unseen.run is not None
    assert unseen.run.metrics == tiny_run.metrics


def test_who_does_not_come_back_is_forgotten_and_who_is_here_is_not(
    begin: Callable[..., Process], clock: Clock, tiny_run: Run
) -> None:
    process = begin()
    for token in (ANNA, BEN):
        shelve(process.here(token).belongings, "a" * 32, tiny_run)
    process.look()
    gone = process.register.find(BEN)
    process.register.leave(gone, "tab")
    process.sweep()
    for _ in range(5):
        clock.now += 0.5 * HOURS
        process.sweep()
    assert [path.name for path in process.lockers.folder.iterdir()] == [process.register.find(ANNA).visitor]


def test_another_process_s_visitors_are_not_forgotten_while_they_are_here(
    begin: Callable[..., Process], clock: Clock, tiny_run: Run
) -> None:
    one, other = begin(), begin()
    shelve(one.here(ANNA).belongings, "a" * 32, tiny_run)
    one.look()
    for _ in range(6):
        clock.now += 1 * HOURS
        one.sweep()  # touches the list, which is written with the file system's clock
        time.sleep(0.01)
        other.sweep()
    assert list(other.lockers.folder.iterdir())
    for _ in range(3):
        clock.now += 1 * HOURS
        other.sweep()
    assert not list(other.lockers.folder.iterdir())


def test_who_asks_for_it_is_forgotten_at_once(begin: Callable[..., Process], tiny_run: Run) -> None:
    process = begin()
    shelve(process.here(ANNA).belongings, "a" * 32, tiny_run)
    process.look()
    process.register.forget(process.register.find(ANNA))
    assert not list(process.lockers.folder.iterdir())
    process.look()
    assert not list(process.lockers.folder.iterdir())
    assert packing.is_nothing(begin().of(ANNA))


# --- Bounds and faults --------------------------------------------------------------------------------------


def test_what_one_visitor_has_no_room_for_stays_in_memory(
    begin: Callable[..., Process], clock: Clock, tiny_run: Run
) -> None:
    one = len(checkpoint.to_bytes(tiny_run))
    process = begin(each=2 * one + 10_000)
    known = process.here(ANNA)
    for letter in "abcd":
        shelve(known.belongings, letter * 32, replace(tiny_run, config=replace(tiny_run.config, seed=ord(letter))))
    process.look()
    (locker,) = process.lockers.folder.iterdir()
    assert sum(path.stat().st_size for path in locker.iterdir()) <= 2 * one + 10_000
    process.register.leave(known, "tab")
    clock.now += 2 * keeping.IN_MEMORY
    process.look()
    assert known.held is not None  # it is nowhere else
    after = begin(each=2 * one + 10_000).of(ANNA)
    assert list(after.shelf.memory) == ["c" * 32, "d" * 32]  # the latest
    assert [entry.id for entry in after.shelf.runs] == [f"mem:{'c' * 32}", f"mem:{'d' * 32}"]
    assert after.job.note == "Not everything of yours could be kept: your runs had to be left out. The rest is here."


def test_of_all_together_those_who_left_longest_ago_go_first_and_nobody_who_is_here(
    begin: Callable[..., Process], clock: Clock, tiny_run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    process = begin(most=int(2.5 * len(checkpoint.to_bytes(tiny_run))))
    names = {}
    for token, stays in ((ANNA, True), (BEN, False), (CAROL, False)):
        clock.now += 10
        known = process.here(token)
        names[token] = known.visitor
        shelve(known.belongings, "a" * 32, tiny_run)
        if not stays:
            process.register.leave(known, "tab")
        process.sweep()
        process.look()
    assert {path.name for path in process.lockers.folder.iterdir()} == {names[ANNA], names[CAROL]}
    late = process.here(BEN)
    process.register.enter(process.register.find(CAROL), "tab")
    process.sweep()
    shelve(late.belongings, "b" * 32, tiny_run)
    with caplog.at_level(logging.ERROR):
        process.look()
        process.look()
    assert "who is here has all the room" in caplog.text
    assert late.belongings.shelf.memory
    assert {names[ANNA], names[CAROL]} <= {path.name for path in process.lockers.folder.iterdir()}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_cannot_be_written_costs_nothing_but_a_line_in_the_log(
    code: int,
    begin: Callable[..., Process],
    clock: Clock,
    tiny_run: Run,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    process = begin()
    known = process.here(ANNA)
    shelve(known.belongings, "a" * 32, tiny_run)

    def refuse(source: str, target: Path) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(os, "replace", refuse)
        patch.setattr(keeping, "_RETRY", 0.0)
        process.register.leave(known, "tab")
        clock.now += 2 * keeping.IN_MEMORY
        for _ in range(3):
            process.look()
        assert known.held is not None
        assert known.belongings.shelf.memory
    assert len(caplog.records) == 1
    assert os.strerror(code) in caplog.text
    process.look()  # there is room again
    assert begin().of(ANNA).shelf.memory


def test_a_folder_that_cannot_be_made_costs_nothing_either(
    tmp_path: Path, clock: Clock, tiny_run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "runs").write_text("a file where a folder should be")
    process = Process(tmp_path / "runs" / "visitors", clock)
    shelve(process.of(ANNA), "a" * 32, tiny_run)
    with caplog.at_level(logging.ERROR):
        process.look()
        process.sweep()
    assert len(caplog.records) == 1
    assert process.of(ANNA).shelf.memory
    process.register.forget(process.register.find(ANNA))
    assert packing.is_nothing(process.of(ANNA))


def kept_of(begin: Callable[..., Process], run: Run, on_patches: Any) -> Path:
    """The locker of a visitor with everything."""
    process = begin()
    everything(process.of(ANNA), process.register.find(ANNA).visitor, run, on_patches)
    process.look()
    (locker,) = process.lockers.folder.iterdir()
    return locker


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(1000))


@pytest.mark.parametrize("damage", [cut, garbage, Path.unlink], ids=["cut", "garbage", "gone"])
@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("run-", "your runs"),
        ("own-*.safetensors", "your runs"),
        ("upload-", "your pictures"),
        ("photo-", "your photograph"),
        ("mask-", "your photograph"),
        ("own-*.png", "the pictures and tables of your data sets"),
    ],
)
def test_a_damaged_file_costs_itself_alone(
    damage: Callable[[Path], Any],
    file: str,
    words: str,
    begin: Callable[..., Process],
    tiny_run: Run,
    on_patches: Any,
) -> None:
    locker = kept_of(begin, tiny_run, on_patches)
    whole = begin().of(ANNA)
    (path,) = locker.glob(file if "*" in file else f"{file}*")
    damage(path)
    process = begin()
    now = process.of(ANNA)
    assert words in now.job.note or now.own.refused or now.photo.refused
    counts = [
        (
            len(of.shelf.memory),
            len(of.shelf.private),
            len(of.own.pictures),
            len(of.own_sets.sources),
            of.photo.photo is not None,
            of.photo.mask is not None,
            bool(of.own.drawing),
            of.job.unseen is not None,
        )
        for of in (whole, now)
    ]
    lost = sum(a != b for a, b in zip(*counts, strict=True))
    assert lost <= 1 or (file == "photo-" and lost == 2)  # the mask is of the photograph
    assert len(now.batch.unseen) == 1
    process.look()  # and it is kept on with what is left


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"format": 99}', b"[" * 100_000, b"\xff\xfe"])
def test_a_damaged_list_is_as_none_and_written_anew(
    text: bytes, begin: Callable[..., Process], tiny_run: Run, on_patches: Any
) -> None:
    locker = kept_of(begin, tiny_run, on_patches)
    (locker / LIST).write_bytes(text)
    process = begin()
    mine = process.of(ANNA)
    assert packing.is_nothing(mine)
    shelve(mine, "c" * 32, tiny_run)
    process.look()
    assert list(begin().of(ANNA).shelf.memory) == ["c" * 32]


@pytest.mark.parametrize(
    "title", ["![](http://foreign.example/x.png)", "www.foreign.example", ":red[x]", "<b>x</b>", "a" * 500, 7, None]
)
def test_a_title_that_the_lab_does_not_write_is_made_anew(
    title: object, begin: Callable[..., Process], tiny_run: Run
) -> None:
    before = begin()
    shelve(before.of(ANNA), "a" * 32, tiny_run)
    before.look()
    (path,) = before.lockers.folder.glob(f"*/{LIST}")
    about = json.loads(path.read_text())
    about["runs"][0]["title"] = title
    path.write_text(json.dumps(about))
    (entry,) = begin().of(ANNA).shelf.runs
    assert entry.title == "Digits: deep dense, code of 3"


def test_a_run_in_the_place_of_another_is_not_taken_for_it(begin: Callable[..., Process], tiny_run: Run) -> None:
    before = begin()
    shelve(before.of(ANNA), "a" * 32, tiny_run)
    before.look()
    (path,) = before.lockers.folder.glob("*/run-*")
    path.write_bytes(checkpoint.to_bytes(replace(tiny_run, config=replace(tiny_run.config, seed=77))))
    assert begin().of(ANNA).shelf.runs == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_KEYS = (
    "runs",
    "memory",
    "private",
    "drawing",
    "turns",
    "pictures",
    "patches",
    "photo",
    "paintings",
    "job",
    "batch",
    "titles",
)


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_list_says_something_is_read_and_can_be_kept(about: dict[str, Any]) -> None:
    data = json.dumps({"format": 1, "process": "p", **about}).encode()
    mine, _ = packing.read_list(data, lambda name, most: b"nothing of ours", "0" * 32, "p")
    packing.marks(mine)
    assert json.loads(packing.write_list(mine, (), "p"))["format"] == 1


@pytest.mark.parametrize(
    ("visitor", "name"), [("../x", LIST), ("0" * 32, "../list.json"), ("0" * 32, "a/b.png"), ("", "")]
)
def test_no_name_leads_out_of_a_locker(tmp_path: Path, visitor: str, name: str) -> None:
    lockers = Lockers(tmp_path, 1000, 10.0)
    for use in (lambda: lockers.write(visitor, name, b""), lambda: lockers.read(visitor, name, 10)):
        with pytest.raises(ValueError, match="no file in a locker"):
            use()


def test_what_else_lies_in_the_folder_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "notes.txt").write_text("of the operator")
    (tmp_path / "ABC").mkdir()
    lockers = Lockers(tmp_path, 0, 1.0, clock)
    lockers.sweep(())
    clock.now += 100
    lockers.sweep(())
    with pytest.raises(OSError, match="room"):
        lockers.write("0" * 32, LIST, b"1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ABC", "notes.txt"]


# --- Clocks and processes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_a_clock_that_jumps_forgets_nobody(
    jump: float, begin: Callable[..., Process], tiny_run: Run, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    process = begin()
    known = process.here(ANNA)
    shelve(known.belongings, "a" * 32, tiny_run)
    process.look()
    process.register.leave(known, "tab")
    process.sweep()
    really = time.time
    monkeypatch.setattr(time, "time", lambda: really() + jump)
    process.look()
    process.sweep()
    assert process.register.find(ANNA) is known
    after = begin()  # with the restart's quarter of an hour
    clock.now += 600
    after.sweep()
    assert after.of(ANNA).shelf.memory


def test_how_old_a_locker_is_counts_across_restarts(begin: Callable[..., Process], tiny_run: Run, clock: Clock) -> None:
    process = begin()
    shelve(process.of(ANNA), "a" * 32, tiny_run)
    process.look()
    (path,) = process.lockers.folder.glob(f"*/{LIST}")
    os.utime(path, (time.time() - 10 * HOURS,) * 2)
    after = begin()
    clock.now += 1000  # more than the quarter of an hour that a process waits
    after.sweep()
    assert not list(after.lockers.folder.iterdir())


def _write_on(folder: str, size: int, both: Any) -> None:
    lockers = Lockers(Path(folder), 10**9, HOURS)
    both.wait(120)
    until = time.monotonic() + 2
    while time.monotonic() < until:
        for name in ("photo-0.picture", LIST):
            lockers.write("0" * 32, name, bytes([size]) * (size * 10_000))


@pytest.mark.usefixtures("spawning")
def test_two_processes_write_the_same_locker_and_no_reader_sees_half_a_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    both = context.Barrier(2)
    writers = [context.Process(target=_write_on, args=(str(tmp_path), size, both)) for size in (3, 7)]
    for writer in writers:
        writer.start()
    lockers, seen = Lockers(tmp_path, 10**9, HOURS), set()
    while any(writer.is_alive() for writer in writers):
        for name in ("photo-0.picture", LIST):
            data = lockers.read("0" * 32, name, 10**6)
            if data is not None:
                assert len(set(data)) == 1
                assert len(data) == data[0] * 10_000
                seen.add(data[0])
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert seen == {3, 7}


def test_what_a_killed_process_left_half_written_goes(tmp_path: Path, clock: Clock) -> None:
    lockers = Lockers(tmp_path, 10**9, HOURS, clock)
    lockers.write("0" * 32, LIST, b"{}")
    part = tmp_path / ("0" * 32) / f"{files._PREFIX}abc"
    part.write_bytes(b"half")
    os.utime(part, (1_000_000, 1_000_000))
    lockers.sweep(())
    assert not part.exists()


def test_at_its_end_a_process_writes_what_is_new(begin: Callable[..., Process], tiny_run: Run) -> None:
    process = begin()
    process.keeping.start()
    shelve(process.here(ANNA).belongings, "a" * 32, tiny_run)
    process.keeping.close()
    assert begin().of(ANNA).shelf.memory


def test_it_can_be_switched_off_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for written, bytes_ in (("0", 0), ("-5", 0), ("5000", 5000), ("much", keeping.MOST_BYTES)):
        monkeypatch.setenv("AE_VISITORS_BYTES", written)
        assert keeping.most_bytes() == bytes_
    monkeypatch.setenv("AE_VISITORS_BYTES", "0")
    keeping.start()
    assert keeping._keeping is None


def test_a_training_that_nobody_took_up_yet_is_kept_on(begin: Callable[..., Process]) -> None:
    before = begin()
    before.of(ANNA).job.unseen = Unseen(TINY)
    before.look()
    unseen = begin().of(ANNA).job.unseen
    assert unseen is not None
    assert unseen.config == TINY

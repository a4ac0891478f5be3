"""What is one visitor's as files for their locker, and back: safetensors for runs, pictures, and JSON for the rest.

What is read is checked as if a stranger had written it. What is damaged is left out, and said.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ae_core.config.schema import Config, ConfigError
from ae_core.config.variants import title_of
from ae_core.data import own
from ae_core.data.upload import MAX_BYTES, open_image
from ae_core.data.upload.metadata import without_metadata
from ae_core.data.upload.photo import PHOTO_BYTES, PHOTO_PIXELS
from ae_core.errors import LabError
from ae_core.jobs.job import Job, State
from ae_core.runs import checkpoint
from ae_core.runs.run import Run
from ae_core.text import plain
from ui.visit import own_sets, photograph
from ui.visit.shelf import Entry
from ui.visit.state import Belongings, Unseen

log = logging.getLogger(__name__)

LONGEST_LIST = 2_000_000  # bytes
_FORMAT = 1
_MOST = 50  # of anything in a list
_LONGEST_PAINTING = 200_000  # characters
_OWN_BYTES = 40_000_000  # of a picture or table that a data set is made of
_MASK_BYTES = 4_000_000
_SOURCES = ("Upload", "Camera")
_NAME = re.compile(r"[0-9a-f]{32}")
# Titles stand in Markdown: what this lab writes there, and nothing that Markdown would take for more than letters.
_TITLE = re.compile(r"(?!.*www)(?:[^\W_]|[ .,()×–%'/+=→-]|:(?= )){1,200}")

Read = Callable[[str, int], bytes | None]  # a file of the locker: by its name, of so many bytes at most


@dataclass(frozen=True)
class Piece:
    """A file of a locker.

    Attributes:
        name: of the file; another content has another name.
        source: what it is made of.
        least: bytes that it will have at least.
        make: returns its content.
    """

    name: str
    source: object
    least: int
    make: Callable[[], bytes]


def pieces(mine: Belongings) -> list[Piece]:
    """Return what is kept in files of its own; where there is not room for all of it, the first go first."""
    return list(_pieces(mine))


def _pieces(mine: Belongings) -> Iterator[Piece]:
    for source, picture in list(mine.own.pictures.items()):
        name = f"{source.lower()}-{mine.own.turns.get(source, 0)}.picture"
        yield _picture(name, picture, picture.data, MAX_BYTES)
    for of, own_source in list(mine.own_sets.sources.items()):
        yield Piece(_own_file(of), own_source, 0, own_source.as_file)
    if mine.photo.photo is not None and mine.photo.data:
        yield _picture(f"photo-{mine.photo.taken}.picture", mine.photo.data, mine.photo.data, PHOTO_BYTES)
    if mine.photo.mask is not None:
        mask = mine.photo.mask
        yield Piece(f"mask-{mine.photo.masks}.png", mask, 0, lambda: _png(mask))
    job = mine.job.current
    if job is not None and (run := _only_here(job)) is not None:
        yield _run(f"job-{job.id}", run)
    for name, run in reversed(list(mine.shelf.memory.items())):
        yield _run(f"run-{name}", run)
    for key, run in reversed(list(mine.shelf.private.items())):
        yield _run(f"own-{key}", run)


def _picture(name: str, source: object, data: bytes, most_bytes: int) -> Piece:
    """Return a picture's file as it is kept: what it tells of places and times stays on no disk."""
    return Piece(name, source, 0, lambda: without_metadata(data, most_bytes))


def _run(name: str, run: Run) -> Piece:
    return Piece(f"{name}.safetensors", run, 4 * run.parameters, lambda: checkpoint.to_bytes(run))


def _own_file(of: str) -> str:
    return of + Path(own.file_name(of)).suffix


def _png(mask: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return file.getvalue()


def _only_here(job: Job) -> Run | None:
    """Return what a job has left in memory and on no disk."""
    kept = job.state is State.DONE and not job.work.private and not job.warning
    return job.run if job.state.ended and not kept and isinstance(job.run, Run) else None


def marks(mine: Belongings) -> tuple[object, ...]:
    """Return what has changed whenever there is something new to be kept; quickly, to be asked for each second.

    A piece counts by its identity: keep the pieces' sources for as long as you compare.
    """
    job, unseen = _of_job(mine)
    return (
        tuple((piece.name, id(piece.source)) for piece in pieces(mine)),
        tuple(entry.id for entry in mine.shelf.runs),
        mine.own.drawing,
        mine.own.line,
        tuple(mine.paintings.items()),
        mine.photo.taken,
        job,
        unseen,
        _of_batch(mine),
        tuple(mine.batch.titles.items()),
    )


def is_nothing(mine: Belongings) -> bool:
    """Return whether there is nothing to be kept."""
    return marks(mine) == marks(Belongings())


def _of_job(mine: Belongings) -> tuple[Config | None, Unseen | None]:
    """Return the settings that are trained for the visitor, and what a locker said of that until it is taken up."""
    job = mine.job.current
    if job is None:
        return None, mine.job.unseen
    lost = job.state is State.FAILED or (job.state is State.STOPPED and not job.abandoned and job.run is None)
    return (None if lost or not isinstance(job.config, Config) else job.config), None


def _of_batch(mine: Belongings) -> tuple[Config, ...]:
    """Return the settings of the visitor's batch that are not on the shelf yet, and will be."""
    batch = mine.batch.current
    if batch is None or batch.stopped:
        return mine.batch.unseen
    jobs, left = dict(batch.jobs), set(mine.batch.left)
    ended = {key for key, job in jobs.items() if job.state in (State.FAILED, State.STOPPED)} | set(batch.refused)
    return tuple(config for config in batch.configs if config.key in left - ended and isinstance(config, Config))


# --- The list -----------------------------------------------------------------------------------------------


def write_list(mine: Belongings, kept: Collection[str], process: str) -> bytes:
    """Return the list of a locker: all that is no file of its own, and how the files belong to it.

    Args:
        mine: what is the visitor's.
        kept: the names of the files that are in the locker.
        process: that writes it.
    """
    config, unseen = _of_job(mine)
    job = mine.job.current
    memory, private = list(mine.shelf.memory), dict(mine.shelf.private)
    runs = [
        {"id": entry.id, "title": entry.title, "config": json.loads(entry.config.to_json())}
        for entry in list(mine.shelf.runs)
    ]
    about: dict[str, Any] = {
        "format": _FORMAT,
        "process": process,
        "runs": runs,
        "memory": memory,
        "private": [json.loads(run.config.to_json()) for run in private.values()],
        "drawing": mine.own.drawing,
        "line": mine.own.line,
        "turns": dict(mine.own.turns),
        "pictures": {source: picture.name for source, picture in list(mine.own.pictures.items())},
        "patches": list(mine.own_sets.sources),  # of which there was nothing else once
        "photo": {
            "name": mine.photo.name,
            "taken": mine.photo.taken,
            "masks": mine.photo.masks,
            "is_there": mine.photo.photo is not None,
            "has_mask": mine.photo.mask is not None,
        },
        "paintings": [[list(shape), text] for shape, text in list(mine.paintings.items())],
        "batch": [json.loads(one.to_json()) for one in _of_batch(mine)],
        "titles": dict(mine.batch.titles),
    }
    if config is not None and job is not None:
        about["job"] = {"config": json.loads(config.to_json()), "run": _only_here(job) and job.id}
    elif unseen is not None:
        about["job"] = {"config": json.loads(unseen.config.to_json()), "run": None}
    about["left_out"] = sorted(piece.name for piece in pieces(mine) if piece.name not in kept)
    return json.dumps(about).encode()


def read_list(data: bytes, read: Read, visitor: str, process: str) -> tuple[Belongings, list[str]]:
    """Return what is a visitor's from their locker, and in words what of it could not be read.

    Args:
        data: the locker's list.
        read: returns its other files.
        visitor: whose locker it is.
        process: that reads it.

    Raises:
        ValueError: the list is damaged as a whole.
    """
    try:
        about = json.loads(data)
    except RecursionError:
        raise ValueError("lists in lists without end") from None
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise ValueError("no list of a locker that this lab knows")
    reader = _Reader(about, read, visitor)
    reader.all(restarted=about.get("process") != process)
    return reader.mine, reader.lost


class _Reader:
    """Reads a locker one thing after the other; what is damaged costs nothing but itself."""

    def __init__(self, about: dict[str, Any], read: Read, visitor: str) -> None:
        self.mine = Belongings()
        self.lost: list[str] = []
        self._about, self._file, self._visitor = about, read, visitor

    def all(self, restarted: bool) -> None:
        """Read all that there is."""
        for what, step in (
            ("your drawing", self._drawing),
            ("what you painted", self._paintings),
            ("your pictures", self._pictures),
            ("your photograph", self._photograph),
            ("the pictures and tables of your data sets", self._own_sets),
            ("your runs", self._runs),
            ("the run that was under way", lambda: self._job(restarted)),
            ("the runs of your sweep", self._batch),
        ):
            try:
                step()
            except (LabError, ValueError, TypeError, KeyError, AttributeError, OSError) as error:
                log.warning("in the locker of visitor %s: %s: %s", self._visitor, what, error)
                self.lost.append(what)

    def _list(self, name: str) -> list[Any]:
        value = self._about.get(name, [])
        if not isinstance(value, list):
            raise ValueError(f"{name} is no list")
        return value[:_MOST]

    def _need(self, name: str, most: int) -> bytes:
        data = self._file(name, most)
        if data is None:
            raise ValueError(f"{name} is not there, or too large")
        return data

    def _drawing(self) -> None:
        self.mine.own.take_drawing(self._about.get("drawing", ""))
        self.mine.own.take_drawing(self._about.get("line", ""), line=True)
        self.mine.own.turns = {source: _count(self._about.get("turns", {}).get(source)) for source in _SOURCES}

    def _paintings(self) -> None:
        for shape, text in self._list("paintings"):
            if not isinstance(text, str) or len(text) > _LONGEST_PAINTING:
                continue
            channels, height, width = (_count(side, 4096) for side in shape)
            self.mine.paintings[channels, height, width] = text  # checked where it is drawn

    def _pictures(self) -> None:
        own, names = self.mine.own, self._about.get("pictures", {})
        for source in _SOURCES:
            if source in names:
                data = self._need(f"{source.lower()}-{own.turns[source]}.picture", MAX_BYTES)
                own.take(source, plain(str(names[source]))[:200], data)

    def _photograph(self) -> None:
        about, photo = self._about.get("photo", {}), self.mine.photo
        photo.taken, photo.masks = _count(about.get("taken")), _count(about.get("masks"))
        if about.get("is_there") is True:
            data = self._need(f"photo-{photo.taken}.picture", PHOTO_BYTES)
            photograph.take(photo, plain(str(about.get("name", "")))[:200], data)
        if about.get("has_mask") is True:
            picture = open_image(
                self._need(f"mask-{photo.masks}.png", _MASK_BYTES), most_pixels=PHOTO_PIXELS, reduced=False
            )
            photo.mask = np.array(picture.convert("L")) > 127

    def _own_sets(self) -> None:
        for name in self._list("patches")[: own_sets.MOST_SETS]:
            if not own.is_own(name):
                raise ValueError("no data set of somebody's own")
            self.mine.own_sets.sources[name] = own.from_file(name, self._need(_own_file(name), _OWN_BYTES))
        if self.mine.own_sets.sources:
            own_sets.take_room(self.mine.own_sets)

    def _runs(self) -> None:
        shelf, damaged = self.mine.shelf, 0
        found: dict[str, Run] = {}
        for name in self._list("memory"):
            if isinstance(name, str) and _NAME.fullmatch(name) and (run := self._run(f"run-{name}")) is not None:
                shelf.memory[name] = run
                found[f"mem:{name}"] = run
        for config in map(_config, self._list("private")):
            run = self._run(f"own-{config.key}")
            if run is not None and run.config.key == config.key and own.is_own(config.dataset):
                shelf.private[config.key] = run
                found[f"own:{self._visitor}-{config.key}"] = run
        for one in self._list("runs"):
            config, name = _config(one["config"]), str(one["id"])
            if (name in found and found[name].config == config) or name == f"run:{config.key}":
                shelf.runs.append(Entry(name, _title(one["title"], config), config))
            else:
                damaged += 1
        if damaged:
            raise ValueError(f"{damaged} runs are not there")

    def _run(self, name: str) -> Run | None:
        data = self._file(f"{name}.safetensors", checkpoint.MAX_BYTES)
        try:
            return None if data is None else checkpoint.from_bytes(data)
        except LabError as error:
            log.warning("in the locker of visitor %s: %s: %s", self._visitor, name, error)
            return None

    def _job(self, restarted: bool) -> None:
        if (about := self._about.get("job")) is not None:
            config, name = _config(about["config"]), about.get("run")
            run = self._run(f"job-{name}") if isinstance(name, str) and _NAME.fullmatch(name) else None
            run = run if run is not None and run.config.key == config.key else None
            self.mine.job.unseen = Unseen(config, run, restarted)

    def _batch(self) -> None:
        batch = self.mine.batch
        batch.unseen = tuple(map(_config, self._list("batch")))
        titles = self._about.get("titles", {})
        batch.titles = {config.key: _title(titles.get(config.key), config) for config in batch.unseen}


def _config(values: object) -> Config:
    try:
        return Config.from_json(json.dumps(values))
    except RecursionError:
        raise ConfigError("settings within settings without end") from None


def _title(text: object, config: Config) -> str:
    return text if isinstance(text, str) and _TITLE.fullmatch(text) else title_of(config)


def _count(value: object, most: int = 10**6) -> int:
    return value if isinstance(value, int) and 0 <= value <= most else 0

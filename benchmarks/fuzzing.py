"""Whether anything that a stranger can send crashes what reads it, takes more than two seconds, or a leap of memory.

python -m benchmarks.fuzzing --inputs 200000 --seed 0 [--minutes 60] [--only checkpoint] [--replay checkpoint:17]

Each input is made from the seed, the name of its target and its number alone, so that one of them can be made again.
Exits with 1 where something was found.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import gc
import os
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from ae_core import tasks
from ae_core.classroom.lesson import LONGEST_TASK, Lesson
from ae_core.config.link_seal import opened
from ae_core.config.schema import Config, renamed
from ae_core.config.variants import VARIANTS
from ae_core.data.datasets import INFO
from ae_core.data.upload import open_image, open_photo, prepare
from ae_core.errors import LabError
from ae_core.tasks.restoration.strokes import mask_of
from ae_core.text import as_written, quoted
from benchmarks import fuzz_inputs
from benchmarks.inert import more_than_words
from benchmarks.machine import describe
from tests.support.picture_files import HEIC
from ui.classroom.lesson import VIEWS
from ui.components.draw_pad import drawing
from ui.components.latent_explorer import pinned

SECONDS = 2.0  # an input may take
AT_ONCE = 384 << 20  # bytes that one input may take beyond what was there: a picture of 50 million pixels takes 200 MB
KEPT = 64 << 20  # bytes that may be left of thousands of inputs
_GIVEN_UP = 20.0  # seconds after which an input is broken off; what cannot be ends the run a good while later
_BROKEN_OFF = "was broken off"


# --- What reads it --------------------------------------------------------------------------------------------


def _words(*sentences: str) -> None:
    """Fail where a sentence of the lab's would be drawn as anything but words, or is endless."""
    for sentence in sentences:
        drawn = more_than_words(as_written(sentence))
        assert not drawn, f"{drawn!r} is drawn of {sentence!r}"
        assert len(sentence) < 2000, f"a sentence of {len(sentence)} characters"


def _link(params: dict[str, str]) -> None:
    read, notes = opened(params)
    config, more = Config.from_query(renamed(read))
    lesson, most = Lesson.from_query(read, config, VIEWS)
    again, none = Config.from_query(config.to_query())
    assert again.key == config.key, "its own link is to another run"
    assert none == []
    _words(*notes, *more, *most, *([lesson.task, *lesson.view.values()] if lesson else []))


def _task(text: str) -> None:
    task = Lesson.of(text, (), (), VARIANTS["dense"].config("digits")).task
    assert len(task) <= LONGEST_TASK
    _words(task, quoted(text))
    assert "\n" not in task


def _settings(text: str) -> None:
    config = Config.from_json(text)
    assert Config.from_json(config.to_json()) == config


def _checkpoint(data: bytes) -> None:
    run: Any = tasks.read(data)
    assert len(run.device) < 200
    _words(run.device, *run.versions, *run.versions.values(), *run.metrics)


def _picture(data: bytes) -> None:
    picture = open_image(data)
    for shape in ((1, 28, 28), (3, 32, 32)):
        prepared = prepare(picture, shape)
        assert prepared.pixels.shape == shape
        assert 0 <= prepared.pixels.min() <= prepared.pixels.max() <= 1  # and none of them is no number


def _photo(data: bytes) -> None:
    photo = open_photo(data)
    assert photo.pixels.shape[2] in (1, 3)
    _words(*photo.notes)


def _drawing(said: Any) -> None:
    drawing(said, INFO["digits"])


def _strokes(text: str) -> None:
    assert mask_of(text, 480, 640).shape == (480, 640)


@dataclass(frozen=True)
class Target:
    """A reader, and how many of the inputs it gets."""

    share: float
    inputs: Callable[[], fuzz_inputs.Make]
    read: Callable[[Any], object]


TARGETS = {
    "link": Target(0.30, fuzz_inputs.links, _link),
    "task": Target(0.26, fuzz_inputs.tasks, _task),
    "settings": Target(0.15, fuzz_inputs.settings, _settings),
    "checkpoint": Target(0.06, fuzz_inputs.checkpoints, _checkpoint),
    "picture": Target(0.07, fuzz_inputs.pictures, _picture),
    "photo": Target(0.07, fuzz_inputs.pictures, _photo),
    "drawing": Target(0.03, fuzz_inputs.drawings, _drawing),
    "strokes": Target(0.03, fuzz_inputs.strokes, _strokes),
    "pins": Target(0.0295, fuzz_inputs.pins, pinned),
    "HEIC": Target(0.0005, lambda: fuzz_inputs.heics(HEIC), _picture),  # each in a process of its own
}


# --- Watching it ----------------------------------------------------------------------------------------------


class Hang(BaseException):
    """An input was broken off. No exception that a reader would take for a damaged file."""


@dataclass
class Seen:
    """What became of a target's inputs."""

    accepted: int = 0
    refused: int = 0
    slowest: float = 0.0
    at_once: int = 0
    kept: int = 0
    found: list[str] = field(default_factory=list)


def made(seed: int, name: str, number: int, make: fuzz_inputs.Make) -> Any:
    """Return an input of a target by its number."""
    return make(random.Random(f"{seed} {name} {number}"))


def fuzz(name: str, count: int, seed: int, until: float = float("inf")) -> Seen:
    """Give a target so many inputs, or those that it can read until then, and see what becomes of them."""
    target, seen = TARGETS[name], Seen()
    make = target.inputs()
    settled, settles_at = 0, min(count // 4, 500)
    before_alarm = signal.signal(signal.SIGALRM, _break_off)
    for number in range(count):
        if number % 100 == 0:
            faulthandler.dump_traceback_later(3 * 100 * (_GIVEN_UP + 1), exit=True, file=_TRACEBACKS)
        if number == settles_at:
            gc.collect()
            settled = psutil.Process().memory_info().rss
        data = made(seed, name, number, make)
        _forget_peak()
        before = _peak()
        for _ in range(3):  # the machine may have done something else
            seconds, refused, problem = _read(target, data)
            if seconds <= SECONDS and problem != _BROKEN_OFF:
                break
        took = _peak() - before
        seen.refused += refused
        seen.accepted += not refused and not problem
        seen.slowest, seen.at_once = max(seen.slowest, seconds), max(seen.at_once, took)
        if seconds > SECONDS:
            problem = f"took {seconds:.1f} s\n{problem}"
        if took > AT_ONCE:
            problem = f"took {took >> 20} MB\n{problem}"
        if problem:
            seen.found.append(f"{name}:{number} {problem}")
        if time.monotonic() > until:
            break
    signal.signal(signal.SIGALRM, before_alarm)
    faulthandler.cancel_dump_traceback_later()
    gc.collect()
    seen.kept = max(0, psutil.Process().memory_info().rss - settled)
    if seen.kept > KEPT:
        seen.found.append(f"{name} kept {seen.kept >> 20} MB of its inputs")
    return seen


def _read(target: Target, data: Any) -> tuple[float, bool, str]:
    """Return the processor's seconds that an input took, whether it was refused, and what went wrong."""
    start = _processor()
    problem, refused = "", False
    signal.setitimer(signal.ITIMER_REAL, _GIVEN_UP)
    try:
        target.read(data)
    except LabError:
        refused = True
    except Hang:
        problem = _BROKEN_OFF
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        problem = traceback.format_exc(limit=-4)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return _processor() - start, refused, problem


def _processor() -> float:
    """Return the seconds of this process on a processor, and of those that it has started and that have ended."""
    return time.process_time() + sum(os.times()[2:4])


_TRACEBACKS = os.fdopen(os.dup(2), "w")  # where they are seen though the decoders are silenced
_REFERENCES = Path("/proc/self/clear_refs")


def _forget_peak() -> None:
    """Have Linux count anew what this process takes at most."""
    with contextlib.suppress(OSError):
        _REFERENCES.write_text("5")


def _peak() -> int:
    """Return what this process took at most since then, in bytes; since its start where the system cannot count anew."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep to itself what decoders written in C say of every damaged file."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _break_off(*_: object) -> None:
    raise Hang


def main() -> int:
    """Print what became of the inputs of each target, and what was found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--inputs", type=int, default=20_000, help="of all targets together")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--minutes", type=float, default=float("inf"), help="at most, shared as the inputs are")
    arguments.add_argument("--only", choices=TARGETS, help="one target, which then gets all inputs")
    arguments.add_argument("--replay", metavar="TARGET:NUMBER", help="show one input, and what becomes of it")
    given = arguments.parse_args()
    warnings.simplefilter("ignore")
    if given.replay:
        name, number = given.replay.split(":")
        data = made(given.seed, name, int(number), TARGETS[name].inputs())
        signal.signal(signal.SIGALRM, _break_off)
        print(repr(data)[:2000])
        print(*_read(TARGETS[name], data))
        return 0
    print(describe())
    print(f"seed {given.seed}")
    print(f"{'target':12}{'inputs':>9}{'accepted':>10}{'refused':>9}{'slowest':>10}{'at once':>10}{'kept':>8}")
    found, total, shares = [], 0, {given.only: 1.0} if given.only else {n: t.share for n, t in TARGETS.items()}
    for name, share in shares.items():
        until = time.monotonic() + given.minutes * 60 * max(share, 1 / len(shares) if not given.only else 1.0)
        with silence():
            seen = fuzz(name, round(given.inputs * share), given.seed, until)
        inputs = seen.accepted + seen.refused
        total += inputs
        found += seen.found
        print(
            f"{name:12}{inputs:9,}{seen.accepted:10,}{seen.refused:9,}{seen.slowest:8.2f} s"
            f"{seen.at_once / 2**20:7.0f} MB{seen.kept / 2**20:5.0f} MB",
            flush=True,
        )
    print(f"{total:,} inputs, {len(found)} found")
    for one in found[:20]:
        print(one)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

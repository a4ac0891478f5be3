"""The training loop: one for every autoencoder, seeded, with the data resident on the device.

What a step is stands in :mod:`ae_core.training.step`. At fixed steps (so that the history does not depend on the machine's speed)
the loop looks at held-out images and takes a snapshot.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data.datasets import Images
from ae_core.data.items import to_bytes
from ae_core.errors import LabError
from ae_core.models.autoencoder import Autoencoder, build
from ae_core.text import quoted
from ae_core.training.film import FILM_FRAMES, FILM_POINTS, HISTORY_POINTS, Film, History, watched_images
from ae_core.training.objectives import objective, part_names
from ae_core.training.pretraining import pretrain, pretraining_steps
from ae_core.training.step import step_of

_REPORT_EVERY = 0.5  # seconds between reports when no evaluation is due
_ASK_EVERY = 0.1  # seconds between looks at the stop button


Pretraining = list[list[float]]  # squared error of each Boltzmann machine so far, some twenty an epoch


class Diverged(LabError):
    """The loss became infinite or not a number. The message says what to change."""


@dataclass(frozen=True)
class Progress:
    """How far a run is, as the loop reports it. Seconds are wall time of training alone."""

    step: int
    steps: int
    epoch: float
    seconds: float
    seconds_left: float
    images_per_second: float
    history: History
    snapshot: Tensor | None = None  # uint8 (12, C, H, W), when this report took one
    # float (S, 500, 2), with a snapshot: the codes of all S so far on the plane of this one
    points: Tensor | None = None
    pretraining: Pretraining = field(default_factory=list)  # so far, of layers that are pretrained


@dataclass
class Trained:
    """The result of the training loop; :func:`ae_core.runs.run.Run` adds baselines and metrics."""

    model: Autoencoder
    history: History
    film: Film
    seconds: float
    finished: bool
    pretraining: Pretraining


@dataclass
class _Stopwatch:
    """Seconds of training, without those spent looking at held-out images or waiting for a reader of reports."""

    started: float = field(default_factory=time.perf_counter)
    away: float = 0.0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the watch for as long as the block runs."""
        left_at = time.perf_counter()
        yield
        self.away += time.perf_counter() - left_at

    def __call__(self) -> float:
        return time.perf_counter() - self.started - self.away


def choose_device(wanted: str = "auto") -> torch.device:
    """Return the device to train on: for "auto" CUDA, then MPS, then the CPU; else the one of the name given.

    Raises:
        LabError: this machine has no such device.
    """
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return torch.device(next(name for name in ("cuda", "mps", "cpu") if present[name]))
    try:
        device = torch.device(wanted)
    except RuntimeError:
        device = None
    beyond = device is not None and device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()
    if device is None or beyond or not present.get(device.type, False):
        names = ", ".join(name for name, here in present.items() if here)
        raise LabError(f"This machine has no device {quoted(wanted)}; it has {names}.")
    return device


def total_steps(config: Config, train_count: int) -> int:
    """Return the number of steps in the whole run, those of pretraining included.

    The last incomplete batch of an epoch is left out, as its images return shuffled.
    """
    return pretraining_steps(config, train_count) + config.epochs * config.steps_per_epoch(train_count)


def train(
    config: Config,
    train_images: Images,
    held_out: Images,
    device: torch.device | str = "cpu",
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[Progress, None, Trained]:
    """Train an autoencoder, yielding :class:`Progress` and returning :class:`Trained`.

    The same config on the same device gives the same weights.

    Args:
        config: what to train.
        train_images: what to train on, uint8 (N, C, H, W).
        held_out: images that are only ever looked at, for the history and the film: nothing is selected on them.
        device: where to train.
        should_stop: asked about ten times a second; when it says so, the run ends with what was learned so far.

    Returns:
        A generator that yields a report twice a second and with each look at the held-out images; its return value is
        the trained network, on the CPU, with history and film.

    Raises:
        Diverged: the loss became infinite or not a number.
    """
    device = torch.device(device)
    model = build(config, _shape(train_images), device)
    model.train()
    images = train_images.images.to(device)
    each, before = config.steps_per_epoch(len(images)), pretraining_steps(config, len(images))
    steps = config.epochs * each
    stepping = step_of(config, model, images, steps)
    observer = _Observer(config, model, held_out, device)
    filmed = _moments(steps, FILM_FRAMES)
    watched = filmed | _moments(steps, HISTORY_POINTS)
    watch = _Stopwatch()
    last_report = last_asked = watch.started
    finished = True
    machines: Pretraining = []

    def report(step: int, epoch: float, film: Film | None = None) -> Progress:
        seconds = watch()
        pace = step / seconds if seconds > 0 and step else 0.0
        left = (before + steps - step) / pace if pace else math.nan
        images_per_second = pace * min(config.batch_size, len(images))
        return Progress(
            step=step,
            steps=before + steps,
            epoch=epoch,
            seconds=seconds,
            seconds_left=left,
            images_per_second=images_per_second,
            history=observer.history,
            snapshot=None if film is None else film.images[-1],
            points=None if film is None else film.points,
            pretraining=machines,
        )

    if before:
        # numbers of its own: the fine-tuning sees the same batches with and without it
        draws = torch.Generator(device).manual_seed(config.seed)
        each_machine = before // (len(config.hidden_sizes) + 1)
        for learned in pretrain(config, model, images, draws):
            if not math.isfinite(learned.error):
                raise Diverged(f"Boltzmann machine {learned.layer + 1} ran away. Train it with another seed.")
            if learned.layer == len(machines):
                machines.append([])
            machines[-1].append(learned.error)
            now = time.perf_counter()
            if now - last_report > _REPORT_EVERY:
                with watch.paused():
                    yield report(learned.layer * each_machine + learned.step, 0.0)
                last_report = time.perf_counter()
            if should_stop():
                finished = False
                break
    step = 0
    for step in range(steps + 1 if finished else 0):
        if step in watched:
            stepping.allow(config.k)
            means, left_at = stepping.means(), time.perf_counter()
            observer.look(step / each, means)
            film = observer.snapshot(step / each) if step in filmed else None
            watch.away += time.perf_counter() - left_at
            with watch.paused():
                yield report(before + step, step / each, film)
            last_report = time.perf_counter()
        if step == steps:
            break
        now = time.perf_counter()
        if now - last_asked > _ASK_EVERY:
            last_asked = now
            if should_stop():
                finished = False
                break
            if now - last_report > _REPORT_EVERY:
                with watch.paused():
                    yield report(before + step, step / each)
                last_report = time.perf_counter()

        stepping(step)

    seconds = watch()
    stepping.allow(config.k)
    model.eval()
    if not finished and (not observer.history["epoch"] or observer.history["epoch"][-1] < step / each):
        # what the film and the curve end on is the model that is kept
        observer.look(step / each, stepping.means())
        observer.snapshot(step / each)
    return Trained(model.cpu(), observer.history, observer.film(), seconds, finished, machines)


def run_to_end(
    loop: Generator[Progress, None, Trained], on_progress: Callable[[Progress], None] = lambda progress: None
) -> Trained:
    """Take every report of :func:`train`'s generator, and return its result."""
    while True:
        try:
            on_progress(next(loop))
        except StopIteration as end:
            trained: Trained = end.value
            return trained


def _shape(images: Images) -> tuple[int, int, int]:
    _, channels, height, width = images.images.shape
    return channels, height, width


def _moments(steps: int, count: int) -> frozenset[int]:
    """Choose about ``count`` steps from the first to the last, dense at the start, where most is learned."""
    return frozenset(round(steps * (i / (count - 1)) ** 2) for i in range(count))


class _Observer:
    """Measures the loss on fixed held-out images and films them, without touching the random numbers of training."""

    def __init__(self, config: Config, model: Autoencoder, held_out: Images, device: torch.device) -> None:
        self.config, self.model = config, model
        self.history: History = {"epoch": []}
        self.clean, self.corrupted, chosen = watched_images(config, held_out, device)
        self.film_inputs = self.corrupted[chosen]
        self.codes = torch.empty(0)  # of the first images, as the last look saw them
        self.film_epochs: list[float] = []
        self.film_images: list[Tensor] = []
        self.film_codes: list[Tensor] = []
        self.axes: Tensor | None = None  # of the plane that the film was last drawn on

    def _generator(self, device: torch.device) -> torch.Generator:
        return torch.Generator(device).manual_seed(self.config.seed)

    @torch.no_grad()
    def look(self, epoch: float, train_parts: dict[str, float]) -> None:
        """Measure the held-out loss and add a row to the history. Raises :class:`Diverged`."""
        generator = self._generator(self.clean.device)
        result = self.model(self.corrupted, generator)
        self.codes = result.mean[:FILM_POINTS].cpu()
        parts = objective(self.config, self.model, result, self.clean, generator)
        held_out = {name: float(parts[name]) for name in part_names(self.config)}
        if not all(math.isfinite(value) for value in (*held_out.values(), *train_parts.values())):
            raise Diverged(
                f"The loss stopped being a finite number by epoch {epoch:.2g}: the steps were too large and the "
                f"weights ran away. Lower the learning rate (it was {self.config.learning_rate:g}) and train again."
            )
        self.history["epoch"].append(epoch)
        for name, value in held_out.items():
            self.history.setdefault(f"held_out_{name}", []).append(value)
            # before the first step there is no training loss yet: the curve starts where the held-out one does
            self.history.setdefault(f"train_{name}", []).append(train_parts.get(name, value))

    @torch.inference_mode()
    def snapshot(self, epoch: float) -> Film:
        """Add a frame to the film, with the codes that :meth:`look` saw last, and return the film so far."""
        self.film_epochs.append(epoch)
        self.film_images.append(to_bytes(self.model.decode(self.model.encode(self.film_inputs))))
        self.film_codes.append(self.codes)
        return self.film()

    def film(self) -> Film:
        """Return the frames so far, on the plane of the last one's codes.

        No axis is turned round since the last call, so that who watches the film grow sees none flip.
        """
        centre, axes = plane_of(self.film_codes[-1])
        if self.axes is not None:
            axes = torch.where((axes * self.axes).sum(0) < 0, -axes, axes)
        self.axes = axes
        points = torch.stack([(codes - centre) @ axes for codes in self.film_codes])
        return Film(torch.tensor(self.film_epochs), torch.stack(self.film_images), points)


def plane_of(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Return the origin (D,) and the axes (D, 2) of the plane to show codes (N, D) on.

    It is the codes themselves when D is 2, a line when D is 1, else their first two principal components.
    """
    if codes.shape[1] == 1:
        return torch.zeros(1), torch.tensor([[1.0, 0.0]])
    if codes.shape[1] == 2:
        return torch.zeros(2), torch.eye(2)
    centre = codes.mean(0)
    _, _, axes = torch.linalg.svd(codes - centre, full_matrices=False)
    return centre, axes[:2].T

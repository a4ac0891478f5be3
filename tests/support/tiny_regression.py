"""A task that the lab knows nothing of: a line through made-up points, learned by gradient descent."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import torch

from ae_core import tasks
from ae_core.errors import LabError
from ae_core.runs import checkpoint
from ae_core.tasks.trainable import Cost, Event, Loading, Measuring, Trainable
from ae_core.training.cost import Pace
from ae_core.training.loop import Progress


class RegressionError(LabError):
    """Settings, a run or a file that cannot be. The message says what to do."""


@dataclass(frozen=True)
class Line:
    """What was learned."""

    config: TinyRegression
    slope: float
    error: float  # mean squared, on points that it did not learn from
    finished: bool
    seconds: float


@dataclass(frozen=True)
class TinyRegression(Trainable):
    """Learn the slope of a line from points on it."""

    kind: ClassVar[str] = "tiny_regression"

    slope: float = 2.0
    learning_rate: float = 0.5
    epochs: int = 20  # one step each
    pause: float = 0.0  # seconds a step

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> TinyRegression:
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            raise RegressionError("These are not the settings of a regression.") from None

    def to_query(self) -> dict[str, str]:
        return {name: repr(value) for name, value in asdict(self).items() if value != getattr(TinyRegression, name)}

    @classmethod
    def from_query(cls, params: Mapping[str, str]) -> tuple[TinyRegression, list[str]]:
        try:
            epochs = min(max(int(params.get("epochs", cls.epochs)), 1), 10**9)
        except ValueError:
            epochs = cls.epochs
        written = str(epochs) == params.get("epochs", str(epochs))
        return cls(epochs=epochs), [] if written else [f"The nearest valid number of epochs is {epochs}."]

    def cost(self, pace: Pace) -> Cost:
        seconds = self.epochs * (pace.overhead + self.pause) * pace.factor(self.kind)
        advice = {"steps": "Take fewer epochs: a line needs no more than twenty."}
        return Cost(parameters=1, steps=self.epochs, memory=800, seconds=seconds, group=self.kind, advice=advice)

    def train(self, report: Callable[[Event], None], should_stop: Callable[[], bool]) -> Line:
        x = torch.linspace(-1, 1, 100)
        report(Loading(baseline=float((self.slope * x).square().mean())))
        started, weight, step, errors = time.perf_counter(), 0.0, 0, [math.inf]
        while step < self.epochs and not should_stop():
            residual = (weight - self.slope) * x
            weight -= self.learning_rate * float((2 * residual * x).mean())
            if not math.isfinite(weight):
                raise RegressionError("The slope ran away. Lower the learning rate and train again.")
            step += 1
            errors = [*errors[-99:], float(residual.square().mean())]
            time.sleep(self.pause)
            seconds = time.perf_counter() - started
            if step % max(1, self.epochs // 50) == 0:
                left, history = seconds / step * (self.epochs - step), {"epoch": [float(step)], "loss": errors[-1:]}
                report(Progress(step, self.epochs, float(step), seconds, left, 100 * step / seconds, history))
        report(Measuring())
        return Line(self, weight, errors[-1], step == self.epochs, time.perf_counter() - started)

    @classmethod
    def to_bytes(cls, result: Line) -> bytes:
        about = asdict(result) | {"slope": None}
        return checkpoint.pack(cls.kind, {"slope": torch.tensor([result.slope], dtype=torch.float64)}, about)

    @classmethod
    def from_bytes(cls, data: bytes) -> Line:
        tensors, about = checkpoint.unpack(cls.kind, data)
        try:
            config = cls(**about["config"])
            slope = float(tensors["slope"].reshape(()))
            return Line(config, slope, float(about["error"]), about["finished"] is True, float(about["seconds"]))
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise RegressionError("This file does not hold a regression. Train it again.") from None


def install(folder: Path) -> list[str]:
    """Write what an installed package with this task would have; return the paths where Python is to look for both."""
    about = folder / "tiny_regression-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-regression\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{tasks.ENTRY_POINTS}]\ntiny_regression = {__name__}:TinyRegression\n")
    return [str(folder), str(Path(__file__).parent)]

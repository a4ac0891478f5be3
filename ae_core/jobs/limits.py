"""What one visitor, and all of them together, may ask of the workers. Checked here, not by the widgets."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO
from ae_core.errors import LabError
from ae_core.models.autoencoder import count_parameters
from ae_core.training.cost import Pace, memory_bytes
from ae_core.training.loop import total_steps


class RefusedJob(LabError):
    """A run that is too large, or one too many. The message says what to change."""


class NoRoom(RefusedJob):
    """One run too many for now: the same may be taken when others have ended."""


@dataclass(frozen=True)
class Limits:
    """The bounds. Sizes are per run; seconds are of training."""

    parameters: int = 20_000_000
    steps: int = 200_000
    memory: int = 1_000_000_000
    seconds: float = 600.0
    per_visitor: int = 3  # running and queued
    queue: int = 90  # thirty students with three runs each

    @classmethod
    def from_environment(cls) -> Limits:
        """The defaults, with the longest run taken from AE_MAX_SECONDS where that is set."""
        try:
            seconds = float(os.environ["AE_MAX_SECONDS"])
            return cls(seconds=seconds) if math.isfinite(seconds) and seconds > 0 else cls()
        except (KeyError, ValueError):
            return cls()

    def check(self, config: Config, pace: Pace) -> None:
        """Raise :class:`RefusedJob` when a run of ``config`` would be too large for a shared machine."""
        info = INFO[config.dataset]
        parameters = count_parameters(config, info.shape)
        if parameters > self.parameters:
            raise RefusedJob(
                f"This network has {parameters:,} parameters; the lab trains at most {self.parameters:,}. "
                "Take fewer layers, or fewer nodes in each."
            )
        steps = total_steps(config, info.train_count)
        if steps > self.steps:
            raise RefusedJob(
                f"This run would take {steps:,} steps; the lab allows {self.steps:,}. "
                "Take fewer epochs, or a larger batch."
            )
        memory = memory_bytes(config)
        if memory > self.memory:
            raise RefusedJob(
                f"This run would need about {memory / 1e9:.1f} GB; the lab allows {self.memory / 1e9:.1f} GB. "
                "Take a smaller batch, or a smaller network."
            )
        seconds = pace.seconds(config)
        if seconds > self.seconds:
            raise RefusedJob(
                f"This run would take about {seconds:,.0f} seconds; the lab allows {self.seconds:,.0f}. "
                "Take fewer epochs, or a smaller network."
            )

    def check_all(self, configs: Sequence[Config], pace: Pace) -> None:
        """Raise :class:`RefusedJob` when one of ``configs`` is too large, or all together would take longer than the
        longest single run."""
        for config in configs:
            self.check(config, pace)
        seconds = sum(pace.seconds(config) for config in configs)
        if seconds > self.seconds:
            raise RefusedJob(
                f"These {len(configs)} runs would take about {seconds:,.0f} seconds together; the lab allows "
                f"{self.seconds:,.0f}. Take fewer values, or start from a run of fewer epochs."
            )

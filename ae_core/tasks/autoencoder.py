"""The lab's own task: to train the autoencoder that a Config describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from ae_core.config.schema import Config
from ae_core.config.variants import VARIANTS, variant_of
from ae_core.data import own
from ae_core.data.datasets import INFO, default_dataset
from ae_core.evaluation.metrics import squared_error
from ae_core.models.autoencoder import count_parameters
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit, forget_images, images_of_classes, pca_metrics, pca_of
from ae_core.runs.run import Run
from ae_core.tasks.trainable import Cost, Event, Loading, Measuring, Trainable
from ae_core.training.cost import Pace, memory_bytes
from ae_core.training.film import HELD_OUT_SAMPLE
from ae_core.training.loop import total_steps


@dataclass(frozen=True)
class Autoencoder(Trainable):
    """A Config as something to be trained, with the picture or table that its items are from where that is a visitor's own."""

    kind: ClassVar[str] = checkpoint.KIND

    settings: Config
    source: own.Source | None = field(default=None, compare=False, repr=False)

    @property
    def config(self) -> Config:
        """Return the Config itself, which is what pages know."""
        return self.settings

    @property
    def key(self) -> str:
        """Return the Config's own key, under which runs were filed before there were other tasks."""
        return self.config.key

    @property
    def private(self) -> bool:
        """Say whether it learns from somebody's own picture or table."""
        return own.is_own(self.config.dataset)

    @property
    def enclosed(self) -> Any:
        """Return that picture or table as a file's bytes; None without one."""
        return None if self.source is None else self.source.as_file()

    def with_enclosed(self, enclosed: Any) -> Autoencoder:
        """Return the same with the picture or table of these bytes."""
        if enclosed is None:
            return self
        return replace(self, source=own.from_file(self.config.dataset, enclosed))

    def to_json(self) -> str:
        """Return the Config as JSON text with sorted keys."""
        return self.config.to_json()

    @classmethod
    def from_json(cls, text: str) -> Autoencoder:
        """Read :meth:`to_json`'s text. Raises ConfigError for anything else."""
        return cls(Config.from_json(text))

    def to_query(self) -> dict[str, str]:
        """Return the parameters of a link to this run."""
        return self.config.to_query()

    @classmethod
    def from_query(cls, params: Mapping[str, str]) -> tuple[Autoencoder, list[str]]:
        """Return the valid settings nearest to a link's, and a sentence for each that had to change. Never raises."""
        config, notes = Config.from_query(params)
        return cls(config), notes

    def cost(self, pace: Pace) -> Cost:
        """Estimate what this run would take of a machine of this pace, by the operations of its network."""
        info = INFO[self.config.dataset]
        return Cost(
            parameters=count_parameters(self.config, info.shape),
            steps=total_steps(self.config, self.config.train_count),
            memory=memory_bytes(self.config),
            seconds=pace.seconds(self.config),
            group=variant_of(self.config).name,
        )

    def train(self, report: Callable[[Event], None], should_stop: Callable[[], bool]) -> Run:
        """Report PCA's error, then train and measure as :func:`ae_core.runs.fit.fit` does.

        Nothing of somebody's own stays in the process.
        """
        if self.source is None:
            return self._train(report, should_stop)
        try:
            with own.lent(self.config.dataset, self.source):
                return self._train(report, should_stop)
        finally:
            forget_images()

    def _train(self, report: Callable[[Event], None], should_stop: Callable[[], bool]) -> Run:
        held_out = images_of_classes(self.config)[1].images[:HELD_OUT_SAMPLE]  # those behind the held-out curve
        pca = pca_of(self.config.dataset, self.config.canonical().classes).truncated(self.config.code_size)
        report(Loading(squared_error(pca, held_out)))
        return fit(self.config, on_progress=report, should_stop=should_stop, on_measuring=lambda: report(Measuring()))

    @classmethod
    def to_bytes(cls, result: Run) -> bytes:
        """Return a run as a checkpoint."""
        return checkpoint.to_bytes(result)

    @classmethod
    def from_bytes(cls, data: bytes) -> Run:
        """Read a checkpoint, which may come from a stranger. Raises LabError for whatever is wrong with it."""
        return checkpoint.from_bytes(data)


TASK = Autoencoder


def warm_up() -> None:
    """Load what a worker's first run would wait for: the images and every library on its way."""
    dataset = default_dataset()
    pca_metrics(dataset, VARIANTS["dense"].config(dataset).code_size, ())  # a call of another form would be kept apart

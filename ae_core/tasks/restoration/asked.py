"""What somebody asks to be done with which picture, as one value that results are filed under."""

from __future__ import annotations

from dataclasses import dataclass

_SAMPLE = "sample:"  # what the names of pictures that everybody has begin with


@dataclass(frozen=True)
class Asked:
    """Everything that a result depends on: the picture's name, what is done with it, and the damage before that.

    Attributes:
        picture: names the picture: a sample, see :func:`sample_name`, or an upload of a visit.
        task: one of the tasks of :mod:`.restoring`.
        kind: of the damage that is added first; empty where the picture is repaired as it is.
        strength: of that damage.
        seed: of that damage.
    """

    picture: str
    task: str
    kind: str = ""
    strength: int = 0
    seed: int = 0

    @property
    def key(self) -> str:
        """All of it in one text."""
        return f"{self.picture}/{self.task}/{self.kind}/{self.strength}/{self.seed}"

    @property
    def sample(self) -> str:
        """The key of the sample in :data:`.samples.SAMPLES`; empty where it is a picture of somebody's own."""
        return self.picture.removeprefix(_SAMPLE) if self.picture.startswith(_SAMPLE) else ""


def sample_name(sample: str) -> str:
    """Return what the picture of a sample, a key of :data:`.samples.SAMPLES`, is called."""
    return _SAMPLE + sample

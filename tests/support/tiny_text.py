"""A run on documents, of a second, that tests share."""

from __future__ import annotations

from functools import lru_cache

from ae_core.config.schema import Config
from ae_core.runs.fit import fit
from ae_core.runs.run import Run

TINY_TEXT = Config(
    dataset="documentation", hidden_sizes=(16,), code_size=8, epochs=1, batch_size=256, learning_rate=1e-2, loss="bce"
)


@lru_cache(maxsize=1)
def tiny_text_run() -> Run:
    """Train :data:`TINY_TEXT`; not to be changed."""
    return fit(TINY_TEXT, "cpu")

"""The settings of the run that most tests share."""

from __future__ import annotations

from ae_core.config.schema import Config

TINY = Config(dataset="digits", hidden_sizes=(16,), code_size=3, epochs=3, batch_size=64, learning_rate=1e-2)

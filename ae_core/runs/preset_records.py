"""Record what each tutorial's model reaches when it is trained exactly as printed.

It lies in ``checkpoints/presets.json``, without weights; ``python -m ae_core zoo --presets`` trains them again and
writes it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from ae_core import __version__
from ae_core.config.presets import BY_KEY, PRESETS
from ae_core.runs.files import write_whole
from ae_core.runs.fit import fit
from ae_core.runs.provenance import commit, is_current
from ae_core.runs.zoo import FOLDER

RECORD = FOLDER / "presets.json"


@lru_cache(maxsize=1)
def recorded() -> dict[str, dict[str, Any]]:
    """Return what presets reached here, by the key of their Config; empty where the file is missing or damaged.

    Each holds ``metrics``, ``loss`` (the objective on held-out images), ``seconds``, ``device``, ``name``, ``ae_core``
    (the version) and ``commit``.
    """
    try:
        entries = json.loads(RECORD.read_text())
        return {key: entry for key, entry in entries.items() if {"metrics", "loss", "seconds", "device"} <= set(entry)}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def is_recorded(name: str) -> bool:
    """Return whether a preset was trained as printed by the source as it is, committed and unchanged."""
    return is_current(recorded().get(PRESETS[name].config.key, {}).get("commit", ""))


def record(name: str) -> dict[str, Any]:
    """Train a preset exactly as printed, write what it reached to :data:`RECORD`, and return that."""
    config, source = PRESETS[name].config, commit()
    run = fit(config, "cpu")
    entry = {
        "name": name,
        "metrics": run.metrics,
        "loss": run.history["held_out_loss"][-1],
        "seconds": run.seconds,
        "device": run.device,
        "ae_core": __version__,
        "commit": source,
    }
    entries = {key: old for key, old in recorded().items() if key in BY_KEY} | {config.key: entry}
    write_whole(RECORD, (json.dumps(entries, indent=1, sort_keys=True) + "\n").encode())
    recorded.cache_clear()
    return entry

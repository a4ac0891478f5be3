"""Search among documents by the code of a deep autoencoder, by LSA of the same size and by all words."""

from __future__ import annotations

import time
from typing import Any

import torch

from ae_core.config.schema import Config
from ae_core.data.datasets import load, on_disk
from ae_core.data.words import documentation
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit, images_of
from ae_core.tasks.documents.retrieval import precision
from ae_core.tasks.documents.spaces import SPACES, vectors_by

# Chosen on 800 training documents that were held back: see docs/benchmarks.md.
CONFIG: dict[str, Any] = {
    "architecture": "dense",
    "hidden_sizes": (500, 250, 125),
    "code_size": 32,
    "loss": "bce",
    "epochs": 30,
}


def documents() -> dict[str, Any]:
    """Return the precision at 10 on held-out documentation: for the same library and for the same module."""
    documentation.every_document.cache_clear()
    started = time.perf_counter()
    load("documentation", "train")
    seconds = time.perf_counter() - started
    modules: dict[str, int] = {}
    numbers = [
        torch.tensor([modules.setdefault(each.module, len(modules)) for each in documentation.documents(split)])
        for split in ("train", "test")
    ]
    return {"seconds_to_open": seconds} | _measured("documentation", {"module": (numbers[0], numbers[1])})


def newsgroups() -> dict[str, Any]:
    """Return the precision at 10 on held-out messages, where they are on this machine."""
    if not on_disk("newsgroups"):
        return {
            "not measured": "20 Newsgroups are not on this machine: python -m ae_core datasets --download newsgroups"
        }
    return _measured("newsgroups", {})


def _measured(dataset: str, further: dict[str, tuple[torch.Tensor, torch.Tensor]]) -> dict[str, Any]:
    train, held_out = images_of(dataset)
    run = fit(Config(dataset=dataset, **CONFIG), "cpu")
    figures: dict[str, Any] = {
        "training_seconds": run.seconds,
        "megabytes": len(checkpoint.to_bytes(run)) / 1e6,
        "parameters": sum(each.numel() for each in run.model.parameters()),
    }
    for space in SPACES:
        vectors = vectors_by(space, run, train.images)
        kept, asked = vectors(train.images), vectors(held_out.images)
        for what, (labels, right) in ({"class": (train.labels, held_out.labels)} | further).items():
            shares = precision(kept, labels, asked, right)
            figures[f"{space}_{what}"] = float(shares.mean())
            figures[f"{space}_{what}_error"] = float(shares.std() / len(shares) ** 0.5)
    return figures


ROWS = {"documents": documents, "newsgroups": newsgroups}

"""Search among documents by the code of an autoencoder, by LSA of the same size and by all words.

The networks were chosen on 800 training documents that were held back (``documents-choice``); held-out documents had no
say in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ae_core.config.schema import Config
from ae_core.data.datasets import Images, load, on_disk
from ae_core.data.words import documentation
from ae_core.evaluation.metrics import encode_all
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit, images_of
from ae_core.tasks.documents.retrieval import precision
from ae_core.tasks.documents.spaces import lsa_vectors, tfidf_vectors
from ae_core.training.loop import run_to_end, train

HELD_BACK = 800
#: Hinton & Salakhutdinov's 2006: a distribution over words. No hidden layer, and most words of a document are hidden.
CHOSEN = Config(
    dataset="documentation",
    hidden_sizes=(),
    code_size=32,
    loss="categorical",
    output_activation="softmax",
    corruption="masking",
    corruption_strength=0.7,
    corruption_min=0.7,
    learning_rate=5e-3,
    batch_size=64,
    epochs=40,
)
_NO_NOISE: dict[str, Any] = {"corruption": "none", "corruption_strength": 0.0, "corruption_min": 0.0}
_HIDDEN: dict[str, Any] = {"hidden_sizes": (500,), "activation": "gelu", "learning_rate": 2e-3}
TRIED = {
    "no hidden layer, squared error": replace(CHOSEN, loss="mse", output_activation="sigmoid", **_NO_NOISE),
    "no hidden layer, cross-entropy of each word": replace(
        CHOSEN, loss="bce", output_activation="sigmoid", **_NO_NOISE
    ),
    "no hidden layer, distribution": replace(CHOSEN, **_NO_NOISE),
    **{
        f"no hidden layer, distribution, {share:.0%} of the words hidden": replace(
            CHOSEN, corruption_strength=share, corruption_min=share
        )
        for share in (0.3, 0.5, 0.7, 0.8)
    },
    "no hidden layer, cross-entropy of each word, 70% hidden": replace(CHOSEN, loss="bce", output_activation="sigmoid"),
    "one of 500, distribution": replace(CHOSEN, **_HIDDEN, **_NO_NOISE),
    "one of 500, distribution, 70% hidden": replace(CHOSEN, **_HIDDEN),
}

Vectors = Callable[[Tensor], Tensor]
Groups = dict[str, tuple[Tensor, Tensor]]  # of the documents that are searched, and of those that are asked


def choice() -> dict[str, Any]:
    """Compare networks by the precision at 10 on training documents that were held back: same library, same module."""
    whole, modules = load("documentation", "train"), _modules("train")
    parts = [slice(0, -HELD_BACK), slice(-HELD_BACK, None)]
    kept, back = (Images(whole.images[part], whole.labels[part]) for part in parts)
    groups = {"library": (kept.labels, back.labels), "module": (modules[parts[0]], modules[parts[1]])}

    def said(vectors: Vectors) -> str:
        return "  ".join(f"{name} {mean:.4f}" for name, (mean, _) in _shares(vectors, kept, back, groups).items())

    figures: dict[str, Any] = {"LSA": said(lsa_vectors(kept.images, 32)), "TF-IDF": said(tfidf_vectors(kept.images))}
    for name, config in TRIED.items():
        trained = run_to_end(train(config, kept, back))
        model = trained.model
        figures[name] = f"{said(lambda items: F.normalize(encode_all(model, items)))}  {trained.seconds:.0f} s"  # noqa: B023
    return figures


def documents() -> dict[str, Any]:
    """Return the precision at 10 on held-out documentation: for the same library and for the same module."""
    started = time.perf_counter()
    load("documentation", "train")
    seconds = time.perf_counter() - started
    return {"seconds to open": seconds} | _measured(CHOSEN, {"module": (_modules("train"), _modules("test"))})


def newsgroups() -> dict[str, Any]:
    """Return the precision at 10 on held-out messages, where they are on this machine."""
    if not on_disk("newsgroups"):
        return {
            "not measured": "20 Newsgroups are not on this machine: python -m ae_core datasets --download newsgroups"
        }
    return _measured(replace(CHOSEN, dataset="newsgroups"), {})


def _measured(config: Config, further: Groups) -> dict[str, Any]:
    kept, held_out = images_of(config.dataset)
    run = fit(config, "cpu")
    groups = {"class": (kept.labels, held_out.labels)} | further
    figures: dict[str, Any] = {
        "seconds of training": run.seconds,
        "megabytes": len(checkpoint.to_bytes(run)) / 1e6,
        "parameters": sum(each.numel() for each in run.model.parameters()),
    }
    ways: dict[str, Vectors] = {
        f"code of {config.code_size}": lambda items: F.normalize(encode_all(run.model, items)),
        f"LSA of {config.code_size}": lsa_vectors(kept.images, config.code_size),
        "TF-IDF": tfidf_vectors(kept.images),
    }
    for way, vectors in ways.items():
        shares = _shares(vectors, kept, held_out, groups)
        figures[way] = "  ".join(f"{name} {mean:.4f} ± {error:.4f}" for name, (mean, error) in shares.items())
    return figures


def _modules(split: Any) -> Tensor:
    """Return the number of each document's module: of a module that training documents lack, one that none of them has."""
    known = {
        name: number for number, name in enumerate(sorted({one.module for one in documentation.documents("train")}))
    }
    return torch.tensor([known.get(one.module, -1) for one in documentation.documents(split)])


def _shares(vectors: Vectors, kept: Images, asked: Images, groups: Groups) -> dict[str, tuple[float, float]]:
    """Return the precision at 10 and its standard error, by group.

    Args:
        vectors: makes those of documents.
        kept: what is searched.
        asked: what is searched for.
        groups: by which a found document is right.
    """
    found, questions = vectors(kept.images), vectors(asked.images)
    figures = {}
    for name, (labels, right) in groups.items():
        shares = precision(found, labels, questions, right)
        figures[name] = (float(shares.mean()), float(shares.std() / len(shares) ** 0.5))
    return figures


ROWS = {"documents": documents, "documents-choice": choice, "newsgroups": newsgroups}

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
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from torch import Tensor
from torch.nn import functional as F

from ae_core.config.presets import PRESETS
from ae_core.config.schema import Config
from ae_core.data.datasets import Images, load, on_disk
from ae_core.data.words import documentation
from ae_core.evaluation.metrics import encode_all, squared_error
from ae_core.runs import checkpoint
from ae_core.runs.fit import fit, images_of
from ae_core.runs.zoo import ZOO
from ae_core.tasks.documents.retrieval import COUNT, precision
from ae_core.tasks.documents.spaces import lsa_vectors, tfidf_vectors
from ae_core.tasks.search.index import BitIndex, FlatIndex, Hashing, Index, right_share
from ae_core.training.loop import run_to_end, train

HELD_BACK = 800
CHOSEN = ZOO["documentation-default"].config
_OF_EACH: dict[str, Any] = {"loss": "bce", "output_activation": "sigmoid"}
_SQUARED: dict[str, Any] = {"loss": "mse", "output_activation": "sigmoid"}


def _hidden(least: float, most: float) -> dict[str, Any]:
    return {"corruption": "masking" if most else "none", "corruption_min": least, "corruption_strength": most}


TRIED = {
    "squared error": replace(CHOSEN, **_SQUARED, **_hidden(0, 0)),
    "cross-entropy of each word": replace(CHOSEN, **_OF_EACH, **_hidden(0, 0)),
    "cross-entropy of each word, 70% of the words hidden": replace(CHOSEN, **_OF_EACH, **_hidden(0.7, 0.7)),
    "distribution": replace(CHOSEN, **_hidden(0, 0)),
    **{f"distribution, {share:.0%} hidden": replace(CHOSEN, **_hidden(share, share)) for share in (0.3, 0.5, 0.7)},
    "distribution, 0% to 90% hidden": replace(CHOSEN, **_hidden(0, 0.9)),
    "distribution, 30% to 90% hidden": CHOSEN,
    "distribution, 30% to 90% hidden, one layer of 500": replace(
        CHOSEN, hidden_sizes=(500,), activation="gelu", learning_rate=2e-3
    ),
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
        error = squared_error(model, back.images)
        found = said(lambda items: F.normalize(encode_all(model, items)))  # noqa: B023
        figures[name] = f"{found}  squared error {error:.5f}  {trained.seconds:.0f} s"
    return figures


def documents() -> dict[str, Any]:
    """Return the precision at 10 on held-out documentation: for the same library and for the same module."""
    started = time.perf_counter()
    load("documentation", "train")
    seconds = time.perf_counter() - started
    return {"seconds to open": seconds} | _measured(CHOSEN, {"module": (_modules("train"), _modules("test"))})


def deep() -> dict[str, Any]:
    """Return the same of the deep autoencoders of the literature, as presets have them, and of the shipped map.

    Codes of two numbers are searched by distance, and so is LSA's plane; binary codes by how many of their bits differ, and
    so are LSA's numbers, turned so that rounding costs them least (:class:`Hashing`).
    """
    kept, held_out = images_of("documentation")
    groups = {"class": (kept.labels, held_out.labels), "module": (_modules("train"), _modules("test"))}
    configs = {name: preset.config for name, preset in PRESETS.items() if preset.config.dataset == "documentation"}
    configs["documentation-code-2"] = ZOO["documentation-code-2"].config
    figures = {}
    for name, config in configs.items():
        run = fit(config, "cpu")
        ways: dict[str, Vectors] = {"code": lambda items: encode_all(run.model, items)}  # noqa: B023
        ways["LSA"] = _lsa(kept.images, config.code_size)
        for way, numbers in ways.items():
            index: Index = FlatIndex(numbers(kept.images))
            asked = numbers(held_out.images)
            if config.code_activation == "sigmoid":
                index = BitIndex.of(numbers(kept.images), config.code_size) if way == "LSA" else _rounded(index.vectors)
            elif config.code_size > 2:
                index, asked = FlatIndex(F.normalize(index.vectors)), F.normalize(asked)
            found, _ = index.search(asked, COUNT)
            shares = {group: right_share(found, *labels).mean() for group, labels in groups.items()}
            figures[f"{name}, {way}"] = "  ".join(f"{group} {mean:.4f}" for group, mean in shares.items())
        figures[f"{name}, seconds"] = run.seconds
    return figures


def _rounded(codes: Tensor) -> BitIndex:
    """Return the index of codes in [0, 1] that are rounded to bits."""
    size = codes.shape[1]
    hashing = Hashing(torch.eye(size), torch.full((size,), 0.5))
    return BitIndex(hashing, hashing.bits(codes))


def _lsa(train: Tensor, size: int) -> Vectors:
    """Return what makes latent semantic vectors of the length that they come in."""
    weights = TfidfTransformer().fit(train.flatten(1).double().numpy())

    def weighed(items: Tensor) -> Any:
        return weights.transform(items.flatten(1).double().numpy())

    directions = TruncatedSVD(size, random_state=0).fit(weighed(train))
    return lambda items: torch.from_numpy(directions.transform(weighed(items))).float()


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


ROWS = {"documents": documents, "documents-choice": choice, "documents-deep": deep, "newsgroups": newsgroups}

"""Search among MNIST's training images by code, pixels, principal components and 32 bits."""

from __future__ import annotations

import os
from typing import Any

import torch

from ae_core.runs import zoo
from ae_core.runs.fit import images_of_classes
from ae_core.tasks.search.index import BitIndex, Hashing, right_share
from ae_core.tasks.search.spaces import BITS, SPACES, codes_of
from ae_core.tasks.search.study import COUNT, measure
from ae_core.tasks.study import file_of

RUN = os.environ.get("SEARCH_RUN", "mnist-code-32")
SHORT = ("mnist-code-1", "mnist-code-2", "mnist-code-4", "mnist-code-16", "mnist-vae-16", "mnist-vae-20")
_HELD_BACK = 5000  # training images on which the way to make bits is chosen
_ASKED = 2000


def search() -> dict[str, Any]:
    """Return the precision at 10 on all held-out images, the memory and the time of each index."""
    file = file_of(zoo.load(RUN))
    figures: dict[str, Any] = {"run": RUN}
    for space in SPACES:
        measured = measure(file, space, 10_000)
        figures[f"{space}_precision"] = measured["precision"]
        figures[f"{space}_error"] = measured["error"]
        figures[f"{space}_megabytes"] = measured["bytes_each"] * measured["images"] / 1e6
        figures[f"{space}_milliseconds"] = measured["milliseconds"]
    return figures | {f"held_back_{way}": share for way, share in ways_to_make_bits(file).items()}


def ways_to_make_bits(file: bytes) -> dict[str, float]:
    """Return the precision at 10 of 32 bits, by how they are made, on training images that are held back."""
    codes, labels = codes_of(file), images_of_classes(zoo.load(RUN).config)[0].labels
    kept, asked = codes[:-_HELD_BACK], codes[-_HELD_BACK:][:_ASKED]
    medians = Hashing(torch.eye(codes.shape[1]), kept.median(0).values)
    planes = torch.randn(codes.shape[1], BITS, generator=torch.Generator().manual_seed(0))
    ways = {
        "median of each number": medians,
        "random hyperplanes": Hashing(planes, (kept @ planes).median(0).values),
        "random rotation": Hashing.fit(kept, BITS, steps=0),
        "iterative quantisation": Hashing.fit(kept, BITS),
    }
    found = {way: BitIndex(hashing, hashing.bits(kept)).search(asked, COUNT)[0] for way, hashing in ways.items()}
    right = labels[-_HELD_BACK:][:_ASKED]
    return {way: float(right_share(one, labels[:-_HELD_BACK], right).mean()) for way, one in found.items()}


def short_codes() -> dict[str, Any]:
    """Return the precision at 10 of 32 bits of codes of fewer numbers, on held-back training images, by how they are made."""
    figures: dict[str, Any] = {}
    for name in SHORT:
        file = file_of(zoo.load(name))
        codes, labels = codes_of(file), images_of_classes(zoo.load(name).config)[0].labels
        kept, asked, right = codes[:-_HELD_BACK], codes[-_HELD_BACK:][:_ASKED], labels[-_HELD_BACK:][:_ASKED]
        planes = torch.randn(codes.shape[1], BITS, generator=torch.Generator().manual_seed(0))
        ways = {
            "random hyperplanes": Hashing(planes, (kept @ planes).median(0).values),
            "each number cut at several places": Hashing.fit(kept, BITS),
        }
        for way, hashing in ways.items():
            found = BitIndex(hashing, hashing.bits(kept)).search(asked, COUNT)[0]
            figures[f"{name}, {way}"] = float(right_share(found, labels[:-_HELD_BACK], right).mean())
    return figures


ROWS = {"search": search, "search-bits": short_codes}

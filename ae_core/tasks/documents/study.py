"""What a page on documents asks workers for: topics, maps, what is near to what, and how good each way of searching is."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ae_core.data.items import to_bytes
from ae_core.errors import LabError
from ae_core.runs.fit import images_of, images_of_classes
from ae_core.runs.run import Run
from ae_core.tasks.documents.planes import code_places, lsa_places
from ae_core.tasks.documents.retrieval import COUNT, precision_against_recall
from ae_core.tasks.documents.sentence import item_of, vocabulary_of
from ae_core.tasks.documents.spaces import (
    BITS,
    SPACES,
    Vectors,
    bit_vectors,
    code_vectors,
    lsa_vectors,
    nearest,
    spaces_of,
    tfidf_vectors,
)
from ae_core.tasks.documents.titles import in_words, strongest_words, titles_of
from ae_core.tasks.documents.topics import turned, turned_code
from ae_core.tasks.search.index import right_share
from ae_core.tasks.study import Answer, Part, Study, file_of, key_of, run_of

SHOWN = 1500  # held-out documents on the map, which can be searched for
QUESTIONS = 2000  # held-out documents that precision and recall are the means of
LONGEST = 300  # characters of a typed sentence
_KIND = "documents"


class NoSuchNumber(LabError):
    """A number of the code that a run does not have."""


def topics_of(run: Run, name: str) -> Study:
    """Return the study of what words each number of the code raises and lowers.

    Args:
        run: whose code it is.
        name: what names the run, see :func:`ae_core.tasks.study.key_of`.
    """
    return Study(
        key_of(_KIND, name, {"of": "topics"}),
        [Part("topics", "what each number of the code does to the words", turned_words, (file_of(run),))],
    )


def mapped(run: Run, name: str) -> Study:
    """Return the study of the map, and of what the documents are called.

    Args:
        run: whose codes are drawn.
        name: what names the run.
    """
    file = file_of(run)
    return Study(
        key_of(_KIND, name, {"of": "map", "shown": SHOWN}),
        [
            Part("documents", "the documents' titles", listed, (file,)),
            Part("codes", "the map of the codes", places, (file, "codes")),
            Part("lsa", "the map by LSA", places, (file, "lsa")),
        ],
    )


def measured(run: Run, name: str) -> Study:
    """Return the study of what is nearest to each held-out document, and of precision and recall.

    Args:
        run: whose code it is.
        name: what names the run.
    """
    file, spaces = file_of(run), spaces_of(run.config.code_size)
    return Study(
        key_of(_KIND, name, {"of": "neighbours", "shown": SHOWN, "questions": QUESTIONS}),
        [
            Part(space, f"what is near by {title.lower() if space != 'lsa' else title}", measure, (file, space))
            for space, title in spaces.items()
        ],
    )


def asked(run: Run, name: str, sentence: str) -> Study:
    """Return the study of the training documents nearest to a typed sentence.

    Args:
        run: whose code it is.
        name: what names the run.
        sentence: of which at most :data:`LONGEST` characters are read.
    """
    file, read = file_of(run), sentence[:LONGEST]
    return _asked(name, {"sentence": hashlib.sha256(read.encode()).hexdigest()}, near_sentence, (file,), (read,))


def asked_code(run: Run, name: str, number: int, turn: float) -> Study:
    """Return the study of the training documents nearest to the mean code with one number turned.

    Args:
        run: whose code it is.
        name: what names the run.
        number: which number of the code.
        turn: how far, see :func:`ae_core.tasks.documents.topics.turned_code`.
    """
    return _asked(name, {"number": number, "turn": turn}, near_code, (file_of(run),), (number, turn))


def _asked(
    name: str, settings: dict[str, Any], function: Any, before: tuple[Any, ...], after: tuple[Any, ...]
) -> Study:
    return Study(
        key_of(_KIND, name, settings),
        [
            Part(space, f"what is near by {title}", function, (*before, space, *after))
            for space, title in SPACES.items()
        ],
    )


# --- What the workers compute ---------------------------------------------------------------------------------


def turned_words(file: bytes) -> Answer:
    """Return what each number of a run's code does to the words.

    Args:
        file: the run's.

    Returns:
        ``numbers``, ``values``, ``words`` and ``weights``: the fields of :class:`ae_core.tasks.documents.topics.Turned`, the
        number that changes most first; ``vocabulary``: the words.
    """
    run = run_of(file)
    found = turned(run.model, images_of_classes(run.config)[0].images)
    return {
        "numbers": [one.number for one in found],
        "values": [one.values for one in found],
        "words": [one.words for one in found],
        "weights": [one.weights for one in found],
        "vocabulary": list(vocabulary_of(run.config.dataset)),
    }


def listed(file: bytes) -> Answer:
    """Return what the training documents and the first held-out ones are called.

    Args:
        file: the run's.

    Returns:
        ``train`` and ``held_out``, each with ``titles``, ``words`` (N, 5) and ``labels`` (N,); ``vocabulary``: the words.
    """
    config = run_of(file).config
    train, held_out = images_of_classes(config)
    answer: dict[str, Any] = {"vocabulary": list(vocabulary_of(config.dataset))}
    for name, split, documents, count in (
        ("train", "train", train, len(train.images)),
        ("held_out", "test", held_out, SHOWN),
    ):
        answer[name] = {
            "titles": titles_of(config, "train" if split == "train" else "test")[:count],
            "words": strongest_words(documents.images[:count]),
            "labels": documents.labels[:count].to(torch.uint8).numpy(),
        }
    return answer


def places(file: bytes, space: str) -> Answer:
    """Return where the first held-out documents lie on a map.

    Args:
        file: the run's.
        space: "codes" or "lsa".

    Returns:
        ``places``: float (N, 2).
    """
    run = run_of(file)
    train, held_out = images_of_classes(run.config)
    shown = held_out.images[:SHOWN]
    found = code_places(run.model, shown) if space == "codes" else lsa_places(train.images, shown)
    return {"places": found.float().numpy()}


def measure(file: bytes, space: str, questions: int = QUESTIONS) -> Answer:
    """Return what is nearest to held-out documents among the training documents, and how good that is.

    Args:
        file: the run's.
        space: one of :func:`ae_core.tasks.documents.spaces.spaces_of`.
        questions: how many held-out documents are asked about, the first ones.

    Returns:
        ``found`` and ``cosines``: of the first :data:`SHOWN`, (Q, :data:`COUNT`); ``right``: how many of those found have the
        right class, of every question; ``precision``: at :data:`COUNT`, its mean; ``error``: the standard error of that;
        ``curve``: recall and precision, (2, steps); ``documents``: how many are searched; ``numbers``: in a vector.
    """
    run = run_of(file)
    train, held_out = images_of_classes(run.config)
    vectors, kept = _space(file, space)
    wanted = vectors(held_out.images[:questions])
    right = held_out.labels[:questions]
    found, cosines = nearest(kept, wanted, min(COUNT, len(kept)))
    shares = right_share(found, train.labels, right)
    return {
        "found": found[:SHOWN].int().numpy(),
        "cosines": cosines[:SHOWN].numpy().astype(np.float16),
        "right": (shares * found.shape[1]).round().to(torch.uint8).numpy(),
        "precision": float(shares.mean()),
        "error": float(shares.std() / len(shares) ** 0.5),
        "curve": torch.stack(precision_against_recall(kept, train.labels, wanted, right)).numpy(),
        "documents": len(kept),
        "numbers": kept.shape[1],
    }


def near_sentence(file: bytes, space: str, sentence: str) -> Answer:
    """Return the training documents nearest to a typed sentence; NoKnownWord where no word of it is counted.

    Args:
        file: the run's.
        space: one of :data:`ae_core.tasks.documents.spaces.SPACES`.
        sentence: that somebody typed.

    Returns:
        ``titles``, ``classes``, ``words`` and ``cosines``, a list each, the nearest first.
    """
    item = item_of(sentence[:LONGEST], vocabulary_of(run_of(file).config.dataset))
    return _near(file, space, _space(file, space)[0](item))


def near_code(file: bytes, space: str, number: int, turn: float) -> Answer:
    """Return the training documents nearest to the mean code with one number turned, as :func:`near_sentence` does.

    By LSA and by all words it is what is decoded from that code that is searched for.

    Args:
        file: the run's.
        space: one of :data:`ae_core.tasks.documents.spaces.SPACES`.
        number: which number of the code.
        turn: how far, from -1 to 1.

    Raises:
        NoSuchNumber: the code has fewer numbers.
    """
    run = run_of(file)
    if not 0 <= number < run.config.code_size:
        raise NoSuchNumber("The code has no such number. Choose another one.")
    code = turned_code(run.model, images_of_classes(run.config)[0].images, number, min(max(turn, -1.0), 1.0))
    if space == "codes":
        return _near(file, space, F.normalize(code))
    with torch.inference_mode():
        weights = run.model.decode(code).clamp(0, 1)
    # Bytes, as every document: the largest is 255, since what is decoded may be a distribution over all words.
    return _near(file, space, _space(file, space)[0](to_bytes(weights / weights.max().clamp_min(1e-12))))


def _near(file: bytes, space: str, vector: Tensor) -> dict[str, Any]:
    config = run_of(file).config
    train = images_of_classes(config)[0]
    kept = _space(file, space)[1]
    found, cosines = (one[0] for one in nearest(kept, vector, min(COUNT, len(kept))))
    titles, vocabulary = titles_of(config, "train"), vocabulary_of(config.dataset)
    words = strongest_words(train.images[found])
    return {
        "titles": [titles[number] for number in found.tolist()],
        "classes": train.labels[found].tolist(),
        "words": [in_words(row.tolist(), vocabulary) for row in words],
        "cosines": cosines.tolist(),
    }


def _space(file: bytes, space: str) -> tuple[Vectors, Tensor]:
    """Return what makes the vectors of a space, and those of a run's training documents."""
    config = run_of(file).config
    if space in ("codes", BITS):
        return _space_of_run(file, space)
    return _space_of_words(config.dataset, config.canonical().classes, 0 if space == "tfidf" else config.code_size)


@lru_cache(maxsize=4)
def _space_of_run(file: bytes, space: str) -> tuple[Vectors, Tensor]:
    run = run_of(file)
    train = images_of_classes(run.config)[0].images
    vectors = code_vectors(run) if space == "codes" else bit_vectors(run, train)
    return vectors, vectors(train)


@lru_cache(maxsize=2)  # all words of all documents take up to 90 MB
def _space_of_words(dataset: str, classes: tuple[int, ...], size: int) -> tuple[Vectors, Tensor]:
    train = images_of(dataset)[0].of_classes(classes).images
    vectors = lsa_vectors(train, size) if size else tfidf_vectors(train)
    return vectors, vectors(train)

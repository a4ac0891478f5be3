"""Which way of searching wins, in sentences that are made of the figures."""

from __future__ import annotations

from collections.abc import Mapping

from ae_core.tasks.documents.retrieval import COUNT
from ae_core.tasks.documents.spaces import BITS
from ae_core.tasks.study import Answer
from ae_core.text import capital


def difference(one: Answer, other: Answer) -> tuple[float, float]:
    """Return by how much one way's precision is above another's, and the standard error of that.

    Both were asked the same questions, so that the error is that of the differences: much smaller than either's own.

    Args:
        one: of :func:`ae_core.tasks.documents.study.measure`.
        other: likewise, of the same run.
    """
    apart = (one["right"].astype(float) - other["right"].astype(float)) / COUNT
    return float(apart.mean()), float(apart.std(ddof=1) / len(apart) ** 0.5)


def verdict(figures: Mapping[str, Answer], code_size: int) -> str:
    """Say which way finds the most documents of the same group, and how the code stands beside LSA.

    Args:
        figures: of :func:`ae_core.tasks.documents.study.measure` by space: of codes, LSA and all words, and of the bits where
            they are there.
        code_size: of the run.
    """
    names = {
        "codes": f"the code of {code_size}",
        "lsa": f"LSA of {code_size}",
        "tfidf": "counting all words (TF-IDF)",
    }
    first, second, third = sorted(names, key=lambda space: figures[space]["precision"], reverse=True)
    found = {space: f"{figures[space]['precision']:.3f}" for space in names}
    lead, error = difference(figures[first], figures[second])
    if lead > 2 * error:
        said = [
            f"{capital(names[first])} finds the most: a precision at {COUNT} of {found[first]}, before {names[second]} "
            f"({found[second]}) and {names[third]} ({found[third]})."
        ]
    else:
        said = [
            f"{capital(names[first])} and {names[second]} find about as much: a precision at {COUNT} of {found[first]} and "
            f"{found[second]}, which other questions could turn. {capital(names[third])} has {found[third]}."
        ]
    ahead, error = difference(figures["codes"], figures["lsa"])
    by = f"{abs(ahead):.3f} ± {error:.3f}"
    if abs(ahead) <= 2 * error:
        said.append(f"Between the code and LSA of as many numbers no winner can be told: they differ by {by}.")
    elif ahead > 0:
        said.append(f"The network beats LSA of as many numbers, by {by}.")
    else:
        said.append(f"The network loses to LSA of as many numbers, which is found in seconds, by {by}.")
    if BITS in figures:
        said.append(
            f"Cut to {code_size} bits the code still finds {figures[BITS]['precision']:.3f}, in "
            f"{-(-code_size // 8)} bytes a document for {4 * code_size}."
        )
    return " ".join(said)

"""The study of a run: the error of each method at each number of labels, and the images to label by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ae_core.config.schema import Config
from ae_core.data.datasets import INFO, absence, on_disk
from ae_core.runs.run import Run
from ae_core.tasks.few_labels import by_hand
from ae_core.tasks.few_labels.draws import DRAWS, counts
from ae_core.tasks.few_labels.material import material
from ae_core.tasks.few_labels.methods import METHODS
from ae_core.tasks.study import Part, Study, file_of, key_of, own_of

KIND = "few_labels"
BY_HAND = "by_hand"  # the name of the part about images that are labelled by hand
_VERSION = 2  # of what is computed: another one is another study
_QUICK = 200_000  # parameters of a dense network of which all draws are trained within the time of a part


def refusal(config: Config) -> str:
    """Return why there is nothing to study of a run, as a sentence; empty where there is."""
    info = INFO[config.dataset]
    if config.class_count < 2:
        return "Labels tell classes apart, and the images of this run are of one class alone, or of none."
    if not on_disk(config.dataset):
        return f"{absence(info.name)} This needs them."
    return ""


def study_of(run: Run, run_name: str) -> Study:
    """Return the study of a run; see :func:`refusal` for what there is none of.

    Args:
        run: that is studied.
        run_name: what names it, see :func:`ae_core.tasks.study.key_of`.
    """
    return Study(key_of(KIND, run_name, {"version": _VERSION}), list(_parts(run)), own_of(run))


def _parts(run: Run) -> Iterator[Part]:
    file = file_of(run)
    spoken = INFO[run.config.dataset].spoken
    yield Part(BY_HAND, spoken("the images to choose from"), by_hand.offer, (file,), weight=3)
    slow = run.config.architecture != "dense" or run.parameters > _QUICK
    for count in counts(run.config.train_count, run.config.class_count):
        for name, method in METHODS.items():
            if count > method.most:
                continue
            alone = (method.slow and slow) or count >= 2000
            for some in [[one] for one in range(DRAWS)] if alone else [list(range(DRAWS))]:
                yield Part(
                    f"{name} {count} {some[0]}",
                    f"{spoken(method.within)}, {count:,} labels",
                    errors_of,
                    (file, name, count, some),
                    weight=len(some) * (2 if method.slow or count >= 2000 else 1),
                )


def errors_of(file: bytes, method: str, count: int, draws: list[int]) -> dict[str, Any]:
    """Compute a part: the errors of a method on all test images.

    Args:
        file: of the run, see :func:`ae_core.tasks.study.file_of`.
        method: a key of METHODS.
        count: of labels.
        draws: which ones.

    Returns:
        ``method``, ``count`` and ``errors``, the share of test images that are told wrong in each of the draws.
    """
    given = material(file)
    classes = METHODS[method].classes
    told = [classes(given, given.draws[count][one], one) for one in draws]
    return {"method": method, "count": count, "errors": [float(np.mean(one != given.test_labels)) for one in told]}


def errors_so_far(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[int, list[float]]]:
    """Gather the errors of each draw, by method and number of labels, from the answers so far."""
    found: dict[str, dict[int, list[float]]] = {name: {} for name in METHODS}
    for answer in answers.values():
        if "method" in answer:
            found[answer["method"]].setdefault(int(answer["count"]), []).extend(answer["errors"])
    return found

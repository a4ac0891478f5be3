"""The shell command: ``python -m ae_core anomalies RUN [--strange DATASET] [--json]``."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ae_core.data.datasets import INFO, absence, on_disk
from ae_core.errors import LabError


def add(commands: Any) -> None:
    """Add the command to the parser's."""
    parser = commands.add_parser("anomalies", help="tell strange held-out images from those a run was trained on")
    parser.set_defaults(command=_anomalies)
    parser.add_argument("run", metavar="RUN", help="a run file, or the name of a shipped run")
    parser.add_argument(
        "--strange", help="what is strange: others (classes that the run was not shown; the default) or a data set"
    )
    parser.add_argument(
        "--quantile", type=float, help="share of held-back normal training images below the threshold (default: 0.95)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def _anomalies(options: argparse.Namespace) -> None:
    from ae_core.runs import zoo
    from ae_core.tasks.anomalies.images import strange_choices, usual_choice
    from ae_core.tasks.anomalies.measures import QUANTILE
    from ae_core.tasks.anomalies.study import study

    run = zoo.named_or_in(options.run)
    config = run.config
    if not on_disk(config.dataset):
        raise LabError(absence(config.dataset))
    quantile = QUANTILE if options.quantile is None else options.quantile
    if not 0 < quantile < 1:
        raise LabError(f"The quantile must lie between 0 and 1; it was {quantile:g}.")
    strange = options.strange or usual_choice(config)
    if strange not in strange_choices(config):
        raise LabError(f"What is strange must be one of {', '.join(strange_choices(config))}; it was {strange!r}.")
    answers = study(run, config.key, strange).done_here()
    found = {name: _figures(answer, quantile) for name, answer in answers.items()}
    if options.json:
        about = {"images": config.images_title, "strange": strange, "quantile": quantile}
        print(json.dumps(about | {"methods": found}))
        return
    print(f"Normal: {config.images_title}. Strange: {INFO[strange].title if strange in INFO else 'its other classes'}.")
    for name, figures in found.items():
        print(f"{name}: " + "  ".join(f"{key}={value:.4g}" for key, value in figures.items()))


def _figures(answer: Any, quantile: float) -> dict[str, float]:
    from ae_core.tasks.anomalies.measures import Confusion, threshold_at

    threshold = threshold_at(answer["held_back"], quantile)
    confusion = Confusion.at(answer["normal"], answer["strange"], threshold)
    return {
        "auroc": answer["auroc"],
        "average_precision": answer["average_precision"],
        "threshold": threshold,
        "false_alarm_rate": confusion.false_alarm_rate,
        "recall": confusion.recall,
        "precision": confusion.precision,
    }

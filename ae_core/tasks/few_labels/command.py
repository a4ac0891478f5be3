"""``python -m ae_core few-labels RUN``: test errors of classifiers that are told few labels."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser = commands.add_parser("few-labels", help="how well classes are told from a few labels, by codes and without")
    parser.set_defaults(command=_run)
    parser.add_argument("run", metavar="RUN", help="a run file, or the name of a shipped run")
    parser.add_argument("--labels", type=int, nargs="*", metavar="N", help="only these numbers of labels")
    parser.add_argument("--methods", nargs="*", metavar="METHOD", help="only these methods")
    parser.add_argument("--csv", type=Path, help="write the errors of all draws as CSV")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def _run(options: argparse.Namespace) -> None:
    from ae_core.errors import LabError
    from ae_core.runs import zoo
    from ae_core.tasks.few_labels.figures import as_csv, ranked
    from ae_core.tasks.few_labels.methods import METHODS
    from ae_core.tasks.few_labels.study import BY_HAND, errors_so_far, refusal, study_of

    run = zoo.named_or_in(options.run)
    if sentence := refusal(run.config):
        raise LabError(sentence)
    study = study_of(run, run.config.key)
    there = sorted({part.arguments[2] for part in study.parts if part.name != BY_HAND})
    wanted, methods = options.labels or there, options.methods or list(METHODS)
    for given, known, what in ((wanted, there, "numbers of labels"), (methods, list(METHODS), "methods")):
        if odd := [one for one in given if one not in known]:
            raise LabError(f"There is no {odd[0]!r} among the {what} of this run: {', '.join(map(str, known))}.")
    study.parts = [
        part
        for part in study.parts
        if part.name != BY_HAND and part.arguments[1] in methods and part.arguments[2] in wanted
    ]
    for place, part in enumerate(study.parts):
        if not options.json and sys.stderr.isatty():
            print(f"\r\033[K{place + 1}/{len(study.parts)} {part.title}", end="", file=sys.stderr, flush=True)
        study.answers[part.name] = part.function(*part.arguments)
    errors = errors_so_far(study.answers)
    if options.csv:
        options.csv.write_text(as_csv(errors))
    if options.json:
        print(
            json.dumps(
                {
                    str(count): {
                        name: {"error": round(one.error, 5), "spread": round(one.spread, 5), "draws": one.draws}
                        for name, one in ranked(errors, count)
                    }
                    for count in wanted
                }
            )
        )
        return
    for count in wanted:
        print(f"{'' if not sys.stderr.isatty() else chr(13)}{count:,} labels")
        for name, one in ranked(errors, count):
            print(f"  {METHODS[name].title:<20} {one.error:7.2%} ± {one.spread:.2%} ({one.draws} draws)")

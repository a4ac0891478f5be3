"""``python -m ae_core reading RUN``: how many held-out images are read with noise, and after each repair of it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ae_core.data.corruption import CORRUPTIONS
from ae_core.errors import LabError
from ae_core.runs import zoo
from ae_core.tasks.reading.methods import METHODS
from ae_core.tasks.reading.reader import CLEAN, card, has_reader, rival_of
from ae_core.tasks.reading.study import COUNT, read_at, right_in
from ae_core.tasks.study import file_of

NOISES = tuple(name for name in CORRUPTIONS if name != "none")


def add(commands: Any) -> None:
    """Add the command to the subparsers of ``python -m ae_core``."""
    reading = commands.add_parser(
        "reading", help="count the noisy held-out images that are read, as they are and after each repair"
    )
    reading.set_defaults(command=_reading)
    reading.add_argument("run", metavar="RUN", help="a run's file, or the name of a shipped run")
    reading.add_argument("--noise", choices=NOISES, help="its kind (default: what the run learned, else gaussian)")
    reading.add_argument(
        "--strengths",
        type=float,
        nargs="+",
        default=[0.0, 0.25, 0.5, 0.75, 1.0],
        metavar="STRENGTH",
        help="of the noise, from 0 to 1",
    )
    reading.add_argument("--count", type=int, default=COUNT, help=f"held-out images, at most (default: {COUNT})")
    reading.add_argument("--json", action="store_true", help="print one JSON object a strength and nothing else")


def _reading(options: argparse.Namespace) -> None:
    run = zoo.named_or_in(options.run)
    dataset = run.config.dataset
    if not all(0 <= strength <= 1 for strength in options.strengths):  # nor is it where it is no number
        raise LabError("Each strength must be from 0 to 1.")
    if options.count < 1:
        raise LabError("At least one image must be read.")
    if not has_reader(dataset):
        raise LabError(f"No reader of the images of {options.run} comes with the lab; shipped runs of MNIST have one.")
    noise = options.noise or (run.config.corruption if run.config.corruption != "none" else "gaussian")
    file = file_of(run)
    if not options.json:
        clean, noisy = (100 * card(dataset, kind)["accuracy"] for kind in (CLEAN, rival_of(noise)))
        print(f"{noise} noise; of clean images the reader reads {clean:.1f} %, that trained on noise {noisy:.1f} %")
    for strength in options.strengths:
        answer = read_at(file, noise, strength, options.count)
        share = dict(zip(METHODS, right_in(answer).mean(1).round(4).tolist(), strict=True))
        if options.json:
            print(json.dumps({"noise": noise, "strength": strength, "images": answer["count"], **share}), flush=True)
        else:
            print(f"{strength:.2f}: " + ", ".join(f"{METHODS[m].title} {s:.1%}" for m, s in share.items()), flush=True)

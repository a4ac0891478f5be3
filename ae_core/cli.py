"""The lab from a shell: ``python -m ae_core train | evaluate | datasets | zoo | restore``, and what is done with a run."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from ae_core import __version__, tasks
from ae_core.config.schema import FORMER_NAMES, Config, spec
from ae_core.data.datasets import INFO, default_dataset, on_disk
from ae_core.errors import LabError
from ae_core.runs.run import Run
from ae_core.tasks.restoration.restoring import TASKS
from ae_core.text import plain


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status.

    That is 0 when it worked, 1 with a sentence on standard error when it did not, and 130 when it was interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ae_core", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")

    train = commands.add_parser("train", help="train one autoencoder and measure it on the held-out images")
    train.set_defaults(command=_train)
    train.add_argument("--variant", default="dense", help="the kind of autoencoder (default: dense)")
    for field in fields(Config):
        rule = spec(field.name)
        train.add_argument(
            _option(field.name),
            help=rule.help,
            **({"choices": rule.choices} if rule.choices else {"metavar": rule.kind.upper()}),  # type: ignore[arg-type]
        )
    for former, name in FORMER_NAMES.items():
        train.add_argument(_option(former), dest=name, help=argparse.SUPPRESS)
    train.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    train.add_argument("--out", type=Path, help="write the run as a checkpoint")
    train.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    evaluate = commands.add_parser("evaluate", help="measure a checkpoint again")
    evaluate.set_defaults(command=_evaluate)
    evaluate.add_argument("checkpoint", type=Path)
    evaluate.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    datasets = commands.add_parser("datasets", help="list the datasets, or fetch one")
    datasets.set_defaults(command=_datasets)
    datasets.add_argument("--download", choices=[*INFO, "all"], help="fetch it into the data folder (AE_DATA_DIR)")
    datasets.add_argument(
        "--within", type=float, metavar="SECONDS", help="give up after so long; what came is kept for the next time"
    )
    datasets.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    zoo = commands.add_parser("zoo", help="list or rebuild the shipped checkpoints")
    zoo.set_defaults(command=_zoo)
    zoo.add_argument("--list", action="store_true", help="show them (the default)")
    zoo.add_argument(
        "--build",
        nargs="*",
        metavar="NAME",
        help="train them again: the named ones, or all; may be stopped, and goes on where it was",
    )
    zoo.add_argument(
        "--presets", nargs="*", metavar="NAME", help="train the tutorials' own models and record what they reach"
    )
    zoo.add_argument("--again", action="store_true", help="also those that were built from the source as it is")
    zoo.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    restore = commands.add_parser("restore", help="repair photographs at their full size")
    restore.set_defaults(command=_restore)
    restore.add_argument("inputs", type=Path, nargs="+", metavar="PICTURE")
    restore.add_argument("--task", required=True, choices=TASKS, help="what is to be repaired")
    restore.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="write PICTURE-TASK.png into it")
    restore.add_argument(
        "--mask", type=Path, help="for fill: a picture of the same size, white where it is to be filled"
    )
    restore.add_argument(
        "--strength", type=float, default=1.0, help="how much of the repair is taken, from 0 to 1 (default: 1)"
    )
    restore.add_argument("--json", action="store_true", help="print one JSON object a picture and nothing else")
    for add_commands in tasks.commands():
        add_commands(commands)
    return parser


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _train(options: argparse.Namespace) -> None:
    from ae_core.config.variants import VARIANTS
    from ae_core.runs import checkpoint
    from ae_core.runs.fit import fit

    if options.variant not in VARIANTS:
        raise LabError(f"There is no variant {options.variant!r}; choose from {', '.join(VARIANTS)}.")
    written = {f.name: text for f in fields(Config) if (text := getattr(options, f.name)) is not None}
    dataset = written.pop("dataset", None) or default_dataset()
    config = VARIANTS[options.variant].config(dataset, **{name: _read(name, text) for name, text in written.items()})

    for name in written:
        if getattr(config, name) != _read(name, written[name]):
            raise LabError(
                f"The variant {options.variant} sets {spec(name).name_within} to {getattr(config, name)!r}; "
                "leave the option out, or choose another variant."
            )
    if options.out and not os.access(options.out.resolve().parent, os.W_OK):
        raise LabError(f"The checkpoint cannot be written to {options.out}: choose a folder that exists.")

    def show(progress: Any) -> None:
        loss = progress.history["held_out_loss"][-1]
        bar = f"\repoch {progress.epoch:6.2f}  held-out loss {loss:.5f}  {progress.seconds:6.1f} s "
        print(bar, end="", file=sys.stderr, flush=True)

    run = fit(config, options.device, on_progress=(lambda progress: None) if options.json else show)
    if not options.json:
        print(file=sys.stderr)
    if options.out:
        checkpoint.save(run, options.out)
    _print(_report(run, run.metrics), options.json)


def _evaluate(options: argparse.Namespace) -> None:
    from ae_core.runs import checkpoint
    from ae_core.runs.fit import images_of_classes, measure

    run = checkpoint.load(options.checkpoint)
    metrics = measure(run.config, run.model, *images_of_classes(run.config))
    _print(_report(run, metrics), options.json)


def _datasets(options: argparse.Namespace) -> None:
    if options.download:
        deadline = math.inf if options.within is None else time.monotonic() + options.within
        for name in list(INFO) if options.download == "all" else [options.download]:
            _fetch(name, deadline)
        if not options.json:
            return
    listed = {
        name: {
            "title": info.title,
            "on_disk": on_disk(name),
            "image": "x".join(map(str, info.shape)),
            "train": info.train_count,
            "test": info.test_count,
            "download_bytes": info.download_bytes,
        }
        for name, info in INFO.items()
    }
    _print(listed, options.json)


def _fetch(name: str, deadline: float) -> None:
    """Fetch one data set and show how far it is.

    Args:
        name: one of INFO.
        deadline: the ``time.monotonic()`` at which to give up, in seconds.

    Raises:
        DownloadFailed: no server delivered it, or not in time.
    """
    from ae_core.data.download import DownloadFailed, download
    from ae_core.paths import data_dir

    if on_disk(name):
        print(f"{name}: already in {data_dir()}", file=sys.stderr)
        return
    title, on_terminal = INFO[name].title, sys.stderr.isatty()

    def show(done: int, total: int) -> None:
        so_far = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
        if done < total and time.monotonic() > deadline:
            raise DownloadFailed(
                f"{title} did not come in time: {so_far} are here and are kept. "
                f"Go on with python -m ae_core datasets --download {name}."
            )
        if on_terminal:
            print(f"\rFetching {title}: {so_far}", end="", file=sys.stderr, flush=True)

    try:
        download(name, show)
    finally:
        if on_terminal:
            print("\r\033[K", end="", file=sys.stderr)  # what comes next takes this line
    print(f"{title}: {INFO[name].download_bytes / 1e6:.1f} MB fetched into {data_dir()}", file=sys.stderr)


def _zoo(options: argparse.Namespace) -> None:
    from ae_core.config.presets import PRESETS
    from ae_core.runs import zoo
    from ae_core.runs.preset_records import is_recorded, record

    if options.build is not None:
        _build(options.build or list(zoo.ZOO), options.again)
    if options.presets is not None:
        for name in options.presets or list(PRESETS):
            if name not in PRESETS:
                raise LabError(f"There is no preset {name!r}; choose from {', '.join(PRESETS)}.")
            if is_recorded(name) and not options.again:
                print(f"{name}: recorded already", file=sys.stderr)
                continue
            reached = record(name)
            print(
                f"{name}: held-out MSE {reached['metrics']['mse']:.5f} in {reached['seconds']:.0f} s", file=sys.stderr
            )
    listed = {}
    for entry in zoo.ZOO.values():
        here = entry.path.is_file()
        row: dict[str, Any] = {"title": entry.title, "shipped": here, "key": entry.config.key}
        if here:
            run = zoo.load(entry.name)
            row |= {
                "bytes": entry.path.stat().st_size,
                "seed": run.config.seed,
                "seconds": round(run.seconds, 1),
                "version": run.versions.get("ae_core", ""),
                "commit": run.versions.get("commit", ""),
                "up_to_date": run.config == entry.config.canonical(),
            }
            row |= {name: round(run.metrics[name], 5) for name in ("mse", "pca_mse", "knn_accuracy")}
        listed[entry.name] = row
    _print(listed, options.json)


def _build(names: list[str], again: bool) -> None:
    """Train shipped runs, one after the other, and say how long the rest will take.

    Args:
        names: of the runs.
        again: whether to train also those that were built from the source as it is.

    Raises:
        ZooError: one of them is unknown, or its images are not on this machine.
    """
    from ae_core.runs import zoo
    from ae_core.training.cost import Pace
    from ae_core.training.loop import Progress

    due = [name for name in names if again or not zoo.is_built(name)]
    if len(due) < len(names):
        print(f"{len(names) - len(due)} of {len(names)} are built already", file=sys.stderr)
    costs = [Pace().seconds(zoo.ZOO[name].config) for name in due]  # on another machine; it is their ratios that count
    started = time.monotonic()

    def left(number: int, share: float) -> str:
        done = sum(costs[:number]) + share * costs[number]
        seconds = (time.monotonic() - started) * (sum(costs) / done - 1)
        return f"{seconds / 60:.0f} min left in all" if seconds >= 60 else f"{seconds:.0f} s left in all"

    def show(number: int, progress: Progress) -> None:
        if progress.step and sys.stderr.isatty():
            share = progress.step / progress.steps
            line = f"\r\033[K{number + 1}/{len(due)} {due[number]}: {share:.0%}, {left(number, share)}"
            print(line, end="", file=sys.stderr, flush=True)

    try:
        for number, name in enumerate(due):
            run = zoo.build(name, partial(show, number))
            print(
                "\r\033[K"
                * sys.stderr.isatty()
                + f"{number + 1}/{len(due)} {name}: held-out MSE {run.metrics['mse']:.5f} "
                f"(PCA {run.metrics['pca_mse']:.5f}) in {run.seconds:.0f} s, {left(number, 1.0)}",
                file=sys.stderr,
            )
    finally:  # also when it is stopped: the cards are those of the files
        zoo.write_cards()


def _restore(options: argparse.Namespace) -> None:
    """Repair each picture, say what became of it in a line, and go on where one is refused."""
    from ae_core.tasks.restoration.files import Request, output_files, read_mask, repair_file

    if not 0 <= options.strength <= 1:  # nor is it where it is no number
        raise LabError(f"The strength must be from 0 to 1; it was {options.strength:g}.")
    if (options.mask is not None) != (options.task == "fill"):
        raise LabError("A mask goes with the task fill, and that needs one: white where the picture is to be filled.")
    request = Request(options.task, read_mask(options.mask) if options.mask else None, options.strength)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise LabError(f"The pictures cannot be written to {options.out}: choose a folder.") from None

    def show(path: Path, done: int, pixels: int) -> None:
        print(f"\r\033[K{path.name}: {done / pixels:.0%}", end="", file=sys.stderr, flush=True)

    refused = 0
    for source, target in zip(options.inputs, output_files(options.inputs, options.out, options.task), strict=True):
        on_progress = partial(show, source) if sys.stderr.isatty() else (lambda done, pixels: None)
        try:
            line = {"input": str(source), **repair_file(source, target, request, on_progress)}
        except LabError as error:
            line = {"input": str(source), "error": str(error)}
            refused += 1
        print("\r\033[K" * sys.stderr.isatty(), end="", file=sys.stderr)
        if options.json:
            print(json.dumps(line), flush=True)
        elif "error" in line:
            print(plain(f"{source}: {line['error']}"), flush=True)
        else:
            size = f"{line['width']} x {line['height']} pixels in {line['seconds']:.1f} s."
            print(plain(" ".join([f"{source}: {line['output']}, {size}", *line["notes"]])), flush=True)
    if refused:
        raise LabError(f"{refused} of {len(options.inputs)} pictures could not be repaired: the lines above say why.")


def _read(name: str, text: str) -> Any:
    """Convert an option's text to a value for Config, or return it as it is, to be refused there."""
    kind = spec(name).kind
    try:
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
        if kind in ("widths", "classes"):
            return tuple(int(part) for part in text.replace(",", "-").split("-")) if text.strip() else ()
    except ValueError:
        return text
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text


def _report(run: Run, metrics: dict[str, float]) -> dict[str, Any]:
    return {
        "config": json.loads(run.config.to_json()),
        "test_mse": metrics["mse"],
        "test_sse": metrics["sse"],
        "pca_test_mse": metrics["pca_mse"],
        "seconds": run.seconds,
        "epochs": run.history["epoch"][-1],
        "device": run.device,
        "parameters": run.parameters,
        "metrics": metrics,
    }


def _print(value: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(value))
        return
    for name, entry in value.items():
        if isinstance(entry, dict):
            row = "  ".join(
                f"{key}={cell:.5g}" if isinstance(cell, float) else f"{key}={cell}" for key, cell in entry.items()
            )
            print(f"{name}: {row}")
        else:
            print(f"{name}: {entry:.6g}" if isinstance(entry, float) else f"{name}: {entry}")

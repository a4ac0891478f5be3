"""Seconds to the same held-out loss: the lab's training loop beside common Keras, PyTorch and pythae recipes.

    AE_DATA_DIR=... python -m benchmarks.speed [--rounds 3] [--only NAME,NAME] [--threads 2] [--quick]

The other frameworks come with `pip install -r benchmarks/requirements.txt`; a contest whose framework is missing is
skipped. Everybody runs on the processor, with as many threads, in a process of its own (benchmarks/peers.py), on MNIST's
60,000 training images, and is judged on its 10,000 test images by the same arithmetic. Each round runs every contestant
once in turn, with the round's number as its seed, so that a machine that slows down slows them all.

A clock counts training alone: no imports, no reading of data, no evaluation. A peer is judged after each of its epochs,
and its time is that of the first at or below the target. Ours is the time of the whole run, because a one-cycle schedule
is only good at its end; its budget was fixed beforehand, on training images 55,001 to 60,000 (of the denoiser two were
also seen on the test images), and its loss is printed so that one can see whether the budget sufficed. Where the target
is the peer's own loss, it is the one of the same round.

The layers are as wide as the peer's and their number the same; what ours does otherwise (schedule, batch, images seen,
arithmetic, the code's non-linearity) is printed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch

from ae_core.config.schema import Config
from ae_core.data.datasets import load
from benchmarks.machine import describe
from benchmarks.peers import Task, as_floats

NOISE = 0.2
MNIST = 60_000  # training images
QUICK_TRAIN, QUICK_TEST = 1000, 500


def half_precision() -> str:
    """Return "bfloat16" where the processor multiplies in it, else "float32".

    Elsewhere bfloat16 is emulated, and slower than 32 bits.
    """
    able = torch.cpu.get_capabilities()
    return "bfloat16" if any(able.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16")) else "float32"


@dataclass(frozen=True)
class Contest:
    """A peer's recipe, the lab's settings for the same network, and how many times sooner the lab aims to be done."""

    what: str
    peer: str  # a key of peers.CONTESTANTS
    framework: str  # the package that it needs
    title: str
    loss: str  # "mse", "bce" or "elbo"
    target: float | None  # None: whatever the peer reaches
    epochs: int  # that the peer may take at most; all of them where the target is its own
    config: Config  # ours
    aim: float  # how many times sooner
    train_count: int = MNIST  # images that ours trains on


_HALF = half_precision()

CONTESTS: dict[str, Contest] = {
    "dense": Contest(
        what="784-64-784, MSE",
        peer="keras_dense",
        framework="tensorflow",
        title="Keras",
        loss="mse",
        target=0.0040,
        epochs=20,
        config=Config(hidden_sizes=(), code_size=64, epochs=3, batch_size=128, learning_rate=3e-2),
        aim=8,
    ),
    "denoiser": Contest(
        what=f"convolutional 32-64-128 denoiser, noise {NOISE}, BCE",
        peer="keras_denoiser",
        framework="tensorflow",
        title="Keras",
        loss="bce",
        target=None,
        epochs=1,
        config=Config(
            architecture="denoiser",
            hidden_sizes=(),
            code_size=2048,
            loss="bce",
            corruption="gaussian",
            corruption_strength=NOISE,
            corruption_min=NOISE,
            epochs=1,
            batch_size=32,
            learning_rate=4e-3,
            precision=_HALF,
        ),
        train_count=12_000,
        aim=3,
    ),
    "vae": Contest(
        what="VAE 784-400-20, BCE + KL in nats an image",
        peer="torch_vae",
        framework="torch",
        title="PyTorch",
        loss="elbo",
        target=105.6,
        epochs=20,
        config=Config(
            hidden_sizes=(400,),
            code_size=20,
            variational=True,
            loss="bce",
            epochs=5,
            batch_size=256,
            learning_rate=2e-2,
            precision=_HALF,
        ),
        aim=3,
    ),
    "pythae": Contest(
        what="784-512-16-512-784, MSE",
        peer="pythae_ae",
        framework="pythae",
        title="pythae",
        loss="mse",
        target=None,
        epochs=5,
        config=Config(
            hidden_sizes=(512,), code_size=16, epochs=4, batch_size=256, learning_rate=1.6e-2, precision=_HALF
        ),
        aim=5,
    ),
}


@dataclass(frozen=True)
class Result:
    """Seconds, held-out loss and epochs of a contestant at the end of one round."""

    seconds: float
    loss: float
    epochs: int
    reached: bool


class Failed(Exception):
    """A contestant's process ended without a result; the message is a sentence."""


@contextmanager
def shared_images(quick: bool) -> Iterator[str]:
    """Write MNIST as .npy files to a folder that lasts as long as the context, and yield its path.

    So no contestant needs another's framework to read them. With ``quick`` it is a small part of the images.
    """
    train, test = (load("mnist", split).images[:, 0].numpy() for split in ("train", "test"))
    if quick:
        train, test = train[:QUICK_TRAIN], test[:QUICK_TEST]
    clean = as_floats(test)
    noise = np.random.default_rng(0).standard_normal(clean.shape, dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        for name, array in (("train", train), ("test", test), ("noisy", (clean + NOISE * noise).clip(0, 1))):
            np.save(Path(folder) / name, array)
        yield folder


def run(contestant: str, task: Task) -> Result:
    """Train one contestant in a process of its own and return its result.

    Raises:
        Failed: the process ended with an error or without a result.
    """
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(task.threads),
        "CUDA_VISIBLE_DEVICES": "",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, "-m", "benchmarks.peers", contestant, json.dumps(asdict(task))]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=Path(__file__).parent.parent)
    laps = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"seconds"')]
    if done.returncode or not laps:
        last = (done.stderr.strip().splitlines() or ["no word about it"])[-1]
        raise Failed(f"{contestant} ended with exit status {done.returncode}: {last}")
    reached = task.target is None or laps[-1]["loss"] <= task.target
    return Result(laps[-1]["seconds"], laps[-1]["loss"], len(laps), reached)


def contest_round(contest: Contest, folder: str, seed: int, threads: int, quick: bool) -> tuple[Result, Result]:
    """Train the peer and then the lab's own on the same data, and return both results.

    Args:
        contest: both recipes, and the target.
        folder: where the images lie, see :func:`shared_images`.
        seed: of this round.
        threads: that each may use.
        quick: take one epoch, only to see that everything runs.

    Returns:
        The peer's result and the lab's.

    Raises:
        Failed: one of them ended without a result.
    """
    epochs = 1 if quick else contest.epochs
    task = Task(folder, contest.loss, contest.target, epochs, seed, threads, "", MNIST)
    theirs = run(contest.peer, task)
    config = replace(contest.config, seed=seed, epochs=1 if quick else contest.config.epochs)
    target = theirs.loss if contest.target is None else contest.target
    ours = run("ours", replace(task, target=target, config=config.to_json(), train_count=contest.train_count))
    return theirs, ours


def version(module: str) -> str:
    """Return name and version of the package that brought ``module``: tensorflow's comes by several names."""
    package = importlib.metadata.packages_distributions()[module][0]
    return f"{package} {importlib.metadata.version(package)}"


def counted(epochs: int) -> str:
    """Return a number of epochs in words."""
    return f"{epochs} epoch{'s' if epochs > 1 else ''}"


def budget(contest: Contest) -> str:
    """Return the lab's settings for a contest in words: epochs, batch, learning rate, precision, code."""
    c = contest.config
    seen = counted(c.epochs)
    if contest.train_count < MNIST:
        seen += f" over {contest.train_count:,} of the training images"
    return f"{seen}, batch {c.batch_size}, one-cycle to {c.learning_rate:g}, {c.precision}, {c.code_activation} code"


def told(contest: Contest, title: str, result: Result) -> str:
    """Return a contestant's seconds and loss in one round in words.

    Args:
        contest: says in which unit the loss is.
        title: what the contestant is called.
        result: of the round.

    Returns:
        The words, which say so where the target was not reached.
    """
    loss = f"{result.loss:.2f}" if contest.loss == "elbo" else f"{result.loss:.5f}"
    return f"{title} {result.seconds:.2f} s, loss {loss}{'' if result.reached else ' (target NOT reached)'}"


def summary(contest: Contest, rounds: list[tuple[Result, Result]]) -> str:
    """Return the median seconds of both sides, their ratio and whether it meets the aim, and all single times."""
    theirs, ours = ([pair[side].seconds for pair in rounds] for side in (0, 1))
    ratio = median(theirs) / median(ours)
    bound = "" if all(result.reached for result, _ in rounds) else "at least "
    if all(result.reached for _, result in rounds):
        verdict = f"aim {contest.aim:g}: {'met' if ratio >= contest.aim else 'MISSED'}"
    else:
        verdict = "our budget did NOT reach the target in every round: the ratio does not count"
    singles = "; ".join(" ".join(f"{seconds:.2f}" for seconds in side) for side in (theirs, ours))
    return (
        f"median {contest.title} {median(theirs):.2f} s, ours {median(ours):.2f} s: "
        f"{bound}{ratio:.1f} times sooner ({verdict}); all: {singles}"
    )


def main() -> None:
    """Run the contests and print each round's results and then the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(CONTESTS), metavar="NAME,NAME")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="tiny data, one epoch, one round: does everything run?")
    options = parser.parse_args()
    if unknown := set(options.only) - set(CONTESTS):
        parser.error(f"no contest is called {', '.join(sorted(unknown))}; there are {', '.join(CONTESTS)}")
    rounds = 1 if options.quick else options.rounds
    print(f"{describe()}, {options.threads} threads")
    if options.quick:
        print("--quick: tiny data and one epoch; these numbers mean NOTHING but that everything runs")

    entered: dict[str, list[tuple[Result, Result]]] = {}
    for name in options.only:
        contest = CONTESTS[name]
        if importlib.util.find_spec(contest.framework) is None:
            print(f"{name}: skipped: {contest.framework} is not installed (pip install -r benchmarks/requirements.txt)")
            continue
        entered[name] = []
        target = f"loss {contest.target:g}" if contest.target else f"its loss after {counted(contest.epochs)}"
        print(f"{name}: {contest.what}; {contest.title} ({version(contest.framework)}) to {target}")
        print(f"{'':{len(name)}}  ours: {budget(contest)}; times are of this whole budget", flush=True)
    with shared_images(options.quick) as folder:
        for number in range(rounds):
            for name in list(entered):
                contest = CONTESTS[name]
                try:
                    pair = contest_round(contest, folder, number, options.threads, options.quick)
                except Failed as error:
                    print(f"{name}: {error}", flush=True)
                    del entered[name]
                    continue
                entered[name].append(pair)
                theirs, ours = told(contest, contest.title, pair[0]), told(contest, "ours", pair[1])
                print(f"round {number + 1} {name}: {theirs}, epoch {pair[0].epochs}; {ours}", flush=True)
    for name, results in entered.items():
        print(f"{name}: {'it runs' if options.quick else summary(CONTESTS[name], results)}")


if __name__ == "__main__":
    main()

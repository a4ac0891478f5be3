"""How evenly a 2-D code fills its map, and at what cost in error, for candidate settings of the ``*-code-2`` runs.

AE_DATA_DIR=... python -m benchmarks.map --dataset mnist [--epochs 10] [--seeds 3] [CANDIDATE ...]

Chosen on the last training images, which are held back here; the held-out images of the data set are never looked at.
What is trained is kept in ``--state``, so that the script can be stopped and goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ae_core.config.schema import Config
from ae_core.data.datasets import Images, load
from ae_core.evaluation.metrics import encode_all, knn_accuracy, squared_error
from ae_core.runs.files import write_whole
from ae_core.runs.run import MAP_POINTS
from ae_core.runs.zoo import ZOO
from ae_core.training.loop import run_to_end, train
from benchmarks.machine import describe
from ui.figures.planes import frame

HELD_BACK = {"digits": 237, "shapes": 1000, "mnist": 5000, "fashion": 5000}
GRID = 20  # cells a side over the frame of the Latent map

# what the runs were until November 2026: their maps were blobs with a few far points
BEFORE: dict[str, Any] = {"activation": "gelu", "code_activation": "linear", "learning_rate": 3e-3}
BEFORE_ON = {"mnist": {"hidden_sizes": (256, 128, 64)}}
WIDE = (512, 256, 128)
CANDIDATES: dict[str, dict[str, Any]] = {
    "linear": {},
    "linear-bce": {"loss": "bce"},
    "linear-wide": {"hidden_sizes": WIDE},
    "linear-l1": {"sparsity": "l1", "sparsity_weight": 1e-3},
    "linear-contraction": {"contraction": 1e-4},
    "linear-more-contraction": {"contraction": 1e-3},
    "tanh": {"code_activation": "tanh"},
    "tanh-slow": {"code_activation": "tanh", "learning_rate": 1e-3},
    "sigmoid": {"code_activation": "sigmoid"},
    "all-tanh": {"activation": "tanh", "code_activation": "tanh"},
    "layers-elu": {"activation": "elu"},
    "layers-tanh": {"activation": "tanh"},
    "layers-tanh-fast": {"activation": "tanh", "learning_rate": 6e-3},
    "layers-tanh-faster": {"activation": "tanh", "learning_rate": 1e-2},
    "layers-tanh-wide": {"activation": "tanh", "hidden_sizes": WIDE},
}


def evenness(points: Tensor, labels: Tensor) -> tuple[float, int]:
    """Say how much of the frame a map fills.

    Args:
        points: (N, 2) codes.
        labels: (N,) their classes.

    Returns:
        The share of the frame's cells in which a point lies, and the number of cells in which the class that has the
        fewest of them is the most frequent one.
    """
    (left, low), span = frame(points)
    cells = ((points - torch.tensor([left, low])) / span * GRID).floor().long()
    inside = ((cells >= 0) & (cells < GRID)).all(1)
    counts = torch.zeros(GRID * GRID, int(labels.max()) + 1)
    where = cells[inside] @ torch.tensor([GRID, 1])
    counts.index_put_((where, labels[inside].long()), torch.ones(len(where)), accumulate=True)
    filled = counts.sum(1) > 0
    owned = torch.bincount(counts[filled].argmax(1), minlength=counts.shape[1])
    return float(filled.float().mean()), int(owned.min())


def tried(config: Config, learned: Images, held_back: Images) -> dict[str, Any]:
    """Train ``config`` and return its errors, its evenness and its codes on the images that were held back.

    Args:
        config: the candidate's settings.
        learned: what it is trained on.
        held_back: training images that it is measured on.

    Returns:
        Measures by name, seconds of training, and codes and labels of the first images as lists.
    """
    trained = run_to_end(train(config, learned, held_back))
    codes = encode_all(trained.model, held_back.images)
    filled, least = evenness(codes[:MAP_POINTS], held_back.labels[:MAP_POINTS])
    return {
        "mse": squared_error(trained.model, held_back.images),
        "knn": knn_accuracy(encode_all(trained.model, learned.images), learned.labels, codes, held_back.labels),
        "filled": filled,
        "least": least,
        "seconds": trained.seconds,
        "codes": codes[:MAP_POINTS].tolist(),
        "labels": held_back.labels[:MAP_POINTS].tolist(),
    }


def main() -> None:
    """Train the candidates and print error, accuracy and evenness, a row a candidate and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="CANDIDATE")
    parser.add_argument("--dataset", default="mnist", choices=HELD_BACK)
    parser.add_argument("--epochs", type=int, help="fewer than the shipped run's, for a first look")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--state", type=Path, default=Path("runs/map"))
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    shipped = ZOO[f"{options.dataset}-code-2"].config
    before = BEFORE | BEFORE_ON.get(options.dataset, {})
    base = replace(shipped, **before, epochs=options.epochs or shipped.epochs)
    everything, many = load(options.dataset, "train"), HELD_BACK[options.dataset]
    learned = Images(everything.images[:-many], everything.labels[:-many])
    held_back = Images(everything.images[-many:], everything.labels[-many:])
    print(describe())
    print(f"{'candidate':28}{'seed':>5}{'MSE':>9}{'5-NN':>7}{'filled':>8}{'least':>7}   {base.epochs} epochs")
    for name in options.names or CANDIDATES:
        for seed in range(options.seeds):
            config = replace(base, **CANDIDATES[name], seed=seed)
            path = options.state / f"{config.key}.json"
            if not path.exists():
                write_whole(path, json.dumps(tried(config, learned, held_back)).encode())
            m = json.loads(path.read_text())
            print(
                f"{name:28}{seed:5}{m['mse']:9.5f}{m['knn']:7.3f}{m['filled']:8.0%}{m['least']:7}   {config.key}",
                flush=True,
            )


if __name__ == "__main__":
    main()
